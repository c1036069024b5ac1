"""What a dbt resource runs, as SQL that writes into its relation: as dbt compiled it, or rendered from its template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from datagov.connectors._dbt_artifacts import Macro, Manifest, Node
from datagov.connectors._dbt_lines import flat, start_of
from datagov.lineage.jinja import rendered

DIALECTS: Mapping[str, str] = {
    **{
        name: name
        for name in [
            "athena",
            "bigquery",
            "clickhouse",
            "databricks",
            "doris",
            "dremio",
            "duckdb",
            "exasol",
            "fabric",
            "hive",
        ]
    },
    **{
        name: name
        for name in ["materialize", "mysql", "oracle", "postgres", "presto", "redshift", "risingwave", "singlestore"]
    },
    **{name: name for name in ["snowflake", "spark", "sqlite", "starrocks", "teradata", "trino"]},
    "alloydb": "postgres",
    "fabricspark": "spark",
    "glue": "spark",
    "greenplum": "postgres",
    "impala": "hive",
    "mariadb": "mysql",
    "mysql5": "mysql",
    "sqlserver": "tsql",
    "synapse": "tsql",
    "timescaledb": "postgres",
}
"""dbt's adapter type to sqlglot's name of the dialect."""

_MAX_DEPTH = 20
"""Ephemeral models inside ephemeral models that are followed."""

_CREATE = {"view": "VIEW", "materialized_view": "MATERIALIZED VIEW"}


class Relation(str):
    """A relation's name as SQL writes it, with the parts that templates ask for: ``{{ this.schema }}``."""

    database: str
    schema: str
    identifier: str

    @classmethod
    def of(cls, node: Node) -> Relation:
        """The relation of a node; without a name by dbt its parts, dotted."""
        parts = [node.database or "", node.schema_ or "", node.table]
        made = cls(node.relation_name or ".".join(part for part in parts if part))
        made.database, made.schema, made.identifier = parts
        return made

    @property
    def name(self) -> str:
        """The table's own name."""
        return self.identifier

    @property
    def table(self) -> str:
        """The table's own name."""
        return self.identifier


def writing(node: Node, sql: str, dialect: str) -> str:
    """The SELECT of a node as the statement that fills its relation; every line keeps its number.

    A view is created, everything else is a CREATE TABLE AS: dbt inserts into an incremental model by column name, which
    is what the first, full run does too. A snapshot gets the columns that dbt adds.
    """
    relation, close = Relation.of(node), ""
    sql = sql.rstrip().rstrip(";")
    lead = f"CREATE {_CREATE.get(node.materialized, 'TABLE')} {relation} AS "
    if node.resource_type == "snapshot":
        added = "".join(f", {text}" for text in _history(node))
        lead, close = f"{lead}SELECT dbt_source.*{added} FROM (", "\n) AS dbt_source"
    at = start_of(sql, dialect)
    before = sql[:at].split("\n")
    if len(before) > 1 and not before[-2].strip():
        at -= len(before[-1]) + 1
    return sql[:at] + lead + sql[at:] + close


def _history(node: Node) -> Iterator[str]:
    """The columns of a snapshot as dbt's own macros compute them."""
    keys = node.config.get("unique_key")
    keys = [str(key) for key in (keys if isinstance(keys, list) else [keys]) if key]
    updated = str(node.config.get("updated_at") or "") if node.config.get("strategy") == "timestamp" else ""
    updated = updated or "current_timestamp"
    names = node.config.get("snapshot_meta_column_names")
    names = names if isinstance(names, dict) else {}
    hashed = " || '|' || ".join(f"coalesce(cast({one} as varchar), '')" for one in [*keys, updated])
    for column, text in (
        ("dbt_scd_id", f"md5({hashed})"),
        ("dbt_updated_at", updated),
        ("dbt_valid_from", updated),
        ("dbt_valid_to", f"nullif({updated}, {updated})"),
    ):
        yield f"{text} AS {names.get(column) or column}"


