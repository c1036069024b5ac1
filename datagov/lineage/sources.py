"""The items of a FROM clause: tables, CTEs, sub-queries, laterals, table functions, VALUES, and their
pivots.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from datagov.lineage.called import called
from datagov.lineage.expression import depends, stacked
from datagov.lineage.flow import (
    FILTER,
    IDENTITY,
    JOIN,
    NONE,
    TABLE_FUNCTION,
    TRANSFORMATION,
    Deps,
    blend,
    doubted,
    merged,
)
from datagov.lineage.passing import passed_rows
from datagov.lineage.pivot import pivoted
from datagov.lineage.relation import STAR, Derived, Relation, Remainder, Stored, renamed
from datagov.lineage.remote import remote_query
from datagov.lineage.scope import Context, Scope, first_place, place_of
from datagov.lineage.structs import fields_of
from datagov.lineage.words import words
from datagov.lineage.yields import yields

_WORD = re.compile(r"[^\W\d]\w*")
_FLATTEN = ("seq", "key", "path", "index", "value", "this")
_FILE_TYPES = frozenset({"csv", "parquet", "json", "ndjson", "orc", "avro", "tsv", "txt", "gz", "xlsx"})
_BESIDE_ARGUMENTS = (exp.TableAlias, exp.Schema, exp.Join, exp.Pivot)
_OPENS_FILES = words(
    """
    s3 url file hdfs gcs s3cluster azureblobstorage deltalake iceberg hudi read_json read_json_auto read_csv_auto
    read_ndjson read_text read_blob read_xlsx read_files cloud_files st_read iceberg_scan delta_scan parquet_scan
    """
)
_CHANGES = frozenset({"table_changes", "identifier"})
_SUBSTITUTED = frozenset({"hive", "spark", "spark2", "databricks"})
_SEARCHED = frozenset({"merge"})
_VALUES = {
    **dict.fromkeys(("spark", "spark2", "databricks", "hive"), ("col", 1)),
    **dict.fromkeys(("trino", "presto", "athena"), ("_col", 0)),
    "clickhouse": ("c", 1),
}
"""What VALUES calls its columns, and the number of the first, where it is not ``column1``."""
_REMOTE = words(
    """
    remote remotesecure cluster clusterallreplicas mysql postgresql
    postgres_scan postgres_scan_pushdown mysql_scan sqlite_scan
    """
)
"""ClickHouse's and DuckDB's functions that name a table behind the server or the file it is in."""
_READS_FILES = (exp.ReadCSV, exp.ReadParquet)
_NO_VALUE = frozenset({"seq", "pos", "ordinality", "offset", "index"})


def add_source(node: Any, scope: Scope, context: Context) -> Relation | None:
    """Resolve one FROM item and bind it to its alias; brackets and the joins inside them come along."""
    table = node.__class__ is exp.Table
    if not table and isinstance(node, (exp.Paren, exp.From)):
        return add_source(node.this, scope, context)
    if not table and isinstance(node, exp.TableAlias):
        return add_source(exp.Table(this=node.this), scope, context)
    if not table and isinstance(node, (exp.Final, exp.Stream)):
        outer = node.this
        inner = outer.this if isinstance(outer, exp.Subquery) and isinstance(outer.this, exp.Table) else outer
        alias = node.args.get("alias") or (outer.args.get("alias") if inner is not outer else None)
        if alias is not None:
            inner.set("alias", alias)
        return add_source(inner, scope, context)
    relation: Relation
    alias = node.args.get("alias")
    name = context.name(alias.this) if isinstance(alias, exp.TableAlias) and alias.args.get("this") else ""
    if not table and isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)) and not name:
        inner = node.this
        if node.args.get("with_") is None and not node.args.get("pivots"):
            last = add_source(inner, scope, context)
            _own_joins(node, scope, context)
            return last
    if table or isinstance(node, exp.Table):
        relation, default = _table(node, scope, context)
    elif isinstance(node, (exp.Subquery, exp.Query)):
        relation, default = context.query(node, context, scope.ctes, scope), ""
    elif isinstance(node, exp.Lateral):
        relation, default = _lateral(node, scope, context), ""
    elif isinstance(node, exp.Unnest):
        relation, default = _unnest(node, scope, context), ""
    elif isinstance(node, exp.Values):
        relation, default = _values(node, scope, context), ""
    elif isinstance(node, exp.Pivot):
        relation, default = pivoted(_pivot_input(node, scope, context), node, scope, context), ""
    else:
        if not isinstance(node, (exp.Func, exp.UDTF)):
            message = "A source of the query is of a kind lineage does not read."
            context.notes.append(("unsupported", message, first_place(node)))
        relation, default = called(node, None, context) or _function(node, scope, context), ""
    columns = alias_columns(alias, context)
    for pivot in node.args.get("pivots") or ():
        relation = pivoted(relation, pivot, scope, context)
        pivot_alias = pivot.args.get("alias")
        if isinstance(pivot_alias, exp.TableAlias):
            names = alias_columns(pivot_alias, context)
            if names:
                relation = renamed(relation, names, first_place(pivot))
            name = context.name(pivot_alias.this) or name
            columns = []
    if columns and not isinstance(node, (exp.Unnest, exp.Lateral)):
        relation = renamed(relation, columns, place_of(alias.this) if alias.this else 0)
        if node.args.get("ordinality") and len(columns) > 1:
            relation.deps[-1] = {}
    _bind(name or default, relation, scope)
    _own_joins(node, scope, context)
    return relation


def _own_joins(node: Any, scope: Scope, context: Context) -> None:
    for join in node.args.get("joins") or ():
        add_join(join, scope, context)
    for lateral in node.args.get("laterals") or ():
        add_source(lateral, scope, context)


def _bind(name: str, relation: Relation, scope: Scope) -> None:
    """Make a source known by its alias; one without a name still answers for unqualified columns."""
    scope.result.inputs.append(relation)
    key = name
    while key in scope.sources or not key:
        key += "\x00"
    scope.sources[key] = relation


def alias_columns(alias: Any, context: Context) -> list[str]:
    """The column names listed after an alias."""
    if not isinstance(alias, exp.TableAlias):
        return []
    names: list[str] = []
    for column in alias.args.get("columns") or ():
        inner = column.this if isinstance(column, (exp.ColumnDef, exp.Column)) else column
        names.append(context.name(inner))
    return names


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


def _files(node: Any) -> list[str]:
    """The datasets of ``read_parquet(['a', 'b'])``, all of its files together."""
    this = node.this
    if not (isinstance(this, _READS_FILES) or (isinstance(this, exp.Anonymous) and this.name.lower() in _OPENS_FILES)):
        return []
    given = next((v for v in (this.args.get("this"), *this.expressions) if isinstance(v, exp.Array)), None)
    return [f"path:{v.name}" for v in given.expressions if isinstance(v, exp.Literal)] if given is not None else []


def _together(paths: list[str], place: int, context: Context) -> Relation:
    """Files read as one table: each of them may hold a column."""
    files = [Stored(context.catalog, context.catalog.find(path, None, None, plain=True)) for path in paths]
    result = Derived(inputs=[*files], remainders=[Remainder(file) for file in files])
    result.add(STAR, merged([deps for file in files for _, deps in file.star(place)]))
    return result


def _names_table(call: Any, context: Context) -> bool:
    """Databricks: ``table_changes('s.t', 2)`` and ``identifier('s.t')`` name their table by a text."""
    return context.speech.name in _SUBSTITUTED and call.name.lower() in _CHANGES and bool(call.expressions)


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


def _array_of(node: Any, scope: Scope, context: Context) -> Relation | None:
    """BigQuery: ``FROM s.t, s.t.items`` unnests a column of a table before it."""
    if context.speech.name != "bigquery" or not node.args.get("catalog"):
        return None
    wanted = (context.name(node.args["catalog"]), context.name(node.args["db"]))
    for relation in scope.sources.values():
        if not isinstance(relation, Stored):
            continue
        if ((relation.table.schema or "").lower(), relation.table.name.lower()) == wanted:
            column = context.name(node.this)
            deps = relation.column(column, TABLE_FUNCTION, first_place(node)) or {}
            return Derived([column], [deps], {column: 0}, fields=deps)
    return None


def _table(node: Any, scope: Scope, context: Context) -> tuple[Relation, str]:
    this = node.this
    path = path_of(node)
    if path is not None:
        return Stored(context.catalog, context.catalog.find(path, None, None, plain=True)), ""
    paths = _files(node)
    if paths:
        return _together(paths, first_place(node), context), ""
    if isinstance(this, exp.Parameter) and context.speech.name in {"tsql", "fabric"}:
        return Stored(context.catalog, context.table(node)), context.name(this)
    if not isinstance(this, (exp.Identifier, exp.Dot)):
        if isinstance(this, (exp.Parameter, exp.Placeholder, exp.Var, exp.SessionParameter)):
            context.notes.append(("opaque", "A table is named by a variable and cannot be known.", first_place(node)))
            return Derived(), ""
        remote = remote_query(this, scope, context) or passed_rows(this, scope, context)
        if remote is not None:
            return remote, ""
        inner = named_inside(this, context)
        if inner is None and context.speech.name == "clickhouse" and isinstance(this, exp.Anonymous):
            inner = exp.Table(this=exp.to_identifier(this.name), db=node.args["db"]) if node.args.get("db") else None
            if this.name.lower() in _SEARCHED:
                context.notes.append(
                    ("opaque", "Tables are found by a pattern and cannot be known.", first_place(node))
                )
        if inner is None and isinstance(this, exp.DynamicIdentifier):
            context.notes.append(("opaque", "A table is named by a variable and cannot be known.", first_place(node)))
        if inner is not None:
            return Stored(context.catalog, context.table(inner)), inner.name.lower()
        known = called(this, node.args.get("db"), context)
        if known is not None:
            return known, ""
        alias = node.args.get("alias")
        named = context.name(alias.this) if isinstance(alias, exp.TableAlias) and alias.args.get("this") else ""
        return _function(this, scope, context, named), ""
    if isinstance(this, exp.Identifier) and not node.args.get("db"):
        name = context.name(this)
        if scope.ctes is not None:
            cte = scope.ctes.find(name)
            if cte is not None:
                return cte, name
        record = context.records.get(name)
        if isinstance(record, Stored):
            return record, name
    alias = node.args.get("alias") if context.speech.name in _SUBSTITUTED else None
    if alias is not None and isinstance(alias.this, (exp.Parameter, exp.Placeholder)):
        message = "Part of a table's name is a variable and cannot be known."
        context.notes.append(("opaque", message, first_place(node)))
        return Derived(anything={}), ""
    array = _array_of(node, scope, context)
    if array is not None:
        return array, ""
    table = context.table(node)
    return Stored(context.catalog, table), context.speech.fold(table.name, quoted=True)


def _values(node: Any, scope: Scope, context: Context) -> Relation:
    """Rows of VALUES: each column depends on what its expressions depend on (nothing, for literals)."""
    result = Derived()
    scope = Scope(scope.ctes, scope.outer, result, scope.sources, scope.aliases)
    prefix, first = _VALUES.get(context.speech.name, ("column", 1))
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        for position, cell in enumerate(cells):
            if position == len(result.names):
                result.add(f"{prefix}{position + first}", {})
            blend(result.deps[position], depends(cell, scope, context), TRANSFORMATION, NONE, 0)
    return result


def _arguments(node: Any, scope: Scope, context: Context) -> Deps:
    """What a table function is given."""
    place = first_place(node)
    out: Deps = {}
    for value in node.args.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr) and not isinstance(child, _BESIDE_ARGUMENTS):
                found = depends(child, scope, context, TRANSFORMATION)
                blend(out, found, TRANSFORMATION, NONE, place)
    return doubted(out, TABLE_FUNCTION)


def _function(node: Any, scope: Scope, context: Context, alias: str = "") -> Relation:
    """A table function: every column of it depends on everything it is given, the number of a row on nothing."""
    deps = _arguments(node, scope, context)
    if (
        context.speech.name == "snowflake"
        and isinstance(node, exp.TableFromRows)
        and isinstance(node.this, exp.Explode)
    ):
        result = Derived(fields=deps)
        for column in _FLATTEN:
            result.add(column, {} if column in _NO_VALUE else deps)
        return result
    names = yields(node, context.speech.name, alias)
    result = Derived() if names else Derived(anything=deps)
    for column in names:
        result.add(column, deps)
    for column, numbers in _declared_columns(node, context):
        result.add(column, {} if numbers else deps)
    return result


def _declared_columns(node: Any, context: Context) -> list[tuple[str, bool]]:
    """Columns a table function declares itself: ``openjson(x) with (a int)``, ``json_table(… columns (a
    …))``; with each, whether it only numbers the rows (FOR ORDINALITY).
    """
    out: list[tuple[str, bool]] = []
    for column in node.find_all(exp.OpenJSONColumnDef, exp.JSONColumnDef, exp.ColumnDef):
        this = column.this
        if this is not None:
            name = context.name(this) if isinstance(this, exp.Identifier) else str(this).lower()
            out.append((name, bool(column.args.get("ordinality"))))
    return out


def _lateral(node: Any, scope: Scope, context: Context) -> Relation:
    """LATERAL sub-queries and functions, LATERAL VIEW explode, CROSS APPLY, FLATTEN."""
    inner = node.this
    alias = node.args.get("alias")
    columns = alias_columns(alias, context)
    if isinstance(inner, (exp.Query, exp.Subquery)):
        relation = context.query(inner, context, scope.ctes, scope)
        return renamed(relation, columns, 0) if columns else relation
    if isinstance(inner, exp.Unnest):
        return _unnest(inner, scope, context, columns)
    if isinstance(inner, exp.Table):
        return _table(inner, scope, context)[0]
    if isinstance(inner, exp.Stack) and columns:
        return _stacked(inner, columns, scope, context)
    known = called(inner, None, context)
    if known is not None:
        return renamed(known, columns, 0) if columns else known
    deps = _arguments(inner, scope, context)
    if not columns and isinstance(inner, exp.Explode) and context.speech.name == "snowflake":
        columns = list(_FLATTEN)
    result = Derived(fields=deps) if columns else Derived(anything=deps)
    posexplode = isinstance(inner, (exp.Posexplode,)) and columns
    for position, column in enumerate(columns):
        numbered = column in _NO_VALUE or (posexplode and position == 0)
        result.add(column, {} if numbered else deps)
    for column, numbers in _declared_columns(inner, context):
        result.add(column, {} if numbers else deps)
    rows = fields_of(inner.this, scope, context) if isinstance(inner, exp.Explode) and columns else None
    if rows is not None:
        result.structs = {columns[-1]: rows}
    return result


def _stacked(node: Any, columns: list[str], scope: Scope, context: Context) -> Relation:
    """``stack(2, a, b, c, d)`` makes two rows: the first column is made of a and c, the second of b and d."""
    parts = stacked(node, len(columns), scope, context)
    result = Derived()
    for column, deps in zip(columns, parts, strict=True):
        result.add(column, deps)
    return result


def _unnest(node: Any, scope: Scope, context: Context, given: list[str] | None = None) -> Relation:
    """UNNEST: the i-th column comes from the i-th array when they pair up, from all of them otherwise."""
    alias = node.args.get("alias")
    columns = given or alias_columns(alias, context)
    parts = []
    for expression in node.expressions:
        place = first_place(expression)
        deps: Deps = {}
        blend(deps, depends(expression, scope, context, TRANSFORMATION), TRANSFORMATION, NONE, place)
        parts.append(doubted(deps, TABLE_FUNCTION))
    everything = merged(parts) if parts else {}
    offset = node.args.get("offset")
    rows = fields_of(node.expressions[0], scope, context) if len(parts) == 1 and len(columns) < 2 else None
    if rows is not None and not columns:
        result = Derived()
        for name, deps in rows.row():
            result.add(name, doubted(deps, TABLE_FUNCTION))
        if isinstance(offset, exp.Expr):
            result.add(context.name(offset) or "offset", {})
        return result
    if not columns and isinstance(alias, exp.TableAlias) and alias.args.get("this"):
        columns = [context.name(alias.this)]
    result = Derived(fields=everything) if columns else Derived(anything=everything)
    if rows is not None:
        result.structs = {columns[0]: rows}
    values = len(columns) - (1 if offset is True and len(columns) > len(parts) else 0)
    for position, column in enumerate(columns):
        if position >= values:
            result.add(column, {})
        elif values == len(parts):
            result.add(column, parts[position])
        else:
            result.add(column, everything)
    if isinstance(offset, exp.Expr):
        result.add(context.name(offset) or "offset", {})
    return result


def _pivot_input(node: Any, scope: Scope, context: Context) -> Relation:
    """DuckDB's ``PIVOT t ON …`` as a source of its own."""
    inner = Scope(scope.ctes, scope.outer, Derived())
    relation = add_source(node.this, inner, context)
    return relation if relation is not None else Derived()


