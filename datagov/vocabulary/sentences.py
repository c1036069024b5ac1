"""The Chinese of the sentences that facts hold in English: ``sentences.json``, by the English sentence itself.

A sentence may have parts in braces, which stand for names and numbers; a part called ``{reason}`` is a sentence again.
What connectors say is made of clauses, ``connector_sentences.json``: a subject ("Source 'lake': the file 'a.csv'") with
what is wrong with it, and after semicolons the consequence and the way out. A clause that the table lacks leaves the
whole sentence in English.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from datagov.model import Text

_NEXT = re.compile(r"(?<=\.) (?=[A-Z])")
_PART = re.compile(r"\{([a-z_]+)\}")


def text(sentence: str) -> Text:
    """A sentence of a fact in both languages; one that the table lacks stays English.

    >>> text("CALL runs code that cannot be seen here; what it moves is not known.").zh
    'CALL 运行的代码在此处不可见，无法得知它移动了哪些数据。'
    """
    whole, patterns = _table()
    if sentence in whole:
        return Text(sentence, whole[sentence])
    for pattern, chinese in patterns:
        if match := pattern.fullmatch(sentence):
            parts = match.groupdict()
            if "reason" in parts:
                parts["reason"] = text(parts["reason"]).zh
            return Text(sentence, chinese.format_map(parts))
    return Text(sentence, _of_clauses(sentence) or sentence)


@cache
def _table() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    raw: dict[str, str] = json.loads(files("datagov.vocabulary").joinpath("sentences.json").read_text("utf-8"))
    whole = {english: chinese for english, chinese in raw.items() if not _PART.search(english)}
    patterns = [(_pattern(english), chinese) for english, chinese in raw.items() if english not in whole]
    return whole, patterns


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _PART.split(english)
    return re.compile(
        "".join(
            f"(?P<{p}>{'.*?' if p == 'where' else '.+?'})" if n % 2 else re.escape(p) for n, p in enumerate(pieces)
        ),
        re.DOTALL,
    )


@cache
def _clauses() -> tuple[list[tuple[list[str], re.Pattern[str], str]], list[tuple[list[str], re.Pattern[str], str]]]:
    """(fixed pieces, pattern, Chinese) of subjects and of clauses, those with the longest fixed text first."""
    raw = json.loads(files("datagov.vocabulary").joinpath("connector_sentences.json").read_text("utf-8"))
    subjects = [_compiled(english, english, chinese) for english, chinese in raw["subjects"].items()]
    wholes = []
    for english, chinese in raw["clauses"].items():
        follows = english.startswith((" ", ":", ","))
        wholes.append(_compiled(english, "{who}" + english if follows else english, chinese))
    return tuple(sorted(one, key=lambda entry: -sum(map(len, entry[0]))) for one in (subjects, wholes))  # type: ignore[return-value]


def _compiled(english: str, whole: str, chinese: str) -> tuple[list[str], re.Pattern[str], str]:
    pieces = [piece for piece in _PART.split(english)[::2] if piece]
    return pieces, _pattern(whole), chinese


def _of_clauses(sentence: str) -> str | None:
    """A connector's sentence, clause by clause.

    >>> _of_clauses("Source 'a': the folder 'b' is a linked folder, which is not followed; exclude it.")
    "数据源 'a'：文件夹 'b' 是链接的文件夹，不予跟随；请将其排除。"
    """
    if not sentence.endswith("."):
        return None
    if len(several := _NEXT.split(sentence)) > 1:
        each = [text(one) for one in several]
        return None if any(one.en == one.zh for one in each) else "".join(one.zh for one in each)
    said = [_clause(clause) for clause in sentence[:-1].split("; ")]
    return None if None in said else "；".join(filter(None, said)) + "。"


def _clause(clause: str) -> str | None:
    for pieces, pattern, chinese in _clauses()[1]:
        if not all(piece in clause for piece in pieces) or not (match := pattern.fullmatch(clause)):
            continue
        parts = match.groupdict(default="")
        who = parts.pop("who", None)
        told = {name: _part(name, value) for name, value in parts.items()}
        if None in told.values():
            continue
        after = chinese.format_map(told)
        if who is None:
            return after
        return f"{_subject(who)}{'' if after.startswith('：') else ' '}{after}"
    return None


def _part(name: str, value: str) -> str | None:
    """A part of a clause: a fault and a place are clauses themselves, a reason may be one, others stand as they are."""
    match name:
        case "reason":
            return _clause(value) or text(value).zh
        case "fault":
            found = _clause(f"X {value}")
            return found.removeprefix("X ") if found else None
        case "where":
            found = _clause(f"X{value}")
            return found.removeprefix("X ") if found else value
    return value


def _subject(who: str) -> str:
    """What a clause is about: names of sources, files and tables stay as they are."""
    told = []
    for step in who.split(": "):
        for pieces, pattern, chinese in _clauses()[0]:
            if all(piece in step for piece in pieces) and (match := pattern.fullmatch(step)):
                told.append(chinese.format_map(match.groupdict()))
                break
        else:
            told.append(step)
    return "：".join(told)
