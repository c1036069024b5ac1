"""The HTML file as bytes: what it may load, what it holds, and how large it is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import hostile
import large
import pytest

from datagov.reports import html
from datagov.reports.html.graph import locate
from datagov.store import Evidence
from datagov.vocabulary import terms


class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inside.append((self.cdata_elem, data))


def page_of(evidence: Evidence, language: str = "en") -> str:
    return html.render(evidence, language=language).decode()


def data_of(page: str) -> Any:
    packed = re.search(r'<script type="application/json" id="data">([A-Za-z0-9+/=]+)</script>', page)
    assert packed
    return json.loads(gzip.decompress(base64.b64decode(packed.group(1))))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_file_may_run_its_own_script_and_style_and_reach_nothing(
    language: str, sample: Evidence, nasty: Evidence
) -> None:
    for evidence in (sample, nasty):
        parsed = Elements(page_of(evidence, language))
        policy = next(a["content"] for t, a in parsed.found if a.get("http-equiv") == "Content-Security-Policy") or ""
        blocks = [(t, text) for t, text in parsed.inside if not re.fullmatch(r"[A-Za-z0-9+/=]+", text)]
        digests = {f"'sha256-{base64.b64encode(hashlib.sha256(x.encode()).digest()).decode()}'" for _, x in blocks}

        assert policy.startswith("default-src 'none'; ")
        assert set(re.findall(r"'sha256-[^']+'", policy)) == digests
        assert not re.search(r"https?:|unsafe|\*|data:", policy)


def test_no_element_names_a_host_runs_an_attribute_or_styles_itself(sample: Evidence, nasty: Evidence) -> None:
    for evidence in (sample, nasty):
        for tag, attributes in Elements(page_of(evidence)).found:
            assert tag not in ("img", "iframe", "object", "embed", "link", "base", "form", "b onmouseover")
            assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcdoc")]
            assert (attributes.get("href") or "#").startswith("#")


def test_the_script_never_parses_text_as_markup_or_code() -> None:
    for name in (*html.SCRIPTS, "boot.js"):
        script = files("datagov.reports.html").joinpath(name).read_text("utf-8")
        assert not re.search(
            r"innerHTML\s*=|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://(?!www\.w3)",
            script,
        )


def test_every_word_the_script_asks_for_is_in_the_vocabulary() -> None:
    asked = set()
    for name in html.SCRIPTS:
        script = files("datagov.reports.html").joinpath(name).read_text("utf-8")
        asked |= set(re.findall(r'\bsay\("([a-z0-9_.]+)"\s*[,)]', script))

    assert len(asked) > 100
    assert asked - terms.load().words.keys() == set()


def test_the_glossary_explains_every_term_the_script_links_to() -> None:
    linked = set()
    for name in html.SCRIPTS:
        linked |= set(re.findall(r'\bterm\("(\w+)"', files("datagov.reports.html").joinpath(name).read_text("utf-8")))

    assert linked
    assert linked <= {entry.key for entry in terms.load().glossary}


def test_the_overview_is_there_before_any_script_runs(sample: Evidence, broken: Evidence) -> None:
    page = re.sub(r"<script.*?</script>", "", page_of(sample), flags=re.S)

    for sentence in (
        "What to repair, worst first",
        "Declare this first",
        "app.customer.id_card_no",
        "整改事项",
        "优先补充声明",
    ):
        assert sentence in page
    assert "Part of the platform could not be read" in page_of(broken)


def test_the_packed_data_holds_every_finding_edge_and_column(sample: Evidence) -> None:
    data = data_of(page_of(sample))

    assert len(data["findings"]) == sample.value("SELECT count(*) FROM finding")
    assert len(data["edges"]["from"]) == sample.value("SELECT count(*) FROM edge")
    assert (
        len(data["columns"]["name"])
        == sample.value('SELECT count(*) FROM "column"')
        == sum(data["datasets"]["columns"])
    )


def test_every_expression_of_the_sample_is_found_in_its_statement(sample: Evidence) -> None:
    data = data_of(page_of(sample))
    edges, statements = data["edges"], data["statements"]
    expressions = [
        row["expression"] for row in sample.each("SELECT expression FROM edge ORDER BY statement_id, edge_id")
    ]
    shown = [
        statements["sql"][s][at : at + length]
        for s, at, length in zip(edges["statement"], edges["at"], edges["len"], strict=True)
    ]

    assert shown == expressions


@pytest.mark.parametrize(
    ("sql", "first_line", "expression", "place", "expected"),
    [
        ("SELECT a, a FROM t", 1, "a", {"line": 1, "col": 11}, (10, 1)),
        ("SELECT a,\n  a FROM t", 7, "a", {"line": 8, "col": 3}, (12, 1)),
        ("SELECT a FROM t", 1, "lower(a)", {"line": 1, "col": 8, "end_line": 1, "end_col": 9}, (7, 1)),
        ("SELECT a FROM t", 1, "lower(a)", {"line": 9, "col": 8, "end_line": 9, "end_col": 9}, (-1, 0)),
        ("SELECT a FROM t", 1, "lower(a)", {"line": None, "col": None, "end_line": None, "end_col": None}, (-1, 0)),
        ("", 1, "a", {"line": 1, "col": 1}, (-1, 0)),
        ("SELECT 名 FROM t", 1, "名", {"line": 1, "col": 8}, (7, 1)),
    ],
)
def test_an_expression_is_located_by_its_text_and_else_by_its_span(
    sql: str, first_line: int, expression: str, place: dict[str, int | None], expected: tuple[int, int]
) -> None:
    row = {"end_line": None, "end_col": None, **place}

    assert locate(sql, first_line=first_line, expression=expression, row=row) == expected


def test_hostile_names_arrive_visible_and_whole(nasty: Evidence) -> None:
    names = data_of(page_of(nasty))["columns"]["name"]

    assert hostile.NAMES[0] in names
    assert "pay\\u{202E}gpj.exe\\u{2066}x\\u{2069}" in names
    assert "bell\\u{7}\\u{1B}[31mred\\u{1B}[0m\\u{9B}m" in names


def test_a_warehouse_of_three_hundred_tables_stays_small(tmp_path: Path) -> None:
    evidence = large.build(tmp_path / "evidence.sqlite", tables=300)
    page = html.render(evidence, language="en")
    evidence.close()

    assert len(page) < 400_000
