"""Scalar functions a script defines: ``RETURN x`` is what a call of the function yields beside its arguments."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from datagov.lineage.answer import Answer
from datagov.lineage.assigning import select_token
from datagov.lineage.called import add_result
from datagov.lineage.catalog import Catalog
from datagov.lineage.draft import Draft
from datagov.lineage.words import upper


def begin_function(catalog: Catalog, name: str | None) -> None:
    """What RETURN gives back from here on is what the function ``name`` yields; None: a routine without a result."""
    fold = catalog.speech.fold_table
    catalog.returning = ".".join(fold(part, quoted=False) for part in name.split(".")) if name else None
    if catalog.returning is not None:
        catalog.functions.pop(catalog.returning, None)


def give_back(tokens: list[Token], draft: Draft) -> Answer:
    """``RETURN expression`` in the body of a function."""
    draft.kind = "RETURN"
    catalog, context = draft.catalog, draft.context
    name = catalog.returning
    given = upper(tokens, 1).lower()
    row = len(tokens) == 2 and given not in context.variables and given in {"new", "old", *context.records}
    if name is None or len(tokens) < 2 or row:
        return True
    trees = context.speech.parse([select_token(tokens[0]), *tokens[1:]], draft.text.script.sql)
    if not trees or not isinstance(trees[0], exp.Select):
        return True
    relation = context.query(trees[0], context, None, None)
    draft.consults(relation)
    add_result(catalog, name, relation)
    return True
