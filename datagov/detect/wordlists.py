"""Reads the word lists beside this file: plain words, or sections of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def words(file: str) -> frozenset[str]:
    """Every word of a list; lines that begin with # are remarks."""
    return frozenset(word for line in lines(file) for word in line.split())


@cache
def sections(file: str) -> Mapping[str, frozenset[str]]:
    """Section name → its words; a section begins with its name in square brackets."""
    lists: dict[str, set[str]] = {}
    section = ""
    for line in lines(file):
        if line.startswith("["):
            section = line.strip("[]")
            lists[section] = set()
        else:
            lists[section].update(line.split())
    return MappingProxyType({name: frozenset(found) for name, found in lists.items()})


@cache
def characters(file: str, section: str) -> frozenset[str]:
    """The single characters of a section."""
    return frozenset(character for word in sections(file)[section] for character in word)


def lines(file: str) -> list[str]:
    """The lines of a list that are no remarks."""
    text = files("datagov.detect").joinpath(file).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
