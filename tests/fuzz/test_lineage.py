"""Scripts drawn from a grammar, the same ones every time; ``python -m tests.fuzz.run`` draws new ones for hours."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.grammar import DIALECTS, scripts
from tests.fuzz.promises import check


@settings(
    max_examples=400,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(scripts(), st.sampled_from(DIALECTS))
def test_any_script_of_any_dialect_keeps_the_promises(sql: str, dialect: str) -> None:
    check(sql, dialect)
