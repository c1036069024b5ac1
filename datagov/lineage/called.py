"""Functions a script defines and then calls: a call yields what the function's query, or its RETURN, yields."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from datagov.lineage.catalog import Catalog, Table
from datagov.lineage.flow import IDENTITY, KIND_BITS, NONE, PLACE_MASK, Deps, blend
from datagov.lineage.relation import Derived, Relation, Stored, influences, renamed
from datagov.lineage.scope import Context, first_place
from datagov.lineage.words import find, listed, upper


def table_variable(catalog: Catalog, head: list[Token]) -> Table | None:
    """T-SQL: the table of ``RETURNS @r TABLE (a int)`` in a function's header."""
    at = find(head, {"RETURNS"})
    if at is None or upper(head, at + 1) != "@" or upper(head, at + 3) != "TABLE":
        return None
    table = catalog.find(f"@{head[at + 2].text.lower()}", None, None, plain=True)
    table.learn([catalog.speech.fold(item.name, quoted=False) for item in listed(head, at + 4)[0]] or None)
    table.temporary = True
    return table


def remember(catalog: Catalog, name: str, head: list[Token], results: list[Relation]) -> None:
    """The function ``name``, whose header is ``head``, yields the one query its body has, or its table variable."""
    fold = catalog.speech.fold_table
    key = ".".join(fold(part, quoted=False) for part in name.split("."))
    at = find(head, {"RETURNS"})
    table = table_variable(catalog, head)
    if table is not None:
        catalog.functions[key] = Stored(catalog, table)
        return
    if key in catalog.functions:
        for relation in results:
            add_result(catalog, key, relation)
        return
    if len(results) != 1:
        return
    relation = results[0]
    if at is not None and upper(head, at + 1) == "TABLE":
        names = [catalog.speech.fold(item.name, quoted=False) for item in listed(head, at + 2)[0]]
        relation = renamed(relation, names, 0) if names else relation
    catalog.functions[key] = relation


def called(call: Any, schema: Any, context: Context) -> Relation | None:
    """What a call in FROM yields when the script defined its function; None when it did not."""
    known = context.catalog.functions
    if not known:
        return None
    parts = [context.name(schema)] if schema is not None and schema != "" else []
    if isinstance(call, exp.TableFromRows):
        call = call.this
    while isinstance(call, exp.Dot):
        parts += [context.name(item) for item in call.this.find_all(exp.Identifier, bfs=False)]
        call = call.expression
    if isinstance(call, exp.Anonymous) and call.name.upper() == "TABLE" and len(call.expressions) == 1:
        call = call.expressions[0]
    if not isinstance(call, exp.Anonymous):
        return None
    parts.append(context.speech.fold_table(call.name, quoted=False))
    relation = known.get(".".join(parts)) or known.get(".".join(parts[-2:])) or known.get(parts[-1])
    if relation is None or isinstance(relation, Stored):
        return relation
    return _at(relation, context.catalog, first_place(call) or context.text.start)


def _at(relation: Relation, catalog: Catalog, place: int) -> Derived:
    """``relation`` as seen from ``place``: its own places are those of another statement."""
    own, tables = influences(relation)
    out = Derived(own=_placed(own, place), inputs=[Stored(catalog, table) for table in tables])
    for name, deps in relation.star(place):
        out.add(name, _placed(deps, place))
    return out


def _placed(deps: Deps, place: int) -> Deps:
    return {key: value & ~PLACE_MASK | place for key, value in deps.items()}


def add_result(catalog: Catalog, name: str, relation: Relation) -> None:
    """The function ``name`` yields the first column of ``relation`` too."""
    deps: Deps = {}
    for known in (catalog.functions.get(name), relation):
        if known is not None:
            blend(deps, next((column for _, column in known.star(0)), {}), IDENTITY, NONE, 0)
    result = Derived()
    result.add(name.rpartition(".")[2], deps)
    catalog.functions[name] = result


def yielded(call: Any, path: Any, place: int, catalog: Catalog) -> Deps:
    """What a call yields that its arguments do not: the first column of the function's result, without its parameters.

    ``path`` is the name before the dot of ``s.f(x)``, or None.
    """
    fold = catalog.speech.fold_table
    parts = (
        [fold(part.name, quoted=False) for part in path.find_all(exp.Identifier, bfs=False)] if path is not None else []
    )
    parts.append(fold(call.name, quoted=False))
    known = catalog.functions
    relation = known.get(".".join(parts)) or known.get(".".join(parts[-2:])) or known.get(parts[-1])
    if not isinstance(relation, Derived):
        return {}
    own = catalog.find(parts[-1], parts[-2] if len(parts) > 1 else None, None).dataset
    deps: Deps = next((deps for _, deps in relation.star(place)), {})
    return {
        key: value & ~PLACE_MASK | place for key, value in deps.items() if catalog.ref(key >> KIND_BITS).dataset != own
    }
