"""Recognisers of the user: Presidio's YAML and Presidio's classes, judged by the same rules as our own."""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from datagov.detect import textfile
from datagov.detect.checks import always
from datagov.detect.guarded import guarded
from datagov.detect.identifiers import Identifier
from datagov.detect.lexicon import Entry, Lexicon
from datagov.detect.patterns import PatternSet
from datagov.errors import ConfigError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

_LARGEST_FILE = 256 * 1024
_SURE = 0.5
"""Presidio's score from which a pattern may decide a column without the column's name."""


@dataclass(frozen=True, slots=True)
class Custom:
    """What the user added: rows for columns and texts, words for column names, and recognisers that are
    code."""

    rows: tuple[Identifier, ...] = ()
    words: tuple[tuple[str, Entry], ...] = ()
    coded: tuple[EntityRecognizer, ...] = ()


def load(sources: Iterable[Path | EntityRecognizer]) -> Custom:
    """Read YAML files in Presidio's format and take recogniser objects as they are.

    Every pattern must be one google-re2 runs; ConfigError names the file and the recogniser at fault.
    """
    rows: list[Identifier] = []
    words: list[tuple[str, Entry]] = []
    coded: list[EntityRecognizer] = []
    for source in sources:
        if not isinstance(source, Path):
            coded.append(guarded(source))
            continue
        for entry, line in _entries(source):
            made = _rows(entry, str(source), line)
            rows += made
            terms = {made[0].entity.replace("_", " "), *made[0].context}
            meaning = Entry("is", made[0].entity, 3, "en")
            words += [(term.casefold().replace(" ", ""), meaning) for term in sorted(terms)]
    return Custom(tuple(rows), tuple(words), tuple(coded))


def with_words(lexicon: Lexicon, words: Sequence[tuple[str, Entry]]) -> Lexicon:
    """A lexicon that knows the user's words before its own."""
    terms = dict(lexicon.terms)
    for term, entry in words:
        terms[term] = (entry, *terms.get(term, ()))
    return Lexicon(terms, max([lexicon.longest, *(len(term) for term, _ in words)]))


def _entries(path: Path) -> list[tuple[dict[str, Any], int]]:
    file = str(path)
    text = textfile.read(path, "recognisers", most=_LARGEST_FILE, name=file)
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                line = token.start_mark.line + 1
                raise ConfigError("YAML aliases are refused here; write the value out.", file=file, line=line)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError("This is not valid YAML.", file=file, line=mark.line + 1 if mark else None) from None
    found = content.get("recognizers") if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ConfigError("A file of recognisers is a mapping with a list called 'recognizers'.", file=file)
    lines = _lines(text)
    return [(entry, line) for entry, line in zip(found, lines, strict=True)]


def _lines(text: str) -> list[int]:
    """The line on which each recogniser begins."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    (entries,) = (value for key, value in root.value if key.value == "recognizers")
    return [entry.start_mark.line + 1 for entry in entries.value]


def _rows(entry: dict[str, Any], file: str, line: int) -> list[Identifier]:
    entity, name = entry.get("supported_entity"), str(entry.get("name") or entry.get("supported_entity"))
    try:
        patterns, denied = _listed(entry, "patterns", dict), _listed(entry, "deny_list", str | int)
        context = tuple(str(word) for word in _listed(entry, "context", str))
        if not isinstance(entity, str) or not entity or not (patterns or denied):
            raise ConfigError("it needs supported_entity and either patterns or a deny_list.")
        scores = [_share(pattern.get("score", 0), "score") for pattern in patterns]
        rows = [_row(entity, _regex(pattern), score, context) for pattern, score in zip(patterns, scores, strict=True)]
        if denied:
            words = "|".join(re.escape(str(word)) for word in denied)
            rows.append(_row(entity, words, _share(entry.get("deny_list_score", 1.0), "deny_list_score"), context))
    except ConfigError as error:
        raise ConfigError(f"Recogniser {name!r}: {error}", file=file, line=line) from None
    return rows


def _listed(entry: dict[str, Any], key: str, kind: Any) -> list[Any]:
    held = entry.get(key) or []
    if not isinstance(held, list) or not all(isinstance(one, kind) for one in held):
        raise ConfigError(f"{key!r} is not the list that Presidio has there.")
    return held


def _share(held: Any, key: str) -> float:
    if isinstance(held, bool) or not isinstance(held, int | float) or not 0 <= held <= 1:
        raise ConfigError(f"{key!r} is a number from 0 to 1.")
    return float(held)


def _regex(pattern: dict[str, Any]) -> str:
    held = pattern.get("regex")
    if not isinstance(held, str) or not held:
        raise ConfigError("every pattern needs a 'regex'.")
    return held


def _row(entity: str, regex: str, score: float, context: tuple[str, ...]) -> Identifier:
    # Presidio searches, a column's cell is matched whole: word boundaries at the ends are already implied.
    pattern = re.sub(r"^\(?\\b|\\b\)?$", "", regex) if regex.startswith("\\b") or regex.endswith("\\b") else regex
    chance = _chance(pattern)
    return Identifier(
        entity=entity,
        family=entity,
        pattern=pattern,
        check=always,
        shape=None,
        chance=chance,
        alone=0.6 if score >= _SURE and chance < _SURE else None,
        context=context,
    )


def _chance(pattern: str) -> float:
    """The largest share of any everyday kind of column that the pattern matches whole."""
    matcher = PatternSet([pattern])
    shares = [len(matcher.hits(texts)[0]) / len(texts) for texts in _everyday()]
    return max(*shares, 0.0005)


def _everyday() -> list[list[str]]:
    """Columns every platform has: numbers of all lengths, codes, words, dates, amounts, UUIDs, hashes."""
    chance = random.Random(11)  # noqa: S311 - a fixed battery of texts, nothing secret

    def some(alphabet: str, size: int) -> str:
        return "".join(chance.choice(alphabet) for _ in range(size))

    makers: list[Callable[[], str]] = [partial(some, string.digits, size) for size in range(1, 21)]
    makers += [partial(some, string.ascii_lowercase, size) for size in range(2, 12)]
    makers += [partial(some, string.ascii_uppercase, size) for size in range(2, 6)]
    makers += [
        lambda: f"{some(string.ascii_uppercase, 2)}-{some(string.digits, 6)}",
        lambda: f"{some(string.ascii_uppercase, 3)}{some(string.digits, 7)}",
        lambda: f"20{some('012', 1)}{some(string.digits, 1)}-0{chance.randint(1, 9)}-1{some(string.digits, 1)}",
        lambda: f"{some(string.digits, 3)}.{some(string.digits, 2)}",
        lambda: str(uuid.UUID(int=chance.getrandbits(128))),
        lambda: some("0123456789abcdef", 32),
        lambda: f"{some(string.ascii_lowercase, 5).title()} {some(string.ascii_lowercase, 7).title()}",
    ]
    return [[make() for _ in range(100)] for make in makers]
