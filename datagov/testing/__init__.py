"""The conformance suite of connectors: what every adapter promises, as tests a third party runs on its own.

Write a test class that inherits one of the two below and say how to build a source; pytest runs the promises::

    import pytest
    pytest.register_assert_rewrite("datagov.testing")
    from datagov.testing import DataConnectorConformance

    class TestMyDatabase(DataConnectorConformance):
        connector = MyConnector

        def build(self, folder, tables):
            ...  # create the tables with their rows
            return Source(1, "mine", "mydatabase", {"path": ...}, folder, "datagov.yaml", 1)

        def missing(self, folder):
            return Source(1, "mine", "mydatabase", {"path": "nowhere"}, folder, "datagov.yaml", 1)

Cells of the tables built are canaries: a failing assertion names the promise and the object, never a cell.
"""

from datagov.testing.connector import ConnectorConformance
from datagov.testing.data import DataConnectorConformance
from datagov.testing.special import KINDS, Cannot, Special
from datagov.testing.tables import CANARY, EMPTY, EXTREMES, HOSTILE_NAMES, LONG, VICTIM, Cell, Table

__all__ = [
    "CANARY",
    "EMPTY",
    "EXTREMES",
    "HOSTILE_NAMES",
    "KINDS",
    "LONG",
    "VICTIM",
    "Cannot",
    "Cell",
    "ConnectorConformance",
    "DataConnectorConformance",
    "Special",
    "Table",
]
