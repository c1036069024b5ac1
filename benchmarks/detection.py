"""Detection beside presidio-analyzer, presidio-structured and scrubadub: accuracy and cells per second on generated
columns.

    pip install faker mimesis presidio-structured scrubadub
    python benchmarks/detection.py [tool]...

scrubadub is left out where it is not installed; its column tag is, as presidio-analyzer's, the kind of most hits among
half the cells or more.

No tool has a trained model, so that what is measured is recognition by pattern, check, list and name.
Presidio's tools read
``CELLS`` cells of each column, datagov all of them; Presidio's column tag is the entity of most hits among
half the cells or more
(analyzer) or of most hits at all (structured, its own strategy).
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pandas as pd
import pyarrow as pa
import tldextract
from detection_calibration import is_right
from detection_sets import clean, personal
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from datagov.detect import ColumnClassifier

SEED = 1
CELLS = 20
Tagger = Callable[[str, Sequence[str]], str | None]


def presidio() -> AnalyzerEngine:
    """Presidio with its predefined recognisers and no model."""
    # Presidio's e-mail recogniser would fetch a list of domain suffixes over the network.
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = offline.__call__
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


def by_majority(engine: AnalyzerEngine) -> Tagger:
    """The entity that Presidio finds in half the cells or more, the column name given as context."""

    def tag(name: str, texts: Sequence[str]) -> str | None:
        votes: Counter[str] = Counter()
        for text in texts[:CELLS]:
            found = engine.analyze(text=text, language="en", score_threshold=0.4, context=name.split("_"))
            if found:
                votes[max(found, key=lambda result: result.score).entity_type] += 1
        entity, count = max(votes.items(), key=lambda vote: vote[1], default=(None, 0))
        return entity if count * 2 >= len(texts[:CELLS]) else None

    return tag


def by_structured(engine: AnalyzerEngine) -> Tagger:
    """presidio-structured's own analysis of a data frame of one column."""
    from presidio_structured import PandasAnalysisBuilder

    builder = PandasAnalysisBuilder(analyzer=engine)

    def tag(name: str, texts: Sequence[str]) -> str | None:
        frame = pd.DataFrame({name: list(texts[:CELLS])})
        return builder.generate_analysis(frame, language="en").entity_mapping.get(name)

    return tag


_SCRUBADUB = {
    "credit_card": "CREDIT_CARD",
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "social_security_number": "US_SSN",
    "credential": "PASSWORD",
    "twitter": "USERNAME",
}


def by_scrubadub() -> Tagger:
    """The kind that scrubadub's detectors for en_US find in half the cells or more; web addresses are nobody's."""
    import scrubadub

    scrubber = scrubadub.Scrubber(locale="en_US")

    def tag(name: str, texts: Sequence[str]) -> str | None:
        votes: Counter[str] = Counter()
        for text in texts[:CELLS]:
            votes.update({filth.type for filth in scrubber.iter_filth(text)} - {"url"})
        kind, count = max(votes.items(), key=lambda vote: vote[1], default=("", 0))
        return _SCRUBADUB.get(kind, kind) if count * 2 >= len(texts[:CELLS]) and kind else None

    return tag


DECOYS = {
    "numbers of 11, 16, 18 digits": ("digits11", "digits16", "digits18", "integers11", "integers16", "integers18"),
    "timestamps": ("moment", "timestamp", "faker.unix_time", "faker.iso8601", "formatted_datetime"),
    "hashes": ("md5", "sha", "hash", "token_hex"),
    "UUIDs": ("uuid",),
    "amounts": ("amount", "price"),
    "product names": ("dish_name", "product_name", ".item"),
}
"""Kinds of clean columns, by what their tags contain."""


def installed(tools: Sequence[str]) -> list[str]:
    """Name and version of those tools that are installed."""
    found = []
    for tool in tools:
        with suppress(PackageNotFoundError):
            found.append(f"{tool} {version(tool)}")
    return found


def by_datagov() -> Tagger:
    """datagov on the whole column."""
    classifier = ColumnClassifier()
    return lambda name, texts: classifier.classify(name, pa.array(texts), table="t").entity


def main() -> None:
    """Print one line per tool and kind of column name."""
    warnings.simplefilter("ignore")
    wanted = [(tag, entity, name, [str(v) for v in values]) for tag, entity, name, values in personal(SEED)]
    decoys = [(tag, None, name, [str(v) for v in values]) for tag, name, values in clean(SEED)]
    engine = presidio()
    tools = {
        "datagov": (by_datagov(), None),
        "presidio-analyzer": (by_majority(engine), CELLS),
        "presidio-structured": (by_structured(engine), CELLS),
    }
    if find_spec("scrubadub"):
        tools["scrubadub"] = (by_scrubadub(), CELLS)
    tools = {tool: how for tool, how in tools.items() if not sys.argv[1:] or tool in sys.argv[1:]}
    print(", ".join(installed(("presidio-analyzer", "presidio-structured", "scrubadub"))))
    print(f"{len(wanted)} personal columns, {len(decoys)} clean ones")
    flagged: dict[str, Counter[str]] = {}
    print("tool                  names    precision  recall  false on clean   cells/s  ms/column")
    for tool, (tag, read) in tools.items():
        for names in ("own", "opaque"):
            started = time.process_time()
            right = wrong = false = cells = 0
            for kind, entity, name, texts in [*wanted, *decoys]:
                found = tag(name if names == "own" else "c1", texts)
                cells += min(len(texts), read or len(texts))
                if found is not None:
                    good = entity is not None and is_right(found, entity)
                    right, wrong = right + good, wrong + (not good)
                    false += entity is None
                    if entity is None and names == "opaque":
                        groups = [g for g, parts in DECOYS.items() if any(part in kind for part in parts)]
                        flagged.setdefault(tool, Counter()).update(groups)
            seconds = time.process_time() - started
            precision, recall = right / max(right + wrong, 1), right / len(wanted)
            share, per_column = false / len(decoys), 1000 * seconds / (len(wanted) + len(decoys))
            rates = f"{precision:10.3f}{recall:8.3f}{share:16.4f}"
            print(f"{tool:22}{names:8}{rates}{cells / seconds:10.0f}{per_column:11.1f}", flush=True)
    print("\ndecoy columns flagged, names opaque: " + ", ".join(tools))
    for group, parts in DECOYS.items():
        size = sum(any(part in kind for part in parts) for kind, *_ in decoys)
        print(f"{group:30}{size:4}  " + "  ".join(str(flagged.get(tool, Counter())[group]) for tool in tools))


if __name__ == "__main__":
    main()
