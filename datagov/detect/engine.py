"""The Presidio side: our recognisers in Presidio's registry, run by its engine on one text, offline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import (
    NlpEngine,
    NlpEngineProvider,
    NoOpNlpEngine,
    SlimSpacyNlpEngine,
    SpacyNlpEngine,
    StanzaNlpEngine,
    TransformersNlpEngine,
)

from datagov.detect import installed, labels, odds
from datagov.detect.folding import fold
from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import Sieve, apart
from datagov.detect.recognisers import LANGUAGE, LIFTED, PhoneRecogniser, RowRecogniser, is_whole, whole
from datagov.detect.verdict import Detection
from datagov.errors import ConfigError

__all__ = ["DOUBTFUL", "LANGUAGE", "THRESHOLD", "PhoneRecogniser", "RowRecogniser", "build", "detect", "tried"]

THRESHOLD = 0.5
"""The score from which a detection is reported: it is likelier a personal identifier than not."""
DOUBTFUL = 0.1
"""The score from which one is reported to a caller who asks for doubtful ones too."""
_AS_SURE = 0.4
_DIALLED = 7
"""Digits from which a telephone number may be recognised without a word."""
_SINGLE = 48
"""Characters up to which a text may be one value; a longer one is a passage."""


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
    registry = _Registry(ours, languages)
    if nlp is not None:
        registry.add_nlp_recognizer(engine)
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=languages,
        context_aware_enhancer=_NoContext(),
    )


class _Registry(RecognizerRegistry):
    """Presidio's registry, which hands its engine only those of our rows that may find something in the text at hand:
    most texts hold none of two hundred kinds.

    A row is worth trying when its pattern occurs in the text. In a passage the rows that report nothing without a word
    are not looked for by pattern, only by their words, which few passages hold.
    """

    def __init__(self, recognisers: Sequence[EntityRecognizer], languages: Sequence[str]) -> None:
        super().__init__(recognizers=recognisers, supported_languages=list(languages))
        rows = [recogniser for recogniser in recognisers if isinstance(recogniser, RowRecogniser)]
        self._proving = [row for row in rows if row.row.alone is not None]
        self._announced = [row for row in rows if row.row.alone is None]
        self._phones = [r for r in recognisers if isinstance(r, PhoneRecogniser)]
        self._proving_sieve = Sieve([apart(row.row.pattern) for row in self._proving])
        self._announced_sieve = Sieve([apart(row.row.pattern) for row in self._announced])
        self._whole_sieve = Sieve([whole(row.row.pattern) for row in self._announced])
        self._phone_sieve = Sieve([apart(PhoneRecogniser.PATTERN)])
        spoken = {core: None for row in self._announced for core in row.cores}
        self._cores = tuple(spoken)
        self._phone_words = Sieve([labels.core(word) for word in labels.FAMILIES["PHONE_NUMBER"]])
        self._word_sieve = Sieve(self._cores)
        self._beside = [r for r in recognisers if not isinstance(r, RowRecogniser | PhoneRecogniser)]
        self._sifted: ContextVar[list[EntityRecognizer] | None] = ContextVar("sifted", default=None)

    def add_nlp_recognizer(self, nlp_engine: NlpEngine) -> None:
        """Add the recogniser of what a trained model finds; it is tried on every text."""
        before = len(list(self.recognizers))
        super().add_nlp_recognizer(nlp_engine)
        self._beside += list(self.recognizers)[before:]

    def worth(self, text: str) -> list[EntityRecognizer]:
        """The recognisers that may find something in ``text``: those left out find nothing."""
        worth: list[EntityRecognizer] = [self._proving[i] for i in self._proving_sieve.found(text)]
        if len(text) <= _SINGLE:
            worth += self._announced_in(text)
        else:
            worth += self._spoken_of(labels.plain(text))
        worth += self._phones if self._may_be_dialled(text) else []
        return [*worth, *self._beside]

    def _may_be_dialled(self, text: str) -> bool:
        """Whether there are figures enough for a telephone number, or few and a word that announces one."""
        if not self._phone_sieve.found(text):
            return False
        return sum(map(str.isdigit, text)) >= _DIALLED or bool(self._phone_words.found(labels.plain(text)))

    def _announced_in(self, text: str) -> list[RowRecogniser]:
        """Of a text that may be a single value: the rows whose pattern is all of it, or is there with a word."""
        there = self._announced_sieve.found(text)
        if not there:
            return []
        whole, plain = set(self._whole_sieve.found(text)), labels.plain(text)
        rows = [(i in whole, self._announced[i]) for i in there]
        return [row for alone, row in rows if alone or row.is_known_by_head or row.is_spoken_of(plain)]

    def _spoken_of(self, plain: str) -> list[RowRecogniser]:
        there = {self._cores[i] for i in self._word_sieve.found(plain)}
        return [row for row in self._announced if not there.isdisjoint(row.cores) and row.is_spoken_of(plain)]

    @contextmanager
    def sifted(self, worth: Sequence[EntityRecognizer]) -> Iterator[None]:
        """Within, this thread's engine is given these recognisers alone."""
        token = self._sifted.set(list(worth))
        try:
            yield
        finally:
            self._sifted.reset(token)

    def get_recognizers(self, *args: Any, **kwargs: Any) -> list[EntityRecognizer]:
        worth = self._sifted.get()
        return worth if worth is not None else super().get_recognizers(*args, **kwargs)


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
    """What ``tried`` finds; nothing where no recogniser is worth trying."""
    return tried(engine, text, doubtful=doubtful) or []


