"""JSON from outside, safely: a size cap, no key twice, and the line of every entry of the list that is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from datagov import wholefile
from datagov.errors import ConfigError

_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
"""A key without escapes, as nearly all are, up to its value."""
_COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?![ \t\n\r}\]])")
"""A comma with an entry behind it."""
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with its line in the file, counted from 1."""

    line: int
    value: Any


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: its key, its value and where the value begins in the text."""

    key: str
    value: Any
    start: int


class _TwiceError(ValueError):
    """A key stands in one object a second time."""


def text_of(path: Path, name: str, *, most_mb: int) -> str:
    """The text of a file, UTF-8 with or without a mark; raises ConfigError with a sentence."""
    try:
        return wholefile.read(path, most=most_mb << 20).decode("utf-8-sig")
    except wholefile.TooLargeError:
        raise ConfigError(f"The file is larger than {most_mb} MB; split it.", file=name) from None
    except FileNotFoundError:
        raise ConfigError("There is no such file.", file=name) from None
    except OSError as error:
        raise ConfigError(f"The file cannot be read: {error.strerror}.", file=name) from None
    except UnicodeDecodeError:
        raise ConfigError("The file is not UTF-8 text.", file=name) from None


def lines(text: str, name: str) -> Iterator[Entry | ConfigError]:
    """One entry per line that is not blank (NDJSON); a line that is no JSON is an error in its place."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield Entry(number, json.loads(line, object_pairs_hook=_once))
            except (ValueError, RecursionError) as error:
                reason = "holds a key twice" if isinstance(error, _TwiceError) else "is not one JSON document"
                yield ConfigError(f"The line {reason}.", file=name, line=number)


class Json:
    """A JSON document whose lists and objects are walked one entry at a time; raises ConfigError with file and line."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._decoder = json.JSONDecoder(object_pairs_hook=_once)
        self.start = self._skip(0)
        self._counted = (0, 1)

    def is_list(self, start: int) -> bool:
        """Whether the value that begins there is a list."""
        return self._text[start : start + 1] == "["

    def is_object(self, start: int) -> bool:
        """Whether the value that begins there is an object."""
        return self._text[start : start + 1] == "{"

    def entries(self, start: int) -> Iterator[Entry]:
        """The entries of the list that begins there."""
        at = self._skip(start + 1)
        while not self._ends(at, "]"):
            value, end = self._value(at)
            yield Entry(self.line(at), value)
            at = self._next(end, "]")
        if start == self.start:
            self.close(at + 1)

    def starts(self, start: int) -> Iterator[int]:
        """Where each entry of the list that begins there begins."""
        at = self._skip(start + 1)
        while not self._ends(at, "]"):
            _, end = self._value(at)
            yield at
            comma = _COMMA.match(self._text, end)
            at = comma.end() if comma else self._next(end, "]")

    def members(self, start: int) -> Iterator[Member]:
        """The members of the object that begins there."""
        at = self._skip(start + 1)
        seen: set[str] = set()
        while not self._ends(at, "}"):
            if simple := _KEY.match(self._text, at):
                key, begins = simple[1], simple.end()
            else:
                key, begins = self._key(at)
            if key in seen:
                self._refuse(f"The key {key[:60]!r} stands here a second time", at)
            seen.add(key)
            value, end = self._value(begins)
            yield Member(key, value, begins)
            comma = _COMMA.match(self._text, end)
            at = comma.end() if comma else self._next(end, "}")

    def _key(self, at: int) -> tuple[str, int]:
        """(a key, where its value begins)."""
        key, end = self._value(at)
        colon = self._skip(end)
        if not isinstance(key, str) or self._text[colon : colon + 1] != ":":
            self._refuse("A key and a colon are expected", colon)
        return key, self._skip(colon + 1)

    def line(self, at: int) -> int:
        """Line of a place in the text; quick when asked in the order of the text."""
        before, line = self._counted if self._counted[0] <= at else (0, 1)
        line += self._text.count("\n", before, at)
        self._counted = (at, line)
        return line

    def close(self, end: int) -> None:
        """Nothing but space may follow the document."""
        if self._skip(end) != len(self._text):
            self._refuse("Something follows the end of the document", self._skip(end))

    def whole(self) -> Any:
        """The whole document as one value."""
        value, end = self._value(self.start)
        self.close(end)
        return value

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            self._refuse(f"This is not valid JSON ({error.msg.lower()})", error.pos)
        except _TwiceError:
            self._refuse("A key stands a second time inside this entry", at)
        except ValueError:
            self._refuse("A number has too many digits inside this entry", at)
        except RecursionError:
            self._refuse("This is nested too deep", at)

    def _next(self, end: int, closing: str) -> int:
        at = self._skip(end)
        if self._text[at : at + 1] == ",":
            at = self._skip(at + 1)
            if self._text[at : at + 1] == closing:
                self._refuse("This is not valid JSON (a comma stands before the end)", at)
            return at
        if self._text[at : at + 1] != closing:
            self._refuse(f"This is not valid JSON (a comma or {closing} is expected)", at)
        return at

    def _ends(self, at: int, closing: str) -> bool:
        if at >= len(self._text):
            self._refuse(f"The file ends before its {closing}; it is cut off", at)
        return self._text[at] == closing

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _refuse(self, message: str, at: int) -> NoReturn:
        raise ConfigError(f"{message}.", file=self._name, line=self._text.count("\n", 0, at) + 1)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise _TwiceError
    return built
