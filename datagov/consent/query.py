"""The ledger semantics as one query inside the source: rows of a dataset counted by consent verdict.

From events to pieces of time (subject, start, end, rank), from overlapping pieces to a timeline per subject that has
one verdict at every moment, and from there one equi-join with the rows: one scan of the data, one of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from datagov.consent import notices
from datagov.consent.model import EVERYTHING, FIELDS, Coverage, Demand, Ledger, Verdict
from datagov.consent.sqltext import HIGH, LOW, ExactText, KeyText, earlier, instant, later, moment

Column = sa.ColumnElement[Any]


def verdict_counts(coverage: Coverage, data: sa.FromClause) -> sa.Select[*tuple[Any, ...]]:
    """SELECT rank, rows over the dataset ``data``; a rank without rows is absent (:func:`by_verdict`)."""
    ledger = ledger_table(coverage.ledger)
    timeline = _timeline(_pieces(coverage, ledger, _spans(coverage, _events(coverage, ledger))))
    row = sa.select(*row_columns(coverage)).select_from(data).cte("processed")
    known = sa.func.coalesce(row.c.at, moment(LOW))
    meets = sa.and_(row.c.subject == timeline.c.subject, timeline.c.start <= known, known < timeline.c.end)
    rank = sa.case(
        (timeline.c.subject.is_(None), Verdict.UNMATCHED_IDENTITY.rank),
        (row.c.at.is_(None), Verdict.UNDATED.rank),
        else_=timeline.c.rank,
    )
    judged = sa.select(rank.label("rank")).select_from(row.outerjoin(timeline, meets)).cte("judged")
    return sa.select(judged.c.rank, sa.func.count()).group_by(judged.c.rank)


def by_verdict(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The rows of :func:`verdict_counts` as verdict to number of rows."""
    verdicts = tuple(Verdict)
    return {verdicts[int(rank)].value: int(count) for rank, count in rows}


def row_columns(coverage: Coverage) -> tuple[Column, Column]:
    """Subject key and processing time of the dataset's rows in comparable form, as ``subject`` and ``at``."""
    return (
        KeyText(_named(coverage.subject_key)).label("subject"),
        instant(_named(coverage.processed_at)).label("at"),
    )


def ledger_rows(ledger: Ledger) -> sa.Select[*tuple[Any, ...]]:
    """SELECT every event with the fields of FIELDS in comparable form, the ignored left out.

    A state in no list is ``unclear``, an end that cannot be read ``unreadable``.
    """
    state = _word(_field(ledger, "state"))
    columns: dict[str, Column] = {}
    for field in FIELDS:
        column = _field(ledger, field)
        if field == "subject":
            columns[field] = KeyText(column)
        elif field == "state":
            columns[field] = sa.case(
                (state.in_(_words(ledger.given)), "given"),
                (state.in_(_words(ledger.withdrawn)), "withdrawn"),
                else_="unclear",
            )
        elif field == "valid_until" and field in ledger.columns:
            columns[field] = sa.case((_endless(ledger), "unreadable"), else_=sa.cast(instant(column), sa.String))
        elif field in ("event_time", "recorded_at", "valid_until"):
            columns[field] = instant(column) if field in ledger.columns else column
        else:
            columns[field] = ExactText(column)
    return (
        sa.select(*(column.label(field) for field, column in columns.items()))
        .select_from(ledger_table(ledger))
        .where(_counts(ledger))
    )


def left_out(ledger: Ledger) -> sa.Select[*tuple[Any, ...]]:
    """SELECT four numbers of events: without a readable time, with a state that is in no list, of consents whose end
    cannot be read, and of those that name a controller.
    """
    listed = _listed(ledger, *ledger.given, *ledger.withdrawn)
    given = _listed(ledger, *ledger.given)
    undated = sa.and_(listed, instant(_field(ledger, "event_time")).is_(None))
    unlisted = sa.and_(sa.not_(listed), _counts(ledger))
    endless = sa.and_(given, _endless(ledger)) if "valid_until" in ledger.columns else sa.false()
    named = sa.not_(_blank(_field(ledger, "controller"))) if "controller" in ledger.columns else sa.false()
    return sa.select(
        *(
            sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
            for condition in (undated, unlisted, endless, named)
        )
    ).select_from(ledger_table(ledger))


