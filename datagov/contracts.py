"""The doors: what an adapter must look like, as Protocols. Adapters import this; the core never imports an adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from datagov.asked import Asked
from datagov.patience import Patience

if TYPE_CHECKING:
    import pyarrow as pa

    from datagov.store import Evidence

FactBatches = Iterator[tuple[str, "pa.RecordBatch"]]
"""Pairs of fact table name and rows with that table's schema."""


class Access(StrEnum):
    """How far an audit may look into a source; each tier includes the one before it."""

    METADATA = "metadata"
    """The catalog only: names, types, comments, SQL, grants. No table is opened, not even to count its rows."""
    AGGREGATES = "aggregates"
    """Also counts that the source computes inside itself: rows, and rows by consent verdict. No cell leaves it."""
    SAMPLES = "samples"
    """Also rows, to say what columns hold."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows a dataset had when its change token was this one."""

    token: str
    rows: int


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the configuration names it. Its options are the adapter's own and are validated by it.

    ``base`` is the folder of the configuration: relative paths start there, and ``file`` facts are relative to it.
    ``file``/``line`` are the place in the configuration where the source stands.
    """

    source_id: int
    name: str
    plugin: str
    options: Mapping[str, Any]
    base: Path
    file: str
    line: int
    access: Access = Access.SAMPLES
    """A connector honours it in its harvest: below AGGREGATES it counts nothing and needs no right to read rows."""

    counted: Mapping[str, Counted] = field(default_factory=dict)
    """What the last night counted, by dataset: a connector need not count a dataset again that is unchanged."""

    patience: Patience = field(default_factory=Patience, compare=False)
    """How long its locks may be waited for; the tasks of one worker share it."""

    asked: Asked | None = field(default=None, compare=False)
    """Where a connector of a database notes what it asks the catalog; None when nobody wants to know."""

    def rows_unchanged(self, dataset: str, token: str | None) -> int | None:
        """The number of rows an unchanged dataset had, or None when it must be counted."""
        known = self.counted.get(dataset)
        return known.rows if known is not None and token is not None and known.token == token else None

    @property
    def counts(self) -> bool:
        """Whether rows may be counted inside the source."""
        return self.access is not Access.METADATA

    def __repr__(self) -> str:
        return f"Source({self.name!r}, plugin={self.plugin!r})"


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one run; every one that is hit is reported."""

    deadline_seconds: float = 300.0
    """Wall time one worker task may take."""
    memory_mb: int = 1024
    """Resident memory one worker may use."""
    sample_rows: int = 2000
    """Rows of a dataset that are sampled for detection."""
    statement_seconds: float = 30.0
    """Wall time one SQL statement may take to be traced."""
    sql_kb: int = 256
    """Length of the longest SQL statement that is parsed, in units of 1024 characters."""
    connections: int = 4
    """Connections that samples and full scans hold to one source at the same time."""


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A dataset to be read, with the columns to read: enough for an adapter to find it again."""

    dataset_id: int
    name: str
    columns: Sequence[tuple[int, str]]
    """(column_id, name) pairs, in the dataset's order."""
    row_count: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A picklable piece of a dataset to read; ``detail`` is the adapter's own."""

    dataset: DatasetRef
    rows: int
    """Rows it is expected to hold at the most."""
    full: bool
    """Whether the splits of this plan cover every row."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    fair: bool = True
    """Whether every row had the same chance to be read, and it is known which rows were drawn together; where not, as
    with the first rows of a table without a key, nothing is stated of the rows that were not read."""


@dataclass(frozen=True, slots=True)
class Pushdown:
    """How the check worker reaches the source: SQLAlchemy URL without a secret, and a DBAPI connection factory."""

    url: str
    creator: Callable[[], Any]
    """Returns a new read-only DBAPI connection; the secret stays inside it."""
    dialect: str
    """sqlglot's name of the SQL dialect."""

    locate: Callable[[str], tuple[str | None, str]] | None = None
    """The adapter's own answer to :meth:`table`; without it a dataset's name is split at its last dot."""

    def table(self, dataset: str) -> tuple[str | None, str]:
        """(schema or None, table) under which the source itself knows a dataset's name."""
        if self.locate is not None:
            return self.locate(dataset)
        schema, _, table = dataset.rpartition(".")
        return schema or None, table


@runtime_checkable
class Connector(Protocol):
    """Reads one source. Constructed as ``Connector(source)``; raises SourceError or ConfigError with a sentence.

    One that ``datagov init URL`` can set up also has a static method ``options_from_url(url) -> dict[str, str]``.
    """

    role: str
    """``data`` (has rows), ``pipeline`` (has jobs) or ``declarations`` (says who owns what).

    It is what the source is mainly: a pipeline may declare too, and name datasets, which give way to those of a data
    source that holds them. Only datasets of a ``data`` source are sampled, and asked for an owner.
    """

    def harvest(self) -> FactBatches:
        """Facts about the source: datasets, columns, jobs, statements, declarations, problems. No row is read.

        ``statement.sql`` is handed over as it stands: the tracing worker masks it before it becomes a fact.
        """
        ...


LACKING = "lacking"
"""Key in the metadata of a RecordBatch's schema: in words, which rows of its split could not be read."""

ALIKE = "alike"
"""Key in the metadata of a RecordBatch's schema, where rows of its split were drawn together with their neighbours, as
by blocks: the mean over its rows of how many rows, itself included, came from the same block. Without it rows were
drawn one by one."""


@runtime_checkable
class DataConnector(Connector, Protocol):
    """A connector whose source has rows."""

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """How to read about ``rows`` random rows of the dataset, never simply the first ones."""
        ...

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; fields are named ``str(column_id)``, so that no name can collide.

        Metadata of a field tell how many cells were ``cut`` or were no UTF-8 (``invalid_utf8``), those of the schema
        under ``LACKING`` which rows could not be read, under ``ALIKE`` how many neighbours came together. What breaks
        later raises SourceError; the rows before it count.
        """
        ...

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """What ``read`` would send to the source, with the rows each query may touch; nothing is executed."""
        ...

    def pushdown(self) -> Pushdown | None:
        """How aggregates can be computed inside the source; None when they cannot."""
        ...


class Checker(Protocol):
    """Evaluates rules over facts and data. Constructed without arguments inside the check worker."""

    def check(self, request: CheckRequest) -> FactBatches:
        """``evaluation``, ``result``, ``consent_coverage``, ``rule`` and ``problem`` facts for every requested rule."""
        ...


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the check worker is asked: the facts database, the rules, and the sources for data rules."""

    facts: Path
    as_of: str
    """UTC ISO 8601."""
    rules: Sequence[str]
    """Ids of the rules to evaluate."""
    sources: Sequence[Source]
    seed: int
    packs: Sequence[str] = ("core",)
    """Rule packs: names of installed ones, or folders of rule files, relative to ``base``."""
    base: Path = Path()
    """The folder of the configuration."""
    start: int = 0
    """First number of the ids of the answer's facts: several requests of one night never meet."""


class Report(Protocol):
    """Renders one run. A report is a function, registered under ``datagov.reports`` by its format name."""

    def __call__(self, evidence: Evidence, *, language: str) -> bytes:
        """The whole report; ``language`` is ``en`` or ``zh``. Equal evidence gives equal bytes."""
        ...
