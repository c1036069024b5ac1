"""Strings of Python source where parameters of functions stand before the names of the module."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from datagov.connectors._python_text import Strings, Text


class ScopedStrings(Strings):
    """The strings of a module; a name that is hidden is known only when a function is called."""

    def __init__(self, strings: Strings) -> None:
        self._constants = strings._constants
        self._before = strings._before
        self._texts = {}
        self._held = 0
        self._hidden: Counter[str] = Counter()

    @contextmanager
    def inside(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[None]:
        """While it is open, the parameters of the function are hidden."""
        names = parameters(function)
        self._hidden.update(names)
        outer, self._texts = self._texts, {}
        try:
            yield
        finally:
            self._texts = outer
            self._hidden.subtract(names)

    def hides(self, name: str) -> bool:
        """Whether a name is a parameter of a function that is open."""
        return self._hidden[name] > 0

    def text(self, node: ast.expr, *, depth: int = 0) -> Text | None:
        """The string an expression makes, or None when too little of it is known."""
        return None if self._is_hidden(node) else super().text(node, depth=depth)

    def part(self, node: ast.expr, depth: int = 0) -> Text | None:
        """What an expression puts into a string that is made of parts."""
        return None if self._is_hidden(node) else super().part(node, depth)

    def path_read(self, node: ast.expr, *, depth: int = 0) -> str | None:
        """The file whose text an expression reads."""
        return None if self._is_hidden(node) else super().path_read(node, depth=depth)

    def _is_hidden(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and self.hides(node.id)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[str]:
    """The names of a function's parameters."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [one.arg for one in every if one is not None]


def outside(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.expr]:
    """What of a function is evaluated where it is defined: decorators and defaults."""
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    return [*decorators, *function.args.defaults, *(one for one in function.args.kw_defaults if one is not None)]
