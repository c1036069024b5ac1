"""Bad input for tests: files as they should not be, faults on the way to a server, and a whole night over them."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagov.audit import Audit, Engines, run
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine
from datagov.testing import CANARY

LEVELS = 100_000
"""Deeper than any parser's stack."""
DOUBLING = ", ".join(f"c{n} AS (SELECT x.*, y.* FROM c{n - 1} x, c{n - 1} y)" for n in range(1, 40))
ENDLESS = f"WITH c0 AS (SELECT mail FROM crm.customer), {DOUBLING} SELECT * FROM c39"
"""SQL that never gets traced: each step has twice the columns of the one before."""

Made = bytes | str | Callable[[Path], object]
"""A file's content, or what makes it at its path."""


def write(path: Path, made: Made) -> None:
    """Make one file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(made):
        made(path)
    else:
        path.write_bytes(made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made)


def sparse(megabytes: int) -> Callable[[Path], object]:
    """A large file of which the disk holds nothing."""

    def make(path: Path) -> None:
        path.touch()
        os.truncate(path, megabytes << 20)

    return make


def link(to: str) -> Callable[[Path], object]:
    """A link, possibly to nothing, to itself or to a device."""
    return lambda path: path.symlink_to(to)


@dataclass(frozen=True)
class Told:
    """What a night has told."""

    audit: Audit
    problems: tuple[dict[str, Any], ...]
    texts: str
    """Every report and every problem."""

    def of(self, name: str, *, kind: str | None = None) -> list[str]:
        """The messages about a file, table or source."""
        return [
            row["message"]
            for row in self.problems
            if name in (row["object"], row["file"]) and kind in (None, row["kind"])
        ]

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the evidence."""
        evidence = self.audit.evidence()
        try:
            return evidence.rows(sql, values)
        finally:
            evidence.close()

    def outcomes(self, column: str = "mail") -> dict[str, str]:
        """What became of a column in every dataset that has it."""
        found = self.rows(
            "SELECT d.name, e.outcome FROM examination e JOIN column c USING (column_id)"
            " JOIN dataset d USING (dataset_id) WHERE c.name = ?",
            column,
        )
        return {row["name"]: row["outcome"] for row in found}


def night(folder: Path, sources: str, *, limits: str = "{}", seconds: float = 60, more: str = "") -> Told:
    """A whole audit of sources, written one a line as in datagov.yaml; a worker may take some seconds for a task."""
    lines = "".join(f"  {line.strip()}\n" for line in sources.strip().splitlines())
    (folder / "datagov.yaml").write_text(
        f"platform: p\nas_of: 2026-06-30T16:00:00Z\nlimits: {limits}\nsources:\n{lines}{more}", "utf-8"
    )
    with (
        LocalEngine(workers=1, limits=Limits(deadline_seconds=seconds)) as data,
        LocalEngine(workers=1, limits=Limits()) as check,
    ):
        audit = run(folder / "datagov.yaml", engines=Engines(data, check))
        texts = b"\n".join(audit.report(form) for form in ("text", "json", "html")).decode()
    evidence = audit.evidence()
    problems = tuple(evidence.rows("SELECT * FROM problem"))
    evidence.close()
    return Told(audit, problems, texts + repr(problems))


def is_fit_to_be_told(texts: str, folder: Path) -> bool:
    """Whether no text holds a value, the name of an exception, or a path of the machine."""
    return not [bad for bad in (CANARY, "Traceback", "unexpected", str(folder)) if bad in texts]


@contextmanager
def proxy(
    port: int, fault: str, *, named: bytes = b"", meanwhile: Callable[[], object] = lambda: None
) -> Iterator[int]:
    """A port that leads to another one of this machine until a client says ``named``; then the fault happens.

    ``hole``: nothing is passed on any more. ``reset``: the connection breaks after some bytes of the next answer.
    ``slow``: every answer comes in small pieces with pauses. ``refused`` is a port where nobody listens. ``none`` is no
    fault, but something else may happen ``meanwhile``, before the server hears what the client said.
    """
    if fault == "refused":
        with socket.create_server(("127.0.0.1", 0)) as free:
            number = free.getsockname()[1]
        yield number
        return
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=pump, args=(client,), daemon=True).start()

        def pump(client: socket.socket) -> None:
            with suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
                struck, said = not named, b""
                while not ended.is_set():
                    for one in select.select([client, server], [], [], 0.1)[0]:
                        data = one.recv(65_536)
                        if not data:
                            return
                        if one is client:
                            said = said[-len(named) :] + data
                            if not struck and named in said:
                                struck = True
                                meanwhile()
                            if struck and fault == "hole":
                                ended.wait(60)
                                return
                            server.sendall(data)
                        elif struck and fault == "reset":
                            client.sendall(data[: len(data) // 2])
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                            return
                        else:
                            for at in range(0, len(data), 8_192 if struck and fault == "slow" else len(data)):
                                client.sendall(data[at : at + 8_192] if struck and fault == "slow" else data)
                                ended.wait(0.02 if struck and fault == "slow" else 0)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()


@contextmanager
def replaced_on_opening(opened: str, change: Callable[[], object]) -> Iterator[None]:
    """Do something the moment this process opens a file of a certain name, as another program might."""
    import sys

    waiting = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and waiting and str(arguments[0]).endswith(opened):
            waiting.clear()
            change()

    sys.addaudithook(hook)
    try:
        yield
    finally:
        waiting.clear()
