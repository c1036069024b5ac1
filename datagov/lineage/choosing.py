"""DuckDB: one item of a select list that stands for many columns: ``COLUMNS(…)`` and stars with LIKE.

``min(COLUMNS('price_.*'))``, ``COLUMNS(c -> c LIKE 'n%') + 1``, ``COLUMNS('x_(.*)') AS 'y_\\1'``, ``* LIKE 'a%'``. What
cannot be decided here (a lambda that calls a function) chooses every column, and is doubted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from datagov.lineage.expression import depends
from datagov.lineage.flow import STAR_UNRESOLVED, TRANSFORMATION, Deps, blend, doubted
from datagov.lineage.relation import STAR
from datagov.lineage.scope import Context, Scope, first_place

Test = Callable[[str], bool | None]
_LONGEST_NAME = 128
_ESCAPED = re.compile(r"\\.|(?<=\()\?:?|(?<=[*+?}])\?", re.DOTALL)
_REPEATS = re.compile(r"[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_MATCHES = (exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike)


def chosen(item: Any, scope: Scope, context: Context) -> list[tuple[str, Deps]] | None:
    """The columns a select item stands for, each with what it depends on; None when it is an ordinary item."""
    alias = context.name(item.args["alias"]) if isinstance(item, exp.Alias) else ""
    body = item.this if isinstance(item, exp.Alias) else item
    if isinstance(body, exp.PositionalColumn) and not alias and body.name.isdigit():
        columns = [pair for relation in scope.sources.values() for pair in relation.star(0)]
        return columns[int(body.name) - 1 : int(body.name)]
    picks = [node for node in body.find_all(exp.Columns) if not node.args.get("unpack")]
    if not picks:
        return _patterned(body, scope, context)
    out: list[tuple[str, Deps]] = []
    for name, known, owner in _picked(picks[0], scope, context):
        deps = _with_column(body, name, owner, scope, context)
        called = _called(alias, name, picks[0]) if alias else name
        out.append((called, deps if known else doubted(deps, STAR_UNRESOLVED)))
    return out


def picked_names(node: Any, scope: Scope, context: Context) -> list[str]:
    """The names of the columns that a COLUMNS expression chooses."""
    return [name for name, _, _ in _picked(node, scope, context)]


def _picked(node: Any, scope: Scope, context: Context) -> Iterator[tuple[str, bool, str]]:
    """The names COLUMNS chooses, whether that is sure, and the alias of the source each is of."""
    inner = node.this
    without: set[str] = set()
    test: Test = _always
    if isinstance(inner, exp.Star):
        without = {context.name(c.this) for c in inner.args.get("except_") or () if isinstance(c, exp.Column)}
    elif isinstance(inner, exp.Array):
        names = [context.name(c.this) if isinstance(c, exp.Column) else c.name.lower() for c in inner.expressions]
        yield from ((name, True, "") for name in names)
        return
    elif isinstance(inner, exp.Literal):
        test = _pattern(inner.name)
    elif isinstance(inner, exp.Lambda) and inner.expressions:
        test = _decided(inner.this, inner.expressions[0].name.lower())
    seen: set[str] = set()
    for owner, relation in scope.sources.items():
        for name, _ in relation.star(0):
            answer = test(name)
            if name in without or answer is False or (name in scope.merged and name in seen):
                continue
            seen.add(name)
            shared = name in scope.merged or "\x00" in owner
            yield name, answer is True and name != STAR, "" if shared else owner


def _with_column(body: Any, name: str, owner: str, scope: Scope, context: Context) -> Deps:
    """What ``body`` depends on when ``name`` stands where it says COLUMNS."""
    place = first_place(body)
    if name == STAR:
        deps: Deps = {}
        for relation in scope.sources.values():
            blend(deps, relation.column(STAR, 0, place) or {}, TRANSFORMATION, 0, place)
        return deps
    table = exp.to_identifier(owner, quoted=True) if owner else None

    def put(node: Any) -> Any:
        if isinstance(node, exp.Columns):
            return exp.Column(this=exp.to_identifier(name, quoted=True), table=table.copy() if table else None)
        return node

    return depends(body.copy().transform(put, copy=False), scope, context)


def _called(alias: str, name: str, node: Any) -> str:
    r"""The alias of a chosen column: ``\0`` is its name, ``\1`` a group of the pattern."""
    pattern = _compiled(node.this.name, re.IGNORECASE) if isinstance(node.this, exp.Literal) else None
    if "\\" not in alias or pattern is None or len(name) > _LONGEST_NAME:
        return alias
    try:
        found = pattern.search(name)
        return found.expand(alias.replace("\\0", "\\g<0>")).lower() if found else alias
    except (re.error, IndexError):
        return alias


def _patterned(body: Any, scope: Scope, context: Context) -> list[tuple[str, Deps]] | None:
    """``* LIKE 'a%'``, ``t.* NOT ILIKE 'b%'``, ``* SIMILAR TO 'c.*'``."""
    turned = isinstance(body, exp.Not)
    node = body.this if turned else body
    star = node.this if isinstance(node, _MATCHES) else node
    given = node.expression if isinstance(node, _MATCHES) else None
    owner = ""
    if isinstance(star, exp.Column) and isinstance(star.this, exp.Star):
        owner, star = context.name(star.args["table"]), star.this
    if not isinstance(star, exp.Star) or not isinstance(given, exp.Literal):
        return None
    test = _text_test(node, given.name)
    wanted = turned == bool(node.args.get("negate"))
    out: list[tuple[str, Deps]] = []
    for alias, relation in scope.sources.items():
        if owner and alias != owner:
            continue
        for name, deps in relation.star(first_place(body)):
            if name == STAR:
                out.append((name, doubted(deps, STAR_UNRESOLVED)))
            elif test(name) is wanted:
                out.append((name, deps))
    return out


def _always(name: str) -> bool | None:
    return True


def _compiled(text: str, flags: int = 0) -> re.Pattern[str] | None:
    """The pattern, if it is one and can be tried on a name without trying for ever."""
    plain = _ESCAPED.sub("", text)
    if _REPEATED_GROUP.search(plain) or len(_REPEATS.findall(plain)) > 3 or plain.count("(") > 5:
        return None
    try:
        return re.compile(text, flags)
    except (re.error, OverflowError, RecursionError):
        return None


def _pattern(text: str) -> Test:
    pattern = _compiled(text)
    if pattern is None:
        return lambda name: None
    return lambda name: pattern.search(name) is not None if len(name) <= _LONGEST_NAME else None


def _text_test(node: Any, text: str) -> Test:
    """The test of LIKE, GLOB or a regular expression; names are compared in lower case, as they are shown."""
    if isinstance(node, exp.RegexpLike):
        return _pattern(text)
    if isinstance(node, exp.SimilarTo):
        return _pattern(f"^(?:{text})$")
    return like(text, "*", "?") if isinstance(node, exp.Glob) else like(text)


def like(text: str, many: str = "%", one: str = "_") -> Test:
    """The test of a pattern: Does it match a whole name, as names are shown?"""
    pieces = ["".join("." if c == one else re.escape(c) for c in piece) for piece in text.lower().split(many)]
    first, *others = pieces
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    pattern = re.compile(f"{first}{middle}.*{others[-1]}" if others else first, re.DOTALL | re.IGNORECASE)
    return lambda name: pattern.fullmatch(name) is not None


def _decided(node: Any, variable: str) -> Test:
    """The test a lambda over a column's name makes; None is "cannot be told"."""
    if isinstance(node, exp.Paren):
        return _decided(node.this, variable)
    if isinstance(node, exp.Not):
        inner = _decided(node.this, variable)
        return lambda name: None if (answer := inner(name)) is None else not answer
    if isinstance(node, (exp.And, exp.Or)):
        sides = _decided(node.this, variable), _decided(node.expression, variable)
        decisive = isinstance(node, exp.Or)
        return lambda name: _joined([side(name) for side in sides], decisive)
    if not _is_name(node.this if isinstance(node, exp.Expr) else None, variable):
        return lambda name: None
    if isinstance(node, exp.In) and all(isinstance(v, exp.Literal) for v in node.expressions):
        options = {value.name.lower() for value in node.expressions}
        return lambda name: name in options
    given = node.args.get("expression")
    if not isinstance(given, exp.Literal):
        return lambda name: None
    text = given.name
    if isinstance(node, _MATCHES):
        test = _text_test(node, text)
        return (lambda name: not test(name)) if node.args.get("negate") else test
    if isinstance(node, (exp.EQ, exp.NEQ)):
        wanted = isinstance(node, exp.EQ)
        return lambda name: (name == text.lower()) is wanted
    if isinstance(node, exp.StartsWith):
        return lambda name: name.startswith(text)
    if isinstance(node, exp.EndsWith):
        return lambda name: name.endswith(text)
    if isinstance(node, exp.Contains):
        return lambda name: text in name
    return lambda name: None


def _joined(answers: list[bool | None], decisive: bool) -> bool | None:
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _is_name(node: Any, variable: str) -> bool:
    while isinstance(node, (exp.Lower, exp.Column)):
        node = node.this
    return isinstance(node, exp.Identifier) and node.name.lower() == variable
