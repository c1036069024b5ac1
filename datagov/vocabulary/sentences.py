"""The Chinese of the sentences that facts hold in English, from the files of ``chinese/``, one for each area.

A file has three tables, each by the English. ``sentences`` holds whole ones. What adapters say is made of ``clauses``:
what is wrong with a subject, and after semicolons the consequence and the way out; ``subjects`` are what they are about
("Source 'lake': the file 'a.csv'"), which begin with a small letter here. A clause that no file has leaves the whole
sentence in English.

Parts in braces stand for names and numbers, except that ``{reason}`` is a sentence or clause again, ``{fault}`` the end
of one, ``{faults}`` several ends, ``{where}`` a clause or nothing, ``{subject}`` a subject and ``{options}`` a list of
words; ``(s)`` is there or not.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files

from datagov.model import Text

_NEXT = re.compile(r"(?<=[.?]) (?=[A-Z])")
_PART = re.compile(r"\{([a-z_]+)\}")
_PLACE = re.compile(r"([^\s:'][^:']*:\d+|[^\s:']*\.[a-z]+): (?=\S)")
_WORD = re.compile(r"[A-Za-z]{2,}")
_FIXED_WORD = re.compile(r"(?<![\x00A-Za-z])[A-Za-z]{2,}(?![\x00A-Za-z]|\(s\))")
_BETWEEN_FAULTS = re.compile(r"; |, (?=is |may |has |holds |bypasses )")
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")


def text(sentence: str) -> Text:
    """A sentence of a fact in both languages; one that the table lacks stays English.

    >>> text("CALL runs code that cannot be seen here; what it moves is not known.").zh
    'CALL 运行的代码在此处不可见，无法得知它移动了哪些数据。'
    >>> text("users.csv:3: The column 'status' is missing.").zh
    "users.csv:3：缺少列 'status'。"
    """
    return Text(sentence, _chinese(sentence) or sentence)


def _chinese(sentence: str) -> str | None:
    whole, patterns = _sentences()
    if sentence in whole:
        return whole[sentence]
    for chinese, parts in patterns.matching(sentence):
        if (told := _filled(chinese, parts)) is not None:
            return told
    if (place := _PLACE.match(sentence)) and (said := _chinese(sentence[place.end() :])):
        return f"{place[1]}：{said}"
    return _of_clauses(sentence)


class _Pattern:
    """An English text with parts in braces, and its Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        self.chinese = chinese
        self.fixed = tuple(filter(None, re.split(r"\{[a-z_]+\}|\(s\)", english)))
        self.words = frozenset(_FIXED_WORD.findall(_PART.sub("\0", english)))
        self._pattern = re.compile("".join(map(self._group, enumerate(_PART.split(english)))), re.DOTALL)

    @staticmethod
    def _group(numbered: tuple[int, str]) -> str:
        n, piece = numbered
        if n % 2 == 0:
            return re.escape(piece).replace(r"\(s\)", "s?")
        within = "." if piece == "reason" else r"(?!\. [A-Z])."
        return f"(?P<{piece}>(?:{within}){'*' if piece == 'where' else '+'}?)"

    def parts(self, text: str) -> dict[str, str] | None:
        """What stands in the place of each part; None for another text."""
        if not all(piece in text for piece in self.fixed):
            return None
        match = self._pattern.fullmatch(text)
        return None if match is None else match.groupdict(default="")


