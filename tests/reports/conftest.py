"""The evidence databases that reports are rendered from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fintech
import hostile
import pytest

from datagov.store import Evidence, FactStore


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A small fintech, audited completely, with findings."""
    evidence = fintech.build(tmp_path_factory.mktemp("fintech") / "evidence.sqlite")
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """The same platform when a worker died over one source."""
    died = (
        "detect", 2, "dw.dwd_payment", "died", "The worker died while it read dw.dwd_payment; run it again with -v.",
        True, "datagov.yaml", 9,
    )  # fmt: skip
    evidence = fintech.build(tmp_path_factory.mktemp("broken") / "evidence.sqlite", problems=[died])
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A platform whose every name is an attack."""
    evidence = hostile.build(tmp_path_factory.mktemp("hostile") / "evidence.sqlite")
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A run that left no fact at all."""
    path: Path = tmp_path_factory.mktemp("nothing") / "evidence.sqlite"
    with FactStore(path) as store:
        store.index()
    evidence = Evidence(path)
    yield evidence
    evidence.close()
