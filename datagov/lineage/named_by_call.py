"""Tables and files that a call or a text names: ``identifier('s.t')``, ``read_parquet('a')``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.flow import (
    merged,
)
from datagov.lineage.relation import STAR, Derived, Relation, Remainder, Stored
from datagov.lineage.scope import Context
from datagov.lineage.words import words

_FILE_TYPES = frozenset({"csv", "parquet", "json", "ndjson", "orc", "avro", "tsv", "txt", "gz", "xlsx"})
_OPENS_FILES = words(
    """
    s3 url file hdfs gcs s3cluster azureblobstorage deltalake iceberg hudi read_json read_json_auto read_csv_auto
    read_ndjson read_text read_blob read_xlsx read_files cloud_files st_read iceberg_scan delta_scan parquet_scan
    """
)
_CHANGES = frozenset({"table_changes", "identifier"})
SUBSTITUTED = frozenset({"hive", "spark", "spark2", "databricks"})
_REMOTE = words(
    """
    remote remotesecure cluster clusterallreplicas mysql postgresql
    postgres_scan postgres_scan_pushdown mysql_scan sqlite_scan
    """
)
"""ClickHouse's and DuckDB's functions that name a table behind the server or the file it is in."""
_READS_FILES = (exp.ReadCSV, exp.ReadParquet)


def path_of(node: Any) -> str | None:
    """The dataset name of a table that is really a file or a stage; None for a table in a database."""
    this = node.this
    if this.__class__ is exp.Identifier and not this.args.get("quoted"):
        return None
    if isinstance(this, exp.Var) and this.name.startswith("@"):
        return f"path:{this.name}"
    if isinstance(this, exp.Literal) and this.is_string:
        return f"path:{this.name}"
    if isinstance(this, exp.Identifier) and this.args.get("quoted"):
        name = this.name
        if "/" in name or name.rpartition(".")[2].lower() in _FILE_TYPES:
            return f"path:{name}"
    if isinstance(this, _READS_FILES) or (isinstance(this, exp.Anonymous) and this.name.lower() in _OPENS_FILES):
        given = next((v for v in (this.args.get("this"), *this.expressions) if isinstance(v, exp.Literal)), None)
        return f"path:{given.name}" if given is not None else None
    return None


def files_of(node: Any) -> list[str]:
    """The datasets of ``read_parquet(['a', 'b'])``, all of its files together."""
    this = node.this
    if not (isinstance(this, _READS_FILES) or (isinstance(this, exp.Anonymous) and this.name.lower() in _OPENS_FILES)):
        return []
    given = next((v for v in (this.args.get("this"), *this.expressions) if isinstance(v, exp.Array)), None)
    return [f"path:{v.name}" for v in given.expressions if isinstance(v, exp.Literal)] if given is not None else []


def together(paths: list[str], place: int, context: Context) -> Relation:
    """Files read as one table: each of them may hold a column."""
    files = [Stored(context.catalog, context.catalog.find(path, None, None, plain=True)) for path in paths]
    result = Derived(inputs=[*files], remainders=[Remainder(file) for file in files])
    result.add(STAR, merged([deps for file in files for _, deps in file.star(place)]))
    return result


def _names_table(call: Any, context: Context) -> bool:
    """Databricks: ``table_changes('s.t', 2)`` and ``identifier('s.t')`` name their table by a text."""
    return context.speech.name in SUBSTITUTED and call.name.lower() in _CHANGES and bool(call.expressions)


def named_inside(this: Any, context: Context) -> Any:
    """The table a function names: ``identifier('s.t')``, ClickHouse's ``remote('host', s.t)``; else None."""
    if isinstance(this, exp.DynamicIdentifier):
        name = this.this
        if isinstance(name, exp.Parameter):
            texts = context.held.take(name.name.lower())
            return exp.to_table(texts[0].text) if len(texts) == 1 else None
        return exp.to_table(name.name) if isinstance(name, exp.Literal) else None
    if isinstance(this, exp.Anonymous) and _names_table(this, context):
        name = this.expressions[0]
        return exp.to_table(name.name) if isinstance(name, exp.Literal) and name.is_string else None
    if isinstance(this, exp.Anonymous) and this.name.lower() in _REMOTE and len(this.expressions) > 1:
        column = this.expressions[1]
        if isinstance(column, exp.Column) and column.args.get("table"):
            return exp.Table(this=column.this, db=column.args["table"])
        parts = [_identifier(part) for part in this.expressions[1:3]]
        if isinstance(column, exp.Literal) and "." in column.name:
            return exp.to_table(column.name)
        if len(parts) == 2 and parts[0] is not None and parts[1] is not None:
            return exp.Table(this=parts[1], db=parts[0])
        return exp.Table(this=parts[0]) if parts[0] is not None else None
    return None


def _identifier(node: Any) -> Any:
    """The name an argument gives as a text or as a word; None for anything else."""
    if isinstance(node, exp.Literal) and node.is_string:
        return exp.to_identifier(node.name)
    return node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) else None