class Templates:
    """Renders raw templates with what the manifest knows: ``ref``, ``source``, ``this``, ``var`` and the macros.

    ``variables`` are those of ``dbt_project.yml``. Nothing of the environment is read: ``env_var`` yields its default,
    and a template without one cannot be rendered.
    """

    def __init__(self, manifest: Manifest, variables: Mapping[str, Any], dialect: str) -> None:
        self._manifest = manifest
        self._variables = variables
        self._dialect = dialect
        self._inside: dict[str, str | None] = {}
        self._by_name: dict[str, list[Node]] = {}
        for node in manifest.nodes.values():
            self._by_name.setdefault(node.name, []).append(node)

    def sql(self, node: Node) -> str | None:
        """The SQL of a node's raw code, or None when it needs more than the manifest knows."""
        return self._render(node, node.raw_code or "", 0)

    def hook(self, node: Node, text: str) -> str | None:
        """The SQL of a hook of a node."""
        return self._render(node, text, 0)

    def _render(self, node: Node, text: str, depth: int) -> str | None:
        if depth > _MAX_DEPTH:
            return None
        names: dict[str, Any] = {
            "ref": lambda *args, **more: self._ref(node, args, more, depth),
            "source": lambda schema, table: self._source(node, str(schema), str(table)),
            "var": lambda name, default=None: self._var(str(name), default),
            "env_var": _env_var,
            "this": Relation.of(node),
            "model": {"name": node.name, "alias": node.alias, "schema": node.schema_, "unique_id": node.unique_id},
            "target": {
                "name": "default",
                "schema": node.schema_,
                "database": node.database,
                "type": self._manifest.adapter,
            },
        }
        found = rendered("".join(_texts(self._macros(node))) + text, names)
        return None if found.trouble else found.sql

    def _ref(self, node: Node, args: tuple[Any, ...], more: Mapping[str, Any], depth: int) -> str:
        *package, name = (str(one) for one in args)
        version = more.get("version", more.get("v"))
        found = [one for one in self._by_name.get(name, ()) if one.resource_type in ("model", "seed", "snapshot")]
        if package:
            found = [one for one in found if one.package_name == package[0]]
        elif len(found) > 1:
            found = [one for one in found if one.package_name == node.package_name] or found
        wanted = str(version) if version is not None else found[0].latest_version if found else None
        if wanted is not None:
            found = [one for one in found if one.version == wanted]
        if not found:
            raise LookupError("the manifest has no such model")
        if found[0].materialized != "ephemeral":
            return Relation.of(found[0])
        key = found[0].unique_id
        if key not in self._inside:
            self._inside[key] = None
            self._inside[key] = self._render(found[0], found[0].raw_code or "", depth + 1)
        inner = self._inside[key]
        if inner is None:
            raise LookupError("the ephemeral model cannot be rendered")
        return f"({flat(inner.strip(), self._dialect)})"

    def _source(self, node: Node, schema: str, table: str) -> str:
        found = [one for one in self._by_name.get(table, ()) if one.source_name == schema]
        found = [one for one in found if one.package_name == node.package_name] or found
        if not found:
            raise LookupError("the manifest has no such source")
        return Relation.of(found[0])

    def _var(self, name: str, default: Any) -> Any:
        value = self._variables.get(name, default)
        if value is None:
            raise LookupError("the project gives the variable no value")
        return value

    def _macros(self, node: Node) -> list[Macro]:
        """The macros a node needs, and those they need; dbt's own, which ask the adapter, are left out."""
        found: dict[str, Macro] = {}
        waiting = list(node.depends_on.macros)
        while waiting:
            macro = self._manifest.macros.get(key := waiting.pop())
            if macro is None or key in found or macro.package_name in ("dbt", f"dbt_{self._manifest.adapter}"):
                continue
            found[key] = macro
            waiting += macro.depends_on.macros
        return [found[key] for key in sorted(found)]


def _texts(macros: list[Macro]) -> Iterator[str]:
    """Definitions on no line of their own, so that the template keeps its lines."""
    for macro in macros:
        yield re.sub(r"%}\s*$", "%}", macro.macro_sql.strip())


def _env_var(_name: Any, default: Any = None) -> Any:
    if default is None:
        raise LookupError("the environment is not read")
    return default
