"""The tasks of a DAG file that run SQL, read from its syntax tree; nothing of it is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from datagov.connectors._dialect_words import begins_sql, dialect_of
from datagov.connectors._python_text import Strings, Text, shape_of, without_macros
from datagov.connectors._python_tree import below, children

_STATEMENT_ARGUMENTS = ("sql", "hql", "query", "statement", "sql_statement")
_RUNNING_METHODS = frozenset(
    {
        "execute",
        "executemany",
        "executescript",
        "get_df",
        "get_first",
        "get_pandas_df",
        "get_records",
        "query",
        "read_sql",
        "read_sql_query",
        "run",
        "run_query",
        "sql",
    }
)


@dataclass(frozen=True, slots=True)
class Task:
    """SQL that a DAG runs: ``text`` itself, or ``path`` of the file that holds it; neither when it cannot be known."""

    dag: str
    name: str
    line: int
    text: Text | None
    path: str | None
    dialect: str | None
    target: str | None = None
    """The table a transfer writes what its query selects to."""
    owner: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class _Dag:
    name: str
    owner: str | None
    schedule: str | None


def tasks(source: str, *, file: str, connections: Mapping[str, str]) -> list[Task]:
    """The tasks of a DAG file by their line. Raises SyntaxError, RecursionError or ValueError for what is no Python."""
    module = ast.parse(source)
    reader = _Reader(module, file, connections)
    return sorted(reader.tasks(), key=lambda task: (task.line, task.name))


class _Reader:
    def __init__(self, module: ast.Module, file: str, connections: Mapping[str, str]) -> None:
        self._module = module
        self._nodes = below(module)
        self._file = file
        self._connections = connections
        self._strings = Strings(self._nodes)
        self._dags: dict[str, _Dag] = {}
        """By the name of the variable that holds it; a nameless one by its position."""

    def tasks(self) -> Iterator[Task]:
        self._find_dags()
        yield from self._within(self._module, None, None)

    def _find_dags(self) -> None:
        for node in self._nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _called(node.value) == "DAG":
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._dags[target.id] = self._dag(node.value, target.id)

    def _dag(self, call: ast.Call, fallback: str) -> _Dag:
        given = _keywords(call)
        identity = given.get("dag_id") or (call.args[0] if call.args else None)
        defaults = self._strings.mapping(given.get("default_args"))
        schedule = next((given[name] for name in ("schedule", "schedule_interval", "timetable") if name in given), None)
        owner = given.get("owner") or defaults.get("owner")
        told = None if schedule is None else self._strings.known(schedule) or shape_of(schedule)
        return _Dag(
            (self._strings.known(identity) if identity is not None else None) or fallback,
            self._strings.known(owner) if owner is not None else None,
            None if told in (None, "None") else told,
        )

    def _within(self, node: ast.AST, dag: _Dag | None, function: str | None) -> Iterator[Task]:
        """Tasks below a node, which stands in a DAG's ``with`` block or decorated function and in a function."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
                if _called(call) == "dag":
                    dag = self._dag(call, node.name)
            function = node.name
        if isinstance(node, ast.With):
            for item in node.items:
                context = item.context_expr
                if isinstance(context, ast.Call) and _called(context) == "DAG":
                    dag = self._dag(context, self._stem)
                elif isinstance(context, ast.Name) and context.id in self._dags:
                    dag = self._dags[context.id]
        if isinstance(node, ast.Call):
            yield from self._of_call(node, dag, function)
        for child in children(node):
            yield from self._within(child, dag, function)

    @property
    def _stem(self) -> str:
        return self._file.rpartition("/")[2].removesuffix(".py")

    def _of_call(self, call: ast.Call, dag: _Dag | None, function: str | None) -> Iterator[Task]:
        given = _keywords(call)
        if "task_id" in given:
            yield from self._of_operator(call, given, dag)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in _RUNNING_METHODS:
            statement = given.get("sql") or given.get("query") or (call.args[0] if call.args else None)
            text = None if statement is None else self._strings.text(statement)
            if text is None or not begins_sql(text.sql):
                return
            holder = ast.unparse(call.func.value)
            found = self._task(self._of_file(dag), function or "module", call.lineno, given)
            dialect = found.dialect or dialect_of(holder) or ("spark" if call.func.attr == "sql" else None)
            yield replace(found, text=without_macros(text, {}), dialect=dialect)

    def _of_operator(self, call: ast.Call, given: Mapping[str, ast.expr], dag: _Dag | None) -> Iterator[Task]:
        if isinstance(given.get("dag"), ast.Name):
            dag = self._dags.get(given["dag"].id, dag)  # type: ignore[attr-defined]  # just seen to be a Name
        name = self._strings.known(given["task_id"]) or shape_of(given["task_id"])
        made = self._task(self._of_file(dag), name, call.lineno, given)
        made = replace(made, dialect=made.dialect or dialect_of(_called(call)), target=self._target(given))
        params = {
            key: known
            for key, value in self._strings.mapping(given.get("params")).items()
            if (known := self._strings.known(value)) is not None
        }
        for statement in self._statements(given):
            yield self._filled(made, statement, params)

    def _statements(self, given: Mapping[str, ast.expr]) -> Iterator[ast.expr]:
        for argument in _STATEMENT_ARGUMENTS:
            if argument in given:
                value = given[argument]
                yield from value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        query = self._strings.mapping(self._strings.mapping(given.get("configuration")).get("query"))
        if "query" in query:
            yield query["query"]

    def _target(self, given: Mapping[str, ast.expr]) -> str | None:
        """The table that a transfer or a query job names for its result."""
        query = self._strings.mapping(self._strings.mapping(given.get("configuration")).get("query"))
        if table := self._strings.mapping(query.get("destinationTable")):
            parts = [self._strings.known(table[key]) for key in ("projectId", "datasetId", "tableId") if key in table]
            return ".".join(part for part in parts if part) or None
        for argument in ("destination_table", "destination_dataset_table", "mysql_table", "oracle_destination_table"):
            if argument in given:
                return self._strings.known(given[argument])
        return None

    def _filled(self, task: Task, statement: ast.expr, params: Mapping[str, str]) -> Task:
        path = self._strings.path_read(statement)
        text = self._strings.text(statement)
        if path is None and text is not None and not text.unknown and text.sql.strip().endswith((".sql", ".hql")):
            path, text = text.sql.strip(), None
        if text is not None:
            text = without_macros(text, params)
        return replace(task, text=text, path=path)

    def _task(self, dag: _Dag, name: str, line: int, given: Mapping[str, ast.expr]) -> Task:
        connection = next(
            (
                self._strings.known(value)
                for key, value in given.items()
                if key == "conn_id" or key.endswith("_conn_id")
            ),
            None,
        )
        dialect = self._connections.get(connection or "") or (dialect_of(connection) if connection else None)
        owner = self._strings.known(given["owner"]) if "owner" in given else None
        return Task(dag.name, name, line, None, None, dialect, owner=owner or dag.owner, schedule=dag.schedule)

    def _of_file(self, dag: _Dag | None) -> _Dag:
        """The DAG a task belongs to; outside of every block the only one of the file, if there is one."""
        if dag is not None:
            return dag
        return next(iter(self._dags.values())) if len(self._dags) == 1 else _Dag(self._stem, None, None)


def _called(call: ast.Call) -> str:
    """The last part of what a call names."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
