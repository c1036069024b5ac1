"""``datagov init`` of a server that asks for a password, which never gets into the file or onto the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import _mysql


@pytest.mark.parametrize("command", [("init", "-y"), ("scan",)], ids=lambda command: str(command[0]))
def test_the_password_comes_from_the_environment(
    my: _mysql.Server, database: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    import _mysql

    my.run("CREATE TABLE customer (email VARCHAR(40))", database=database)
    url = f"mysql://{my.reader}@{_mysql.HOST}:{_mysql.PORT}/{database}"

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-m", "datagov", command[0], url, *command[1:]]
        given = {key: value for key, value in os.environ.items() if key != "DB_PASSWORD"} | environment
        return subprocess.run(call, cwd=tmp_path, env=given, capture_output=True, text=True, check=False, timeout=120)

    refused, done = run(), run(DB_PASSWORD=_mysql.SECRET)

    assert refused.returncode == 3
    assert ("set the environment variable DB_PASSWORD" in refused.stderr) == (command[0] == "init")
    assert done.returncode == 0, done.stderr
    written = "".join(path.read_text() for path in tmp_path.glob("datagov.yaml"))
    assert ('password: "${DB_PASSWORD}"' in written) == (command[0] == "init")
    assert _mysql.SECRET not in written + done.stdout + done.stderr
