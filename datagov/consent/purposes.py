"""The tree of purposes: which wider purposes a consent may name to cover a purpose."""

from __future__ import annotations

from collections.abc import Mapping


def covering(purpose: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """The purpose and every wider one, nearest first.

    ``parents`` maps a purpose to the one it lies within, as the register says. A purpose that the register puts
    nowhere lies within the purposes its dotted key names.

    >>> covering("finance.credit.score", {"finance.credit": "lending"})
    ('finance.credit.score', 'finance.credit', 'lending', 'finance')
    """
    found: list[str] = []
    pending = [purpose]
    while pending:
        here = pending.pop(0)
        if here in found:
            continue
        found.append(here)
        if parent := parents.get(here):
            pending.append(parent)
        if "." in here:
            pending.append(here.rpartition(".")[0])
    return tuple(found)
