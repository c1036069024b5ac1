"""A run that was interrupted did not see everything, so nothing compared with it may be called clean."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datagov import audit, runs
from tests.lint.conftest import Linted, call, linted

Change = Callable[..., Linted]

LEAVES = "COPY (SELECT id_card_no FROM dw.dwd_loan) TO '/exports/x.csv';\n"


@pytest.fixture(scope="module")
def interrupted(audited_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo platform with a complete run, and a newer one that was ended by Ctrl-C before detection."""
    folder = tmp_path_factory.mktemp("interrupted") / "platform"
    shutil.copytree(audited_demo, folder)

    def stop(stage: str, done: int, total: int, rows: int = 0) -> None:
        if stage == "detect":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit.run(folder / "datagov.yaml", progress=stop)
    (folder / "pipeline" / "export.sql").write_text(LEAVES, encoding="utf-8")
    return folder


def names(folder: Path) -> tuple[str, str]:
    """The complete run and the interrupted one."""
    complete, stopped = runs.finished(folder / ".datagov")
    assert [runs.standing(complete), runs.standing(stopped)] == ["complete", "stopped"]
    return complete.parent.name, stopped.parent.name


def test_latest_is_the_last_complete_run_and_says_which_was_passed_over(interrupted: Path) -> None:
    complete, stopped = names(interrupted)

    answer = linted("pipeline", "--dialect", "postgres", "--against", "latest", cwd=interrupted)

    assert answer.document["against"]["run"] == complete
    assert answer.document["against"]["newer_incomplete"] == stopped
    assert "LINT-F03" in {found["rule"] for found in answer.document["findings"]}
    assert f"Run {complete} was taken; run {stopped} is newer but was incomplete." in answer.stderr
    assert answer.code == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Run {run} was interrupted: what it did not read cannot be compared, so this is no clean result."),
        ("zh", "运行 {run} 曾被中断：其未读取的内容无法比较，因此结果不能视为无问题。"),
    ],
)
def test_a_run_that_was_interrupted_gives_no_clean_result(interrupted: Path, language: str, sentence: str) -> None:
    _, stopped = names(interrupted)

    done = call("pipeline", "--dialect", "postgres", "--against", stopped, "--lang", language, cwd=interrupted)

    assert sentence.format(run=stopped) in done.stdout
    assert "--against" in done.stdout
    assert done.returncode == 3


def test_latest_is_the_interrupted_run_where_no_run_is_complete(interrupted: Path, tmp_path: Path) -> None:
    complete, stopped = names(interrupted)
    folder = tmp_path / "platform"
    shutil.copytree(interrupted, folder)
    shutil.rmtree(folder / ".datagov" / "runs" / complete)

    done = call("pipeline", "--dialect", "postgres", "--against", "latest", "-f", "sarif", cwd=folder)

    assert f"Run {stopped} was interrupted" in done.stderr
    assert f"Run {stopped} was interrupted" in done.stdout
    assert '"executionSuccessful": false' in done.stdout
    assert done.returncode == 3


def test_latest_is_a_run_whose_only_want_is_sql_that_could_not_be_read(audited_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    shutil.copytree(audited_demo, folder)
    (folder / "pipeline" / "999_broken.sql").write_text("INSERT INTO dw.x SELECT ((( FROM app.y;\n", encoding="utf-8")
    audit.run(folder / "datagov.yaml")
    newest = runs.last(folder / ".datagov")
    assert newest is not None and runs.standing(newest) == "untraced"
    change = folder / "pipeline" / "export.sql"
    change.write_text(LEAVES, encoding="utf-8")

    answer = linted(str(change), "--dialect", "postgres", "--against", "latest", cwd=folder)

    assert answer.document["against"]["run"] == newest.parent.name
    assert (answer.document["against"]["complete"], answer.document["against"]["comparable"]) == (False, True)
    assert answer.document["at_least"]
    assert f"Run {newest.parent.name} could not read some SQL" in answer.stderr
    assert answer.code == 1, "a flow was opened, and nothing of the change itself was left unread"
