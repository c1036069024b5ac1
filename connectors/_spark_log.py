"""The files of Spark event logs in a folder: one per application, or several that were rolled over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from datagov.connectors._folder import Found

_ROLLED = re.compile(r"(?:.*/)?eventlog_v2_[^/]+")
_PART = re.compile(r"events_(\d+)_.+")


@dataclass(frozen=True, slots=True)
class Log:
    """The log of one application: its name below the root, and its files in their order."""

    inside: str
    files: tuple[Found, ...]


def logs(found: Sequence[Found]) -> list[Log]:
    """Logs among the files of a folder; a rolled one is a folder ``eventlog_v2_…`` with ``events_1_…`` and so on.

    Names that begin with a dot (checksums of Hadoop) and ``appstatus_…`` are no logs.
    """
    single: list[Log] = []
    rolled: dict[str, list[tuple[int, Found]]] = {}
    for one in found:
        folder, _, name = one.inside.rpartition("/")
        if name.startswith(".") and one.fault is None:
            continue
        if _ROLLED.fullmatch(folder) and one.fault is None:
            if part := _PART.fullmatch(name):
                rolled.setdefault(folder, []).append((int(part.group(1)), one))
            continue
        single.append(Log(one.inside, (one,)))
    several = [
        Log(folder, tuple(one for _, one in sorted(parts, key=lambda part: part[0])))
        for folder, parts in rolled.items()
    ]
    return sorted([*single, *several], key=lambda log: log.inside)
