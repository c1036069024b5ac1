"""Makes the committed artifacts of this project again, by a real dbt against a real PostgreSQL database.

    python -m venv /tmp/dbt && /tmp/dbt/bin/pip install 'dbt-core<1.12' dbt-postgres
    python tests/connectors/dbt_project/build.py /tmp/dbt/bin/dbt

The database is ``DBT_TEST_DATABASE`` (default ``test``) on ``DBT_TEST_HOST``; its schemas dbt_raw and dbt_payments are
made again. What names the machine, its user or the time of the run is left out, and dbt's own macros with it. A second
argument names the folder to write, so that artifacts of an older dbt stand beside: ``build.py OLD/bin/dbt target-1.5``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg

HERE = Path(__file__).resolve().parent
_OF_A_RUN = frozenset(
    [
        "adapter_response",
        "build_path",
        "compiled_path",
        "created_at",
        "env",
        "execution_time",
        "invocation_id",
        "invocation_started_at",
        "project_id",
        "root_path",
        "run_started_at",
        "send_anonymous_usage_stats",
        "thread_id",
        "timing",
        "user_id",
    ]
)


def dbt(program: str, *command: str, target: Path) -> None:
    """Run one command of dbt; its output is shown only when it fails."""
    environment = {**os.environ, "DBT_PROFILES_DIR": str(HERE), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    arguments = [program, "--no-partial-parse", *command, "--target-path", str(target)]
    done = subprocess.run(
        [*arguments, "--log-path", str(target)], cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"dbt {command[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def prepare() -> None:
    """The application's tables, and nothing of an earlier run."""
    with psycopg.connect(
        host=os.environ.get("DBT_TEST_HOST", "127.0.0.1"),
        port=os.environ.get("DBT_TEST_PORT", "5432"),
        user=os.environ.get("DBT_TEST_USER", "postgres"),
        dbname=os.environ.get("DBT_TEST_DATABASE", "test"),
        autocommit=True,
    ) as connection:
        connection.execute("DROP SCHEMA IF EXISTS dbt_payments CASCADE")
        connection.execute((HERE / "raw.sql").read_bytes())


def trimmed(value: Any) -> Any:
    """An artifact without what is of one machine, one user or one run."""
    if isinstance(value, dict):
        return {key: trimmed(inner) for key, inner in value.items() if key not in _OF_A_RUN}
    return [trimmed(inner) for inner in value] if isinstance(value, list) else value


def keep(made: Path, kept: Path) -> None:
    """Write a trimmed artifact beside the project."""
    artifact = trimmed(json.loads(made.read_text()))
    for unneeded in ("docs", "parent_map", "child_map", "group_map", "args", "selectors"):
        artifact.pop(unneeded, None)
    if "macros" in artifact:
        own = {key: macro for key, macro in artifact["macros"].items() if macro["package_name"] == "payments"}
        artifact["macros"] = own
    for table in [*artifact.get("nodes", {}).values(), *artifact.get("sources", {}).values()]:
        table.get("metadata", {}).pop("owner", None)
    for result in artifact.get("results", ()):
        result.pop("compiled_code", None)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(artifact, indent=1, sort_keys=True) + "\n")


def main(program: str, folder: str = "target") -> None:
    """Parse, then build twice, because an incremental model is another one once its table is there, then document."""
    prepare()
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch)
        dbt(program, "parse", target=target)
        keep(target / "manifest.json", HERE / f"{folder}-parsed" / "manifest.json")
        dbt(program, "build", target=target)
        dbt(program, "build", target=target)
        keep(target / "run_results.json", HERE / folder / "run_results.json")
        dbt(program, "docs", "generate", target=target)
        keep(target / "manifest.json", HERE / folder / "manifest.json")
        keep(target / "catalog.json", HERE / folder / "catalog.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
