"""Render raw Jinja of dbt and the like offline: ``ref``, ``source``, ``var``, ``config``, ``this``, loops
and simple macros.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, Undefined

from datagov.lineage.dbt import Blocks
from datagov.lineage.dbt import names as dbt_names
from datagov.lineage.dbt_model import Asked
from datagov.lineage.rationed import Rationed, SpentError

_OPENS, _CLOSES = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPENS}([0-9]+){_CLOSES}")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SIGN = re.compile(r"\{\{|\{%|\{#")


def looks_templated(sql: str) -> bool:
    """Does the text hold Jinja at all?"""
    return "{" in sql and _SIGN.search(sql) is not None


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template yields: ``sql``, or None and in ``trouble`` a sentence that says why it stays opaque. With
    ``sql``, ``trouble`` says what in it is not what it will be.

    ``origins`` are pairs of an offset in ``sql`` and the 1-based line of the template that the text from there on
    comes from; empty when that cannot be told. ``asked`` is what it asked dbt for.
    """

    sql: str | None
    trouble: str = ""
    origins: tuple[tuple[int, int], ...] = ()
    asked: Asked = field(default_factory=Asked)


def rendered(template: str, names: Mapping[str, Any] | None = None) -> Rendered:
    """Render a template offline; ``names`` are what the caller knows better: ``ref``, ``source``, ``var``, ``this``.

    A template that would work for long, or yield more than SQL needs, is given up (``BUDGET`` of ``rationed``).
    """
    try:
        return _read(template, names)
    except SpentError:
        return Rendered(None, "The template does more work than one that makes SQL needs; its SQL is not known.")


def _read(template: str, names: Mapping[str, Any] | None) -> Rendered:
    asked = Asked()
    known = {**asked.watched(dbt_names()), **(names or {})}
    undefined: type[Undefined] = StrictUndefined
    trouble = ""
    sql = _rendered(template, known)
    if sql is None:
        undefined, trouble = _Unknown, "The template uses a variable that is not known here; a number stands for it."
        sql = _rendered(template, known, undefined)
    if sql is None:
        return Rendered(None, "The template uses a macro or a variable that is not known here; its SQL is not known.")
    marked = _rendered(_with_marks(template), known, undefined) if _OPENS not in template else None
    if marked is None or _MARK.sub("", marked) != sql:
        return Rendered(sql, trouble, asked=asked)
    origins: list[tuple[int, int]] = []
    shorter = 0
    for mark in _MARK.finditer(marked):
        origins.append((mark.start() - shorter, int(mark.group(1))))
        shorter += len(mark.group())
    return Rendered(sql, trouble, tuple(origins), asked)


def _with_marks(template: str) -> str:
    """The template with a mark before the first sign of each line that is not inside a tag.

    White space stays what it was for ``{%-`` and ``-%}``, which reach from a tag to the next sign of text.
    """
    tags = [(m.start(), m.end()) for m in _TAG.finditer(template)]
    starts = {start for start, _ in tags}
    dashed = {start for start, _ in tags if template[start + 2 : start + 3] == "-"}
    parts: list[str] = []
    at = tag = 0
    for number, line in enumerate(_LINE.findall(template), 1):
        first = at + len(line) - len(line.lstrip())
        while tag < len(tags) and tags[tag][1] <= first:
            tag += 1
        inside = tag < len(tags) and tags[tag][0] < first
        if line.strip() and not inside and first not in dashed and (first not in starts or template[first + 1] == "{"):
            parts += (template[at:first], f"{_OPENS}{number}{_CLOSES}", template[first : at + len(line)])
        else:
            parts.append(line)
        at += len(line)
    return "".join(parts)


class _Unknown(ChainableUndefined):
    """A variable that is not known: a number stands for it, and that it was asked for is noted."""

    __slots__ = ()

    def __str__(self) -> str:
        return "0"


def _rendered(template: str, names: Mapping[str, Any], undefined: type[Undefined] = StrictUndefined) -> str | None:
    environment = Rationed(undefined=undefined, extensions=["jinja2.ext.do", Blocks])
    try:
        return environment.text_of(template, names)
    except SpentError:
        raise
    except (
        TemplateError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
        MemoryError,
    ):
        return None
