"""Recognisers, words and decisions of a user that are broken in every way: a sentence, a place, never a value."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from presidio_analyzer import LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult

from datagov.detect import ColumnClassifier, corrections, lexicon
from datagov.detect.custom import load
from datagov.errors import ConfigError

NOTES = pa.array([f"canary{n} is a text of words" for n in range(30)])
Analyse = Callable[[str], Any]


class Odd(LocalRecognizer):
    """A recogniser that returns what it is told to, or raises."""

    def __init__(self, answer: Analyse) -> None:
        self._answer = answer
        super().__init__(supported_entities=["ODD"])

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> Any:
        return self._answer(text)


def raising(error: type[BaseException]) -> Analyse:
    def analyse(text: str) -> Any:
        raise error(text)

    return analyse


def result(start: int, end: int, score: Any) -> Analyse:
    def analyse(text: str) -> Any:
        made = RecognizerResult("ODD", 0, 1, 0.5)
        made.start, made.end, made.score = start, end, score
        return [made]

    return analyse


WRONG: dict[str, tuple[Analyse, str]] = {
    "an error": (raising(ValueError), "raised ValueError"),
    "a key error with the value": (raising(KeyError), "raised KeyError"),
    "an exit": (raising(SystemExit), "raised SystemExit"),
    "endless recursion": (raising(RecursionError), "raised RecursionError"),
    "no list": (lambda text: 7, "raised TypeError"),
    "texts": (lambda text: [text], "no RecognizerResult"),
    "none in a list": (lambda text: [None], "no RecognizerResult"),
    "no score": (result(0, 4, None), "score"),
    "a score that is no number": (result(0, 4, math.nan), "score"),
    "an endless score": (result(0, 4, math.inf), "score"),
    "a score of two": (result(0, 4, 2.0), "score"),
    "a place before the text": (result(-3, 4, 0.9), "place outside"),
    "a place behind the text": (result(0, 10_000, 0.9), "place outside"),
    "a place turned round": (result(4, 1, 0.9), "place outside"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("array", [NOTES, pa.array([f"canary{n}" for n in range(30)])], ids=["texts", "values"])
def test_nonsense_of_a_recogniser_leaves_the_column_unexamined_and_names_it(kind: str, array: pa.Array) -> None:
    answer, said = WRONG[kind]

    verdict = ColumnClassifier(recognisers=[Odd(answer)]).classify("c1", array)

    assert (verdict.outcome, verdict.bound, verdict.examined) == ("not_examined", None, 0)
    assert f"the recogniser 'Odd' {said.split()[0]}" in str(verdict.reason) or said in str(verdict.reason)
    assert said in str(verdict.reason)
    assert "canary" not in repr(verdict)


def test_a_recogniser_that_finds_nothing_by_returning_none_is_taken_at_its_word() -> None:
    verdict = ColumnClassifier(recognisers=[Odd(lambda text: None)]).classify("c1", NOTES)

    assert verdict.outcome == "examined"


class Validating(PatternRecognizer):
    """A pattern with a validator that raises."""

    def __init__(self) -> None:
        super().__init__(supported_entity="ODD", patterns=[Pattern("word", "canary[0-9]+", 0.5)])

    def validate_result(self, pattern_text: str) -> bool:
        raise ZeroDivisionError(pattern_text)


def test_a_validator_that_raises_leaves_the_column_unexamined() -> None:
    verdict = ColumnClassifier(recognisers=[Validating()]).classify("c1", NOTES)

    assert verdict.outcome == "not_examined"
    assert "the recogniser 'Validating' raised ZeroDivisionError" in str(verdict.reason)
    assert "canary" not in repr(verdict)


HEAD = "recognizers:\n- name: fine\n  supported_entity: FINE\n  patterns: [{regex: 'F[0-9]{9}', score: 0.5}]\n- "
YAML = {
    "name: r": (5, "needs supported_entity"),
    "{supported_entity: X}": (5, "needs supported_entity"),
    "{supported_entity: 7, patterns: [{regex: a}]}": (5, "needs supported_entity"),
    "{supported_entity: X, patterns: {regex: a}}": (5, "'patterns' is not the list"),
    "{supported_entity: X, patterns: [a]}": (5, "'patterns' is not the list"),
    "{supported_entity: X, patterns: [{score: 0.5}]}": (5, "needs a 'regex'"),
    "{supported_entity: X, patterns: [{regex: [a], score: 0.5}]}": (5, "needs a 'regex'"),
    "{supported_entity: X, patterns: [{regex: a, score: high}]}": (5, "'score' is a number from 0 to 1"),
    "{supported_entity: X, patterns: [{regex: a, score: .nan}]}": (5, "'score' is a number from 0 to 1"),
    "{supported_entity: X, patterns: [{regex: a, score: 7}]}": (5, "'score' is a number from 0 to 1"),
    "{supported_entity: X, deny_list: [a], deny_list_score: x}": (5, "'deny_list_score' is a number"),
    "{supported_entity: X, deny_list: a}": (5, "'deny_list' is not the list"),
    "{supported_entity: X, patterns: [{regex: a}], context: [1]}": (5, "'context' is not the list"),
    "{supported_entity: X, patterns: [{regex: '(?<=a)b'}]}": (5, "google-re2"),
    "{supported_entity: X, patterns: [{regex: '(a'}]}": (5, "google-re2"),
    "{supported_entity: X, patterns: [{regex: 'a{9999}'}]}": (5, "google-re2"),
}


@pytest.mark.parametrize("entry", YAML)
def test_a_wrong_recogniser_of_a_file_is_named_with_its_line(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(HEAD + entry + "\n", "utf-8")
    line, said = YAML[entry]

    with pytest.raises(ConfigError, match=said) as caught:
        load([file])

    assert caught.value.line == line


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf", b""])
def test_a_file_of_recognisers_may_begin_with_a_byte_order_mark_and_end_its_lines_as_it_likes(
    tmp_path: Path, raw: bytes
) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(raw + HEAD.removesuffix("- ").replace("\n", "\r\n").encode())

    assert [row.entity for row in load([file]).rows] == ["FINE"]


WORDS = "term,language,role,entity,strength\nqqzz,en,is,HEALTH,3\n"
SAID = "column,entity,decision,by,when\ns.t.c,HEALTH,rejected,li.lei,2026-11-01\n"
LONG = b"x" * (33 << 20)
FILES: dict[str, tuple[bytes, int | None, str]] = {
    "another encoding": ("ü,é\n".encode("latin-1"), 3, "save the file as UTF-8"),
    "UTF-16": ("\ufeffterm".encode("utf-16-le"), 3, "save the file as UTF-8"),
    "zero bytes": (b"a\0,b\n", 3, "save the file as UTF-8"),
    "a cell too many": (b"a,en,is,HEALTH,2026-11-01,3,4,5,6\n", 3, "more cells than the first"),
    "a quote left open": (b'"a,en\n', 3, "check its quotes"),
    "a hundred megabytes": (LONG, None, "may hold 32,768 kB"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("what", ["words", "corrections"])
def test_a_broken_csv_is_a_sentence_with_its_line(tmp_path: Path, what: str, kind: str) -> None:
    raw, line, said = FILES[kind]
    file = tmp_path / "given.csv"
    file.write_bytes((WORDS if what == "words" else SAID).encode() + raw)

    with pytest.raises(ConfigError, match=said) as caught:
        lexicon.extended(file) if what == "words" else corrections.load(file)

    assert caught.value.line == line


def test_words_without_their_columns_name_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("word,entity\nqqzz,HEALTH\n", "utf-8")

    with pytest.raises(ConfigError, match="must name the column 'term'") as caught:
        lexicon.extended(file)

    assert caught.value.line == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("s.t.c,HEALTH,rejected,a,2026-13-45,,", "a date such as"),
        ("s.t.c,HEALTH,rejected,a,2026-02-30,,", "a date such as"),
        ("s.t.c,HEALTH,rejected,a,2026-02-03,0.9,0.1", "shares from 0 to 1"),
        ("s.t.c,HEALTH,rejected,a,2026-02-03,nan,nan", "shares from 0 to 1"),
        ("s.t.c,HEALTH,rejected,a,2026-02-03,-1,2", "shares from 0 to 1"),
    ],
)
def test_a_date_or_share_that_cannot_be_is_refused(tmp_path: Path, row: str, said: str) -> None:
    file = tmp_path / "said.csv"
    file.write_text(f"column,entity,decision,by,when,low,high\r\n{row}\r\n", "utf-8-sig")

    with pytest.raises(ConfigError, match=said) as caught:
        corrections.load(file, known=lambda entity: True)

    assert caught.value.line == 2


def test_a_hundred_thousand_decisions_about_one_column_are_read_in_a_moment(tmp_path: Path) -> None:
    file = tmp_path / "said.csv"
    rows = "".join(f"s.t.c,E{n},rejected,a,2026-11-01\n" for n in range(100_000))
    file.write_text("column,entity,decision,by,when\n" + rows + "s.t.c,E5,confirmed,b,2026-11-02\n", "utf-8")

    about = corrections.load(file).about("S.T.C")

    assert len(about) == 100_000
    assert about[-1].confirmed
