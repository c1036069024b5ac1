"""Work that goes wrong, for the engine's tests: run inside workers."""

from __future__ import annotations

import ctypes
import sys
import time

from datagov.errors import SourceError

SECRET = "6222020200112233445"


def fine() -> bytes:
    return b"done"


def slow() -> bytes:
    """When it began and ended."""
    began = time.monotonic()
    time.sleep(0.2)
    return f"{began} {time.monotonic()}".encode()


def segfault() -> bytes:
    ctypes.string_at(0)
    return b""


def hang() -> bytes:
    while True:
        pass


def devour() -> bytes:
    hoard = []
    while True:
        hoard.append(bytearray(40_000_000))
        time.sleep(0.02)


def leak() -> bytes:
    raise ValueError(f"could not cast {SECRET}")


def leave() -> bytes:
    sys.exit(0)


def refuse() -> bytes:
    raise SourceError("The file shop.db is locked; close the program that holds it.")


def shout() -> bytes:
    print(SECRET, flush=True)
    return b"done"