def add_join(join: Any, scope: Scope, context: Context) -> None:
    """Add a joined source and what its ON, USING or NATURAL decides."""
    args = join.args
    if args.get("kind") == "ARRAY":
        _array_join(join, scope, context)
        return
    left = dict(scope.sources)
    add_source(join.this, scope, context)
    right = [alias for alias in scope.sources if alias not in left]
    own = scope.result.own
    condition = args.get("on")
    if condition is not None:
        blend(own, depends(condition, scope, context, JOIN), IDENTITY, NONE, 0)
    names = [context.name(identifier) for identifier in args.get("using") or ()]
    if args.get("method") == "NATURAL":
        names = _common(left, [scope.sources[alias] for alias in right])
    for name in names:
        sides = [alias for alias in left if left[alias].has(name)]
        if not sides:
            sides = [alias for alias in left if not left[alias].closed][:1] or list(left)[:1]
        group = scope.merged.setdefault(name, [])
        for alias in (sides if not group else []) + right:
            if alias not in group:
                group.append(alias)
        for alias in group:
            deps = scope.sources[alias].column(name, 0, 0)
            if deps:
                blend(own, deps, JOIN, NONE, first_place(join))
    if args.get("kind") in {"SEMI", "ANTI"}:
        for alias in right:
            del scope.sources[alias]


