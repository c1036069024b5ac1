"""Progress in pipelines: a line per stage, and one now and then while a stage goes on."""

import io

import pytest

from datagov.commands._progress import Lines, progress


def test_a_stage_is_said_at_its_end_and_every_half_minute() -> None:
    out, now = io.StringIO(), [0.0]
    lines = Lines(out, lambda: now[0])

    for n in range(1, 4):
        lines.show("harvest", n, 3)
    for n in range(100):
        now[0] += 1
        lines.show("detect", n + 1, 100, rows=2_000 * (n + 1))

    assert out.getvalue().splitlines() == [
        "harvest: 3 of 3 sources",
        "detect: 31 of 100 tables, 2,000 rows/s, about 69 s left",
        "detect: 61 of 100 tables, 2,000 rows/s, about 39 s left",
        "detect: 91 of 100 tables, 2,000 rows/s, about 9 s left",
        "detect: 100 of 100 tables, 2,000 rows/s",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=True) as show:
        show("detect", 1, 1, rows=5)

    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=False) as show:
        show("trace", 2, 2)

    assert capsys.readouterr() == ("", "trace: 2 of 2 jobs\n")


def test_a_terminal_shows_bars_with_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    with progress(quiet=False) as show:
        show("detect", 0, 10)
        show("detect", 5, 10, rows=10_000)

    shown = terminal.getvalue()
    assert "5/10" in shown
    assert "tables" in shown
    assert "rows/s" in shown
