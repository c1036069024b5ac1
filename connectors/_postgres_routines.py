"""Functions, procedures, triggers and rules of a PostgreSQL database as jobs, with their definitions as statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from datagov.connectors import _problems as problems
from datagov.connectors._postgres_open import hurry, sentences
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter

_HERE = """
    n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY(%(schemas)s::text[]))
      AND (%(oid)s::oid IS NULL OR {oid} = %(oid)s::oid)
"""
_ROUTINES = f"""
    SELECT p.oid::bigint, n.nspname || '.' || p.proname{{texts}}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') AND {_HERE.format(oid="p.oid")}
    ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid
"""
_TRIGGERS = f"""
    SELECT t.oid::bigint, n.nspname || '.' || t.tgname || ' on ' || c.relname{{texts}}
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND l.lanname = 'plpgsql' AND {_HERE.format(oid="t.oid")}
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"
"""
_RULES = f"""
    SELECT r.oid::bigint, n.nspname || '.' || r.rulename || ' on ' || c.relname{{texts}}
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND {_HERE.format(oid="r.oid")}
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", r.rulename COLLATE "C"
"""
_KINDS = (
    ("routine", "CREATE_FUNCTION", _ROUTINES, ", pg_get_functiondef(p.oid)"),
    ("trigger", "CREATE_TRIGGER", _TRIGGERS, ", pg_get_functiondef(p.oid), pg_get_triggerdef(t.oid)"),
    ("rule", "RULE", _RULES, ", pg_get_ruledef(r.oid)"),
)


def add_routines(writer: FactWriter, connection: Any, source: Source, schemas: Sequence[str]) -> None:
    """``job`` and ``statement`` facts: a trigger's job holds its function too, so that NEW and OLD have a table.

    Routines in other languages than SQL and PL/pgSQL, aggregates, and those of extensions are left out. A definition
    that waits for a locked table, as rules and bodies of standard SQL do, spoils its own job only: it is a problem.
    """
    for kind, statement, sql, texts in _KINDS:
        given = {"schemas": list(schemas), "oid": None}
        for name, parts in _defined(connection, source, sql, texts, given, kind):
            if isinstance(parts, str):
                problems.report(writer, source, name, "unreadable", parts, fatal=True)
                continue
            job_id = writer.add("job", source_id=source.source_id, name=name, kind=kind, dialect="postgres")
            text = ";\n".join(part.rstrip().rstrip(";") for part in parts)
            writer.add("statement", job_id=job_id, ordinal=0, kind=statement, outcome="parsed", sql=text)


def _defined(
    connection: Any, source: Source, sql: str, texts: str, given: dict[str, Any], kind: str
) -> Iterator[tuple[str, Sequence[str] | str]]:
    """(name, its texts) of every object, by one query; when that fails one by one, with a sentence for what fails."""
    try:
        with sentences(""):
            found = connection.execute(sql.format(texts=texts), given).fetchall()
    except SourceError:
        found = []
        for oid, name in connection.execute(sql.format(texts=""), given).fetchall():
            try:
                hurry(connection, source.patience)
                with sentences(f"Source {source.name!r}: the definition of the {kind} {name!r}", source.patience):
                    found += connection.execute(sql.format(texts=texts), {**given, "oid": oid}).fetchall()
            except SourceError as error:
                if connection.closed:
                    raise
                yield name, str(error)
    for _, name, *parts in found:
        if None not in parts:
            yield name, parts
