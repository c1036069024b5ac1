"""Rules are settled by as little access as they need."""

from pathlib import Path

from datagov import rulepacks
from datagov.contracts import Access
from datagov.tiers import by_tier


def test_every_rule_of_the_core_pack_needs_one_tier() -> None:
    assert by_tier(rulepacks.documents(["core"], base=Path())) == {
        Access.METADATA: ["CR-016", "DO-001", "DO-002", "DO-004"],
        Access.AGGREGATES: ["CR-001", "CR-002", "CR-005"],
        Access.SAMPLES: ["NS-001"],
    }
