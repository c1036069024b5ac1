"""What is known where a statement of a script stands: variables, records, open sections, prepared statements."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token

from datagov.lineage.flow import Deps
from datagov.lineage.relation import Relation
from datagov.lineage.texts import Held


@dataclass(slots=True)
class Surroundings:
    """What is known inside a script's blocks.

    ``variables`` maps a declared variable to what was put into it, ``records`` a cursor, loop record or
    trigger row to its columns; ``queries`` are queries of loops and cursors still to be read, each with the
    name of its record; ``values`` are the expressions that variables begin with. ``declaring`` says that a
    DECLARE section is open. ``parameters`` is a routine just begun with the parameters it is given;
    ``outside`` is what was known before it, and ``depth`` how many BEGIN are open in it; ``inner`` holds the
    same of each routine inside it. ``held`` are the texts in variables, ``prepared`` the statements that were
    prepared and read, by name.
    """

    dialect: str
    variables: dict[str, Deps] = field(default_factory=dict)
    records: dict[str, Relation] = field(default_factory=dict)
    queries: list[tuple[str, list[Token]]] = field(default_factory=list)
    values: list[tuple[str, list[Token]]] = field(default_factory=list)
    declaring: bool = False
    parameters: tuple[str, list[str]] | None = None
    depth: int = 0
    prepared: dict[str, list[Token]] = field(default_factory=dict)
    outside: tuple[dict[str, Deps], dict[str, Relation]] | None = None
    inner: list[tuple[int, dict[str, Deps], dict[str, Relation]]] = field(default_factory=list)
    held: Held = field(default_factory=Held)

    def declare(self, name: str) -> None:
        """A variable of that name exists; nothing is in it yet, and no text of another one that was called so."""
        self.variables.setdefault(name.lower(), {})
        self.held.forget(name.lower())

    def enter(self) -> None:
        """A routine begins: variables of another one are not seen in it."""
        if self.outside is not None:
            self.leave()
        self.outside = dict(self.variables), dict(self.records)
        self.depth = 0

    def leave(self) -> None:
        """The routine ends: its variables and parameters are gone."""
        if self.outside is not None:
            self._again(*self.outside)
            self.outside = None
            self.inner.clear()

    def leave_inner(self) -> None:
        """A routine inside a package or another routine ends: what was known around it is known again."""
        self._again(*self.inner.pop()[1:])

    def _again(self, variables: dict[str, Deps], records: dict[str, Relation]) -> None:
        for known, before in ((self.variables, variables), (self.records, records)):
            known.clear()
            known.update(before)  # type: ignore[arg-type]  # pairs of one type each
