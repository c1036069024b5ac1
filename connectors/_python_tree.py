"""Walking syntax trees of Python, without the generic walk's price: every DAG file and cell is walked several times."""

from __future__ import annotations

import ast

_NO_NODES = frozenset((int, str, type(None), float, bool, bytes, ast.Load, ast.Store, ast.Del))


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, in the order of the text; what only says load or store is none.

    >>> [type(one).__name__ for one in children(ast.parse("a = f(b)").body[0])]
    ['Name', 'Call']
    """
    found: list[ast.AST] = []
    for value in vars(node).values():
        kind = value.__class__
        if kind in _NO_NODES:
            continue
        if kind is list:
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def below(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, level by level, as ``ast.walk`` has them.

    >>> [type(one).__name__ for one in below(ast.parse("f(b)").body[0])]
    ['Expr', 'Call', 'Name', 'Name']
    """
    found = [node]
    for one in found:
        found += children(one)
    return found