def events_by_purpose(ledger: Ledger) -> sa.Select[*tuple[Any, ...]]:
    """SELECT purpose in lower case, whether it is given (1) or may be ended (0), and the number of events."""
    purpose = sa.func.coalesce(_word(_field(ledger, "purpose")), "")
    given = sa.case((_listed(ledger, *ledger.given), 1), else_=0)
    counted = (
        sa.select(purpose.label("purpose"), given.label("given"))
        .select_from(ledger_table(ledger))
        .where(_counts(ledger), KeyText(_field(ledger, "subject")).is_not(None))
    ).cte("counted")
    return sa.select(counted.c.purpose, counted.c.given, sa.func.count()).group_by(counted.c.purpose, counted.c.given)


def unreadable_times(coverage: Coverage, data: sa.FromClause) -> sa.Select[*tuple[Any, ...]]:
    """SELECT the number of rows whose processing time is there and cannot be read."""
    column = _named(coverage.processed_at)
    unreadable = sa.and_(sa.not_(_blank(column)), instant(column).is_(None))
    return sa.select(sa.func.coalesce(sa.func.sum(sa.case((unreadable, 1), else_=0)), 0)).select_from(data)


def ledger_table(ledger: Ledger) -> sa.TableClause:
    """The ledger as a table to select from."""
    return table_named(ledger.schema, ledger.table)


def table_named(schema: str | None, table: str) -> sa.TableClause:
    """A table by its exact name, always quoted."""
    return sa.table(quoted_name(table, True), schema=quoted_name(schema, True) if schema else None)


def _named(column: str) -> sa.ColumnClause[Any]:
    return sa.column(quoted_name(column, True))


def _field(ledger: Ledger, field: str) -> Column:
    """The column of a ConsentEvent field; NULL when the ledger has none."""
    return _named(ledger.columns[field]) if field in ledger.columns else sa.null()


def _word(column: Column) -> Column:
    return sa.func.lower(sa.func.trim(ExactText(column)))


def _listed(ledger: Ledger, *words: str) -> Column:
    """Whether an event's state is one of the words; never NULL."""
    return sa.func.coalesce(_word(_field(ledger, "state")), "").in_(_words(words))


def _counts(ledger: Ledger) -> Column:
    """Whether an event says anything of consent: its state is none of the ignored."""
    return sa.not_(_listed(ledger, *ledger.ignored)) if ledger.ignored else sa.true()


def _endless(ledger: Ledger) -> Column:
    """Whether an event names an end that cannot be read; PostgreSQL's ``infinity`` is none."""
    column = _field(ledger, "valid_until")
    return sa.and_(sa.not_(_blank(column)), _word(column) != "infinity", instant(column).is_(None))


def _blank(column: Column) -> Column:
    return sa.or_(column.is_(None), sa.func.trim(ExactText(column)) == "")


def _events(coverage: Coverage, ledger_from: sa.TableClause) -> sa.CTE:
    """Events that speak about the purpose: subject, purpose, at, recorded, until, withdrawal, version, shortfall.

    ``withdrawal`` is 0 for a consent, 1 for a withdrawal, 2 for a state that nobody listed.
    """
    ledger = coverage.ledger
    at = instant(_field(ledger, "event_time"))
    recorded = sa.func.coalesce(instant(_field(ledger, "recorded_at")), at) if "recorded_at" in ledger.columns else at
    until = instant(_field(ledger, "valid_until")) if "valid_until" in ledger.columns else moment(HIGH)
    purpose = _word(_field(ledger, "purpose"))
    subject = KeyText(_field(ledger, "subject"))
    all_events = (
        sa.select(
            subject.label("subject"),
            purpose.label("purpose"),
            at.label("at"),
            recorded.label("recorded"),
            sa.func.coalesce(until, moment(HIGH)).label("until"),
            sa.case((_listed(ledger, *ledger.given), 0), (_listed(ledger, *ledger.withdrawn), 1), else_=2).label(
                "withdrawal"
            ),
            sa.func.trim(ExactText(_field(ledger, "notice_version"))).label("version"),
            _shortfall(coverage, subject, purpose).label("shortfall"),
        )
        .select_from(ledger_from)
        .where(
            subject.is_not(None),
            at.is_not(None),
            _counts(ledger),
            _blank(_field(ledger, "recipient")) if "recipient" in ledger.columns else sa.true(),
            _own(coverage),
        )
    ).cte("told")
    named = all_events.c.purpose.in_(_words(coverage.purposes))
    everything = sa.and_(all_events.c.purpose.in_(EVERYTHING), all_events.c.withdrawal != 0)
    return sa.select(all_events).where(sa.or_(named, everything)).cte("event")


