"""The words users read, in English and 简体中文: one file, ``terms.json``, for reports and command line alike.

``words`` are labels and sentences by key; ``glossary`` explains the terms of law and trade, with their source.
A word with two English forms holds them as "one|many"; ``{name}`` parts are filled in by :meth:`Terms.say`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from datagov.model import Text

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term of the glossary: its word and meaning in both languages, and the law or standard it comes from."""

    key: str
    word: Text
    means: Text
    source: Text


@dataclass(frozen=True, slots=True)
class Terms:
    """Every word, by key, and the glossary in the order of its file."""

    words: Mapping[str, Text]
    glossary: tuple[Entry, ...]

    def say(self, key: str, language: str, *, n: int | None = None, **values: object) -> str:
        """The word in a language, filled in; ``n`` picks one or many and fills ``{n}`` with thousands marked.

        Raises KeyError for a key the vocabulary lacks.

        >>> load().say("n_findings", "en", n=1200)
        '1,200 findings'
        """
        word = self.words[key]
        one, _, many = word.of(language).partition("|")
        if many and n != 1:
            one = many
        if n is not None:
            values["n"] = f"{n:,}"
        return one.format_map(values) if values else one

    def name(self, kind: str, value: str, language: str) -> str:
        """The word for one value of a closed list (``severity`` ``high``); a value unknown here stays itself."""
        word = self.words.get(f"{kind}.{value}")
        if word is None:
            return value.replace("_", " ")
        return word.of(language)


class Spoken:
    """The vocabulary in one language (``en`` or ``zh``)."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.terms = load()

    def say(self, key: str, *, n: int | None = None, **values: object) -> str:
        """As :meth:`Terms.say`."""
        return self.terms.say(key, self.language, n=n, **values)

    def name(self, kind: str, value: str) -> str:
        """As :meth:`Terms.name`."""
        return self.terms.name(kind, value, self.language)


_LAWS = (
    (r"PIPL Art\. ([\d(), ]+\d\)?)", r"《个人信息保护法》第\1条"),
    (r"Data Security Law Art\. (\d+)", r"《数据安全法》第\1条"),
    (r"Data Twenty \(2022\), item (\d+)", r"“数据二十条”（2022）第\1条"),
    (r"^statistics$", "统计学"),
)
"""How laws are cited in English, as patterns, and in Chinese."""


def _source(english: str) -> Text:
    """Where a term comes from, in both languages; names of standards and tools are the same in both.

    >>> _source("JR/T 0171-2020, PIPL Art. 28").zh
    'JR/T 0171-2020, 《个人信息保护法》第28条'
    """
    chinese = english
    for pattern, replacement in _LAWS:
        chinese = re.sub(pattern, replacement, chinese)
    return Text(english, chinese)


@cache
def load() -> Terms:
    """The vocabulary; read once."""
    raw = json.loads(files("datagov.vocabulary").joinpath("terms.json").read_text("utf-8"))
    words = {key: Text(en, zh) for key, (en, zh) in raw["words"].items()}
    glossary = tuple(
        Entry(key, Text(*entry["word"]), Text(*entry["means"]), _source(entry["source"]))
        for key, entry in raw["glossary"].items()
    )
    return Terms(words, glossary)
