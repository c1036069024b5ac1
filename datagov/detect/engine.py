"""The Presidio side: our identifiers as Presidio recognisers in Presidio's registry, run by its engine on
free text, offline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import re2
from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    LocalRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import (
    NlpArtifacts,
    NlpEngine,
    NlpEngineProvider,
    NoOpNlpEngine,
    SlimSpacyNlpEngine,
    SpacyNlpEngine,
    StanzaNlpEngine,
    TransformersNlpEngine,
)

from datagov.detect import installed, phones
from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import options
from datagov.detect.verdict import Detection
from datagov.errors import ConfigError

LANGUAGE = "en"
"""Presidio runs a recogniser per language; ours know no language, so one stands for all."""
THRESHOLD = 0.5
_WINDOW = 60
_RARE = 0.0005
_AS_SURE = 0.4
_KNOWN_BY_HEAD = frozenset({"CN_MOBILE", "CREDIT_CARD", "CN_BANK_CARD", "IP_ADDRESS"})
_SEPARATED = re.compile(r"(?<=\w)[-./ ](?=\w)")
DOUBTFUL = 0.45
"""The score of a text that is one number, valid for a country, though many others are valid by chance."""
_DOUBTFUL_CHANCE = 0.12
_NUMBERS_OF_PERSONS = frozenset({"NATIONAL_ID", "SOCIAL_SECURITY", "HEALTH_ID"})
_DATE_OR_LENGTH_ONLY = frozenset({"CU_NI", "CR_CR", "MY_NRIC", "IN_VID"})
_MOMENT = re.compile(r"1(?:5[89]|[67]\d)\d{7}(?:\d{3}|\d{6})?|20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4,}")
_NUMBER_OF_A_THING = re.compile(
    r"(?i)(?:\b(?:order|invoice|serial|transaction|txn|tracking|batch|amount|total|timestamp|ref(?:erence)?)"
    r"(?:[ _-]?(?:no|number|id|num|nr))?|订单号?|流水号?|运单号?|交易号?|单号|金额|批次号?|序列号|时间戳)[\s.:：#=]*$"
)


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
            if not self.row.check(text[start:end]):
                # The pattern may have taken the next short word for the last group of a spaced number.
                end = start + len(text[start:end].rpartition(" ")[0])
                if self._pattern.fullmatch(text[start:end]) is None or not self.row.check(text[start:end]):
                    continue
            if end == start or not _stands_alone(text, start, end):
                continue
            near = (text[max(0, start - _WINDOW) : start] + " " + text[end : end + _WINDOW // 3]).casefold()
            lifted = any(word in near for word in self.row.context)
            if self.row.entity == "IP_ADDRESS" and not lifted and _is_version(text, start, end):
                continue
            if (
                self.row.chance > _RARE
                and not lifted
                and _NUMBER_OF_A_THING.search(text[max(0, start - _WINDOW) : start])
            ):
                continue
            score = _score(self.row, text[start:end], whole=start == 0 and end == len(text), lifted=lifted)
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


class PhoneRecogniser(LocalRecognizer):
    """Telephone numbers in a text: with a plus sign, in North American form, or after a word that
    announces one."""

    def __init__(self) -> None:
        self._pattern = re2.compile(r"\(?\+?\(?\d[\d\s().\-/·]{5,20}\d(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?", options())
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
            near = text[max(0, start - _WINDOW // 2) : start].casefold()
            score = phones.score(text[start:end], whole=start == 0 and end == len(text), announced=_announced(near))
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
                        },
                    )
                )
        return found


def _announced(near: str) -> bool:
    return any(
        word in near
        for word in (
            "phone",
            "tel",
            "fax",
            "mobile",
            "cell",
            "call",
            "whatsapp",
            "电话",
            "手机",
            "传真",
            "联系",
        )
    )


def _row_name(row: Identifier) -> str:
    return f"{row.entity}Row"


def _score(row: Identifier, text: str, *, whole: bool, lifted: bool) -> float:
    """What a match is worth: the rarer by chance the surer; plain digits of a national number need their
    word.

    ``whole``: the match is the entire text, a single value and not a passage.
    """
    chance = row.chance * (0.1 if _SEPARATED.search(text) else 1.0)
    digits = text.isdigit()
    if row.alone is None:
        base = 0.3
    elif row.entity in _KNOWN_BY_HEAD or chance <= _RARE:
        base = 0.95
    elif chance <= (0.002 if digits else 0.1 if whole else 0.01):
        base = 0.6
    else:
        base = 0.3
    if whole and base < THRESHOLD and not lifted:
        return DOUBTFUL if _may_stand_alone(row, text) else base
    return min(1.0, base + 0.4) if lifted else base


def _may_stand_alone(row: Identifier, text: str) -> bool:
    """Whether a text that is nothing but this number is reported, with a doubt, without a word that announces it."""
    persons = row.alone is not None or (row.family in _NUMBERS_OF_PERSONS and row.entity not in _DATE_OR_LENGTH_ONLY)
    if not persons or row.check.__name__ == "always" or row.family == "SWIFT_CODE":
        return False
    limit = _DOUBTFUL_CHANCE * (1.0 if text.isdigit() else 2.5)
    return row.chance <= limit and _MOMENT.fullmatch(text) is None


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A match inside a longer word or number is no match."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if (before and _joins(before, text[start])) or (after and _joins(after, text[end - 1])):
        return False
    return not (before in ".-" and start > 1 and text[start - 2].isdigit() and text[start].isdigit()) or not before


def _is_version(text: str, start: int, end: int) -> bool:
    """Four small numbers, or ones behind a slash, a v or a colon, are a program's version
    (``Chrome/13.0.862.0``)."""
    octets = [int(part) for part in re.findall(r"\d+", text[start:end])[:4]]
    if "." not in text[start:end] or octets[0] in (10, 127):
        return False
    return text[:start][-1:] in ("/", "v", ":") or max(octets) < 32


def _joins(outside: str, inside: str) -> bool:
    if "\u3400" <= outside <= "\u9fff" or "\u3400" <= inside <= "\u9fff":
        return False
    return (outside.isalnum() and inside.isalnum()) or outside in "_@"


def build(
    rows: Iterable[Identifier],
    *,
    coded: Sequence[EntityRecognizer] = (),
    nlp: Mapping[str, Any] | NlpEngine | None = None,
) -> AnalyzerEngine:
    """An analyzer engine over our rows and the user's recognisers.

    Without ``nlp`` it needs no model and opens no socket. With it, Presidio's own loading of spaCy, stanza or
    transformers is used, and what the model finds is added; a model that cannot be loaded is a ConfigError.
    """
    engine = _nlp_engine(nlp)
    languages = list(engine.get_supported_languages())
    ours: list[EntityRecognizer] = [*(RowRecogniser(row) for row in rows), PhoneRecogniser(), *coded]
    for recogniser in ours:
        recogniser.supported_language = languages[0]
    registry = RecognizerRegistry(recognizers=ours, supported_languages=languages)
    if nlp is not None:
        registry.add_nlp_recognizer(engine)
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=languages,
        context_aware_enhancer=_NoContext(),
    )


def _nlp_engine(nlp: Mapping[str, Any] | NlpEngine | None) -> NlpEngine:
    if isinstance(nlp, NlpEngine):
        if not nlp.is_loaded():
            nlp.load()
        return nlp
    if nlp is None:
        engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
        engine.load()
        return engine
    installed.require(nlp)
    try:
        made = NlpEngineProvider(_ENGINES, nlp_configuration=dict(nlp)).create_engine()
        made.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - each library fails in its own way, spaCy by exit
        raise ConfigError(
            f"The NLP engine {nlp.get('nlp_engine_name')!r} could not be loaded ({type(error).__name__}); "
            "install its package and model first, or leave nlp out to work without a model."
        ) from None
    return made


class _OfflineStanza(StanzaNlpEngine):
    """Stanza that loads what is on disk: Presidio's provider would have it ask for a list of models first."""

    def __init__(self, models: Any = None, ner_model_configuration: Any = None) -> None:
        super().__init__(models, ner_model_configuration, download_if_missing=False)


_ENGINES = (SpacyNlpEngine, SlimSpacyNlpEngine, _OfflineStanza, TransformersNlpEngine)


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


def detect(engine: AnalyzerEngine, text: str, *, doubtful: bool = False) -> list[Detection]:
    """Run the engine over one text. Of results that overlap the surest, then the longest, are kept; those
    as sure on the
    same place stay beside each other, for a number may be valid in two countries."""
    results = engine.analyze(
        text=text, language=engine.supported_languages[0], score_threshold=DOUBTFUL if doubtful else THRESHOLD
    )
    kept: list[RecognizerResult] = []
    for result in sorted(results, key=lambda r: (-r.score, r.start - r.end, r.start, r.entity_type)):
        clash = [other for other in kept if result.end > other.start and result.start < other.end]
        equal = all((o.start, o.end) == (result.start, result.end) and o.score - result.score < _AS_SURE for o in clash)
        if not clash or (equal and all(o.entity_type != result.entity_type for o in clash)):
            kept.append(result)
    return [
        Detection(r.entity_type, r.start, r.end, round(r.score, 4))
        for r in sorted(kept, key=lambda r: (r.start, -r.score, r.entity_type))
    ]