def _words(words: Sequence[str]) -> list[str]:
    return [word.strip().lower() for word in words]


def _own(coverage: Coverage) -> Column:
    """Whether an event is about the controller: it names it, or names nobody."""
    if coverage.controller is None or "controller" not in coverage.ledger.columns:
        return sa.true()
    column = _field(coverage.ledger, "controller")
    return sa.or_(_blank(column), _word(column) == coverage.controller.strip().lower())


def _shortfall(coverage: Coverage, subject: Column, purpose: Column) -> Column:
    """Rank of what a consent lacks, the worst first; the rank of ``covered`` when it lacks nothing."""
    lacks: list[tuple[Column, int]] = []
    if "valid_until" in coverage.ledger.columns:
        lacks.append((_endless(coverage.ledger), Verdict.UNCLEAR_TERM.rank))
    if Demand.SEPARATE in coverage.demands:
        kind = sa.func.coalesce(_word(_field(coverage.ledger, "kind")), "")
        lacks.append((kind.not_in(["separate", "written"]), Verdict.NOT_SEPARATE.rank))
    if Demand.OWN_ACTION in coverage.demands and "action_id" in coverage.ledger.columns:
        action = ExactText(_field(coverage.ledger, "action_id"))
        together = [subject, action]
        first = sa.func.min(purpose).over(partition_by=together)
        several = first != sa.func.max(purpose).over(partition_by=together)
        lacks.append((sa.and_(action.is_not(None), several), Verdict.BUNDLED_ACTION.rank))
    return sa.case(*lacks, else_=Verdict.COVERED.rank) if lacks else sa.literal(Verdict.COVERED.rank)


def _spans(coverage: Coverage, event: sa.CTE) -> sa.CTE:
    """Every event with the end of what it says, and when its notice was superseded or that became unclear."""
    order = [event.c.at, event.c.recorded, event.c.withdrawal]
    high = moment(HIGH)

    def following(value: Column) -> Column:
        """The earliest of the values of later events of the subject; read backwards, the running minimum is cheap."""
        backwards = [column.desc() for column in order]
        ahead = sa.func.min(value).over(partition_by=event.c.subject, order_by=backwards, rows=(None, -1))
        return sa.func.coalesce(ahead, high)

    superseded, unclear = _notice_limits(coverage, event)
    same = sa.func.lead(event.c.at).over(partition_by=[event.c.subject, event.c.purpose], order_by=order)
    ahead = sa.select(
        event.c.subject,
        event.c.withdrawal,
        event.c.at,
        event.c.recorded,
        event.c.until,
        event.c.shortfall,
        superseded.label("superseded"),
        unclear.label("unclear"),
        sa.func.coalesce(same, high).label("next_same"),
        following(sa.case((event.c.withdrawal != 0, event.c.at))).label("next_withdrawal"),
        following(sa.case((event.c.withdrawal != 2, event.c.at))).label("next_understood"),
        following(sa.case((event.c.withdrawal == 0, event.c.at))).label("regrant"),
    ).cte("ahead")
    superseded_or_unclear = earlier(ahead.c.superseded, ahead.c.unclear)
    interrupted = earlier(ahead.c.next_same, ahead.c.next_withdrawal)
    limited = sa.select(ahead, interrupted.label("interrupted"), superseded_or_unclear.label("doubt")).cte("limited")
    return sa.select(limited, earlier(limited.c.until, limited.c.interrupted).label("end")).cte("span")


