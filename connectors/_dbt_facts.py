"""A dbt project as facts: relations are datasets, what fills them are jobs with SQL, what is said are declarations."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datagov.connectors import _problems as problems
from datagov.connectors._dbt_artifacts import WRITTEN, CatalogTable, Manifest, Node
from datagov.connectors._dbt_files import Place, Project, changed
from datagov.connectors._dbt_lines import relaid
from datagov.connectors._dbt_said import Assertion, Fault, Said, Voice, entry_of
from datagov.connectors._dbt_sql import Templates, writing
from datagov.connectors._dbt_tests import Tests
from datagov.contracts import Source
from datagov.fact_writer import FactWriter

NEUTRAL = "postgres"
"""Dialect of the statements that datagov writes itself: seeds and exposures, with every name quoted."""


@dataclass(slots=True, eq=False)
class Told:
    """Writes the facts of one project; ``nodes`` are those that the options chose, in the order of their ids."""

    source: Source
    writer: FactWriter
    project: Project
    manifest: Manifest
    catalog: Mapping[str, CatalogTable]
    templates: Templates
    dialect: str
    nodes: Sequence[Node]
    shown_manifest: str
    stale: list[str] = field(default_factory=list)
    """Files that are not those dbt read."""
    missing: list[str] = field(default_factory=list)
    """Files of models that are not there."""
    _names: dict[str, str] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)

    def write(self) -> None:
        """Every fact of the chosen nodes."""
        self._names = self._named()
        voice = Voice(self.project, self.manifest, self._names)
        tests = Tests(self.project, self.manifest, self._names)
        for node in self.nodes:
            if node.unique_id in self._names:
                self._dataset(node)
        for node in self.nodes:
            self._job(node)
        for node in self.nodes:
            if node.unique_id in self._names:
                self._declare(node, [*voice.of(node), *tests.of(node)])

    def _named(self) -> dict[str, str]:
        """Dataset names by unique id: ``schema.table``, with the database before it only where two would be one."""
        relations = [node for node in self.manifest.nodes.values() if node.is_relation]
        databases: dict[str, set[str]] = defaultdict(set)
        for node in relations:
            databases[_short(node).casefold()].add((node.database or "").casefold())
        names: dict[str, str] = {}
        for node in relations:
            name = _short(node)
            if len(databases[name.casefold()]) > 1:
                message = (
                    f"The project has {name} in {len(databases[name.casefold()])} databases, so it is called by its "
                    "database too; owners and declarations reach it only where its source calls it so."
                )
                self._problem(name, "duplicate_name", message, self._place(node))
                name = f"{node.database}.{name}" if node.database else name
            names[node.unique_id] = name
        exposures = (node for node in self.manifest.nodes.values() if node.resource_type == "exposure")
        return names | {node.unique_id: f"exposure.{node.name}" for node in exposures}

    def _dataset(self, node: Node) -> None:
        name = self._names[node.unique_id]
        if name.casefold() in self._said:
            return
        self._said.add(name.casefold())
        listed = self.catalog.get(node.unique_id)
        exposure = node.resource_type == "exposure"
        view = "VIEW" in str(listed.metadata.get("type")).upper() if listed else node.materialized == "view"
        dataset_id = self.writer.add(
            "dataset",
            source_id=self.source.source_id,
            namespace=f"dbt://{self.project.name or 'project'}",
            name=name,
            kind="external" if exposure else "view" if view and node.resource_type != "source" else "table",
            comment=node.description or None,
        )
        columns = sorted(listed.columns.values(), key=lambda one: one.index) if listed else ()
        known = {column.name.casefold(): column for column in node.columns.values()}
        for ordinal, column in enumerate(columns):
            documented = known.get(column.name.casefold())
            self.writer.add(
                "column",
                dataset_id=dataset_id,
                name=column.name,
                ordinal=ordinal,
                data_type=column.type,
                comment=(documented.description if documented else None) or column.comment or None,
            )

    def _job(self, node: Node) -> None:
        """What fills a relation, or an exposure and what it reads; nothing for sources and ephemeral models."""
        if node.resource_type == "exposure":
            self._exposure(node)
        elif node.resource_type == "seed":
            self._seed(node)
        elif node.resource_type == "operation" or (node.resource_type in WRITTEN and node.is_relation):
            self._model(node)
        elif node.resource_type == "model":
            self._checked(node)

    def _model(self, node: Node) -> None:
        file, text = self.project.shown(node), self._checked(node)
        job_id = self._add_job(node, node.resource_type, self.dialect, (file, 1))
        before, after = self._hooks(node, "pre-hook", text), self._hooks(node, "post-hook", text)
        for ordinal, (sql, line) in enumerate([*before, *self._main(node, text), *after]):
            self._statement(job_id, ordinal, sql, (file, line))

    def _main(self, node: Node, text: str | None) -> Sequence[tuple[str, int]]:
        """(SQL, its line) of what dbt compiled, or else of the rendered template; none with a problem."""
        if node.language not in (None, "sql"):
            message = (
                f"The model {node.name!r} is written in {node.language.capitalize()}, so the columns it reads and "
                "writes are not known; declare what it holds."
            )
            self._problem(node.unique_id, "opaque", message, (self.project.shown(node), 1))
            return []
        sql, injected = node.compiled_code, [one.sql for one in node.extra_ctes if one.sql]
        if not sql or not sql.strip():
            sql, injected = self.templates.sql(node), []
        if sql is None:
            message = (
                f"The manifest holds no compiled SQL of {node.name!r}, and its template uses a macro or a variable "
                "that only dbt can resolve, so where its data comes from is not known; run 'dbt compile'."
            )
            self._problem(node.unique_id, "opaque", message, (self.project.shown(node), 1))
            return []
        if not sql.strip():
            return []
        first, raw = _block(text, node)
        laid, done = relaid(sql, raw, dialect=self.dialect, injected=injected)
        if not done:
            message = (
                f"The SQL of {node.name!r} is too long to be laid on the lines of its file; lines are compiled ones."
            )
            self._problem(node.unique_id, "lines", message, (self.project.shown(node), 1))
        written = laid if node.resource_type == "operation" else writing(node, laid, self.dialect)
        return [(written, first)]

    def _hooks(self, node: Node, when: str, text: str | None) -> list[tuple[str, int]]:
        """(SQL, its line) of the hooks before or after a node."""
        found: list[tuple[str, int]] = []
        hooks = node.config.get(when) or node.config.get(when.replace("-", "_"))
        for hook in hooks if isinstance(hooks, list) else [hooks]:
            template = hook.get("sql") if isinstance(hook, dict) else hook
            if not isinstance(template, str) or not template.strip():
                continue
            line, sql = _line_of(text, template), self.templates.hook(node, template)
            if sql is None:
                message = (
                    f"A {when} of {node.name!r} uses a macro or a variable that only dbt can resolve, so what it moves "
                    "is not known."
                )
                self._problem(node.unique_id, "opaque", message, (self.project.shown(node), line))
            elif sql.strip():
                found.append((sql, line))
        return found

    def _seed(self, node: Node) -> None:
        """A file of the project loaded into a table; only its first line, the column names, is read."""
        place, text = (self.project.shown(node), 1), self.project.text(node)
        delimiter = str(node.config.get("delimiter") or ",")
        header = (text or "").split("\n", 1)[0].strip().lstrip("\ufeff")
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except (csv.Error, TypeError):
            names = []
        if not names:
            return
        columns = ", ".join(_quoted(name.strip()) for name in names)
        path = place[0].replace("'", "''")
        job_id = self._add_job(node, "seed", NEUTRAL, place)
        self._statement(job_id, 0, f"COPY {_dotted(node)} ({columns}) FROM '{path}'", place)

    def _exposure(self, node: Node) -> None:
        """A dashboard, notebook or application: every column of what it depends on reaches it."""
        place = self._place(node)
        job_id = self._add_job(node, "exposure", NEUTRAL, place)
        target = f'"exposure".{_quoted(node.name)}'
        read = [self.manifest.nodes[one] for one in node.depends_on.nodes if one in self.manifest.nodes]
        for ordinal, one in enumerate(one for one in read if one.is_relation):
            self._statement(job_id, ordinal, f"INSERT INTO {target} SELECT * FROM {_dotted(one)}", place)

    def _declare(self, node: Node, said: Iterable[Assertion | Said | Fault]) -> None:
        source_id = self.source.source_id
        for one in said:
            file, line = one.place
            if isinstance(one, Assertion):
                self.writer.add(
                    "owner_assertion",
                    source_id=source_id,
                    selector=one.selector,
                    principal=one.principal,
                    role=one.role,
                    file=file,
                    line=line,
                )
            elif isinstance(one, Said):
                self.writer.add(
                    "declaration",
                    source_id=source_id,
                    selector=one.selector,
                    key=one.key,
                    value=one.value,
                    file=file,
                    line=line,
                )
            else:
                message = f"What the project says of {node.unique_id} does not count: {one.message}"
                self._problem(node.unique_id, "invalid_declaration", message, one.place, fatal=True)

    def _checked(self, node: Node) -> str | None:
        """The text of a node's file, noted when it is gone or another one than dbt read."""
        text = self.project.text(node)
        if text is None:
            self.missing.append(self.project.shown(node))
        elif changed(node, text):
            self.stale.append(self.project.shown(node))
        return text

    def _place(self, node: Node) -> Place:
        """Where an exposure or source stands in its YAML file."""
        return entry_of(self.project, node)

    def _add_job(self, node: Node, kind: str, dialect: str, place: Place) -> int:
        return self.writer.add(
            "job",
            source_id=self.source.source_id,
            name=node.unique_id,
            kind=kind,
            dialect=dialect,
            file=place[0],
            line=place[1],
        )

    def _statement(self, job_id: int, ordinal: int, sql: str, place: Place) -> None:
        self.writer.add(
            "statement",
            job_id=job_id,
            ordinal=ordinal,
            kind="SCRIPT",
            outcome="parsed",
            sql=sql,
            file=place[0],
            line=place[1],
            end_line=place[1] + sql.count("\n"),
        )

    def _problem(self, what: str, kind: str, message: str, place: Place, *, fatal: bool = False) -> None:
        problems.report(self.writer, self.source, what, kind, message, fatal=fatal, file=place[0], line=place[1])


def _block(text: str | None, node: Node) -> tuple[int, str]:
    """(line on which the raw code starts in its file, raw code): one file may hold several snapshots."""
    raw = node.raw_code or ""
    at = text.find(raw.strip()) if text and raw.strip() else -1
    if text is None or at < 0:
        return 1, raw
    return text.count("\n", 0, at) + 1, raw.strip()


def _line_of(text: str | None, template: str) -> int:
    """The line on which a hook's first line stands; 1 when it comes from elsewhere, such as ``dbt_project.yml``."""
    at = (text or "").find(template.strip().split("\n")[0].strip())
    return (text or "").count("\n", 0, at) + 1 if at >= 0 else 1


def _short(node: Node) -> str:
    return f"{node.schema_}.{node.table}" if node.schema_ else node.table


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _dotted(node: Node) -> str:
    """The relation with every part quoted, in the neutral dialect."""
    return ".".join(_quoted(part) for part in (node.database, node.schema_, node.table) if part)
