"""The Presidio side: our identifiers as Presidio recognisers in Presidio's registry, run by its engine on
free text, offline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import re2
from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    LocalRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import options
from datagov.detect.verdict import Detection

LANGUAGE = "en"
"""Presidio runs a recogniser per language; ours know no language, so one stands for all."""
THRESHOLD = 0.5
_WINDOW = 60
_RARE = 0.0005
_SEPARATED = re.compile(r"(?<=\w)[-./ ](?=\w)")


class RowRecogniser(LocalRecognizer):
    """A row of the table of identifiers as a Presidio recogniser: google-re2 finds, the row's check
    decides, context lifts."""

    def __init__(self, row: Identifier) -> None:
        self.row = row
        self._pattern = re2.compile(f"({row.pattern})", options())
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
        found = []
        for match in self._pattern.finditer(text):
            start, end = match.span()
            if end == start or not _stands_alone(text, start, end) or not self.row.check(text[start:end]):
                continue
            if self.row.entity == "IP_ADDRESS" and _is_version(text, start, end):
                continue
            near = text[max(0, start - _WINDOW) : start].casefold()
            lifted = any(word in near for word in self.row.context)
            score = _score(self.row, text[start:end], lifted=lifted)
            if score > 0:
                found.append(
                    RecognizerResult(
                        entity_type=self.row.entity,
                        start=start,
                        end=end,
                        score=score,
                        recognition_metadata={
                            RecognizerResult.RECOGNIZER_NAME_KEY: _row_name(self.row),
                            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                        },
                    )
                )
        return found


def _row_name(row: Identifier) -> str:
    return f"{row.entity}Row"


def _score(row: Identifier, text: str, *, lifted: bool) -> float:
    """What a match is worth: the rarer by chance the surer; plain digits of a national number need their
    word."""
    chance = row.chance * (0.1 if _SEPARATED.search(text) else 1.0)
    if row.alone is None:
        base = 0.3
    elif chance <= _RARE or row.alone <= 0.6:
        base = 0.95
    elif chance <= 0.1 and not text.isdigit():
        base = 0.6
    else:
        base = 0.3
    return min(1.0, base + 0.4) if lifted else base


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A match inside a longer word or number is no match."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before and _joins(before, text[start])) or (after and _joins(after, text[end - 1])):
        return False
    return (
        not (before in ".-" and start > 1 and text[start - 2].isdigit() and text[start].isdigit())
        or not before
    )


def _is_version(text: str, start: int, end: int) -> bool:
    """Numbers with dots behind a slash, a v or a colon are a program's version (``Chrome/13.0.862.0``)."""
    octets = [int(part) for part in re.findall(r"\d+", text[start:end])[:4]]
    return "." in text[start:end] and (text[:start][-1:] in ("/", "v", ":") or max(octets) < 10)


def _joins(outside: str, inside: str) -> bool:
    if "\u3400" <= outside <= "\u9fff" or "\u3400" <= inside <= "\u9fff":
        return False
    return (outside.isalnum() and inside.isalnum()) or outside in "_@"


def build(rows: Iterable[Identifier]) -> AnalyzerEngine:
    """An analyzer engine that needs no model and opens no socket."""
    registry = RecognizerRegistry(
        recognizers=[RowRecogniser(row) for row in rows], supported_languages=[LANGUAGE]
    )
    nlp = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
    nlp.load()
    return AnalyzerEngine(
        registry=registry, nlp_engine=nlp, supported_languages=[LANGUAGE], context_aware_enhancer=_NoContext()
    )


class _NoContext(ContextAwareEnhancer):
    """Our recognisers weigh their context themselves, and the no-op engine has no lemmas to enhance by."""

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.0,
            min_score_with_context_similarity=0.0,
            context_prefix_count=0,
            context_suffix_count=0,
        )

    def enhance_using_context(self, text: str, raw_results: list[Any], *_: Any, **__: Any) -> list[Any]:
        return raw_results


def detect(engine: AnalyzerEngine, text: str) -> list[Detection]:
    """Run the engine over one text; of overlapping results the surest, then the longest, is kept."""
    results = engine.analyze(text=text, language=LANGUAGE, score_threshold=THRESHOLD)
    kept: list[RecognizerResult] = []
    for result in sorted(results, key=lambda r: (-r.score, r.start - r.end, r.start, r.entity_type)):
        if all(result.end <= other.start or result.start >= other.end for other in kept):
            kept.append(result)
    return [
        Detection(r.entity_type, r.start, r.end, round(r.score, 4))
        for r in sorted(kept, key=lambda r: r.start)
    ]
