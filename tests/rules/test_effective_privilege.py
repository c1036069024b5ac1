"""What an account can do in the end: grants, roles, everybody, and the schema's own door."""

from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from datagov.expectations.evidence_db import open_for_rules
from datagov.fact_writer import FactWriter
from datagov.store import FactStore


class World:
    """A source with accounts, and what rules see of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.facts = FactWriter(source_id=1)
        self.facts.add("source", source_id=1, name="core", plugin="postgres", role="data", outcome="read")
        self.facts.add("account", source_id=1, account="PUBLIC", login=False)

    def table(self, name: str) -> int:
        return self.facts.add("dataset", source_id=1, namespace="postgres://h:1/db", name=name, kind="table")

    def account(self, name: str, *, login: bool = True) -> None:
        self.facts.add("account", source_id=1, account=name, login=login)

    def role(self, member: str, role: str, *, through: str | None = None, inherits: bool = True) -> None:
        self.facts.add("membership", source_id=1, member=member, role=role, through=through, inherits=inherits)

    def grant(self, grantee: str, action: str, dataset: int | None = None, *, scope: str, schema: str | None) -> None:
        self.facts.add(
            "privilege",
            source_id=1,
            dataset_id=dataset,
            scope=scope,
            schema=schema,
            grantee=grantee,
            action=action,
            grantable=False,
        )

    def effective(self) -> set[tuple[str, str, str, str | None]]:
        """(account, dataset, action, through) of everybody who can."""
        with FactStore(self._path) as store:
            store.land(self.facts.batches())
            store.index()
        with open_for_rules(self._path, as_of="2026-01-01T00:00:00Z") as rules:
            return set(
                rules.execute(
                    "SELECT e.account, d.name, e.action, e.through FROM effective_privilege AS e"
                    " JOIN dataset AS d ON d.dataset_id = e.dataset_id"
                )
            )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield World(tmp_path / "evidence.sqlite")


def test_a_role_in_a_role_reaches_the_account_that_inherits_it(world: World) -> None:
    customer = world.table("app.customer")
    for name in ("clerk", "temp"):
        world.account(name)
    world.account("readers", login=False)
    world.role("clerk", "analysts")
    world.role("clerk", "readers", through="analysts")
    world.role("temp", "readers", inherits=False)
    world.grant("readers", "SELECT", customer, scope="dataset", schema="app")

    assert world.effective() == {("clerk", "app.customer", "SELECT", "analysts < readers")}


def test_a_grant_on_a_table_counts_only_with_usage_of_its_schema(world: World) -> None:
    customer = world.table("app.customer")
    for name in ("inside", "outside"):
        world.account(name)
        world.grant(name, "SELECT", customer, scope="dataset", schema="app")
    world.grant("inside", "USAGE", scope="schema", schema="app")

    assert world.effective() == {("inside", "app.customer", "SELECT", None)}


def test_what_is_granted_to_everybody_is_everybodys(world: World) -> None:
    customer = world.table("app.customer")
    world.account("anyone")
    world.grant("PUBLIC", "SELECT", customer, scope="dataset", schema="app")

    assert world.effective() == {("anyone", "app.customer", "SELECT", None)}


def test_a_grant_on_a_schema_or_the_whole_source_reaches_its_tables(world: World) -> None:
    for name in ("app.customer", "application.other"):
        world.table(name)
    for name in ("one", "all"):
        world.account(name)
    world.grant("one", "SELECT", scope="schema", schema="app")
    world.grant("all", "DELETE", scope="source", schema=None)

    assert world.effective() == {
        ("one", "app.customer", "SELECT", None),
        ("all", "app.customer", "DELETE", None),
        ("all", "application.other", "DELETE", None),
    }


def test_ten_thousand_tables_with_twenty_roles_are_answered_in_seconds(world: World) -> None:
    for n in range(20):
        world.account(f"account{n}")
        world.account(f"role{n}", login=False)
        world.role(f"account{n}", f"role{n}")
        world.grant(f"role{n}", "USAGE", scope="schema", schema="app")
    for n in range(10_000):
        world.grant(f"role{n % 20}", "SELECT", world.table(f"app.t{n}"), scope="dataset", schema="app")

    begun = process_time()
    found = world.effective()

    assert len(found) == 10_000
    assert process_time() - begun < 30