class _Patterns:
    """Patterns, those with the longest fixed text first, found by the rarest of their words."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        every = sorted((_Pattern(*entry) for entry in entries), key=lambda one: -sum(map(len, one.fixed)))
        often = Counter(word for one in every for word in one.words)
        self._by_word: dict[str | None, list[tuple[int, _Pattern]]] = defaultdict(list)
        for n, one in enumerate(every):
            rarest = min(one.words, key=lambda word: (often[word], word), default=None)
            self._by_word[rarest].append((n, one))

    def matching(self, text: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The Chinese and the parts of every pattern that the text has."""
        words: set[str | None] = {None, *_WORD.findall(text)}
        for _, one in sorted((n, one) for word in words for n, one in self._by_word.get(word, ())):
            if (parts := one.parts(text)) is not None:
                yield one.chinese, parts


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    """The tables of all files of the folder, joined."""
    found: dict[str, dict[str, str]] = {"subjects": {}, "clauses": {}, "sentences": {}}
    for file in sorted(files("datagov.vocabulary").joinpath("chinese").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            for table, entries in json.loads(file.read_text("utf-8")).items():
                found[table].update(entries)
    return found


@cache
def _sentences() -> tuple[Mapping[str, str], _Patterns]:
    raw = _tables()["sentences"]
    whole = {english: chinese for english, chinese in raw.items() if not _PART.search(english)}
    return whole, _Patterns(entry for entry in raw.items() if entry[0] not in whole)


@cache
def _subjects() -> _Patterns:
    return _Patterns(_tables()["subjects"].items())


@cache
def _clauses() -> _Patterns:
    """Clauses that begin with a space, colon or comma follow a subject."""
    raw = _tables()["clauses"].items()
    return _Patterns(("{who}" + en if en.startswith((" ", ":", ",")) else en, zh) for en, zh in raw)


def _of_clauses(sentence: str) -> str | None:
    """A sentence of an adapter, clause by clause.

    >>> _of_clauses("Source 'a': the folder 'b' is a linked folder, which is not followed; exclude it.")
    "数据源 'a'：文件夹 'b' 是链接的文件夹，不予跟随；请将其排除。"
    """
    if len(several := _NEXT.split(sentence)) > 1:
        each = [_chinese(one) for one in several]
        return None if None in each else "".join(filter(None, each))
    if sentence.endswith((".", "?")):
        said = [_clause(clause) for clause in sentence.removesuffix(".").split("; ")]
        return None if None in said else "；".join(filter(None, said)) + ("。" if sentence.endswith(".") else "")
    reasons = [_chinese(one) for one in sentence.split("; ")] if "; " in sentence else [None]
    return None if None in reasons else "；".join(filter(None, reasons))


def _clause(clause: str) -> str | None:
    for chinese, parts in _clauses().matching(clause):
        who = parts.pop("who", None)
        if (told := _filled(chinese, parts)) is not None:
            return told if who is None else _joined(_subject(who), told)
    return None


def _joined(subject: str, told: str) -> str:
    """A subject and what is said of it; a space stands only between Chinese and a name."""
    apart = told.startswith("：") or (_CHINESE.match(subject[-1:]) and _CHINESE.match(told))
    return f"{subject}{told}" if apart else f"{subject} {told}"


def _filled(chinese: str, parts: Mapping[str, str]) -> str | None:
    """The Chinese with its parts; None when one of them has to be Chinese and is not known."""
    told = {name: _part(name, value) for name, value in parts.items()}
    return None if None in told.values() else chinese.format_map(told)


def _part(name: str, value: str) -> str | None:
    match name:
        case "reason":
            return _chinese(value) or _clause(value) or value
        case "fault":
            return _fault(value)
        case "faults":
            each = [_fault(one) for one in _BETWEEN_FAULTS.split(value)]
            return value if None in each else "，".join(filter(None, each))
        case "subject":
            return _subject(value)
        case "options" | "names" | "sources" | "tables":
            return value.replace(", ", "、").replace("' or '", "' 或 '")
        case "where":
            found = _clause(f"X{value}")
            return found.removeprefix("X ") if found else value
    return value


def _fault(value: str) -> str | None:
    found = _clause(f"X {value}")
    return found.removeprefix("X ") if found else None


def _subject(who: str) -> str:
    """What a clause is about: names of sources, files and tables stay as they are."""
    return "：".join(_step(step) for step in who.split(": "))


def _step(step: str) -> str:
    small = step[:1].lower() + step[1:]
    return next((chinese.format_map(parts) for chinese, parts in _subjects().matching(small)), step)
