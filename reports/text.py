"""The run on a terminal of 100 columns: verdict, what to repair first, what is missing, where to look next."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime

from datagov.lineage.unread import COUNTERS, is_partial, sources
from datagov.model import Text
from datagov.reports.inert import inert
from datagov.reports.summary import SEVERITIES, Row, Summary, summarise
from datagov.store import Evidence
from datagov.vocabulary import sentences, terms

WIDTH = 100
"""Columns of the terminal that no line exceeds; a Chinese character takes two."""

LISTED = 15
"""Causes, needs and problems shown of each; the rest are counted."""


def render(evidence: Evidence, *, language: str) -> bytes:
    """The summary as UTF-8 text; see :class:`datagov.contracts.Report`."""
    page = _Page(language)
    summary = summarise(evidence)
    _head(page, summary)
    _changes(page, summary)
    _causes(page, summary)
    _ladder(page, summary)
    _gaps(page, summary)
    _next(page, summary)
    return "\n".join([*page.lines, ""]).encode()


NAMED = 3
"""Names shown of each kind of change; the rest are counted."""


class _Page:
    """Lines under construction, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.lines: list[str] = []
        self._terms = terms.load()

    def say(self, key: str, *, n: int | None = None, **values: object) -> str:
        return self._terms.say(key, self.language, n=n, **values)

    def filled(self, key: str, numbers: Mapping[str, int]) -> str:
        return self.say(key).format_map({name: f"{n:,}" for name, n in numbers.items()})

    def counted(self, counters: Mapping[str, int]) -> str:
        """The counters of statements and names, in words."""
        return self.filled("sql.line", {name: counters[name] for name in COUNTERS})

    def name(self, kind: str, value: str) -> str:
        return inert(self._terms.name(kind, value, self.language))

    def of(self, row: Row, field: str) -> str:
        """The field ``<field>_en`` or ``<field>_zh`` of a row, safe to print."""
        return inert(row[f"{field}_{self.language}"] or "")

    def either(self, text: Text) -> str:
        """A text in the page's language, safe to print."""
        return inert(text.of(self.language))

    def pair(self, key: str, value: str) -> None:
        self.add(self.say("pair", what=self.say(key), value=value))

    def title(self, text: str, note: str = "") -> None:
        self.lines += ["", f"{text}  {note}".rstrip(), "-" * min(WIDTH, width(f"{text}  {note}".rstrip()))]

    def add(self, text: str, *, indent: int = 0, hang: int = 0) -> None:
        self.lines += wrap(text, indent=indent, hang=hang)


def _head(page: _Page, summary: Summary) -> None:
    platform = inert(summary.run.get("platform", ""))
    as_of = moment(summary.run.get("as_of", ""))
    page.add(" · ".join(["datagov", *filter(None, [platform]), *([page.say("as_of", time=as_of)] if as_of else [])]))
    page.lines.append("=" * min(WIDTH, width(page.lines[-1])))
    level = page.name("severity", summary.fail_on)
    means = page.say(f"verdict.{summary.verdict}.means", n=summary.failing, level=level)
    verdict = page.say("sentence", head=page.say(f"verdict.{summary.verdict}"), rest=means)
    page.pair("verdict", verdict)
    for what, sentence in summary.why[:LISTED]:
        page.add(f"- {page.say('pair', what=page.either(what), value=page.either(sentence))}", hang=2)
    page.lines.append("")
    counts = "  ".join(f"{page.name('severity', s)} {summary.severities[s]:,}" for s in SEVERITIES)
    found = page.say("n_findings", n=summary.findings)
    head = page.say("findings.from", findings=found, causes=page.say("n_from_causes", n=len(summary.causes)))
    page.add(page.say("pair", what=head, value=counts))
    page.pair("subjects_judged", page.filled("rules_line", summary.subjects))
    if summary.sql:
        page.pair("coverage.statements", page.counted({**summary.statements, "unresolved": summary.unresolved}))
    personal = summary.personal
    if personal["found"] or personal["carried"]:
        page.pair("personal", page.filled("personal.line", personal))
    else:
        page.pair("personal", page.say("personal.none" if summary.looked else "personal.not_looked"))
    page.pair("run.digest", summary.digest)


def _changes(page: _Page, summary: Summary) -> None:
    """At most a line for each kind of change, with the first names of each."""
    if summary.changes is None:
        return
    page.title(page.say("changes"))
    page.add(page.say("changes.run", run=inert(summary.changes.run), time=moment(summary.changes.as_of)))
    if not summary.changed:
        page.add(page.say("changes.none"))
        return
    for kind, names in summary.changed:
        shown = ", ".join(map(inert, names[:NAMED]))
        more = f", … {page.say('n_more', n=len(names) - NAMED)}" if len(names) > NAMED else ""
        page.add(f"- {page.say('pair', what=page.say(f'changes.{kind}', n=len(names)), value=shown + more)}", hang=2)
    if summary.changes.changed:
        page.add(page.say("changes.changed"))


