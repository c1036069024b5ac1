"""Names from outside made harmless to look at: control, direction and invisible characters become visible.

A column may be called ``salary\\u202egpj.`` or hold a terminal escape; a report shows the code, never obeys it.
"""

from __future__ import annotations

import re

_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff"
)
_LINE = re.compile(f"[\t\n{_UNSAFE}]")
_BLOCK = re.compile(f"[{_UNSAFE}]")


def inert(text: str) -> str:
    """One line with every unsafe character replaced by its code.

    >>> inert("a\\u202eb\\x1b[31m")
    'a\\\\u{202E}b\\\\u{1B}[31m'
    """
    return _LINE.sub(_visible, text)


def inert_block(text: str) -> str:
    """The same for text of several lines: line feeds and tabs stay, so that SQL keeps its shape."""
    return _BLOCK.sub(_visible, text)


def ascii_escapes(document: str) -> str:
    """Replace unsafe characters in finished JSON by ``\\uXXXX``: the same document, safe to print."""
    return _BLOCK.sub(_json_escape, document)


def _visible(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):X}}}"


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))
