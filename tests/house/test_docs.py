"""Pages that are made from code say what the code says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.facts_page import markdown

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_fact_tables_is_current() -> None:
    """Mend it with: python -m tests.house.facts_page > docs/facts.md"""
    assert (DOCS / "facts.md").read_text(encoding="utf-8") == markdown()


CONNECTORS = sorted(
    tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "datagov.connectors"
    ]
)


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_connector_has_a_page_that_says_what_it_cannot_see(name: str) -> None:
    page = (DOCS / "connectors" / f"{name}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {name}: ")
    assert "annot be seen" in page or "Not seen" in page
    assert f"](connectors/{name}.md)" in (DOCS / "connectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
