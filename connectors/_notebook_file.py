"""The cells of a notebook file, nbformat 2 to 4, with the line of the file on which the text of each begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagov.errors import ConfigError
from datagov.jsonfile import Json, Member, text_of

MOST_MB = 64
"""Largest notebook that is read, outputs included."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of code: its number among all cells, from 1, its text, and the line of the file its first line is on.

    ``exact`` says that every line of the text is on a line of its own, as Jupyter writes it.
    """

    number: int
    source: str
    line: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Notebook:
    """The language of a notebook's kernel, in lower case, and its cells of code."""

    language: str
    cells: tuple[Cell, ...]


def notebook(path: Path, name: str) -> Notebook:
    """The notebook in a file, called ``name`` in messages; raises ConfigError with a sentence and the line."""
    document = Json(text_of(path, name, most_mb=MOST_MB), name)
    try:
        top = {member.key: member for member in _members(document, document.start, name)}
    except RecursionError:
        raise ConfigError("The notebook is nested too deeply.", file=name) from None
    version = top["nbformat"].value if "nbformat" in top else None
    if version not in (2, 3, 4):
        raise ConfigError("This is no notebook of nbformat 2, 3 or 4; convert it with 'jupyter nbconvert'.", file=name)
    lists = [top["cells"]] if version == 4 and "cells" in top else []
    if version != 4 and "worksheets" in top:
        lists = [
            member
            for start in _starts(document, top["worksheets"], name)
            for member in _members(document, start, name)
            if member.key == "cells"
        ]
    if not lists:
        raise ConfigError("The notebook has no list of cells.", file=name)
    starts = [start for one in lists for start in _starts(document, one, name)]
    cells: list[Cell] = []
    language = _language(top["metadata"].value if "metadata" in top else None)
    for number, start in enumerate(starts, start=1):
        members = {member.key: member for member in _members(document, start, name)}
        if _value(members, "cell_type") == "code":
            cells.append(_cell(document, number, members, start))
            language = language or str(_value(members, "language") or "")
    return Notebook((language or "python").lower(), tuple(cells))


def _cell(document: Json, number: int, members: Mapping[str, Member], start: int) -> Cell:
    source = members.get("source") or members.get("input")
    if source is None:
        return Cell(number, "", document.line(start), True)
    if isinstance(source.value, str):
        text = source.value
        return Cell(number, text, document.line(source.start), "\n" not in text.rstrip("\n"))
    parts = source.value if isinstance(source.value, list) else []
    if not all(isinstance(part, str) for part in parts):
        raise ConfigError(f"The text of cell {number} is no text.", line=document.line(source.start))
    lines = [document.line(at) for at in document.starts(source.start)] if parts else [document.line(source.start)]
    apart = all(line == lines[0] + n for n, line in enumerate(lines))
    whole = all(part.count("\n") == 1 and part.endswith("\n") for part in parts[:-1])
    return Cell(number, "".join(parts), lines[0], apart and whole and "\n" not in "".join(parts[-1:]).rstrip("\n"))


def _language(metadata: Any) -> str:
    """What the kernel speaks: ``language_info.name``, else ``kernelspec.language``; empty when neither says."""
    if not isinstance(metadata, Mapping):
        return ""
    for key, below in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(key)
        if isinstance(said, Mapping) and isinstance(said.get(below), str):
            return str(said[below])
    return ""


def _value(members: Mapping[str, Member], key: str) -> Any:
    return members[key].value if key in members else None


def _members(document: Json, start: int, name: str) -> Iterator[Member]:
    if not document.is_object(start):
        raise ConfigError("An object is expected here.", file=name, line=document.line(start))
    yield from document.members(start)


def _starts(document: Json, member: Member, name: str) -> Iterator[int]:
    if not isinstance(member.value, list):
        raise ConfigError(f"The value of {member.key!r} is no list.", file=name, line=document.line(member.start))
    yield from document.starts(member.start)
