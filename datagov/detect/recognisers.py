"""Our identifiers and telephone numbers as Presidio recognisers: google-re2 finds, the check decides, words lift."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import re2
from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from datagov.detect import articles, labels, odds, phones
from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import options

LANGUAGE = "en"
"""Presidio runs a recogniser per language; ours know no language, so one stands for all."""
LIFTED = "datagov_lifted"
"""Key of a result's metadata: whether words beside the number say what it is."""
_RARE = 0.0005
_UNCHECKED = frozenset({"always", "numbered", "dated"})
_KNOWN_BY_HEAD = frozenset({"CN_MOBILE", "CREDIT_CARD", "CN_BANK_CARD", "IP_ADDRESS"})
_SEPARATED = re.compile(r"(?<=\w)[-./ ](?=\w)")
_AROUND = " \t\r\n\"'`()[]{}<>,;:.!?，。；：！？、（）【】「」《》“”‘’«»„*|"
_SIGNS = re.compile(f"[{re.escape(_AROUND)}]*")


class RowRecogniser(LocalRecognizer):
    """A row of the table of identifiers as a Presidio recogniser: google-re2 finds, the row's check
    decides, context lifts."""

    def __init__(self, row: Identifier) -> None:
        self.row = row
        self._pattern = re2.compile(f"({row.pattern})", options())
        checked = row.check.__name__ not in _UNCHECKED
        general = labels.FAMILIES.get(row.family, ()) if checked else ()
        words = (*row.context, *general)
        self.cores = frozenset(filter(None, map(labels.core, words)))
        """RE2 of parts of words, of which one stands in every text that speaks of the row."""
        self._words = labels.pattern(words)
        super().__init__(
            supported_entities=[row.entity],
            supported_language=LANGUAGE,
            name=_row_name(row),
            context=list(row.context),
        )

    def load(self) -> None:
        """Nothing to load: the row is the recogniser."""

    def validate_result(self, text: str) -> bool:
        """Whether a matched text passes the row's check."""
        return self.row.check(text)

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Every place of the text that matches, stands alone and passes the check."""
        if entities and self.row.entity not in entities:
            return []
        return list(self.places(text))

    def places(self, text: str) -> Iterator[RecognizerResult]:
        """The same one by one, for who needs only the first."""
        for match in self._pattern.finditer(text):
            start, end = match.span()
            end = self._checked_end(text, start, end)
            if end == start or not _stands_alone(text, start, end):
                continue
            lifted = self._lifted(text, start, end)
            score = self._score(text, start, end, lifted=lifted)
            if score > 0:
                yield self._result(start, end, score, lifted=lifted)

    @property
    def is_known_by_head(self) -> bool:
        """Whether the first figures alone tell the number from others."""
        return self.row.entity in _KNOWN_BY_HEAD

    def is_spoken_of(self, plain: str) -> bool:
        """Whether one of the row's words stands anywhere in a text that ``labels.plain`` made."""
        return self._words is not None and self._words.search(plain) is not None

    def _lifted(self, text: str, start: int, end: int) -> bool:
        if self._words is None or is_whole(text, start, end):
            return False
        return self._words.search(labels.around(text, start, end)) is not None

    def _checked_end(self, text: str, start: int, end: int) -> int:
        """Where the number ends: at ``end``, or a group earlier when the pattern took the next word for one; else
        ``start``, when no check passes. The advertised SSN numbers pass where a word announces them."""
        number = text[start:end]
        if self.row.check(number):
            return end
        if self.row.entity == "US_SSN" and self.row.shape is not None and self.row.shape(number):
            return end if self._lifted(text, start, end) else start
        shorter = start + len(number.rpartition(" ")[0])
        fits = self._pattern.fullmatch(text[start:shorter]) is not None and self.row.check(text[start:shorter])
        return shorter if fits else start

    def _score(self, text: str, start: int, end: int, *, lifted: bool) -> float:
        if self.row.entity == "IP_ADDRESS" and not lifted and _is_version(text, start, end):
            return 0.0
        if not lifted and self.row.chance > _RARE and labels.is_of_a_thing(text, start):
            return 0.0
        return _score(self.row, text[start:end], whole=is_whole(text, start, end), lifted=lifted)

    def _result(self, start: int, end: int, score: float, *, lifted: bool) -> RecognizerResult:
        return RecognizerResult(
            entity_type=self.row.entity,
            start=start,
            end=end,
            score=score,
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: _row_name(self.row),
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                LIFTED: lifted,
            },
        )


