"""Users add recognisers as Presidio YAML or classes, and a trained engine; patterns run on google-re2."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from datagov.errors import ConfigError

BADGES = """
recognizers:
  - name: Badge recogniser
    supported_language: en
    supported_entity: ACME_BADGE
    patterns:
      - name: badge
        regex: "\\\\bBDG-[0-9]{4}-[A-Z]{2}\\\\b"
        score: 0.8
    context: [badge, 工牌]
  - name: Cost centre recogniser
    supported_entity: ACME_CENTRE
    patterns: [{name: centre, regex: "[0-9]{6}", score: 0.2}]
    context: [centre]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "recognisers.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_yaml_recogniser_works_on_columns_and_on_texts(tmp_path: Path) -> None:
    classifier = ColumnClassifier(recognisers=[written(tmp_path, BADGES)])
    badges = pa.array([f"BDG-{i:04d}-AB" for i in range(40)])

    assert classifier.classify("c1", badges).entity == "ACME_BADGE"
    assert [d.entity for d in classifier.recognise("lost BDG-0042-ZZ today")] == ["ACME_BADGE"]


def test_a_weak_pattern_of_a_user_needs_the_name(tmp_path: Path) -> None:
    classifier = ColumnClassifier(recognisers=[written(tmp_path, BADGES)])
    numbers = pa.array([f"{i * 7919 % 10**6:06d}" for i in range(60)])

    assert classifier.classify("c1", numbers).entity is None
    assert classifier.classify("acme_centre", numbers).entity == "ACME_CENTRE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "recognizers: [{name: r, supported_entity: X, patterns: [{regex: '(?=a)b', score: 1}]}]",
            "google-re2",
        ),
        (
            "recognizers: [{name: r, supported_entity: X, patterns: [{regex: '(a)\\1', score: 1}]}]",
            "google-re2",
        ),
        ("recognizers: [{name: r, patterns: [{regex: a, score: 1}]}]", "supported_entity"),
        ("a: &x [1]\nrecognizers: *x", "aliases"),
        ("recognizers: [", "valid YAML"),
        ("- 1", "list called"),
        ("recognizers: [" + "1, " * 200_000 + "]", "kB"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        ColumnClassifier(recognisers=[written(tmp_path, text)])

    assert "recognisers.yaml" in str(caught.value)


def test_a_backtracking_pattern_is_harmless(tmp_path: Path) -> None:
    text = "recognizers: [{name: r, supported_entity: X, patterns: [{regex: '(a+)+b', score: 0.9}]}]"
    classifier = ColumnClassifier(recognisers=[written(tmp_path, text)])

    verdict = classifier.classify("c1", pa.array(["a" * 4000] * 20))

    assert verdict.outcome == "examined"


def test_a_recogniser_that_is_a_class_works(tmp_path: Path) -> None:
    from presidio_analyzer import LocalRecognizer, RecognizerResult

    class Ships(LocalRecognizer):
        def load(self) -> None:
            return

        def analyze(self, text, entities, nlp_artifacts=None):  # type: ignore[no-untyped-def]  # Presidio's own signature
            at = text.find("MV ")
            return [RecognizerResult("SHIP", at, len(text), 0.9)] if at >= 0 else []

    classifier = ColumnClassifier(recognisers=[Ships(supported_entities=["SHIP"])])

    assert classifier.classify("c1", pa.array([f"MV Vessel {i}" for i in range(30)])).entity == "SHIP"
    assert [d.entity for d in classifier.recognise("aboard MV Aurora")] == ["SHIP"]


def test_a_trained_engine_is_used_on_free_text(tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Zorblax Quimby"}])
    pipeline.to_disk(tmp_path / "model")
    nlp = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": str(tmp_path / "model")}],
    }
    classifier = ColumnClassifier(nlp=nlp)

    notes = pa.array([f"on day {i} the visitor Zorblax Quimby asked for his papers" for i in range(30)])
    verdict = classifier.classify("note", notes)

    assert "PERSON" in {d.entity for d in classifier.recognise("we met Zorblax Quimby there")}
    assert "PERSON" in verdict.contains


def test_an_engine_that_is_not_installed_is_a_sentence() -> None:
    nlp = {"nlp_engine_name": "nonesuch", "models": [{"lang_code": "en", "model_name": "x"}]}

    with pytest.raises(ConfigError, match="nonesuch"):
        ColumnClassifier(nlp=nlp).recognise("anything")
