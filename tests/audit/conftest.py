"""A small shop to audit, and faulty third-party connectors beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datagov.audit import Audit, Engines, run
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine

CARD = "6222020200112233445"


@pytest.fixture(scope="session")
def faulty_plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install the faulty connectors as a third party's distribution would be."""
    site = tmp_path_factory.mktemp("site")
    info = site / "faulty-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    names = ("Segfaulting", "Hanging", "Lying", "Leaking", "DyingReader")
    lines = "".join(f"{name.lower()} = tests.audit.faulty_connectors:{name}\n" for name in names)
    (info / "entry_points.txt").write_text(f"[datagov.connectors]\n{lines}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.syspath_prepend(str(Path(__file__).parents[2]))
        yield


@pytest.fixture(scope="session")
def engines(faulty_plugins: None) -> Iterator[Engines]:
    """Workers that live through all the nights of this folder: starting them is most of a small night.

    They grow meanwhile, so that what a night takes on top must not meet the usual limit before its deadline.
    """
    limits = Limits(deadline_seconds=20, memory_mb=4_096)
    kept = Engines(LocalEngine(workers=2, limits=limits), LocalEngine(workers=1, limits=Limits()))
    yield kept
    kept.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a database of customers, a pipeline that copies them, and no declarations."""
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT, note TEXT)")
        db.executemany(
            "INSERT INTO customer (email, note) VALUES (?, ?)",
            [(f"user{n}@example.org", f"order {n}") for n in range(200)],
        )
        db.execute("CREATE TABLE mailing (address TEXT)")
        db.execute("INSERT INTO mailing SELECT email FROM customer")
        db.execute("CREATE TABLE nobody (email TEXT)")
    db.close()
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "mailing.sql").write_text(
        f"-- fills the mailing list\nINSERT INTO main.mailing\nSELECT email FROM main.customer WHERE id <> {CARD};\n"
    )
    return tmp_path


SOURCES = {
    "shop": "{use: sqlite, path: shop.db}",
    "sql": "{use: sqlfolder, path: sql, dialect: sqlite}",
}


@pytest.fixture
def audited(shop: Path, engines: Engines) -> Callable[..., Audit]:
    """Audit the shop with further sources and settings."""

    def audit(*, settings: str = "", **sources: str) -> Audit:
        lines = "".join(f"  {name}: {options}\n" for name, options in {**SOURCES, **sources}.items() if options)
        path = shop / "datagov.yaml"
        path.write_text(f"platform: shop\nas_of: 2026-06-30T16:00:00Z\nsources:\n{lines}{settings}")
        return run(path, engines=engines)

    return audit
