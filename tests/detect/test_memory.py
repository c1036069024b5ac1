"""Corrections of people stand until new evidence; verdicts do not waver from night to night."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from datagov.detect.corrections import load
from datagov.detect.stability import remember, settle
from datagov.errors import ConfigError
from tests.detect import columns

HEAD = "column,entity,decision,by,when,low,high,note\n"


def corrections(folder: Path, rows: str):  # type: ignore[no-untyped-def]  # the type is the one load returns
    path = folder / "corrections.csv"
    path.write_text(HEAD + rows, "utf-8")
    return load(path)


def mails(share: float) -> pa.Array:
    return pa.array([f"p{i}@example.com" if i < share * 200 else f"word {i}" for i in range(200)])


def test_a_rejected_tag_stays_off_and_says_who(tmp_path: Path) -> None:
    file = corrections(tmp_path, "s.t.mail,EMAIL_ADDRESS,rejected,li.lei,2026-11-01,,,test data\n")
    verdict = ColumnClassifier().classify("mail", mails(1.0))

    kept = file.apply("S.T.Mail", verdict)

    assert verdict.entity == "EMAIL_ADDRESS"
    assert kept.entity is None
    assert kept.bound is None
    assert kept.evidence["rejected"]["by"] == "li.lei"


def test_new_evidence_reopens_a_rejection(tmp_path: Path) -> None:
    file = corrections(tmp_path, "s.t.mail,EMAIL_ADDRESS,rejected,li.lei,2026-11-01,0.5,0.7,\n")
    classifier = ColumnClassifier()

    same = file.apply("s.t.mail", classifier.classify("mail", mails(0.62)))
    more = file.apply("s.t.mail", classifier.classify("mail", mails(1.0)))

    assert same.entity is None
    assert more.entity == "EMAIL_ADDRESS"
    assert more.evidence["reopened"]["when"] == "2026-11-01"


def test_a_confirmed_tag_stands_whatever_the_values(tmp_path: Path) -> None:
    file = corrections(tmp_path, "s.t.c1,HEALTH,confirmed,han.mei,2026-11-01,,,\n")

    kept = file.apply("s.t.c1", ColumnClassifier().classify("c1", pa.array(["a", "b"] * 20)))

    assert (kept.entity, kept.confidence, kept.bound) == ("HEALTH", 1.0, None)
    assert kept.evidence["confirmed"]["values_agree"] is False


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("s.t.c,X,rejected,,2026-01-01,,,\n", "by"),
        ("s.t.c,X,maybe,a,2026,,,\n", "confirmed"),
        ("s.t.c,X,rejected,a,2026,x,,\n", "0 to 1"),
    ],
)
def test_a_wrong_correction_names_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        corrections(tmp_path, row)

    assert caught.value.line == 2


@pytest.mark.parametrize("share", [0.0, 0.5, 0.55, 0.9])
def test_thirty_nights_on_unchanged_data_show_no_flip(share: float) -> None:
    chance = random.Random(4)
    texts = [f"p{i}@example.com" if chance.random() < share else f"ref {i}" for i in range(6000)]
    array, before, seen = pa.array(texts), None, []

    for night in range(30):
        tonight = settle(before, ColumnClassifier(seed=night).classify("c1", array))
        before = remember(tonight)
        seen.append(tonight.entity)

    assert len(set(seen)) == 1


def test_changed_data_change_the_verdict() -> None:
    classifier = ColumnClassifier()
    before = remember(classifier.classify("c1", mails(0.1)))

    after = settle(before, classifier.classify("c1", mails(1.0)))

    assert after.entity == "EMAIL_ADDRESS"
    assert "kept" not in after.evidence


@pytest.mark.parametrize("name", columns.personal())
def test_a_verdict_does_not_depend_on_the_seed(name: str) -> None:
    entity, values = columns.personal()[name]
    array = pa.array([str(value) for value in values] * 12)

    found = {ColumnClassifier(seed=seed).classify(name, array, table="customer").entity for seed in range(3)}

    assert found == {entity}
