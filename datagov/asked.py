"""Asked: the statements that a source was sent, for a plan that shows them as they were and not as somebody wrote them
down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Asked:
    """Keeps statements, each text once, in the order in which they were first sent; values given apart are not in them.

    >>> asked = Asked()
    >>> for sql in ("SELECT  1", "SELECT 2", "SELECT 1"):
    ...     asked.note(sql)
    >>> asked.statements
    ('SELECT 1', 'SELECT 2')
    >>> asked.begin()
    >>> asked.note("SELECT 2")
    >>> asked.latest
    ('SELECT 2',)
    """

    __slots__ = ("_latest", "_statements")

    def __init__(self) -> None:
        self._statements: dict[str, None] = {}
        self._latest: dict[str, None] = {}

    def note(self, sql: object) -> None:
        """Keep a statement, without its line breaks."""
        said = " ".join(str(sql).split()).rstrip(";")
        self._statements[said] = None
        self._latest[said] = None

    def begin(self) -> None:
        """Something new is asked: ``latest`` begins again."""
        self._latest.clear()

    @property
    def statements(self) -> tuple[str, ...]:
        """What was sent so far."""
        return tuple(self._statements)

    @property
    def latest(self) -> tuple[str, ...]:
        """What was sent since the last beginning, whether or not it had been sent before."""
        return tuple(self._latest)

    def __repr__(self) -> str:
        return f"Asked({len(self._statements)})"


class Noted:
    """A driver's connection of which one method takes statements: they are noted before they are sent."""

    def __init__(self, connection: Any, method: str, asked: Asked) -> None:
        self._connection = connection
        self._method = method
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._noting(found) if name == self._method else found

    def _noting(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def noted(sql: Any, *rest: Any, **named: Any) -> Any:
            self._asked.note(sql)
            return send(sql, *rest, **named)

        return noted


def noting_cursor(kind: type[Any], asked: Asked | None) -> type[Any]:
    """A driver's class of cursors, which notes what it executes when somebody wants to know."""
    if asked is None:
        return kind
    note = asked.note

    class Noting(kind):  # type: ignore[misc]
        def execute(self, query: Any, *rest: Any, **named: Any) -> Any:
            note(query)
            return super().execute(query, *rest, **named)

    return Noting
