"""Calls that look like a mask and leave the value whole: separators taken out, a part as long as the value."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

LONG = 11
"""Characters from which on a part may be the whole: mobile numbers have 11 digits, most identifiers no more than 18."""

_NO_SIGNS = r"\[\^[^\]]*(?:0-9|\\d|\\w|\[:(?:alnum|digit):\])(?:[^\]]|\[:\w+:\])*\]"
_SIGNS = r"\[(?:\\[sDW]|\\[^\w\s]|\[:(?:space|blank|punct):\]|[^\w\\\[\]^])+\]"
_SEPARATORS = re.compile(rf"(?:\\[sDW]|\\[^\w\s]|{_NO_SIGNS}|{_SIGNS}|[^\w\\.\[\]])+", re.ASCII)
_NO_LETTERS = re.compile(r"[\W_]*", re.ASCII)
_LONGEST = 200
"""Characters of a pattern that is looked at."""
_TEXTS = (exp.RawString, exp.National)


def keeps_whole(call: Any) -> bool:
    """Whether the constants of a call of REGEXP_REPLACE, LEFT, RIGHT or SUBSTRING say that the value may stay whole.

    What stands for nothing but letters and digits counts as separators: ``-``, ``\\s+``, ``[^0-9]``, ``\\D``.
    """
    args = call.args
    if call.__class__ in (exp.Left, exp.Right):
        return _long(args.get("expression"))
    if call.__class__ is exp.Substring:
        start, length = args.get("start"), args.get("length")
        first = start is None or (_number(start) is not None and _number(start) in (0, 1))
        return first and (length is None or _long(length))
    if call.__class__ is not exp.RegexpReplace:
        return False
    pattern, put = _text(args.get("expression")), args.get("replacement")
    new = "" if put is None else _text(put)
    if pattern is None or new is None or len(pattern) > _LONGEST:
        return False
    bare = pattern.replace("\\\\", "\\")
    return _NO_LETTERS.fullmatch(new) is not None and _SEPARATORS.fullmatch(bare) is not None


def _long(node: Any) -> bool:
    number = _number(node)
    return number is not None and number >= LONG


def _number(node: Any) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdecimal():
        return int(node.this[:9])
    return None


def _text(node: Any) -> str | None:
    if isinstance(node, _TEXTS) or (isinstance(node, exp.Literal) and node.is_string):
        return str(node.this)
    return None
