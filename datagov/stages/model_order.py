"""Raw dbt models in the order in which they are built, so that ``ref`` names what is known already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from datagov.stages.harvest import RawStatement

_REF = re.compile(r"""\bref\s*\(\s*(?:['"][^'"]*['"]\s*,\s*)?['"]([^'"]+)['"]""")


def built_first(raw: Sequence[RawStatement], jobs: Mapping[int, Mapping[str, Any]]) -> list[RawStatement]:
    """The same statements, each behind the models of its source that it refers to; otherwise in their order."""
    names: dict[tuple[int, str], int] = {}
    for number, statement in enumerate(raw):
        job = jobs[statement.job_id]
        if job["kind"] == "sql_file" and job["file"]:
            names.setdefault((job["source_id"], PurePosixPath(job["file"]).stem.lower()), number)
    placed: dict[int, None] = {}
    seen: set[int] = set()
    for first in range(len(raw)):
        waiting = [(first, False)]
        while waiting:
            number, ready = waiting.pop()
            if ready:
                placed[number] = None
                continue
            if number in seen:
                continue
            seen.add(number)
            waiting.append((number, True))
            source = jobs[raw[number].job_id]["source_id"]
            if "{{" in raw[number].sql:
                needed = (names.get((source, name.lower())) for name in reversed(_REF.findall(raw[number].sql)))
                waiting += [(one, False) for one in needed if one is not None and one not in seen]
    return [raw[number] for number in placed]
