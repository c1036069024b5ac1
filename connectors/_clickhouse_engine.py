"""chDB in a process of its own: ``python -m datagov.connectors._clickhouse_engine SOCKET FOLDER LIMIT``.

A process opens one folder and keeps what it allocated, so each folder gets an engine here, which may be killed. A
request is a JSON header and a statement; an answer is bytes, or the number of ClickHouse's error: its text, which may
hold values, stays here. It has no network where the kernel can refuse it, which its first answer tells. The process
ends by itself when nobody talks to it any more, and then removes the folder, which is a snapshot made for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from datagov.connectors._clickhouse_offline import shut_off

HEAD = struct.Struct(">II")
"""Bytes of a request's header and of its statement."""
ANSWER = struct.Struct(">BQ")
"""Kind of an answer, and its bytes."""
DONE, FAILED = 0, 1
OFFLINE = b"offline"
"""The first answer of an engine that the kernel refuses every network."""
OUTGREW = 75
"""Exit code of an engine that needed more memory than its limit."""

REST_SECONDS = 20.0
"""How long an engine without a reader stays, for the next reader of the same folder."""

_QUIET = ("SYSTEM STOP MERGES", "SYSTEM STOP TTL MERGES", "SYSTEM STOP MOVES", "SYSTEM STOP VIEWS")
_CODE = re.compile(r"\bCode: (\d+)\b")
_STATM_PAGES = 1
_TRIES = 5
"""How often the folder is removed: threads of chDB may still write into it."""
_leaving = threading.Lock()
_CACHES = "mark_cache_size=33554432&uncompressed_cache_size=0&index_mark_cache_size=8388608"
_LOADERS = "tables_loader_foreground_pool_size=16"
"""Threads that load tables, which wait most of the time; by itself chDB has one for each core."""


def main() -> None:
    """Serve until the socket is closed, or nobody asked for a while after a rest was announced."""
    number, folder, limit = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    greeting = OFFLINE if shut_off() else b""
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)
    threading.Thread(target=_watch, args=(os.getppid(), folder, limit), daemon=True).start()
    with socket.socket(fileno=number) as peer:
        try:
            _serve(peer, folder, greeting)
        except (OSError, EOFError):
            pass
        finally:
            _leave(folder)


def _serve(peer: socket.socket, folder: str, greeting: bytes) -> None:
    chdb = import_module("chdb")
    address = f"{folder}?{_CACHES}&{_LOADERS}"
    try:
        first = chdb.connect(address)
        for quiet in _QUIET:
            first.query(quiet, "TabSeparated")
    except RuntimeError as error:
        _answer(peer, FAILED, _code(error))
        return
    _answer(peer, DONE, greeting)
    opened: dict[str, Any] = {}
    while True:
        header, statement = _request(peer)
        if header.get("rest"):
            peer.settimeout(REST_SECONDS)
            continue
        peer.settimeout(None)
        settings = header["settings"]
        key = json.dumps(settings)
        try:
            if key not in opened:
                opened[key] = _connection(chdb, address, settings)
            _answer(peer, DONE, opened[key].query(statement, header["format"]).bytes() or b"")
        except RuntimeError as error:
            _forget(opened, key)
            _answer(peer, FAILED, _code(error))


def _forget(opened: dict[str, Any], key: str) -> None:
    """Close a connection on which a statement failed: what was ready of its answer would stand before the next one."""
    failed = opened.pop(key, None)
    if failed is not None:
        with suppress(RuntimeError):
            failed.close()


def _connection(chdb: Any, address: str, settings: dict[str, str]) -> Any:
    """A connection whose settings are its own; ``readonly`` comes last, because nothing can be changed behind it."""
    made = chdb.connect(address)
    for name in sorted(settings, key=lambda one: one == "readonly"):
        value = settings[name].replace("\\", "\\\\").replace("'", "\\'")
        made.query(f"SET {name} = '{value}'", "TabSeparated")
    return made


def _request(peer: socket.socket) -> tuple[dict[str, Any], bytes]:
    header, statement = (bytes(taken(peer, size)) for size in HEAD.unpack(taken(peer, HEAD.size)))
    return json.loads(header), statement


def _answer(peer: socket.socket, kind: int, data: bytes) -> None:
    peer.sendall(ANSWER.pack(kind, len(data)))
    peer.sendall(data)


def taken(peer: socket.socket, size: int) -> bytearray:
    """Exactly so many bytes off a socket. Raises EOFError when it ends before, OSError when it breaks."""
    found = bytearray(size)
    view = memoryview(found)
    at = 0
    while at < size:
        count = peer.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    return found


def _code(error: Exception) -> bytes:
    found = _CODE.search(str(error))
    return (found[1] if found else "0").encode()


def _watch(parent: int, folder: str, limit: int) -> None:
    """End the process when its reader died or it outgrew ``limit`` MB, also in the middle of a statement."""
    page = os.sysconf("SC_PAGE_SIZE")
    while os.getppid() == parent:
        with open("/proc/self/statm") as held:  # noqa: PTH123 - a pseudo file, ten times a second
            if int(held.read().split()[_STATM_PAGES]) * page > limit << 20:
                os._exit(OUTGREW)
        time.sleep(0.1)
    _leave(folder)


def _leave(folder: str) -> None:
    """Remove the folder and end; whoever comes second waits, so that the process does not end in the middle of it."""
    with _leaving:
        for _ in range(_TRIES):
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.lexists(folder):
                break
        os._exit(0)


if __name__ == "__main__":
    main()
