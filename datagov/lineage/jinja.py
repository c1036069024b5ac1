"""Render raw Jinja of dbt and the like offline: ``ref``, ``source``, ``var``, ``config``, ``this``, loops
and simple macros.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_SIGN = re.compile(r"\{\{|\{%|\{#")


def looks_templated(sql: str) -> bool:
    """Does the text hold Jinja at all?"""
    return "{" in sql and _SIGN.search(sql) is not None


def rendered(sql: str) -> tuple[str | None, str]:
    """The SQL the template yields, or None and a sentence that says why it stays opaque."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, extensions=["jinja2.ext.do"])
    try:
        return environment.from_string(sql).render(_globals()), ""
    except (
        TemplateError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
        MemoryError,
    ):
        return None, "The template uses a macro or a variable that is not known here; its SQL is not known."


def _globals() -> dict[str, Any]:
    return {
        "ref": _ref,
        "source": _source,
        "var": _var,
        "config": _nothing,
        "this": "this_model",
        "is_incremental": _false,
        "env_var": _var,
        "execute": False,
        "target": {"name": "target", "schema": "target", "type": "target", "database": "target"},
    }


def _ref(*names: Any, **_: Any) -> str:
    return str(names[-1])


def _source(schema: Any, table: Any, **_: Any) -> str:
    return f"{schema}.{table}"


def _var(name: Any, default: Any = None) -> Any:
    return name if default is None else default


def _nothing(*_: Any, **__: Any) -> str:
    return ""


def _false(*_: Any, **__: Any) -> bool:
    return False


_ = Undefined