def tried(engine: AnalyzerEngine, text: str, *, doubtful: bool = False) -> list[Detection] | None:
    """Run the engine over one text; None where no recogniser is worth trying on it.

    Of results that overlap the ones that words announce, then the surest, then the longest are kept; those as sure on
    the same place stay beside each other: a number may be valid in two countries.
    """
    folded = fold(text)
    least = DOUBTFUL if doubtful else THRESHOLD
    assert isinstance(engine.registry, _Registry)
    worth = engine.registry.worth(folded.plain)
    if not worth:
        return None
    with engine.registry.sifted(worth):
        results = engine.analyze(text=folded.plain, language=engine.supported_languages[0], score_threshold=0.0)
    kept: list[RecognizerResult] = []
    for result in sorted(_together(results, folded.plain), key=_rank):
        if result.score < least:
            continue
        clash = [other for other in kept if result.end > other.start and result.start < other.end]
        equal = all((o.start, o.end) == (result.start, result.end) and _as_sure(result, o) for o in clash)
        if not clash or (equal and all(o.entity_type != result.entity_type for o in clash)):
            kept.append(result)
    return [
        Detection(r.entity_type, *folded.span(r.start, r.end), round(r.score, 4))
        for r in sorted(kept, key=lambda r: (r.start, -r.score, r.entity_type))
    ]


def _together(results: Sequence[RecognizerResult], text: str) -> list[RecognizerResult]:
    """The results, where those on one bare number share the probability that it is a person's: what several kinds
    claim is likelier somebody's than what one does."""
    whole = [
        r for r in results if not _lifted(r) and text[r.start : r.end].isdigit() and is_whole(text, r.start, r.end)
    ]
    for place in {(r.start, r.end) for r in whole}:
        digits = text[place[0] : place[1]]
        claims = [r for r in whole if (r.start, r.end) == place and r.entity_type != "PHONE_NUMBER"]
        together = odds.of_digits((r.entity_type for r in claims), digits)
        for claim in claims:
            claim.score = together
    return list(results)


def _rank(result: RecognizerResult) -> tuple[bool, float, int, int, str]:
    return (not _lifted(result), -result.score, result.start - result.end, result.start, result.entity_type)


def _as_sure(result: RecognizerResult, other: RecognizerResult) -> bool:
    return other.score - result.score < _AS_SURE and _lifted(result) == _lifted(other)


def _lifted(result: RecognizerResult) -> bool:
    return bool((result.recognition_metadata or {}).get(LIFTED, False))
