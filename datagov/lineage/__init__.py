"""SQL to column lineage: ``trace`` a script, ``mask_literals`` in its text, ``Graph`` to spread labels along edges.

Names are loaded when they are used: who only needs the graph does not import the parser.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datagov.lineage.dialects import fold_name
    from datagov.lineage.graph import Graph
    from datagov.lineage.guard import Guard
    from datagov.lineage.literals import mask_literals
    from datagov.lineage.model import ColumnEdge, ColumnRef, Problem, Span, Statement
    from datagov.lineage.result import Trace
    from datagov.lineage.script import trace
    from datagov.lineage.spread import Spread

_HOMES = {
    "ColumnEdge": "model",
    "ColumnRef": "model",
    "Graph": "graph",
    "Guard": "guard",
    "Problem": "model",
    "Span": "model",
    "Spread": "spread",
    "Statement": "model",
    "Trace": "result",
    "fold_name": "dialects",
    "mask_literals": "literals",
    "trace": "script",
}

__all__ = [
    "ColumnEdge",
    "ColumnRef",
    "Graph",
    "Guard",
    "Problem",
    "Span",
    "Spread",
    "Statement",
    "Trace",
    "fold_name",
    "mask_literals",
    "trace",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in."""
    if name in _HOMES:
        return getattr(import_module(f"datagov.lineage.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'datagov.lineage' has no attribute {name!r}")
