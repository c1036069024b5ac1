"""The names and tags of dbt that a template finds when it is rendered offline.

What needs a database (``run_query``, ``statement``) yields nothing, as it does while dbt only parses; macros of
packages are known when they are a plain expression over columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, nodes, pass_environment
from jinja2.ext import Extension
from jinja2.parser import Parser

_ABSENT = object()
_KEPT = frozenset({"snapshot", "data_test", "test"})


class Blocks(Extension):
    """``{% snapshot x %} … {% endsnapshot %}`` stands for what is inside; ``{% docs %}`` and the like for nothing."""

    tags = {"snapshot", "test", "data_test", "docs", "materialization"}  # noqa: RUF012  # as the base class has it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The nodes inside the tag when it holds a query, none otherwise."""
        tag = next(parser.stream).value
        while parser.stream.current.type not in {"block_end", "eof"}:
            next(parser.stream)
        body = parser.parse_statements((f"name:end{tag}",), drop_needle=True)
        return body if tag in _KEPT else []


class Package:
    """The macros of a package that are known here; any other is undefined."""

    def __init__(self, macros: Mapping[str, Callable[..., Any]]) -> None:
        self._macros = macros

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The macro called ``name``."""
        if name.startswith("_") or name not in self._macros:
            raise AttributeError(name)
        return self._macros[name]


class Relation(str):
    """The model's own table: its name, and the parts of it."""

    __slots__ = ()
    database = "target"
    schema = "target"

    @property
    def identifier(self) -> str:
        """The name alone."""
        return str(self)

    name = table = identifier


def _ref(*names: Any, **_: Any) -> str:
    return str(names[-1])


def _source(source_name: Any, table_name: Any, **_: Any) -> str:
    return f"{source_name}.{table_name}"


@pass_environment
def _var(environment: Environment, name: Any, default: Any = _ABSENT) -> Any:
    """The default; without one what stands for a variable that is not known, as nothing outside the file is read."""
    return environment.undefined(name=str(name)) if default is _ABSENT else default


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def _zero(*_: Any, **__: Any) -> str:
    return "0"


def _none(*_: Any, **__: Any) -> None:
    return None


def _empty(*_: Any, **__: Any) -> list[str]:
    return []


def _false(*_: Any, **__: Any) -> bool:
    return False


def _parsed(text: Any, default: Any = None) -> Any:
    try:
        return json.loads(str(text))
    except ValueError:
        return default


def _zipped(*lists: Any, **_: Any) -> list[tuple[Any, ...]]:
    return list(zip(*lists, strict=False))


def _distinct(items: Any, *_: Any) -> list[Any]:
    return list(dict.fromkeys(items))


def _quoted(identifier: Any) -> str:
    return f'"{identifier}"'


def _listed(fields: Any, more: tuple[Any, ...]) -> list[str]:
    given = fields if isinstance(fields, (list, tuple)) else [fields]
    return [str(field) for field in (*given, *more)]


def _surrogate_key(field_list: Any, *more: Any) -> str:
    parts = " || '-' || ".join(f"coalesce(cast({field} as varchar), '')" for field in _listed(field_list, more))
    return f"md5({parts})"


def _concat(fields: Any, *more: Any) -> str:
    return f"({' || '.join(_listed(fields, more))})"


def _safe_divide(numerator: Any, denominator: Any) -> str:
    return f"(({numerator}) / nullif(({denominator}), 0))"


def _safe_add(field_list: Any, *more: Any) -> str:
    return "(" + " + ".join(f"coalesce({field}, 0)" for field in _listed(field_list, more)) + ")"


def _safe_cast(field: Any, type: Any = "varchar") -> str:
    return f"cast({field} as {type})"


def _call(name: str) -> Callable[..., str]:
    def called(*given: Any, **named: Any) -> str:
        return f"{name}({', '.join(str(value) for value in (*given, *named.values()))})"

    return called


def _type(name: str) -> Callable[..., str]:
    return lambda: name


def _date_trunc(datepart: Any, date: Any) -> str:
    return f"date_trunc('{datepart}', {date})"


def _datediff(first_date: Any, second_date: Any, datepart: Any = "day") -> str:
    return f"datediff('{datepart}', {first_date}, {second_date})"


def _dateadd(datepart: Any, interval: Any, from_date_or_timestamp: Any) -> str:
    return f"dateadd('{datepart}', {interval}, {from_date_or_timestamp})"


_CROSS_DATABASE: dict[str, Callable[..., str]] = {
    "concat": _concat,
    "hash": _call("md5"),
    "length": _call("length"),
    "replace": _call("replace"),
    "right": _call("right"),
    "split_part": _call("split_part"),
    "safe_cast": _safe_cast,
    "date_trunc": _date_trunc,
    "datediff": _datediff,
    "dateadd": _dateadd,
    "current_timestamp": _type("current_timestamp"),
    "type_string": _type("varchar"),
    "type_int": _type("int"),
    "type_bigint": _type("bigint"),
    "type_float": _type("float"),
    "type_numeric": _type("numeric"),
    "type_timestamp": _type("timestamp"),
    "type_boolean": _type("boolean"),
}


def names() -> dict[str, Any]:
    """What a model can name without a macro of its own."""
    utils: dict[str, Callable[..., str]] = {
        **_CROSS_DATABASE,
        "generate_surrogate_key": _surrogate_key,
        "surrogate_key": _surrogate_key,
        "safe_divide": _safe_divide,
        "safe_add": _safe_add,
    }
    return {
        "ref": _ref,
        "source": _source,
        "var": _var,
        "env_var": _var,
        "config": _nothing,
        "this": Relation("this_model"),
        "is_incremental": _false,
        "execute": False,
        "run_query": _none,
        "statement": _nothing,
        "log": _nothing,
        "return": _nothing,
        "target": dict.fromkeys(("name", "schema", "type", "database", "project", "dataset", "profile_name"), "target"),
        "model": {"name": "this_model", "alias": "this_model", "schema": "target", "database": "target"},
        "invocation_id": "0",
        "run_started_at": Package(dict.fromkeys(("strftime", "isoformat", "date", "timestamp", "astimezone"), _zero)),
        "dbt_version": "0",
        "project_name": "target",
        "flags": {"FULL_REFRESH": False},
        "print": _nothing,
        "fromjson": _parsed,
        "tojson": json.dumps,
        "zip": _zipped,
        "set": _distinct,
        "local_md5": _zero,
        "builtins": {"ref": _ref, "source": _source, "config": _nothing},
        "adapter": Package({"quote": _quoted, "get_relation": _none, "get_columns_in_relation": _empty}),
        "exceptions": Package({"raise_compiler_error": _nothing, "warn": _nothing}),
        "macros": Package(dict.fromkeys(("ds_add", "ds_format", "datetime", "random"), _zero)),
        "dbt_utils": Package(utils),
        "dbt": Package(_CROSS_DATABASE),
    }
