"""A user's file as text: UTF-8 with or without a byte-order mark, of bounded size, or a sentence that says why not."""

from __future__ import annotations

from pathlib import Path

from datagov import wholefile
from datagov.errors import ConfigError

MOST = 32 << 20
"""Bytes of a CSV file that is read."""


def read(path: Path, what: str, *, name: str | None = None, most: int = MOST) -> str:
    """The text of ``path``, a file of ``what``. Raises ConfigError with the line of the first byte at fault."""
    shown = name or str(path)
    try:
        held = wholefile.read(path, most=most)
    except wholefile.TooLargeError:
        raise ConfigError(f"A file of {what} may hold {most >> 10:,} kB; split it.", file=shown) from None
    except OSError:
        raise ConfigError(f"The {what} cannot be read; check the path.", file=shown) from None
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = held[: error.start].count(b"\n") + 1
        raise ConfigError(f"The {what} are not UTF-8 text; save the file as UTF-8.", file=shown, line=line) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ConfigError(f"The {what} are not UTF-8 text; save the file as UTF-8.", file=shown, line=line)
    return text


def too_many_cells(file: str, line: int) -> ConfigError:
    """The error for a line of a CSV file that goes on behind its last column."""
    return ConfigError("This line has more cells than the first; quote what holds a comma.", file=file, line=line)
