"""Queries that a log remembers, the same ones counted together: ``query_log`` and ``query`` facts with their jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from datagov.connectors._query_shape import outline, stands_for, without_values
from datagov.fact_writer import FactWriter
from datagov.lineage import mask_literals

MOST = 5_000
"""Entries taken up: those that ran most often."""
_MOST_KEPT = 50_000
"""Different queries kept while a log is read."""
LONGEST = 256 * 1024
"""Most characters of a query's text; longer ones are left out."""
_MOST_HELD = 256 << 20
"""Most characters of all texts that are kept while a log is read."""
_MOST_OUTLINED = 32 << 20
"""Most characters of their outlines."""


@dataclass(slots=True)
class Seen:
    """One query of one account: its masked text and its shape, when and how often it ran, and where it stands first."""

    account: str | None
    schema: str | None
    sql: str
    shape: bytes
    file: str
    line: int
    first_at: str | None = None
    last_at: str | None = None
    calls: int = 0
    rows: int | None = None

    def again(self, at: str | None, rows: int | None) -> None:
        """Count one more call."""
        self.calls += 1
        if at is not None:
            self.first_at = min(self.first_at or at, at)
            self.last_at = max(self.last_at or at, at)
        if rows is not None:
            self.rows = (self.rows or 0) + rows


@dataclass(slots=True, eq=False)
class History:
    """Collects the queries of a source; texts are masked before they are kept, and never shown."""

    dialect: str
    left_out: int = 0
    no_flow: int = 0
    """Entries that move no data and were not added."""
    _seen: dict[tuple[str | None, str | None, bytes], Seen] = field(default_factory=dict, repr=False)
    _shapes: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    _outlines: dict[str, bytes] = field(default_factory=dict, repr=False)
    _texts: dict[bytes, str] = field(default_factory=dict, repr=False)
    _held: int = 0
    _outlined: int = 0

    def add(
        self,
        sql: str,
        *,
        account: str | None,
        at: str | None,
        schema: str | None,
        place: tuple[str, int],
        rows: int | None = None,
    ) -> None:
        """Take up one run of a query; ``at`` is UTC ISO 8601, ``place`` the file and line of its entry."""
        if len(sql) > LONGEST:
            self.left_out += 1
            return
        key = (account, schema, self._shape(sql.strip()))
        known = self._seen.get(key)
        if known is None:
            text = self._texts.get(key[2])
            if text is None or len(self._seen) >= _MOST_KEPT:
                self.left_out += 1
                return
            known = self._seen[key] = Seen(account, schema, text, key[2], *place)
        known.again(at, rows)

    def write(self, writer: FactWriter, *, source_id: int, kind: str, has_person: bool, has_time: bool) -> None:
        """``query_log``, and per query its job, its statement and its ``query`` fact, those that ran most first."""
        chosen = sorted(self._seen.values(), key=lambda one: (-one.calls, one.file, one.line))
        kept, dropped = chosen[:MOST], chosen[MOST:]
        writer.add(
            "query_log",
            source_id=source_id,
            kind=kind,
            has_person=has_person,
            has_time=has_time,
            since=min((one.first_at for one in chosen if one.first_at), default=None),
            entries=len(kept),
            left_out=self.left_out + len(dropped),
            no_flow=self.no_flow,
        )
        for name, one in _named(kept):
            job_id = writer.add(
                "job",
                source_id=source_id,
                name=name,
                kind="query",
                dialect=self.dialect,
                file=one.file,
                line=one.line,
            )
            writer.add(
                "statement",
                job_id=job_id,
                ordinal=0,
                kind="QUERY",
                outcome="parsed",
                sql=one.sql,
                file=one.file,
                line=one.line,
            )
            writer.add(
                "query",
                job_id=job_id,
                account=one.account,
                first_at=one.first_at,
                last_at=one.last_at,
                calls=one.calls,
                rows=one.rows,
            )

    def _shape(self, sql: str) -> bytes:
        """The digest of a text without its values; of an outline one text is masked, and one of a shape is kept."""
        told = outline(sql)
        shape = None if told is None else self._outlines.get(told)
        return self._masked(sql, told) if shape is None else shape

    def _masked(self, sql: str, told: str | None) -> bytes:
        raw = _digest(sql)
        shape = self._shapes.get(raw)
        if shape is not None:
            return shape
        masked = mask_literals(sql, dialect=self.dialect)
        plain = without_values(masked)
        shape = _digest(plain)
        if told is not None and stands_for(told, plain, self.dialect):
            if len(self._outlines) < _MOST_KEPT and self._outlined + len(told) <= _MOST_OUTLINED:
                self._outlines[told] = shape
                self._outlined += len(told)
        elif len(self._shapes) < _MOST_KEPT:
            self._shapes[raw] = shape
        if shape not in self._texts and self._held + len(masked) <= _MOST_HELD:
            self._texts[shape] = masked
            self._held += len(masked)
        return shape


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _named(entries: list[Seen]) -> Iterator[tuple[str, Seen]]:
    """A name that stays the same from night to night: the schema that unqualified names belong to, and a digest."""
    for one in entries:
        digest = sha256(f"{one.account}\0{one.schema}\0{one.shape.hex()}".encode("utf-8", "replace")).hexdigest()[:16]
        yield (f"{one.schema}.query {digest}" if one.schema else f"query {digest}"), one