def _array_join(join: Any, scope: Scope, context: Context) -> None:
    """ClickHouse: ``ARRAY JOIN a AS x, b AS y`` adds a column for each alias."""
    result = Derived()
    for item in (join.this, *join.expressions):
        if isinstance(item, exp.Alias):
            deps = depends(item.this, scope, context, TRANSFORMATION)
            result.add(context.name(item.args["alias"]), doubted(deps, TABLE_FUNCTION))
    if result.names:
        _bind("", result, scope)


def match_rows(node: Any, scope: Scope, context: Context) -> None:
    """MATCH_RECOGNIZE replaces the sources by its partition keys and measures."""
    args = node.args
    result = Derived(inputs=list(scope.sources.values()))
    whole = "ALL" in str(args["rows"].name).upper() if args.get("rows") is not None else False
    if whole:
        for relation in scope.sources.values():
            for name, deps in relation.star(first_place(node)):
                result.add(name, deps)
            if not relation.closed:
                result.remainders.append(Remainder(relation))
    else:
        for key in args.get("partition_by") or ():
            result.add(context.name(key.this), depends(key, scope, context))
    inner = Scope(scope.ctes, scope, Derived(), dict(scope.sources), hidden=_patterns(node, context))
    for measure in args.get("measures") or ():
        item = measure.this
        if isinstance(item, exp.Alias):
            result.add(context.name(item.args["alias"]), depends(item.this, inner, context, TRANSFORMATION))
    for define in args.get("define") or ():
        blend(result.own, depends(define.this, inner, context, FILTER), IDENTITY, NONE, 0)
    alias = args.get("alias")
    scope.sources.clear()
    _bind(context.name(alias.this) if isinstance(alias, exp.TableAlias) else "", result, scope)


def _patterns(node: Any, context: Context) -> frozenset[str]:
    """The names of a pattern's row variables; ``x.price`` means the column price of rows matched as x."""
    names = {context.name(define.args.get("alias")) for define in node.args.get("define") or ()}
    pattern = node.args.get("pattern")
    if isinstance(pattern, exp.Expr):
        names |= {context.speech.fold(word, quoted=False) for word in _WORD.findall(pattern.name)}
    return frozenset(names)


def _common(left: dict[str, Relation], right: list[Relation]) -> list[str]:
    """The columns both sides of a NATURAL JOIN are known to have."""
    names: list[str] = []
    for relation in right:
        if not relation.closed:
            continue
        for name, _ in relation.star(0):
            if any(other.has(name) for other in left.values()):
                names.append(name)
    return names
