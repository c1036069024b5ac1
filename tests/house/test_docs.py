"""Pages that are made from code say what the code says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from datagov import yamlfile
from datagov.consent.model import FIELDS
from datagov.ownership import shapes
from datagov.vocabulary import legal_bases
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
def test_every_connector_has_a_page_that_says_what_access_it_needs_and_what_it_cannot_see(name: str) -> None:
    page = (DOCS / "connectors" / f"{name}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {name}: ")
    assert "annot be seen" in page or "Not seen" in page
    assert "Access needed" in page or "GRANT " in page
    assert f"](connectors/{name}.md)" in (DOCS / "connectors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("kind", ["entities", "purposes", "notices"])
def test_the_example_of_a_register_is_a_valid_file(kind: str, tmp_path: Path) -> None:
    page = (DOCS / "registers.md").read_text(encoding="utf-8")
    block = re.search(rf"^## {kind}:.*?```yaml\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    assert block is not None
    file = tmp_path / "register.yaml"
    file.write_text(block[1], encoding="utf-8")

    assert shapes.validated(yamlfile.load(file, name=file.name), shapes.FILES[kind])


def test_the_page_of_registers_names_every_legal_basis_and_every_field_of_a_consent_event() -> None:
    page = (DOCS / "registers.md").read_text(encoding="utf-8")

    assert {name for name in (*legal_bases.names(), *FIELDS) if f"`{name}`" not in page} == set()
