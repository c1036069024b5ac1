"""SQL that the Python of a notebook runs, cell by cell in their order; nothing of it is imported or run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datagov.connectors._dialect_words import begins_sql, dialect_of
from datagov.connectors._python_text import MOST_HELD, MOST_TEXT, Strings, Text, names_next, stand_in
from datagov.connectors._python_tree import below, children
from datagov.connectors._scoped_strings import ScopedStrings, outside

_RUNNING = frozenset(
    [
        "execute",
        "executemany",
        "executescript",
        "exec_driver_sql",
        "read_sql",
        "read_sql_query",
        "read_database",
        "read_gbq",
        "sql",
        "query",
        "query_df",
        "run",
        "from_query",
        "get_pandas_df",
        "fetch_pandas_all",
    ]
)
_ALWAYS_SQL = frozenset(["read_sql_query", "exec_driver_sql", "executescript", "read_gbq"])
"""Methods that run nothing but SQL, whatever they are called on."""
_ON_A_CONNECTION = frozenset(["execute", "executemany", "read_sql", "sql", "read_database"])
"""Methods whose argument is SQL when it is put together at run time, too."""
_MODULES: Mapping[str, str] = {
    "duckdb": "duckdb", "sqlite3": "sqlite", "psycopg2": "postgres", "psycopg": "postgres", "pymysql": "mysql",
    "MySQLdb": "mysql", "mysql": "mysql", "snowflake": "snowflake", "oracledb": "oracle", "cx_Oracle": "oracle",
    "trino": "trino", "prestodb": "presto", "clickhouse_connect": "clickhouse", "bigquery": "bigquery", "hive": "hive",
    "pyodbc": "tsql", "pymssql": "tsql",
}  # fmt: skip
"""Modules of drivers and the dialect that their connections speak."""
_INSIDE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
"""What keeps names to itself."""
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}|(?<!\$)\$(\w+)|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Run:
    """SQL that a cell runs, on a line of the file. ``text`` is None when it is put together at run time;
    ``path`` is the file that holds it."""

    line: int
    text: Text | None
    dialect: str | None
    path: str | None = None


@dataclass(slots=True, eq=False)
class State:
    """What the cells so far have given names: strings, and connections with the dialect they speak."""

    connections: Mapping[str, str]
    """What the options say of names of connections."""
    strings: dict[str, Text] = field(default_factory=dict)
    speaks: dict[str, str] = field(default_factory=dict)
    held: int = 0
    """The signs of all texts that names have held so far."""

    def runs(self, source: str, line: int) -> list[Run]:
        """What a cell runs whose first line is ``line`` of the file; raises SyntaxError, ValueError, RecursionError."""
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        module = compile(source, "cell", "exec", flags=flags, dont_inherit=True)
        found: list[Run] = []
        for statement in module.body:
            nodes = below(statement)
            _shift(nodes, line - 1)
            names = [node for node in nodes if isinstance(node, ast.Name)]
            found += self._runs_below(statement, nodes, Strings(nodes, self._known(names)))
            self._remember(statement, names)
        return found

    def below(self, node: ast.AST, strings: Strings) -> list[Run]:
        """What the calls below a node run, in the order of the text."""
        return self._runs_below(node, below(node), strings)

    def _runs_below(self, node: ast.AST, nodes: Sequence[ast.AST], strings: Strings) -> list[Run]:
        scoped = ScopedStrings(strings)
        self._note_connections(node, nodes, scoped)
        return list(self._within(node, scoped))

    def speech(self, connection: str | None) -> str | None:
        """The dialect of a connection by its name or URL."""
        if connection is None:
            return None
        name = connection.lstrip("@$").strip("{} ")
        return self.connections.get(name) or self.speaks.get(name) or dialect_of(name.partition("://")[0])

    def filled(self, text: Text) -> Text:
        """The SQL of a magic with ``{{name}}``, ``{name}`` and ``$name`` replaced by strings that are known."""
        unknown = list(text.unknown)
        sql, at = "", 0
        for mark in _VARIABLE.finditer(text.sql):
            name = next(group for group in mark.groups() if group)
            known = self.strings.get(name)
            known = None if known is not None and len(sql) + len(known.sql) > MOST_TEXT else known
            if known is None and not mark.group(1) and not names_next(sql + text.sql[at : mark.start()]):
                continue
            sql, at = sql + text.sql[at : mark.start()], mark.end()
            if known is None and names_next(sql):
                unknown.append(name)
            sql += stand_in(name, sql, len(mark.group())) if known is None else known.sql
        return Text(sql + text.sql[at:], text.line, tuple(unknown))

    def _known(self, names: Sequence[ast.Name]) -> dict[str, Text]:
        """The strings of those names that are known."""
        return {name.id: self.strings[name.id] for name in names if name.id in self.strings}

    def _note_connections(self, statement: ast.AST, nodes: Sequence[ast.AST], strings: ScopedStrings) -> None:
        """Names that a statement gives a connection, an engine, a session or a cursor; others that it stores speak
        nothing any more."""
        given = set[str]()
        for node in nodes:
            if (
                isinstance(node, ast.withitem)
                and isinstance(node.optional_vars, ast.Name)
                and (spoken := self._dialect(node.context_expr, strings))
            ):
                self.speaks[node.optional_vars.id] = spoken
                given.add(node.optional_vars.id)
            if isinstance(node, ast.Assign) and (spoken := self._dialect(node.value, strings)):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.speaks[target.id] = spoken
                        given.add(target.id)
        stored = _stored_outside(statement, nodes)
        for name in stored - given:
            self.speaks.pop(name, None)

    def _remember(self, statement: ast.stmt, names: Sequence[ast.Name]) -> None:
        """Strings that names hold after a statement; what is assigned under conditions is unknown."""
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.strings.pop(statement.name, None)
            return
        stored = {name.id for name in names if _stores(name)}
        before = self._known(names)
        for name in stored:
            self.strings.pop(name, None)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None and len(stored) == 1:
            text = Strings((), before).part(statement.value)
            if text is not None and self.held + len(text.sql) <= MOST_HELD:
                self.held += len(text.sql)
                self.strings[stored.pop()] = text

    def _within(self, node: ast.AST, strings: ScopedStrings) -> Iterator[Run]:
        """Calls below a node in the order of the text."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for given in outside(node):
                yield from self._within(given, strings)
            with strings.inside(node):
                for inner in node.body if isinstance(node.body, list) else [node.body]:
                    yield from self._within(inner, strings)
            return
        if isinstance(node, ast.Call) and (run := self._run(node, strings)):
            yield run
        for child in children(node):
            yield from self._within(child, strings)

    def _run(self, call: ast.Call, strings: ScopedStrings) -> Run | None:
        named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called not in _RUNNING or (isinstance(call.func, ast.Name) and not called.startswith("read_")):
            return None
        keys = ("sql", "query", "statement", "operation")
        statement = next((named[key] for key in keys if key in named), call.args[0] if call.args else None)
        if statement is None:
            return None
        if isinstance(statement, ast.Call) and _last(statement.func) == "text" and statement.args:
            statement = statement.args[0]
        dialect = self._spoken(call, named, strings)
        if path := strings.path_read(statement):
            return Run(call.lineno, None, dialect, path)
        text = strings.text(statement)
        if text is not None and begins_sql(text.sql):
            return Run(call.lineno, text, dialect)
        held = called in _ALWAYS_SQL or (called in _ON_A_CONNECTION and (called != "sql" or dialect))
        return Run(call.lineno, None, dialect) if held and (text is None or text.unknown) else None

    def _spoken(self, call: ast.Call, named: Mapping[str, ast.expr], strings: ScopedStrings) -> str | None:
        """The dialect of a call: by the connection it is given, else by what it is called on."""
        called = _last(call.func)
        if called == "read_gbq":
            return "bigquery"
        given = next((named[key] for key in ("con", "connection", "engine", "conn") if key in named), None)
        if given is None and called.startswith("read_") and len(call.args) > 1:
            given = call.args[1]
        holder = given if given is not None else call.func.value if isinstance(call.func, ast.Attribute) else None
        return None if holder is None else self._dialect(holder, strings)

    def _dialect(self, node: ast.expr, strings: ScopedStrings) -> str | None:
        """The dialect that an expression speaks when it is a connection, an engine, a session or a cursor."""
        match node:
            case ast.Await(value=inner):
                return self._dialect(inner, strings)
            case ast.Constant(value=str(value)) if "://" in value:
                return dialect_of(value.partition("://")[0])
            case ast.Name(id=name):
                text = strings.text(node)
                url = dialect_of(text.sql.partition("://")[0]) if text and "://" in text.sql else None
                spoken = None if strings.hides(name) else self.speaks.get(name)
                known = self.connections.get(name) or spoken or _MODULES.get(name)
                return known or url or dialect_of(name)
            case ast.Call(func=func, args=args):
                if _last(func) in ("create_engine", "create_async_engine") and args:
                    text = strings.text(args[0])
                    return dialect_of(text.sql.partition("://")[0]) if text else None
                return self._dialect(func, strings)
            case ast.Attribute(value=inner, attr=attr):
                return _MODULES.get(attr) or self._dialect(inner, strings) or dialect_of(attr)
        return None


def _shift(nodes: Sequence[ast.AST], lines: int) -> None:
    """Move expressions and statements so many lines down."""
    if not lines:
        return
    for node in nodes:
        if isinstance(node, ast.expr | ast.stmt):
            node.lineno += lines


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def _stored_outside(node: ast.AST, nodes: Sequence[ast.AST]) -> set[str]:
    """Names that a statement stores, ``nodes`` being all below it, but for those that functions keep to themselves."""
    if not any(isinstance(one, _INSIDE) for one in nodes):
        return {one.id for one in nodes if isinstance(one, ast.Name) and _stores(one)}
    names, todo = set[str](), [node]
    while todo:
        one = todo.pop()
        if isinstance(one, ast.Name) and _stores(one):
            names.add(one.id)
        if not isinstance(one, _INSIDE):
            todo.extend(children(one))
    return names


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
