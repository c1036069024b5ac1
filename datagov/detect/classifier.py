"""The door of detection: a column goes in, a verdict comes out, no value stays."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from datagov.detect import (
    adaptive,
    born,
    calibration,
    contained,
    custom,
    evidence,
    exhaustive,
    identifiers,
    judges,
    lexicon,
    masking,
    naming,
    rivals,
    subject,
    weigh,
)
from datagov.detect.lexicon import Lexicon
from datagov.detect.naming import Naming
from datagov.detect.patterns import compiled
from datagov.detect.sample import MAX_CELL, Sample, draw
from datagov.detect.verdict import FAILED, Detection, RunnerUp, Verdict
from datagov.detect.weigh import PRIOR, Candidate
from datagov.errors import DatagovError

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer
    from presidio_analyzer.nlp_engine import NlpEngine

_THRESHOLD = 0.0
_FLOAT = re.compile(r"\d{7,19}\.0")
_FREE_TEXT_CELLS = 60
_NESTED_TEXTS = 2_000
_SPECIFIC = ("CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "CN_USCC", "CN_PASSPORT", "CN_PLATE")


class ColumnClassifier:
    """Says what columns are. Offline: no trained model, no download, no socket; the same seed gives the
    same answers.

    ``seed``         decides which rows of a large column are read;
    ``recognisers``  files in Presidio's YAML format and Presidio recogniser objects, beside our own;
    ``words``        the lexicon of column names, the shipped one when None;
    ``nlp``          Presidio's configuration of a trained NLP engine (spaCy, stanza, transformers), or an
    engine object;
                     it reads free text only, and only what passed the gates. None: no model.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        recognisers: Iterable[Path | EntityRecognizer] = (),
        words: Lexicon | None = None,
        nlp: Mapping[str, Any] | NlpEngine | None = None,
    ) -> None:
        added = custom.load(recognisers)
        self._seed = seed
        self._lexicon = custom.with_words(words or lexicon.shipped(), added.words)
        self._rows = (*added.rows, *identifiers.shipped())
        self._coded = added.coded
        self._nlp = nlp
        self._patterns = compiled((*(row.pattern for row in self._rows), *rivals.shipped().values()))
        self._families = {row.entity: row.family for row in self._rows}
        self._engine: AnalyzerEngine | None = None

    @property
    def entities(self) -> frozenset[str]:
        """What the recognisers can find, the user's and ours."""
        coded = {entity for recogniser in self._coded for entity in recogniser.supported_entities}
        return frozenset({row.entity for row in self._rows} | coded)

    def classify(
        self,
        name: str,
        array: Any,
        *,
        table: str | None = None,
        comment: str | None = None,
        dtype: str | None = None,
        population: int | None = None,
        of_persons: Sequence[str] = (),
        alike: float = 1.0,
    ) -> Verdict:
        """Classify one column by its name, its values (an Arrow array, chunked or not) and what is known
        around it.

        ``dtype`` is the source's type text, ``population`` the rows of the table when ``array`` is a
        sample of it.
        ``of_persons`` are the columns of the table that show its rows to be about persons (see ``subject``).
        ``alike`` is how many rows of ``array`` were drawn together, on the mean over its rows: what the column may
        still hold is judged as if they were one.
        Never raises on any array: what could not be examined is said in ``outcome`` and ``reason``.
        """
        said = naming.read(name, self._lexicon, table=table, comment=comment, of_persons=bool(of_persons))
        seed = self._seed_for(table, name)
        told: dict[str, Any] = {"population": population, "dtype": dtype, "cell_bytes": _cell_bytes(array)}
        told |= {"rows_are_persons_by": list(of_persons)} if of_persons else {}
        try:
            sample = draw(array, seed=seed)
        except Exception as error:  # noqa: BLE001 - whatever a driver's array does, the column is reported as not examined
            return self._unexamined(said, f"the array could not be read ({type(error).__name__})", {})
        facts = _counts(sample, alike) | told
        if not sample.texts and not sample.leaves:
            return self._unexamined(said, sample.reason or "nothing to examine", facts)
        try:
            if sample.kind == "nested":
                return self._nested(said, sample, facts, seed)
            verdict = self._decide(said, sample, facts, seed)
            if verdict.masking is None and adaptive.in_doubt(sample, verdict.evidence, self._rows):
                sample = draw(array, seed=seed, most=adaptive.MORE_ROWS)
                verdict = self._decide(said, sample, _counts(sample, alike) | told, seed)
            return verdict
        except Exception as error:  # noqa: BLE001 - one odd column must not end the examination of the others
            why = str(error) if isinstance(error, DatagovError) else type(error).__name__
            return self._unexamined(said, f"{FAILED} ({why})", facts)

    def subject(self, table: str | None, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
        """The columns of a table (name → verdict) whose values show that its rows are about persons, where no name says
        whom they are about; () otherwise. With them, ``classify`` may be asked again about the named columns."""
        return subject.shown(table, verdicts, self._lexicon)

    def recognise(self, text: str, *, doubtful: bool = False) -> list[Detection]:
        """Personal data inside one text, by Presidio's engine with our recognisers; the first 4,096
        characters are read.

        The score is the probability that the place is a personal identifier; from ``engine.THRESHOLD`` on it is
        reported. A bare number whose check digit many numbers pass by chance stays below, unless a word announces
        it. With ``doubtful`` it is reported from ``engine.DOUBTFUL`` on: for a value that is known to be somebody's
        number.
        """
        from datagov.detect.engine import detect

        return detect(self._presidio(), text[:MAX_CELL], doubtful=doubtful)

    def _presidio(self) -> AnalyzerEngine:
        if self._engine is None:
            from datagov.detect import engine

            self._engine = engine.build(self._rows, coded=self._coded, nlp=self._nlp)
        return self._engine

    def _decide(self, said: Naming, sample: Sample, facts: dict[str, Any], seed: int) -> Verdict:
        sample = _cleaned(sample, said.tokens)
        said = judges.reread(said, sample)
        larger = max(facts["population"] or 0, sample.rows) > sample.drawn
        part = adaptive.settled(sample, self._rows, self._patterns, self._seed) if larger else None
        if part is not None:
            sample = part
            facts |= {"read": part.read, "distinct": len(part.texts), "settled_early": True}
        matches, kinds = self._matches(sample.texts)
        shape = rivals.measure(sample.texts, kinds, sample.read)
        rival = rivals.verdict(shape)
        masked = masking.recognise(sample.texts, sample.weights, hinted=said.masks)
        candidates = [] if masked else self._candidates(said, sample, matches, shape, rival)
        if masked:
            candidates = self._behind_mask(said, masked)
        ranked = sorted(candidates, key=lambda c: (-c.score, c.entity not in _SPECIFIC, c.entity))
        ranked = self._settle(ranked)
        best = ranked[0] if ranked and ranked[0].score > _THRESHOLD else None
        facts |= evidence.told(said, best, ranked, rival, sample)
        contains: tuple[str, ...] = ()
        untried = 0
        if best is None and masked is None:
            closed = rivals.is_closed(shape)
            found, left = ({}, []) if closed else self._inside(sample.texts, shape, seed)
            contains = tuple(sorted(found))
            weights = dict(zip(sample.texts, sample.weights, strict=True)) if left else {}
            untried = sum(weights[text] for text in left)
            facts |= {"contains": found, "free_text": not closed and _is_free_text(shape)}
            facts |= {"untried": untried} if untried else {}
        score = ranked[0].score if ranked else PRIOR
        facts["log_odds"] = round(score, 3)
        kind = calibration.kind(said, found=best is not None, is_open=rivals.is_open(rival))
        facts["verdict"] = kind
        confidence = calibration.confidence(score, kind)
        return Verdict(
            entity=best.entity if best else None,
            confidence=round(confidence, 4),
            contains=contains,
            masking=masked.kind if masked else None,
            bound=_bound(sample, untried, facts) if best is None and not contains and masked is None else None,
            runners_up=tuple(
                RunnerUp(c.entity, round(calibration.confidence(c.score, "entity"), 4))
                for c in ranked[bool(best) : bool(best) + 3]
            ),
            evidence=facts,
            examined=sample.read,
            outcome="examined" if sample.read else "not_examined",
            reason=evidence.partly(sample),
        )

    def _candidates(
        self,
        said: Naming,
        sample: Sample,
        matches: Sequence[Sequence[int]],
        shape: rivals.Shape,
        rival: tuple[str, float] | None,
    ) -> list[Candidate]:
        found: list[Candidate] = []
        if sample.kind in ("text", "number", "binary"):
            found += weigh.identifiers(self._rows, sample, matches, shape, said, rival)
            found += judges.coded_by_users(self._coded, sample, said)
            found += judges.telephones(sample, said, rival)
            found += judges.persons(sample, shape, said)
            found += judges.locations(sample, shape, said)
            found += judges.accounts(sample, said)
            found += born.by_birth(sample, said)
            found = weigh.against_checks(found)
        found += judges.births(sample, said)
        found += judges.codes(sample, said)
        return judges.against_the_name(found, said) + judges.by_name_only(sample, said, found)

    def _matches(self, texts: Sequence[str]) -> tuple[list[list[int]], list[list[int]]]:
        """The positions of the texts that each identifier's pattern takes, and each other kind's: one pass for both."""
        found = self._patterns.hits(texts)
        return found[: len(self._rows)], found[len(self._rows) :]

    def _behind_mask(self, said: Naming, masked: masking.Masked) -> list[Candidate]:
        """What a masked column was: by its name, else by what the mask lets show."""
        out = [
            Candidate(entity, PRIOR + weight + 2.0, named=weight, notes={"by": "name of a masked column"})
            for entity, weight in said.weights.items()
            if entity != "LOCATION_PART"
        ]
        if masked.entity and masked.entity not in {c.entity for c in out}:
            supports = {self._families.get(masked.entity, masked.entity), masked.entity}
            weight = max((said.weights.get(e, 0.0) for e in supports), default=0.0)
            out.append(Candidate(masked.entity, 1.5 + weight, named=weight, notes={"by": "shape behind the mask"}))
        return out

    def _settle(self, ranked: Sequence[Candidate]) -> list[Candidate]:
        """A family's general entity yields to its special one when the values are the special one's."""
        best: dict[str, Candidate] = {}
        for candidate in ranked:
            best.setdefault(candidate.entity, candidate)
        ordered = list(best.values())
        for other in ordered[1:]:
            first = ordered[0]
            special = self._families.get(other.entity) == first.entity and other.entity != first.entity
            if special and other.score > 0 and other.rate >= 0.5 and other.rate + 0.15 >= first.rate:
                return [other, *[c for c in ordered if c is not other]]
        return ordered

    def _inside(self, texts: Sequence[str], shape: rivals.Shape, seed: int) -> tuple[dict[str, int], Sequence[str]]:
        """Entities inside texts with the number of texts that hold them, and the texts that were not looked at,
        because enough others had been tried.

        Of free text only cells that could hold something reach Presidio, in random order; cells that are values are
        counted as a full scan counts them, so that what chance explains is none.
        """
        if not _is_free_text(shape):
            return {**self._among_values(texts), **self._found(t for t in texts if "@" in t)}, ()
        mixed = random.Random(seed).sample(texts, len(texts))  # noqa: S311 - which cells are tried first is no secret
        ahead = iter(mixed)
        return self._found(ahead), list(ahead)

    def _found(self, texts: Iterable[str]) -> dict[str, int]:
        """Entity → how many of the texts Presidio finds it in; of the first 60 that could hold something."""
        from datagov.detect.engine import tried

        found: dict[str, int] = {}
        each = (tried(self._presidio(), text[:MAX_CELL]) for text in texts)
        for all_seen in islice((seen for seen in each if seen is not None), _FREE_TEXT_CELLS):
            surest: dict[int, Detection] = {}
            for seen in all_seen:
                if seen.start not in surest or seen.score > surest[seen.start].score:
                    surest[seen.start] = seen
            for entity in {seen.entity for seen in surest.values()}:
                found[entity] = found.get(entity, 0) + 1
        return found

    def _among_values(self, texts: Sequence[str]) -> dict[str, int]:
        """Entity → how many of the cells are one, where chance does not explain it: some cells of a column may be
        identifiers although the column is none."""
        held = contained.held(exhaustive.scan([pa.array(texts, pa.large_string())]))
        return {entity: one.cells for entity, one in held.items()}

    def _nested(self, said: Naming, sample: Sample, facts: dict[str, Any], seed: int) -> Verdict:
        """Nested values: the caller flattens fields into columns; here only what is inside is reported."""
        counted = Counter(sample.leaves)
        texts = tuple(counted)
        shape = rivals.measure(texts, self._matches(texts)[1], len(sample.leaves))
        found, left = self._inside(texts, shape, seed)
        contains = tuple(sorted(found))
        untried = min(sample.read, sum(counted[text] for text in left))
        some = texts[:_NESTED_TEXTS]
        flat = Sample("text", some, (1,) * len(some), sample.rows, sample.drawn, len(some), 0, 0, 0)
        rival = rivals.verdict(shape)
        named = sorted(self._candidates(said, flat, self._matches(some)[0], shape, rival), key=lambda c: -c.score)
        if named and named[0].score > _THRESHOLD:
            contains = tuple(sorted({*contains, named[0].entity}))
        facts |= {"contains": found, "tokens": list(said.tokens)} | ({"untried": untried} if untried else {})
        return Verdict(
            entity=None,
            confidence=round(calibration.confidence(PRIOR, "none"), 4),
            contains=contains,
            bound=None if contains else _bound(sample, untried, facts),
            evidence=facts,
            examined=sample.read,
            outcome="examined" if sample.read else "not_examined",
            reason="; ".join(
                filter(None, ("nested values: give each field as a column of its own", evidence.partly(sample)))
            ),
        )

    def _unexamined(self, said: Naming, reason: str, facts: dict[str, Any]) -> Verdict:
        """Nothing was read: a telling name still says what the column is meant for."""
        ranked = sorted(
            ((PRIOR + weight + 0.5, entity) for entity, weight in said.weights.items() if entity != "LOCATION_PART"),
            reverse=True,
        )
        best = ranked[0] if ranked and ranked[0][0] > 0 else None
        facts |= {"by": "name only", "tokens": list(said.tokens), "vetoes": dict(said.vetoes)}
        return Verdict(
            entity=best[1] if best else None,
            confidence=round(evidence.sigmoid(best[0]), 4) if best else 0.0,
            evidence=facts,
            outcome="not_examined",
            reason=reason,
        )

    def _seed_for(self, table: str | None, name: str) -> int:
        digest = hashlib.blake2b(f"{self._seed}\0{table}\0{name}".encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big")


def _counts(sample: Sample, alike: float) -> dict[str, Any]:
    """What was read, in numbers; ``alike`` of all rows were drawn together."""
    of_drawn = round(evidence.alike(alike, sample), 2)
    together = {"alike": of_drawn} if of_drawn > 1.0 else {}
    return together | {
        "rows": sample.rows,
        "drawn": sample.drawn,
        "read": sample.read,
        "empty": sample.empty,
        "cut": sample.cut,
        "unreadable": sample.unreadable,
        "distinct": len(sample.texts),
        "kind": sample.kind,
    }


def _cleaned(sample: Sample, tokens: Sequence[str]) -> Sample:
    """The sample without cells that repeat the column's own name, as a header read as data does, and without the ``.0``
    that a detour over floating-point numbers leaves on identifiers."""
    header = "".join(tokens).replace(" ", "")
    counts: dict[str, int] = {}
    floats = sum(_FLOAT.fullmatch(text) is not None for text in sample.texts[:50]) >= 0.8 * len(sample.texts[:50])
    if not floats and all(len(text) > 2 * len(header) for text in sample.texts):
        return sample
    for text, weight in zip(sample.texts, sample.weights, strict=True):
        if len(text) <= 2 * len(header) and "".join(naming.tokens(text)) == header:
            continue
        text = text[:-2] if floats and _FLOAT.fullmatch(text) else text
        counts[text] = counts.get(text, 0) + weight
    return replace(sample, texts=tuple(counts), weights=tuple(counts.values())) if counts else sample


def _bound(sample: Sample, untried: int, facts: Mapping[str, Any]) -> float | None:
    missed = sample.cut + sample.unreadable
    return evidence.bound(sample.read - untried, missed=missed, alike=facts.get("alike", 1.0))


def _is_free_text(shape: rivals.Shape) -> bool:
    """Whether there is room for something else beside a value."""
    return shape.words >= 1.5 or shape.length >= 24 or shape.rates.get("JSON", 0) > 0


def _cell_bytes(array: Any) -> float | None:
    """Mean bytes of a cell in Arrow; None where Arrow cannot say."""
    try:
        return round(float(array.nbytes) / len(array), 1)
    except Exception:  # noqa: BLE001 - a size is no reason to leave a column unexamined
        return None


def logit(verdict: Verdict) -> float:
    """Log-odds of the leading entity behind a verdict; that of an unknown column when nothing competed."""
    return float(verdict.evidence.get("log_odds", PRIOR))
