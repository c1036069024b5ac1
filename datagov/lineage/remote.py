"""Queries for another server, given as a text: ``OPENQUERY(server, 'SELECT …')``, ``EXTERNAL_QUERY``, ``dblink``.

The other server's dialect is not known, so the text is read in the script's own and believed less. Its tables are
called ``server.schema.table``, as SQL Server calls those of a linked server.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from datagov.lineage.flow import PARTLY_READ, doubted
from datagov.lineage.relation import Derived, Relation, Remainder
from datagov.lineage.scope import Context, Scope, first_place
from datagov.lineage.split import too_much

_REMOTE = {"openquery": "", "openrowset": "openrowset", "external_query": "external_query", "dblink": "dblink"}
"""Functions that take a query as their last text, and what to call a server they do not name."""


def remote_query(call: Any, scope: Scope, context: Context) -> Relation | None:
    """What a query for another server yields; None when ``call`` is something else."""
    if isinstance(call, exp.Anonymous) and call.name.lower() == "crosstab":
        return _crosstab(call, context)
    place = first_place(call) or context.text.start
    passed = _passed_through(call)
    if passed is not None:
        server, texts = context.name(passed[0]), [passed[1]]
    elif isinstance(call, exp.Anonymous) and call.name.lower() in _REMOTE:
        texts = [item for item in call.expressions if isinstance(item, exp.Literal) and item.is_string]
        first = call.expressions[0] if call.expressions else None
        server = context.name(first.this) if isinstance(first, exp.Column) else _REMOTE[call.name.lower()]
    else:
        return None
    tree = _parsed(texts[-1].name, context) if texts else None
    if tree is None:
        message = "The query for another server cannot be read; what it yields is not known."
        context.notes.append(("opaque", message, place))
        return Derived(anything={})
    _rename_tables(tree, server, place)
    relation = context.query(tree, context, None, None)
    result = Derived(inputs=[relation])
    for name, deps in relation.star(place):
        result.add(name, doubted(deps, PARTLY_READ))
    if not relation.closed:
        result.remainders.append(Remainder(relation))
    return result


def _crosstab(call: Any, context: Context) -> Relation:
    """PostgreSQL: ``crosstab('SELECT row, …, category, value')``: the row and what is said of it, then values."""
    place = first_place(call) or context.text.start
    texts = [item for item in call.expressions if isinstance(item, exp.Literal) and item.is_string]
    tree = _parsed(texts[0].name, context) if texts else None
    if tree is None:
        context.notes.append(
            ("opaque", "The query given to crosstab cannot be read; what it yields is not known.", place)
        )
        return Derived(anything={})
    for identifier in tree.find_all(exp.Identifier):
        identifier.meta["start"] = place
    relation = context.query(tree, context, None, None)
    columns = list(relation.star(place))
    result = Derived(inputs=[relation], anything=doubted(columns[-1][1], PARTLY_READ) if columns else {})
    for name, deps in columns[:-2]:
        result.add(name, doubted(deps, PARTLY_READ))
    return result


def _passed_through(call: Any) -> tuple[exp.Expr, exp.Expr] | None:
    """Trino: the catalog and the text of ``TABLE(catalog.system.query(query => 'SELECT …'))``."""
    if not isinstance(call, exp.Anonymous) or call.name.upper() != "TABLE" or len(call.expressions) != 1:
        return None
    path = call.expressions[0]
    function = path.expression if isinstance(path, exp.Dot) else None
    if not isinstance(function, exp.Anonymous) or function.name.lower() not in {"query", "raw_query"}:
        return None
    catalog = next(path.find_all(exp.Identifier, bfs=False), None)
    values = (item.expression if isinstance(item, exp.Kwarg) else item for item in function.expressions)
    text = next((value for value in values if isinstance(value, exp.Literal) and value.is_string), None)
    return (catalog, text) if catalog is not None and text is not None else None


def _parsed(sql: str, context: Context) -> exp.Expr | None:
    try:
        tokens = context.tokens(sql)
        if not tokens or too_much(tokens) is not None:
            return None
        trees = context.speech.parse(tokens, sql)
    except (SqlglotError, ValueError, TypeError, LookupError, AttributeError):
        return None
    tree = trees[0] if len(trees) == 1 else None
    return tree if isinstance(tree, (exp.Query, exp.Subquery)) else None


def _rename_tables(tree: exp.Expr, server: str, place: int) -> None:
    """Put the server's name before each table, and the place of the call where the text has none of its own."""
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for identifier in tree.find_all(exp.Identifier):
        identifier.meta["start"] = place
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (not table.db and table.name.lower() in ctes):
            continue
        part = "catalog" if table.args.get("db") else "db"
        if server and not table.args.get(part):
            table.set(part, exp.to_identifier(server))
