"""The command line: ``datagov``. Data goes to stdout, everything else to stderr; the exit code is ``model.Exit``.

Commands live in ``datagov/commands``, one file each, and are imported only when called.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from typing import Any

import click

from datagov import __version__
from datagov.errors import DatagovError, PluginError, UsageError
from datagov.model import Exit

COMMANDS = {
    "audit": "Audit the platform that datagov.yaml describes.",
    "column": "Show what is known of one column: verdict, evidence, lineage, owner.",
    "completion": "Print the completion script of a shell.",
    "demo": "Build a demo platform, audit it, and say where the report is.",
    "doctor": "Look at this installation, the configuration and the sources, and say what to do next.",
    "explain": "Explain a rule: what it checks, on which law it rests, what it cannot see.",
    "init": "Look at a source and write datagov.yaml.",
    "lineage": "Show where a column or dataset comes from and where it goes.",
    "lint": "Check SQL files without a database; against a run, name the flows of personal data they open.",
    "report": "Render a finished run again.",
    "rules": "List the rules that are installed.",
    "scan": "Say what columns hold, without lineage and rules; also of a URL, without any configuration.",
    "schema": "Print the JSON Schema of datagov.yaml.",
    "verify": "Say whether the evidence of a run is still what it was when the run ended.",
}


class _Lazy(click.Group):
    """Lists commands without importing them: ``--help`` must be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"datagov.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="datagov")
def cli() -> None:
    """Who owns personal data, where it flows, and whether its subjects agreed.

    \b
    Exit codes:
      0    complete, nothing at or above --fail-on
      1    findings at or above --fail-on
      2    wrong usage or configuration
      3    incomplete: something could not be read, traced or checked
      130  interrupted (143: terminated)
    """


def main(arguments: list[str] | None = None) -> Any:
    """Entry point of the ``datagov`` command; leaves by ``sys.exit`` with a code of ``model.Exit``."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        result = cli.main(args=arguments, prog_name="datagov", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        if isinstance(stop.__cause__ or stop, _Terminated):
            _complain(f"Terminated.{_fate(stop)}")
            sys.exit(Exit.TERMINATED)
        if isinstance(stop.__cause__ or stop.__context__, EOFError):
            _complain("There is nobody to answer the question; give the answer on the command line.")
            sys.exit(Exit.USAGE)
        _complain(f"Interrupted.{_fate(stop)}")
        sys.exit(Exit.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.USAGE)
    except (UsageError, PluginError) as error:
        _complain(str(error))
        sys.exit(Exit.USAGE)
    except DatagovError as error:
        _complain(f"{error}{_fate(error)}")
        sys.exit(Exit.INCOMPLETE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.INCOMPLETE)
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        _complain(f"{error.strerror or type(error).__name__}{place}.{_fate(error)}")
        sys.exit(Exit.INCOMPLETE)
    except Exception as error:  # noqa: BLE001 - its text may hold a data value; a crash must not look like findings
        _complain(f"An unexpected {type(error).__name__} ended the command.{_fate(error)}")
        sys.exit(Exit.INCOMPLETE)
    sys.exit(result if isinstance(result, int) else Exit.CLEAN)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, as schedulers and containers send it: leave as after Ctrl-C."""


def _terminate(_number: int, _frame: object) -> None:
    raise _Terminated


def _fate(error: BaseException) -> str:
    """What became of the work, as those who did it noted on the exception, or on the one it was made of."""
    notes = getattr(error, "__notes__", None) or getattr(error.__cause__, "__notes__", None) or []
    return "".join(f" {note}" for note in notes)


def _complain(sentence: str) -> None:
    click.echo(f"datagov: {sentence}", err=True)


if __name__ == "__main__":
    main()
