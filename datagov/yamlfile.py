"""YAML from outside, safely: the pure-Python safe loader, no aliases, a size and depth cap, and a line for every value.

Aliases are refused because 547 bytes of them expand without end; the C loader is not used because deep nesting
crashes the process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datagov import wholefile
from datagov.errors import ConfigError

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 40

Key = str | int
"""A step into a document: a mapping's key or a list's index."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file: its value, and the line (from 1) of every value in it."""

    file: str
    value: Any
    lines: Mapping[tuple[Key, ...], int] = field(repr=False)

    def line(self, *path: Key) -> int:
        """Line of the value at a path, or of its nearest existing parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(path: Path, *, name: str | None = None) -> Document:
    """Read a YAML (or JSON) file; ``name`` is how messages call it. Raises ConfigError with file and line."""
    import yaml

    shown = name or path.name
    try:
        raw = wholefile.read(path, most=MAX_BYTES)
    except FileNotFoundError:
        raise ConfigError("There is no such file.", file=shown) from None
    except OSError as error:
        raise ConfigError(f"The file cannot be read: {error.strerror}.", file=shown) from None
    except wholefile.TooLargeError:
        raise ConfigError(f"The file is larger than {MAX_BYTES // 1024} kB; split it.", file=shown) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("The file is not UTF-8 text.", file=shown) from None
    lines: dict[tuple[Key, ...], int] = {}
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        raise ConfigError(
            "The file holds a control character, which YAML does not allow; remove it.",
            file=shown,
            line=text.count("\n", 0, error.position) + 1,
        ) from None
    try:
        _refuse_aliases(text, shown)
        node = loader.get_single_node()
        value = None if node is None else _build(loader, node, (), lines, shown)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        tab = "a line is indented with a tab; use spaces" if "'\\t'" in str(error.problem) else None
        raise ConfigError(
            f"This is not valid YAML: {tab or _without_values(error.problem)}.",
            file=shown,
            line=mark.line + 1 if mark else None,
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise ConfigError("This is not valid YAML.", file=shown) from None
    finally:
        loader.dispose()
    return Document(shown, value, lines)


def _without_values(problem: str | None) -> str:
    """PyYAML's text of a problem; a tag or anchor that it repeats may be a password that begins with ``!`` or ``&``.

    >>> _without_values("could not determine a constructor for the tag '!Secret'")
    'could not determine a constructor for the tag'
    """
    said = problem or "it ends too early"
    return re.split("['\"]", said)[0].rstrip() if "tag" in said or "anchor" in said else said


def _refuse_aliases(text: str, shown: str) -> None:
    """Scan tokens for aliases and depth before anything is built."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("YAML aliases are not accepted; write the value out.", file=shown, line=line)
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(f"The file is nested more than {MAX_DEPTH} deep.", file=shown, line=line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            depth -= 1


def _build(loader: Any, node: Any, path: tuple[Key, ...], lines: dict[tuple[Key, ...], int], shown: str) -> Any:
    """Turn a node into plain values, noting the line of each; times stay text so that no clock zone is guessed."""
    import yaml

    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        built: dict[Key, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(loader, key_node, shown)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str | int):
                raise ConfigError("A key must be a plain word or number.", file=shown, line=line)
            if key in built:
                raise ConfigError(f"The key {key!r} stands here a second time.", file=shown, line=line)
            built[key] = _build(loader, value_node, (*path, key), lines, shown)
            lines[(*path, key)] = line
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, n), lines, shown) for n, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    return _scalar(loader, node, shown)


def _scalar(loader: Any, node: Any, shown: str) -> Any:
    """A plain value; PyYAML lets Python's own errors through, which repeat it."""
    try:
        return loader.construct_object(node, deep=True)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise ConfigError(
            "A value here is not of the type it is written as; put it in quotes.",
            file=shown,
            line=node.start_mark.line + 1,
        ) from None
