"""Structs, lists, maps and JSON texts → their fields as columns of their own, each with the values it holds.

A field is a name that the schema has, or that JSON objects repeat. Keys that differ from object to object are data,
and data never becomes a name: such keys are gathered in ``*.key``, what stands under them in ``*.value``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from datagov.detect import lexicon, people, wordlists

MOST_FIELDS = 100
"""Fields of one column that become columns of their own; the others are examined with the column that holds them."""
DEEPEST = 8
"""Levels of nesting that are followed."""
_CELLS = 500
_LEAVES = 100_000
"""Values that are taken out of one column together."""
_LONGEST = 1 << 20
_CHARACTERS = 1 << 24
"""Characters of JSON that are parsed, of one text and of one column together."""
_ITEMS = 200
_KEYS = 400
"""Different keys of one level that are told apart."""
_MOSTLY = 0.6
"""Share of the keys of a level that are given names from which none of them is taken for a field."""
_OFTEN = 0.2
"""Share of objects that must have a key for it to be a name and not data."""
_NAME = re.compile(r"[A-Za-z_$@\u3400-\u9fff][\w$ :-]{0,63}$")
_NUMBER = re.compile(r"\d{4}")
_WORDS = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Inside:
    """The fields of one column: dotted path → values; ``left`` fields, and parts too deep, were not taken out."""

    fields: dict[str, pa.Array]
    left: int
    cells: int
    """Cells that were taken apart."""

    def __repr__(self) -> str:
        return f"Inside(fields={list(self.fields)}, left={self.left}, cells={self.cells})"


@dataclass(slots=True, repr=False)
class _Node:
    """What was met at one place: how often an object, with which keys, and the plain values."""

    objects: int = 0
    seen: int = 0
    children: dict[str, _Node] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)
    other: _Node | None = None
    keys: list[str] = field(default_factory=list)
    """Keys beyond those told apart; their values are in ``other``."""
    deeper: bool = False


def inside(array: pa.ChunkedArray) -> Inside | None:
    """The fields of a nested column, or of a text column that holds JSON objects; None where there are none.

    At most 500 cells, evenly over the rows, are taken apart. Never raises on any data.
    """
    named = _is_struct(array.type)
    if not (pa.types.is_nested(array.type) or _holds_json(array)):
        return None
    root, budget = _Node(), _LEAVES
    cells = 0
    for cell in _cells(array):
        if budget <= 0:
            break
        budget -= _take(root, cell, 0)
        cells += 1
    found: dict[str, list[Any]] = {}
    left = 0
    for path, values in _emit(root, (), named):
        if len(found) < MOST_FIELDS:
            found[path] = values
        else:
            left += 1
    if not found:
        return None
    return Inside({path: _array(values) for path, values in found.items()}, left + _deeper(root), cells)


def _is_struct(type_: pa.DataType) -> bool:
    """Whether the names inside are a schema's, and so never data."""
    while pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        type_ = type_.value_type
    return bool(pa.types.is_struct(type_))


