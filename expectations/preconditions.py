"""Before a rule runs: is it in force, is the evidence it requires there, is there anything it could be about?

A register that was never connected is one ``unknown`` for the rule, never a violation per table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datagov.expectations.pack import Rule, Words
from datagov.model import Outcome

TITLES: Mapping[str, tuple[str, str]] = {
    "owners": ("owners of data", "数据责任人"),
    "principals": ("the directory of people", "人员名录"),
    "entities": ("legal entities", "法人主体登记"),
    "purposes": ("the tree of purposes", "处理目的登记"),
    "processing": ("purposes and legal bases of processing", "处理目的与合法性基础的声明"),
    "notices": ("versions of privacy notices", "隐私政策（告知）版本登记"),
    "consent": ("a consent ledger", "同意台账"),
    "lineage": ("SQL that moves data (a pipeline or views)", "搬运数据的 SQL（数据加工任务或视图）"),
    "content": ("samples of the data's content", "数据内容抽样"),
}
"""Kind of evidence to its name in English and Chinese."""

NOT_CONNECTED = Words(
    en="Nothing can be said, because this evidence is not connected: {titles}.",
    zh="无法判断，因为未接入：{titles_zh}。",
)
EMPTY = Words(en="There is nothing on this platform that the rule applies to.", zh="本平台没有适用本规则的对象。")
NOT_IN_FORCE = Words(
    en="The rule is in force from {in_force} only.",
    zh="本规则自 {in_force} 起适用。",
)


PLATFORM = "platform"
"""Subject of an answer about the platform as a whole."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A rule that is answered without running it."""

    outcome: Outcome
    text: Words
    subject: str
    values: Mapping[str, Any]


def settled(rule: Rule, connection: sqlite3.Connection, *, as_of: str) -> Settled | None:
    """The one answer for the whole platform when the rule cannot or need not run; None when it has to."""
    if as_of[:10] < rule.in_force:
        return Settled(Outcome.NOT_APPLICABLE, NOT_IN_FORCE, PLATFORM, {"arguments": {"in_force": rule.in_force}})
    evidence = {
        kind: (connected, file, line)
        for kind, connected, file, line in connection.execute("SELECT kind, connected, file, line FROM evidence")
    }
    missing = [kind for kind in rule.requires if not evidence.get(kind, (False,))[0]]
    if not missing:
        return None
    subjects = _subjects(rule, connection)
    if subjects == 0:
        return Settled(Outcome.NOT_APPLICABLE, EMPTY, PLATFORM, {})
    _, file, line = evidence.get(missing[0], (False, None, None))
    arguments = {
        "titles": "; ".join(TITLES[kind][0] for kind in missing),
        "titles_zh": "、".join(TITLES[kind][1] for kind in missing),
        "subjects": subjects,
    }
    values = {"needs": missing[0], "arguments": arguments, "file": file, "line": line}
    return Settled(Outcome.UNKNOWN, NOT_CONNECTED, missing[0], values)


def _subjects(rule: Rule, connection: sqlite3.Connection) -> int:
    """How many verdicts the missing evidence would settle: the population, else the datasets with personal data."""
    try:
        judged = connection.execute(f"SELECT count(*) FROM ({rule.population})").fetchone()[0]
    except sqlite3.Error:
        judged = 0
    personal = connection.execute("SELECT count(*) FROM asset WHERE personal AND role = 'data'").fetchone()[0]
    return int(judged or personal)
