"""Random texts of a pattern's shape: what chance alone would put into a column."""

from __future__ import annotations

import random
import re._parser as parser
import string
from functools import cache
from typing import Any

_LONGEST_REPEAT = 8


def draw(pattern: str, chance: random.Random) -> str:
    """One random text that the pattern matches."""
    return _nodes(_parsed(pattern), chance)


def scramble(text: str, chance: random.Random) -> str:
    """The same shape by chance: a digit for a digit, a letter for a letter of the same case."""
    kinds = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
    return "".join(chance.choice(next((k for k in kinds if c in k), c)) for c in text)


@cache
def _parsed(pattern: str) -> Any:
    return parser.parse(pattern.replace(r"\p{L}", "A-Za-z").replace(r"\p{N}", "0-9"))


def _nodes(nodes: Any, chance: random.Random) -> str:
    return "".join(_node(str(op), argument, chance) for op, argument in nodes)


def _node(op: str, argument: Any, chance: random.Random) -> str:
    if op == "LITERAL":
        return chr(argument)
    if op == "IN":
        return chance.choice(_characters(argument))
    if op in ("MAX_REPEAT", "MIN_REPEAT"):
        low, high, inside = argument
        times = chance.randint(int(low), min(int(high), int(low) + _LONGEST_REPEAT))
        return "".join(_nodes(inside, chance) for _ in range(times))
    if op == "SUBPATTERN":
        return _nodes(argument[3], chance)
    if op == "BRANCH":
        return _nodes(chance.choice(argument[1]), chance)
    if op == "ANY":
        return "x"
    raise ValueError(op)


def _characters(members: Any) -> list[str]:
    found: list[str] = []
    for op, argument in members:
        if str(op) == "LITERAL":
            found.append(chr(argument))
        elif str(op) == "RANGE":
            found += [chr(code) for code in range(argument[0], argument[1] + 1)]
        elif "DIGIT" in str(argument):
            found += list(string.digits)
        else:
            found += list("ab01")
    return found
