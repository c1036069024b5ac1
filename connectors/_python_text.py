"""Strings of Python source, as far as they can be known without running it: constants, joins, f-strings, templates."""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datagov.connectors._python_tree import children

_TAG = re.compile(r"\{\{-?\s*(.+?)\s*-?\}\}", re.DOTALL)
_NAME_BEFORE = re.compile(r"(?i)([\w.`\"\[]|\b(from|join|into|table|update|using|view|overwrite|truncate)\s+)$")
_PARAMETER = re.compile(r"%\((\w+)\)s|%s")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*+'?|\"(?:[^\"\\]|\\.)*+\"?", re.DOTALL)
_WORD = re.compile(r"\b[^\W\d]\w*")
_DEEPEST = 100
MOST_TEXT = 256_000
"""The longest text, in signs, that is put together out of others; longer ones are not known."""
MOST_HELD = 16_000_000
"""The signs of all texts that names of a module or notebook hold together."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string: what is known of it, the line it begins on, and what in it is known only when the DAG runs.

    What is not known stands in ``sql`` as a number, or as a name where the name of a table or column stands.
    """

    sql: str
    line: int
    unknown: tuple[str, ...] = ()


class Strings:
    """Evaluates expressions of one module: constants are names that are assigned once in it.

    ``before`` holds strings that names had when the module begins; those that the module assigns are not in it.
    """

    def __init__(self, nodes: Iterable[ast.AST], before: Mapping[str, Text] | None = None) -> None:
        self._constants, several = _assigned_once(nodes)
        gone = several | self._constants.keys()
        self._before = {name: text for name, text in (before or {}).items() if name not in gone}
        self._texts: dict[tuple[bool, str], Text | None] = {}
        self._held = 0

    def text(self, node: ast.expr, *, depth: int = 0) -> Text | None:
        """The string an expression makes, or None when too little of it is known."""
        if depth > _DEEPEST:
            return None
        match node:
            case ast.Constant(value=str(value)):
                return Text(value, node.lineno)
            case ast.Name(id=name) if name in self._constants:
                return self._of_name(name, depth, numbers=False)
            case ast.Name(id=name) if name in self._before:
                return self._before[name]
            case ast.JoinedStr(values=parts):
                return self._joined(node, parts, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._added(left, right, depth)
            case ast.BinOp(left=left, op=ast.Mod()):
                return _filled(self.text(left, depth=depth + 1))
            case ast.Call(func=ast.Attribute(value=inner, attr="format"), args=args, keywords=keywords):
                return self._formatted(self.text(inner, depth=depth + 1), args, keywords, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
                return self.text(inner, depth=depth + 1)
            case ast.Call(func=ast.Name(id="dedent") | ast.Attribute(attr="dedent"), args=[inner]):
                found = self.text(inner, depth=depth + 1)
                return found and Text(textwrap.dedent(found.sql), found.line, found.unknown)
        return None

    def path_read(self, node: ast.expr, *, depth: int = 0) -> str | None:
        """The file whose text an expression reads: ``Path("x.sql").read_text()``, ``open("x.sql").read()``."""
        match node:
            case ast.Name(id=name) if name in self._constants and depth < _DEEPEST:
                return self.path_read(self._constants[name], depth=depth + 1)
            case ast.Call(func=ast.Attribute(value=ast.Call(func=opening, args=[path, *_]), attr=attr)):
                called = opening.id if isinstance(opening, ast.Name) else getattr(opening, "attr", "")
                if (called, attr) in (("open", "read"), ("Path", "read_text")):
                    found = self.text(path)
                    return None if found is None or found.unknown else found.sql
        return None

    def known(self, node: ast.expr) -> str | None:
        """A string that is wholly known."""
        found = self.text(node)
        return None if found is None or found.unknown else found.sql

    def assigned(self, node: ast.expr | None) -> ast.expr | None:
        """What a name that is assigned once stands for; any other expression as it is."""
        return self._constants.get(node.id, node) if isinstance(node, ast.Name) else node

    def mapping(self, node: ast.expr | None) -> Mapping[str, ast.expr]:
        """The items of a dict display with constant keys; empty for anything else."""
        if isinstance(node, ast.Name):
            node = self._constants.get(node.id)
        if not isinstance(node, ast.Dict):
            return {}
        pairs = zip(node.keys, node.values, strict=True)
        return {
            key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }

    def part(self, node: ast.expr, depth: int = 0) -> Text | None:
        """What an expression puts into a string that is made of parts: a string, or a number as Python writes it."""
        match node:
            case ast.Constant(value=int(value) | float(value)):
                return Text(str(value), node.lineno)
            case ast.Name(id=name) if name in self._constants and depth < _DEEPEST:
                return self._of_name(name, depth, numbers=True)
        return self.text(node, depth=depth)

    def _of_name(self, name: str, depth: int, *, numbers: bool) -> Text | None:
        """The text of a name, worked out once; None for one that is made of itself."""
        key = numbers, name
        if key not in self._texts:
            self._texts[key] = None
            value = self._constants[name]
            found = self.part(value, depth + 1) if numbers else self.text(value, depth=depth + 1)
            if found is not None and self._held + len(found.sql) <= MOST_HELD:
                self._held += len(found.sql)
                self._texts[key] = found
        return self._texts[key]

    def _joined(self, node: ast.JoinedStr, parts: list[ast.expr], depth: int) -> Text | None:
        sql, unknown = "", list[str]()
        for part in parts:
            if isinstance(part, ast.Constant):
                sql += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                found = self.part(part.value, depth + 1) if part.format_spec is None else None
                if found is None:
                    told, length = _names(part.value), len(ast.unparse(part.value)) + 2
                    sql, unknown = sql + stand_in(told, sql, length), [*unknown, told]
                else:
                    sql, unknown = sql + found.sql, [*unknown, *found.unknown]
            if len(sql) > MOST_TEXT:
                return None
        return Text(sql, node.lineno, tuple(unknown)) if sql.strip() else None

    def _added(self, left: ast.expr, right: ast.expr, depth: int) -> Text | None:
        first, second = self.text(left, depth=depth + 1), self.text(right, depth=depth + 1)
        if first is None and second is None:
            return None
        if first is None:
            told = _names(left)
            first = Text(stand_in(told, "", len(ast.unparse(left))), left.lineno, (told,))
        if second is None:
            told = _names(right)
            second = Text(stand_in(told, first.sql, len(ast.unparse(right))), right.lineno, (told,))
        if len(first.sql) + len(second.sql) > MOST_TEXT:
            return None
        return Text(first.sql + second.sql, first.line, (*first.unknown, *second.unknown))

    def _formatted(
        self, template: Text | None, args: list[ast.expr], keywords: list[ast.keyword], depth: int
    ) -> Text | None:
        if template is None:
            return None
        named = {keyword.arg: keyword.value for keyword in keywords if keyword.arg}
        unknown = list(template.unknown)
        sql, at, counted = "", 0, 0
        for mark in re.finditer(r"\{\{|\}\}|\{(\w*)[^{}]*\}", template.sql):
            sql, at = sql + template.sql[at : mark.start()], mark.end()
            if mark.group() in ("{{", "}}"):
                sql += mark.group()[0]
                continue
            name = mark.group(1) or str(counted)
            counted += not mark.group(1)
            given = args[int(name)] if name.isdigit() and int(name) < len(args) else named.get(name)
            found = self.part(given, depth + 1) if given is not None else None
            if found is None:
                unknown.append(name if given is None else _names(given))
            else:
                unknown += found.unknown
            sql += stand_in(name, sql, len(name) + 2) if found is None else found.sql
            if len(sql) > MOST_TEXT:
                return None
        return Text(sql + template.sql[at:], template.line, tuple(unknown))


def without_macros(text: Text, params: Mapping[str, str]) -> Text:
    """The text with Airflow's ``{{ … }}`` replaced: known ``params`` by their value, the rest by a stand-in.

    Values that only a run knows are no trouble; a name of a table or column that only a run knows is ``unknown``.
    """
    unknown = list(text.unknown)
    sql, at = "", 0
    for tag in _TAG.finditer(text.sql):
        sql, at = sql + text.sql[at : tag.start()], tag.end()
        told = tag.group(1)
        known = params.get(told.removeprefix("params.")) if told.startswith("params.") else None
        known = None if known is not None and len(sql) + len(known) > MOST_TEXT else known
        if known is None and names_next(sql) and "'" not in sql.rpartition("\n")[2].rpartition(" ")[2]:
            unknown.append(told)
        lines = tag.group().count("\n")
        sql += known if known is not None else stand_in(told, sql, len(tag.group()) - lines) + "\n" * lines
    return Text(sql + text.sql[at:], text.line, tuple(unknown))


def _filled(template: Text | None) -> Text | None:
    """A text of the ``%`` operator: its parameters are not known."""
    if template is None:
        return None
    unknown = list(template.unknown)
    sql, at = "", 0
    for mark in _PARAMETER.finditer(template.sql):
        sql, at = sql + template.sql[at : mark.start()], mark.end()
        name = mark.group(1) or "parameter"
        if names_next(sql):
            unknown.append(name)
        sql += stand_in(name, sql, len(mark.group()))
    return Text((sql + template.sql[at:]).replace("%%", "%"), template.line, tuple(unknown))


def names_next(before: str) -> bool:
    """Whether what comes next in a statement is (part of) the name of a table or column."""
    return bool(_NAME_BEFORE.search(before[-200:]))


def stand_in(told: str, before: str, length: int) -> str:
    """A name where a name stands, a number elsewhere; of a given length, so that places stay right.

    The name is made of the names in ``told``; what is quoted in it, and numbers, may be values and are left out.
    """
    if not names_next(before):
        return "0" * max(length, 1)
    return ("_".join(_WORD.findall(_QUOTED.sub(" ", told))).strip("_") or "unknown").ljust(length, "_")


class _WithoutTexts(ast.NodeTransformer):
    """Puts ``…`` in place of every text and every bytes."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """One constant."""
        return ast.Constant("…") if isinstance(node.value, str | bytes) else node


def shape_of(node: ast.expr) -> str:
    """An expression as Python writes it, without its texts, which may be values.

    >>> shape_of(ast.parse("pick('ann', timedelta(days=1))", mode="eval").body)
    "pick('…', timedelta(days=1))"
    """
    return ast.unparse(_WithoutTexts().visit(copy.deepcopy(node)))


def _names(node: ast.expr) -> str:
    """The names and attributes of an expression in the order of the text; none of its constants.

    >>> _names(ast.parse("lookup('x', table.name)[3]", mode="eval").body)
    'lookup table name'
    """
    found: list[str] = []
    waiting: list[ast.AST | str] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, ast.Name):
            found.append(one.id)
        elif isinstance(one, ast.Attribute):
            waiting += [one.attr, one.value]
        else:
            waiting += reversed(children(one))
    return " ".join(found)


def _assigned_once(nodes: Iterable[ast.AST]) -> tuple[dict[str, ast.expr], set[str]]:
    """Names that nodes assign once with their values, and names that they assign several times or in a loop."""
    found: dict[str, ast.expr] = {}
    again: set[str] = set()
    for node in nodes:
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.AugAssign | ast.For):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name):
                again |= {target.id} if target.id in found or value is None else set()
                if value is not None:
                    found.setdefault(target.id, value)
    return {name: value for name, value in found.items() if name not in again}, again
