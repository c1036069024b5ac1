"""A plan says which tables the account may not read, and the grant that lets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from _postgres import server

from datagov.commands import _plan
from datagov.config import load
from datagov.model import Exit

pytestmark = pytest.mark.server


def test_a_table_without_select_is_named_with_its_grant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server() as pg:
        pg.run(
            "CREATE SCHEMA s",
            "CREATE TABLE s.open (a int)",
            "CREATE TABLE s.closed (a int)",
            f"GRANT USAGE ON SCHEMA s TO {pg.reader}",
            f"GRANT SELECT ON s.open TO {pg.reader}",
        )
        (tmp_path / "datagov.yaml").write_text(
            f'platform: p\nsources: {{core: {{use: postgres, dsn: "{pg.dsn(pg.reader)}", schemas: [s]}}}}\n'
        )
        code = _plan.show(load(tmp_path / "datagov.yaml"), "en")
    told = [line for line in capsys.readouterr().out.splitlines() if "GRANT SELECT" in line]

    assert code is Exit.INCOMPLETE
    assert len(told) == 1
    assert "closed" in told[0]