def _causes(page: _Page, summary: Summary) -> None:
    page.title(page.say("causes.worst"))
    if not summary.causes:
        page.add(page.say(summary.silence["causes"]))
    for n, cause in enumerate(summary.causes[:LISTED], start=1):
        found = page.say("n_findings", n=cause["findings"])
        head = f"{page.name('severity', cause['severity'])} · {inert(cause['rule'])} · {inert(cause['subject'])}"
        page.add(f"{n:>2}  {head} · {found}", hang=4)
        page.add(page.of(cause, "message"), indent=4, hang=4)
        owners = inert(", ".join(cause["owners"])) or page.say("owner.none")
        place = f"{inert(cause['file'])}:{cause['line']}"
        page.add(f"{place} · {page.say('pair', what=page.say('owner'), value=owners)}", indent=4, hang=4)
    _rest(page, len(summary.causes))


def _ladder(page: _Page, summary: Summary) -> None:
    page.title(page.say("ladder"))
    page.add(page.say("ladder.means" if summary.needs else summary.silence["needs"]))
    for need in summary.needs[:LISTED]:
        head = f"{page.name('register', need['kind'])} · {page.say('n_verdicts', n=need['verdicts'])}"
        page.add(f"{need['rank']:>2}  {head}", hang=4)
        page.add(page.of(need, "message"), indent=4, hang=4)
    _rest(page, len(summary.needs))


def _gaps(page: _Page, summary: Summary) -> None:
    page.title(page.say("not_examined"))
    before = len(page.lines)
    for kind, n in summary.gaps.items():
        if n:
            page.add(f"- {page.say(f'not_examined.{kind}', n=n)}", hang=2)
    if missing := summary.missing_registers:
        names = page.say("list.join").join(page.name("register", kind) for kind in missing)
        page.add(f"- {page.say('not_examined.registers', n=len(missing), names=names)}", hang=2)
    _sql(page, summary)
    lesser = [problem for problem in summary.problems if not problem["fatal"]]
    for problem in lesser[:LISTED]:
        place = f"{inert(problem['file'])}:{problem['line']}" if problem["file"] and problem["line"] else ""
        thing = inert(problem["object"]) + (page.say("place.in", place=place) if place else "")
        times = f" (× {problem['times']:,})" if problem["times"] > 1 else ""
        said = page.either(sentences.text(problem["message"].removeprefix(f"{problem['file']}:{problem['line']}: ")))
        what = f"{page.name('stage', problem['stage'])} · {thing}"
        page.add(f"- {page.say('pair', what=what, value=said)}{times}", hang=2)
    _rest(page, len(lesser))
    if len(page.lines) == before:
        page.add(page.say(summary.silence["gaps"]))


def _sql(page: _Page, summary: Summary) -> None:
    """What of the SQL of each file, and of each source where there are several, lineage does not see."""
    files, by_source = summary.partial_sql, sources(summary.sql)
    for one in filter(is_partial, by_source if len(by_source) > 1 else ()):
        page.add(f"- {page.say('pair', what=inert(one['source']), value=page.counted(one))}", hang=2)
    for file in files[:LISTED]:
        value = page.counted(file) if file["read"] else page.say("sql.lost")
        page.add(f"- {page.say('pair', what=inert(file['file']), value=value)}", hang=2)
    _rest(page, len(files))


def _next(page: _Page, summary: Summary) -> None:
    page.title(page.say("next"))
    steps = [("datagov report -f html=report.html", "next.html.means")]
    if summary.causes:
        rule = inert(summary.causes[0]["rule"])
        steps.append((f"datagov explain {shlex.quote(rule)}", "next.explain.means"))
        if column := next((cause["column"] for cause in summary.causes if cause["column"]), None):
            steps.append((f"datagov column {shlex.quote(inert(column))}", "next.column.means"))
    if summary.needs or summary.missing_registers:
        steps.append(("datagov doctor", "next.doctor.means"))
    for command, key in steps:
        page.add(command, indent=2, hang=4)
        page.add(page.say(key), indent=6, hang=6)


def _rest(page: _Page, total: int) -> None:
    if total > LISTED:
        page.add(f"… {page.say('n_more', n=total - LISTED)}", indent=2, hang=2)


def moment(time: str) -> str:
    """A UTC ISO time to the minute; text that is none stays itself, made safe.

    >>> moment("2026-06-30T16:00:00Z")
    '2026-06-30 16:00'
    """
    try:
        return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return inert(time)


def width(text: str) -> int:
    """Terminal columns a text takes: two for wide characters, none for combining marks (UAX #11)."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(rf"\s+|[（“《]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：、！？）”》]*")
"""A space, or a word or Chinese character with the marks that may not be parted from it."""


def wrap(text: str, *, indent: int = 0, hang: int = 0) -> list[str]:
    """Break a text into lines of at most WIDTH columns; the first starts at ``indent``, the others at ``hang``.

    Lines break at spaces and between Chinese characters; a word longer than a line is cut.
    """
    lines, line, at = [], "", indent
    for piece in _pieces(text):
        if at + width(piece) > WIDTH and line.strip():
            lines.append(" " * indent + line.rstrip())
            line, at, indent = "", hang, hang
        if not line and not lines:
            line = piece
        elif line or not piece.isspace():
            line += piece
        at = indent + width(line)
    if line.strip():
        lines.append(" " * indent + line.rstrip())
    return lines


def _pieces(text: str) -> Iterator[str]:
    """Words, spaces and single Chinese characters; words are cut to less than half a line."""
    limit = WIDTH // 2
    for match in _PIECE.finditer(text):
        piece = match.group()
        while len(piece) > limit:
            yield piece[:limit]
            piece = piece[limit:]
        yield piece
