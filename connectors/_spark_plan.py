"""The text of a Spark plan: tables and paths read and written, and which columns reach which, by expression ids.

Source: the ``physicalPlanDescription`` of SparkListenerSQLExecutionStart, in the mode ``formatted`` (the default).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from datagov.lineage.paths import told_path

_NODE = re.compile(r"\((\d+)\) (.+?)(?: \[codegen id : \d+\])?\Z")
_LINE = re.compile(r"([A-Z][A-Za-z ]*?) ?(?:\[\d+\])? ?: ?(.*)\Z")
_ID = re.compile(r"#(\d+)L?")
_ATTRIBUTE = re.compile(r"(.+)#(\d+)L?\Z", re.DOTALL)
_ALIAS = re.compile(r"(.+) AS (.+)#(\d+)L?\Z", re.DOTALL)
_TICKED = re.compile(r"(?:`[^`]+`\.)*`[^`]+`")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/[^\]\s]*?(?=,?(?:[\]\s]|\Z))")
_NO_PORT = re.compile(r"[^/]*:(?!\d*(?:/|\Z))")
"""An authority with something behind its colon that is no port: a password whose end is not told."""
_PLAIN = re.compile(r"[^\s()'\"=<>+*/,]{1,255}")
"""A column's name that no literal stands in: Spark names a column without alias after its expression."""
_MORE = re.compile(r"\.\.\. \d+ more fields")
_SCAN = re.compile(r"(?:Scan|FileScan) (\w+)(?: (.*))?\Z")
_JDBC = re.compile(r"Scan JDBCRelation\(([^()\s]+)\)(?: \[numPartitions=\d+\])?(?: (\S+))?\s*\Z")
_CACHED = re.compile(r"InMemoryTableScan\b|Scan In-memory table\b")
_MADE_UP = re.compile(r"(?:LocalTableScan|LocalRelation|Range|(?:Scan )?OneRowRelation|EmptyRelation|CommandResult)\b")
"""Nodes whose rows come from the program itself."""
_CREATES = ("CreateDataSourceTableAsSelectCommand", "SaveAsV1TableCommand", "CreateHiveTableAsSelectCommand")
_WRITES = ("InsertIntoHadoopFsRelationCommand", "InsertIntoHiveTable", *_CREATES)
_UNKNOWN_WRITES = re.compile(
    r"(?:Execute )?(AppendData\w*|Overwrite\w+|ReplaceData\w*|WriteDelta\w*|SaveIntoDataSourceCommand|"
    r"(?:Atomic)?(?:Create|Replace)TableAsSelect\w*|InsertIntoHiveDirCommand|InsertIntoDataSource\w*|MergeIntoCommand|"
    r"(?:Delete|Update)Command|WriteToDataSourceV2\w*)\b"
)
_INDIRECT: Mapping[str, str] = {"Condition": "FILTER", "Left keys": "JOIN", "Right keys": "JOIN", "Keys": "GROUP_BY"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset that a plan reads."""

    dataset: str
    name: str


@dataclass(frozen=True, slots=True)
class Reach:
    """A column that reaches a column written (DIRECT), or decides what is written (INDIRECT, no target)."""

    source: Column
    target: str | None
    subtype: str


@dataclass(slots=True)
class Plan:
    """What plans of one execution say; ``unknown`` are names of commands that write something not understood."""

    reads: dict[str, None] = field(default_factory=dict)
    writes: str | None = None
    reaches: dict[Reach, None] = field(default_factory=dict)
    whole: bool = False
    """Whether the columns written could not be followed."""
    unknown: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    """Names of commands that write, and whose target is read."""
    unread: bool = False
    """Whether something is read that is not understood."""
    made_up: bool = False
    """Whether rows come from the program itself."""

    def add(self, text: str) -> None:
        """Take up the description of one plan; the table that a plan around it creates stays what is written."""
        nodes = list(_nodes(text))
        outputs: dict[int, Column] = {}
        derived: dict[int, tuple[frozenset[int], str]] = {}
        cached = any(node.name.startswith("InMemoryRelation") for node in nodes)
        for node in nodes:
            self.made_up |= _MADE_UP.match(node.name) is not None
            if not (cached and _CACHED.match(node.name)):
                self._scan(node, outputs)
            _derive(node, derived)
        for node in nodes:
            command = node.name.removeprefix("Execute ")
            if command in _WRITES:
                self._write(node, command)
            elif found := _UNKNOWN_WRITES.match(node.name):
                self.unknown.add(found.group(1))
        written = next((node for node in nodes if node.name == "WriteFiles"), None)
        command_node = next((node for node in nodes if node.name.removeprefix("Execute ") in _WRITES[:2]), None)
        if command_node is not None:
            self._follow(written or command_node, command_node, outputs, derived)
            for subtype, ids in _deciding(nodes):
                for column in _origins(ids, outputs, derived)[0]:
                    self.reaches[Reach(column, None, subtype)] = None

    def _scan(self, node: _Node, outputs: dict[int, Column]) -> None:
        if "Scan" not in node.name.partition("(")[0] or _MADE_UP.match(node.name):
            return
        dataset = _scanned(node)
        if dataset is None:
            self.unread = True
            return
        self.reads[dataset] = None
        for item in _items(node.lines.get("Output", "")):
            if attribute := _ATTRIBUTE.match(item):
                outputs[int(attribute.group(2))] = Column(dataset, attribute.group(1))

    def _write(self, node: _Node, command: str) -> None:
        self.commands.add(command)
        said = node.lines.get("Arguments", "")
        table = _TICKED.search(said)
        if table is not None:
            self.writes = _dataset(table.group().replace("`", ""))
        elif self.writes is None and command not in _CREATES:
            self.writes = _path(said)

    def _follow(
        self,
        written: _Node,
        command: _Node,
        outputs: Mapping[int, Column],
        derived: Mapping[int, tuple[frozenset[int], str]],
    ) -> None:
        """The columns that reach each column written, in its order; ``whole`` when the text does not tell."""
        names = _items(_last_list(command.lines.get("Arguments", "")))
        items = _items(written.lines.get("Input", ""))
        ids = [_ATTRIBUTE.match(item) for item in items]
        plain = all(_PLAIN.fullmatch(name) for name in names)
        if not names or len(names) != len(items) or not all(ids) or not plain:
            self.whole = True
            return
        for name, attribute in zip(names, ids, strict=True):
            number = int(attribute.group(2))  # type: ignore[union-attr]  # all() has seen that each one matched
            columns, subtype, lost = _origins_of(number, outputs, derived)
            self.whole |= lost
            for column in columns:
                self.reaches[Reach(column, name, subtype)] = None


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    lines: Mapping[str, str]


def _nodes(text: str) -> Iterator[_Node]:
    """The nodes below the tree of a formatted plan, each with what follows its labels."""
    for block in re.split(r"\n\n+", text):
        head, _, rest = block.strip().partition("\n")
        found = _NODE.match(head.strip() if head else "")
        if found is None:
            found = _NODE.match(head + " ") if head else None
        if found is not None:
            lines: dict[str, str] = {}
            for line in rest.split("\n"):
                if told := _LINE.match(line):
                    lines.setdefault(told.group(1), told.group(2))
            yield _Node(found.group(2).strip(), lines)


def _scanned(node: _Node) -> str | None:
    """The dataset that a node reads; None when it is not told."""
    if jdbc := _JDBC.match(node.name):
        return _dataset(re.sub(r'["`]', "", jdbc.group(2) or jdbc.group(1)))
    if node.name.startswith("BatchScan "):
        table: str | None = node.name.removeprefix("BatchScan ")
    else:
        found = _SCAN.match(node.name)
        table = found and (found.group(2) or "")
    if table is None:
        return None
    return _dataset(table.strip()) if table.strip() else _path(node.lines.get("Location", ""))


def _derive(node: _Node, derived: dict[int, tuple[frozenset[int], str]]) -> None:
    """Ids that a node makes out of others: aliases, and the attributes of aggregates by their functions."""
    for label in ("Output", "Results", "Arguments", "Input"):
        for item in _items(node.lines.get(label, "")):
            if made := _ALIAS.match(item):
                ids = frozenset(int(number) for number in _ID.findall(made.group(1)))
                plain = re.fullmatch(r"\S+#\d+L?", made.group(1)) is not None
                derived.setdefault(int(made.group(3)), (ids, "IDENTITY" if plain else "TRANSFORMATION"))
    functions = _items(node.lines.get("Functions", ""))
    attributes = _items(node.lines.get("Aggregate Attributes", ""))
    if len(functions) == len(attributes):
        for function, item in zip(functions, attributes, strict=True):
            made = _ATTRIBUTE.match(item)
            if made and not function.startswith("partial_"):
                ids = frozenset(int(number) for number in _ID.findall(function))
                derived[int(made.group(2))] = (ids, "AGGREGATION")


def _deciding(nodes: Iterable[_Node]) -> Iterator[tuple[str, frozenset[int]]]:
    for node in nodes:
        for label, subtype in _INDIRECT.items():
            if ids := _ID.findall(node.lines.get(label, "")):
                yield subtype, frozenset(map(int, ids))


def _origins_of(
    number: int, outputs: Mapping[int, Column], derived: Mapping[int, tuple[frozenset[int], str]]
) -> tuple[list[Column], str, bool]:
    """(columns an id comes from, how, whether an id on the way is unknown)."""
    if number in outputs:
        return [outputs[number]], "IDENTITY", False
    if number not in derived:
        return [], "IDENTITY", True
    columns, subtypes, lost = _origins(frozenset({number}), outputs, derived)
    kind = next((one for one in ("AGGREGATION", "TRANSFORMATION") if one in subtypes), "IDENTITY")
    return columns, kind, lost


def _origins(
    ids: frozenset[int], outputs: Mapping[int, Column], derived: Mapping[int, tuple[frozenset[int], str]]
) -> tuple[list[Column], set[str], bool]:
    columns: dict[Column, None] = {}
    subtypes: set[str] = set()
    seen: set[int] = set()
    waiting, lost = sorted(ids), False
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        if number in outputs:
            columns[outputs[number]] = None
        elif number in derived:
            waiting += derived[number][0]
            subtypes.add(derived[number][1])
        else:
            lost = True
    return sorted(columns, key=lambda one: (one.dataset, one.name)), subtypes, lost


def _items(text: str) -> list[str]:
    """The entries of ``[a, f(b, c)]``; none when there is no list, or when Spark has shortened it."""
    text = text.strip()
    if not text.startswith("[") or _MORE.search(text):
        return []
    found, depth, begin = [], 0, 1
    for at, sign in enumerate(text):
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                found.append(text[begin:at])
                break
        elif sign == "," and depth == 1:
            found.append(text[begin:at])
            begin = at + 1
    return [item.strip() for item in found if item.strip()]


def _last_list(text: str) -> str:
    """The list that ends a text.

    >>> _last_list("file:/x, [path=y], Append, [id, mobile]")
    '[id, mobile]'
    """
    at = text.rfind("[")
    return text[at:] if at >= 0 and text.rstrip().endswith("]") else ""


def _dataset(name: str) -> str | None:
    """``schema.table`` of a table with or without its catalog; None for what is no name of a table."""
    if ":/" in name:
        return _path(name)
    parts = [part for part in name.split(".") if part]
    if not parts or not all(re.fullmatch(r"[^\s()\[\]{},;@?=#'\"]+", part) for part in parts):
        return None
    return ".".join(parts[-2:])


def _path(text: str) -> str | None:
    """The dataset of the first URI in a text, called as files are: ``path:`` and where they lie.

    Users, passwords, signatures and other arguments are no part of it; a URI that may still hold one is none.
    """
    found = _URI.search(text)
    if found is None:
        return None
    scheme, _, rest = found.group().partition(":")
    if not rest.startswith("//") or scheme.lower() == "file":
        path = re.split(r"[?#;]", rest, maxsplit=1)[0].strip("/")
        return f"path:/{path}" if scheme.lower() == "file" else f"path:{scheme}:/{path}"
    uri = told_path(found.group()).rstrip("/")
    return None if _NO_PORT.match(uri.partition("://")[2]) else f"path:{uri}"
