"""SQL to column lineage: ``trace`` a script, ``mask_literals`` in its text, ``Graph`` to spread labels along
edges.
"""

from datagov.lineage.dialects import fold_name
from datagov.lineage.graph import Graph
from datagov.lineage.literals import mask_literals
from datagov.lineage.model import ColumnEdge, ColumnRef, Problem, Span, Statement
from datagov.lineage.result import Trace
from datagov.lineage.script import trace
from datagov.lineage.spread import Spread

__all__ = [
    "ColumnEdge",
    "ColumnRef",
    "Graph",
    "Problem",
    "Span",
    "Spread",
    "Statement",
    "Trace",
    "fold_name",
    "mask_literals",
    "trace",
]
