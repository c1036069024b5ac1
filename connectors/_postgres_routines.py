"""Functions, procedures, triggers and rules of a PostgreSQL database as jobs, with their definitions as statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datagov.fact_writer import FactWriter

_ROUTINES = """
    SELECT n.nspname || '.' || p.proname, pg_get_functiondef(p.oid)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY(%(schemas)s::text[]))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid
"""
_TRIGGERS = """
    SELECT n.nspname || '.' || t.tgname || ' on ' || c.relname, pg_get_functiondef(p.oid), pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND l.lanname = 'plpgsql'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY(%(schemas)s::text[]))
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"
"""
_RULES = """
    SELECT n.nspname || '.' || r.rulename || ' on ' || c.relname, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY(%(schemas)s::text[]))
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", r.rulename COLLATE "C"
"""
_KINDS = (("routine", "CREATE_FUNCTION", _ROUTINES), ("trigger", "CREATE_TRIGGER", _TRIGGERS), ("rule", "RULE", _RULES))


def add_routines(writer: FactWriter, connection: Any, schemas: Sequence[str], *, source_id: int) -> None:
    """``job`` and ``statement`` facts: a trigger's job holds its function too, so that NEW and OLD have a table.

    Routines in other languages than SQL and PL/pgSQL, aggregates, and those of extensions are left out.
    """
    for kind, statement, sql in _KINDS:
        for name, *texts in connection.execute(sql, {"schemas": list(schemas)}):
            job_id = writer.add("job", source_id=source_id, name=name, kind=kind, dialect="postgres")
            text = ";\n".join(part.rstrip().rstrip(";") for part in texts)
            writer.add("statement", job_id=job_id, ordinal=0, kind=statement, outcome="parsed", sql=text)
