"""The table of masking functions, and its copy in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from datagov.errors import UsageError
from datagov.lineage import trace
from datagov.lineage.functions import documented, functions_for
from datagov.lineage.model import PROTECTIONS

DOCS = Path(__file__).parents[2] / "docs" / "lineage.md"


def test_the_documentation_shows_the_table_as_it_is() -> None:
    text = DOCS.read_text(encoding="utf-8")
    shown = text.partition("<!-- functions -->\n")[2].partition("<!-- end of functions -->")[0]

    assert shown == documented(), "Put the output of datagov.lineage.functions.documented() between the two comments."


def test_a_function_of_one_dialect_is_not_one_of_another() -> None:
    assert "hashtext" in functions_for("postgres")
    assert "hashtext" not in functions_for("mysql")


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_ones_own_functions_win_over_the_table_whatever_their_case_and_underscores(protection: str) -> None:
    (edge,) = trace("select MD5(a) as k from s.t", functions={"m_d5": protection}).edges

    assert edge.protection == protection


def test_a_function_with_its_schema_can_be_told_from_one_without() -> None:
    traced = trace("select vault.mask(a) as k, mask2(b) as l from t", functions={"vault.mask": "pseudonymised"})

    assert [edge.protection for edge in traced.edges] == ["pseudonymised", "none"]


def test_an_unknown_protection_is_refused() -> None:
    with pytest.raises(UsageError, match="partially_masked"):
        trace("select 1", functions={"f": "hidden"})