class PhoneRecogniser(LocalRecognizer):
    """Telephone numbers in a text: with a plus sign, in a country's own form, or after a word that announces one."""

    PATTERN = r"\(?\+?\(?\d[\d\s().\-/·]{3,24}\d(?:;?\s*(?:x|ext\.?\s?=?|extension|#|转|分机|доб\.?)\s*\d{1,6})?"
    """RE2 of what may be a telephone number, before it is judged."""

    def __init__(self) -> None:
        self._pattern = re2.compile(self.PATTERN, options())
        self._words = labels.pattern(labels.FAMILIES["PHONE_NUMBER"])
        super().__init__(supported_entities=["PHONE_NUMBER"], supported_language=LANGUAGE, name="PhoneRecogniser")

    def load(self) -> None:
        """Nothing to load: libphonenumber's tables are imported with the first number."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Every number that is one by its form, or by its form and the words before it."""
        found = []
        for match in self._pattern.finditer(text):
            start, end = match.span()
            if not _stands_alone(text, start, end):
                continue
            announced = self._words is not None and self._words.search(labels.around(text, start, end)) is not None
            if not announced and labels.is_of_a_thing(text, start):
                continue
            score = phones.score(text[start:end], whole=is_whole(text, start, end), announced=announced)
            if score:
                found.append(
                    RecognizerResult(
                        entity_type="PHONE_NUMBER",
                        start=start,
                        end=end,
                        score=score,
                        recognition_metadata={
                            RecognizerResult.RECOGNIZER_NAME_KEY: "PhoneRecogniser",
                            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                            LIFTED: announced,
                        },
                    )
                )
        return found


def whole(pattern: str) -> str:
    """RE2 of the texts in which a match of the pattern may be all there is, but for signs around it."""
    signs = re2.escape(_AROUND)
    return rf"\A[{signs}]*(?:{pattern})[{signs}]*\z"


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a match is all there is in a text, but for signs around it: a single value, no passage."""
    return _SIGNS.match(text, 0, start).end() == start and _SIGNS.match(text, end).end() == len(text)  # type: ignore[union-attr]  # it always matches


def _row_name(row: Identifier) -> str:
    return f"{row.entity}Row"


def _score(row: Identifier, text: str, *, whole: bool, lifted: bool) -> float:
    """What a match is worth: the rarer by chance the surer; plain digits of a national number need their
    word.

    ``whole``: the match is the entire text, a single value and not a passage.
    """
    chance = row.chance * (0.1 if _SEPARATED.search(text) else 1.0)
    digits = text.isdigit()
    if row.entity in _KNOWN_BY_HEAD or (row.alone is not None and chance <= _RARE):
        base = 0.95
    elif lifted:
        base = 0.55
    elif whole:
        base = odds.of_digits([row.entity], text) if digits else _alone(row, text)
    elif row.alone is not None and chance <= (0.002 if digits else 0.01):
        base = 0.6
    else:
        base = 0.05
    return min(1.0, base + 0.4) if lifted else base


def _alone(row: Identifier, text: str) -> float:
    never = row.alone is None and row.check.__name__ in _UNCHECKED
    return 0.0 if never or articles.is_decimal(text) or articles.is_book(text) else odds.of_shape(row, text)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A match inside a longer word or number is no match."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before and _joins(before, text[start])) or (after and _joins(after, text[end - 1])):
        return False
    led = before in (".", "-") and text[start - 2 : start - 1].isdigit() and text[start].isdigit()
    followed = after in (".", "-") and text[end + 1 : end + 2].isdigit() and text[end - 1].isdigit()
    return not (led and start > 1) and not followed


def _is_version(text: str, start: int, end: int) -> bool:
    """Four small numbers, or ones behind a slash, a v or a colon, are a program's version
    (``Chrome/13.0.862.0``)."""
    octets = [int(part) for part in re.findall(r"\d+", text[start:end])[:4]]
    if "." not in text[start:end] or ":" in text[start:end].rpartition(":")[0] or not octets or octets[0] in (10, 127):
        return False
    return (text[:start][-1:] in ("/", "v", ":") and text[:start][-3:] != "://") or max(octets) < 32


def _joins(outside: str, inside: str) -> bool:
    if "\u3400" <= outside <= "\u9fff" or "\u3400" <= inside <= "\u9fff":
        return False
    return (outside.isalnum() and inside.isalnum()) or outside in "_@"