def _holds_json(array: pa.ChunkedArray) -> bool:
    """Whether four fifths of the first fifty texts are JSON objects, or lists of them."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return False
    texts = [text for text in map(_text, array.slice(0, 500)) if text][:50]
    begun = [text for text in texts if text.lstrip()[:1] in ("{", "[")]
    if not texts or len(begun) < 0.8 * len(texts):
        return False
    parsed = [_parsed(text) for text in begun]
    return sum(_is_object(value) for value in parsed) >= 0.8 * len(texts)


def _text(cell: Any) -> str | None:
    """A cell of text; None without one, or where its bytes are no UTF-8."""
    try:
        text: str | None = cell.as_py()
    except UnicodeDecodeError:
        return None
    return text


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        return None


def _cells(array: pa.ChunkedArray) -> Iterator[Any]:
    step = max(1, len(array) // _CELLS)
    texts, left = not pa.types.is_nested(array.type), _CHARACTERS
    for n in range(0, len(array), step):
        try:
            cell = array[n].as_py()
        except (pa.ArrowException, ValueError, OverflowError, TypeError, RecursionError):
            continue
        if texts and cell:
            left -= len(cell)
            cell = _parsed(cell) if left >= 0 else None
        if cell is not None and not isinstance(cell, str):
            yield cell


def _take(node: _Node, value: Any, depth: int) -> int:
    """Note a value at its place; returns how many plain values were noted."""
    if isinstance(value, dict) or _is_map(value):
        if depth >= DEEPEST:
            node.deeper = True
            return 1
        node.objects += 1
        taken = 0
        for key, held in list(value.items() if isinstance(value, dict) else value)[: 25 * _KEYS]:
            child = node.children.get(key) if isinstance(value, dict) else None
            if child is None and isinstance(value, dict) and len(node.children) < _KEYS:
                child = node.children[key] = _Node()
            if child is None:
                node.keys.append(str(key))
                child = node.other = node.other or _Node()
            child.seen += 1
            taken += _take(child, held, depth + 1)
        return taken + 1
    if isinstance(value, list | tuple):
        return sum(_take(node, item, depth) for item in value[:_ITEMS] if not isinstance(item, list | tuple)) + 1
    if value is not None:
        node.values.append(value)
    return 1


def _is_map(value: Any) -> bool:
    """Arrow hands a map over as a list of pairs."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, tuple) and len(item) == 2 for item in value)


def _emit(node: _Node, path: tuple[str, ...], named: bool) -> Iterator[tuple[str, list[Any]]]:
    """(dotted path, values) of every field below a place, in the order in which they were met."""
    if node.values and path:
        yield ".".join(path), node.values
    stable = set(node.children) if named else _names(node)
    keys, values = list(node.keys), list[Any]()
    for key, child in node.children.items():
        if key in stable:
            yield from _emit(child, (*path, key), named)
        else:
            keys += [key] * child.seen
            values += _leaves(child)
    if node.other is not None:
        values += _leaves(node.other)
    if keys:
        yield ".".join((*path, "*", "key")), keys
    if values:
        yield ".".join((*path, "*", "value")), values


def _names(node: _Node) -> set[str]:
    """The keys of a level that are names: many objects have them, they look like names, and are no person's."""
    least = max(2, _OFTEN * node.objects)
    likely = {
        key: _words(key)
        for key, child in node.children.items()
        if child.seen >= least and _NAME.match(key) and not _NUMBER.search(key)
    }
    given = wordlists.words("given_names.txt")
    if sum(people.fold(words) in given for words in likely.values()) > _MOSTLY * len(likely):
        return set()
    return {key for key, words in likely.items() if _is_of_a_schema(words) or not people.measure([words]).hits}


def _is_of_a_schema(words: str) -> bool:
    """Whether a key that could be somebody's name is a usual word of column names (age, 年龄), or very short."""
    return (len(words) < 3 and words.isascii()) or bool(lexicon.shipped().get(words.casefold().replace(" ", "")))


def _words(key: str) -> str:
    """A key as words: ``firstName`` and ``first_name`` are First Name."""
    return " ".join(_WORDS.sub(" ", key).split()).title()


def _leaves(node: _Node) -> list[Any]:
    """Every plain value at and below a place."""
    below: Sequence[_Node] = [*node.children.values(), *([node.other] if node.other else [])]
    return node.values + [value for child in below for value in _leaves(child)]


def _deeper(node: _Node) -> int:
    below = [*node.children.values(), *([node.other] if node.other else [])]
    return node.deeper + sum(_deeper(child) for child in below)


def _array(values: list[Any]) -> pa.Array:
    """Values of one kind as that kind, anything else as text; yes-or-no stays apart from numbers."""
    kinds = {type(value) for value in values}
    try:
        if len(kinds) == 1 or kinds == {int, float}:
            return pa.array([float(v) for v in values] if kinds == {int, float} else values)
    except (pa.ArrowException, ValueError, OverflowError, TypeError, UnicodeEncodeError):
        pass
    texts = [value if isinstance(value, str) else str(value) for value in values]
    # JSON may escape halves of a character, which are no text.
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())
