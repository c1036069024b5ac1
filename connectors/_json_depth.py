"""How deep JSON is nested, told from its bytes before a parser that would end the process sees them."""

from __future__ import annotations

import numpy as np

DEEPEST = 256
"""Levels that are read: Arrow's parser dies of a stack overflow somewhere beyond 5,000, Python's gives up at 1,000."""
_BLOCK_BYTES = 2**20
_QUOTE, _OPENING, _CLOSING = 0x22, b"[{", b"]}"
_NO_STRUCTURE = bytes(sorted(set(range(256)) - {_QUOTE, *_OPENING, *_CLOSING}))

_STEP = np.zeros(256, np.int8)
_STEP[list(_OPENING)] = 1
_STEP[list(_CLOSING)] = -1


def too_deep(text: bytes) -> bool:
    """Whether some value of the text, one JSON value or several, is nested more than ``DEEPEST`` levels.

    Brackets inside strings do not count. Of broken JSON the answer holds up to where it breaks, which is as far as a
    parser gets.

    >>> too_deep(b"[" * 256 + b"]" * 256), too_deep(b"[" * 257), too_deep(b'{"a": "' + b"[" * 257 + b'"}')
    (False, True, False)
    """
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Two quotes that touch hold nothing between them, so whether a bracket is inside a string does not change.
    marks = text.translate(None, _NO_STRUCTURE).replace(b'""', b"")
    depth, inside = 0, 0
    for start in range(0, len(marks), _BLOCK_BYTES):
        block = np.frombuffer(marks, np.uint8, min(_BLOCK_BYTES, len(marks) - start), start)
        within = np.bitwise_xor.accumulate((block == _QUOTE).view(np.uint8)) ^ inside
        levels = np.cumsum(np.where(within, 0, _STEP[block]), dtype=np.int32) + depth
        if levels.max() > DEEPEST:
            return True
        depth, inside = int(levels[-1]), int(within[-1])
    return False