def _pieces(coverage: Coverage, ledger_from: sa.TableClause, span: sa.CTE) -> sa.CTE:
    """(subject, start, end, rank): overlapping pieces of time; at every moment the best rank holds."""
    low, high = moment(LOW), moment(HIGH)
    subject = KeyText(_field(coverage.ledger, "subject"))

    def piece(start: Column, end: Column, rank: Column | Verdict, withdrawal: int) -> sa.Select[*tuple[Any, ...]]:
        shown = sa.literal(rank.rank) if isinstance(rank, Verdict) else rank
        return sa.select(
            span.c.subject.label("subject"), start.label("start"), end.label("end"), shown.label("rank")
        ).where(span.c.withdrawal == withdrawal)

    known = (
        sa.select(
            subject.label("subject"),
            low.label("start"),
            high.label("end"),
            sa.literal(Verdict.NO_RECORD.rank).label("rank"),
        )
        .select_from(ledger_from)
        .where(subject.is_not(None))
        .distinct()
    )
    doubtful = later(span.c.shortfall, sa.literal(Verdict.UNCLEAR_NOTICE.rank))
    replaced = later(span.c.shortfall, sa.literal(Verdict.SUPERSEDED_NOTICE.rank))
    some = sa.union_all(
        known,
        piece(low, high, Verdict.NOT_IN_FORCE, 0).distinct(),
        piece(span.c.at, earlier(span.c.recorded, span.c.regrant), Verdict.WITHDRAWN_RECORDED_LATE, 1),
        piece(later(span.c.at, span.c.recorded), span.c.regrant, Verdict.WITHDRAWN, 1),
        piece(span.c.at, span.c.next_understood, Verdict.UNCLEAR_STATE, 2),
        piece(span.c.at, earlier(span.c.end, span.c.doubt), span.c.shortfall, 0),
        piece(later(span.c.at, span.c.unclear), earlier(span.c.end, span.c.superseded), doubtful, 0),
        piece(later(span.c.at, span.c.superseded), span.c.end, replaced, 0),
    ).cte("any_piece")
    return sa.select(some).where(some.c.start < some.c.end).cte("piece")


def _notice_limits(coverage: Coverage, event: sa.CTE) -> tuple[Column, Column]:
    """When the notice of a consent was superseded, and when that became unclear; never is HIGH."""
    standings = notices.standings(coverage.notices)
    superseded = [(event.c.version == v, moment(s.superseded_from or HIGH)) for v, s in standings.items()]
    unclear: list[tuple[Column, Column]] = [
        (event.c.version == v, moment(s.unclear_from or HIGH)) for v, s in standings.items()
    ]
    superseded += [(event.c.at < moment(t), moment(t)) for t in notices.material_times(coverage.notices)]
    if doubtful := notices.doubtful_from(coverage.notices):
        unclear.append((event.c.at >= moment(doubtful), event.c.at))
    unclear += [(event.c.at < moment(t), moment(t)) for t in notices.unmarked_times(coverage.notices)]
    high = moment(HIGH)
    return sa.case(*superseded, else_=high) if superseded else high, sa.case(*unclear, else_=high) if unclear else high


def _timeline(piece: sa.CTE) -> sa.CTE:
    """(subject, start, end, rank) without overlaps or gaps: the best piece at every moment.

    A sweep: at every bound, how many pieces of each rank begin less how many end; the running sums say which ranks
    hold from there on. One sort per subject, however many pieces overlap. Every segment is grouped alone: SQLite
    joins a grouped subquery by an index of its own making, and one of window functions row by row.
    """
    ranks = [verdict.rank for verdict in Verdict if verdict not in (Verdict.UNMATCHED_IDENTITY, Verdict.UNDATED)]
    begins = sa.select(piece.c.subject, piece.c.start.label("start"), piece.c.rank, sa.literal(1).label("more"))
    ends = sa.select(piece.c.subject, piece.c.end, piece.c.rank, sa.literal(-1)).where(piece.c.end < moment(HIGH))
    change = sa.union_all(begins, ends).cte("change")
    bound = (
        sa.select(
            change.c.subject,
            change.c.start,
            *(sa.func.sum(sa.case((change.c.rank == r, change.c.more), else_=0)).label(f"more_{r}") for r in ranks),
        )
        .group_by(change.c.subject, change.c.start)
        .cte("bound")
    )

    def by_time(value: sa.FunctionElement[Any]) -> Column:
        return value.over(partition_by=bound.c.subject, order_by=bound.c.start)

    segment = sa.select(
        bound.c.subject,
        bound.c.start,
        sa.func.coalesce(by_time(sa.func.lead(bound.c.start)), moment(HIGH)).label("end"),
        *(by_time(sa.func.sum(bound.c[f"more_{r}"])).label(f"held_{r}") for r in ranks),
    ).cte("segment")
    holding = sa.case(*((segment.c[f"held_{r}"] > 0, r) for r in sorted(ranks)))
    alone = (segment.c.subject, segment.c.start, segment.c.end)
    return sa.select(*alone, sa.func.min(holding).label("rank")).group_by(*alone).cte("timeline")
