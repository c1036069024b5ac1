"""What lint says of the run it compares with, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_OF_RUN = {
    "en": {
        "stopped": "Run {run} was interrupted: what it did not read cannot be compared, so this is no clean result.",
        "incomplete": "Run {run} was incomplete: what it did not read cannot be compared, so this is no clean result.",
        "other": "Run 'datagov audit' again, or name a complete run with --against.",
        "untraced": "Run {run} could not read some SQL: what that SQL moves is not known, so results say 'at least'.",
        "newer": "Run {run} was taken; run {newer_incomplete} is newer but was incomplete.",
    },
    "zh": {
        "stopped": "运行 {run} 曾被中断：其未读取的内容无法比较，因此结果不能视为无问题。",
        "incomplete": "运行 {run} 不完整：其未读取的内容无法比较，因此结果不能视为无问题。",
        "other": "请重新运行 datagov audit，或用 --against 指定一次完整的运行。",
        "untraced": "运行 {run} 有部分 SQL 未能读取：其数据流向未知，因此结果标注“至少”。",
        "newer": "采用运行 {run}；运行 {newer_incomplete} 更新，但不完整。",
    },
}


def of_run(against: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of a run that was incomplete, or that was taken in place of a newer, incomplete one."""
    words = _OF_RUN[language]
    if against["standing"] == "untraced":
        yield "untraced", words["untraced"].format_map(against)
    elif not against["comparable"]:
        space = " " if language == "en" else ""
        yield "incomplete", f"{words[against['standing']]}{space}{words['other']}".format_map(against)
    if against["newer_incomplete"]:
        yield "newer", words["newer"].format_map(against)
