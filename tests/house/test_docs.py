"""Pages that are made from code say what the code says."""

from __future__ import annotations

from pathlib import Path

from tests.house.facts_page import markdown

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_fact_tables_is_current() -> None:
    """Mend it with: python -m tests.house.facts_page > docs/facts.md"""
    assert (DOCS / "facts.md").read_text(encoding="utf-8") == markdown()
