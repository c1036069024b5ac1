"""The names of the columns that well-known table functions yield when the query does not name them anew."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

_PAIRS = ("json_each", "jsonb_each", "json_each_text", "jsonb_each_text", "each")
_ELEMENTS = (
    "json_array_elements", "jsonb_array_elements", "json_array_elements_text", "jsonb_array_elements_text",
)  # fmt: skip
_OWN_NAME = (
    "regexp_split_to_table", "string_to_table", "json_object_keys", "jsonb_object_keys", "generate_subscripts",
    "regexp_matches", "jsonb_path_query",
)  # fmt: skip
_JSON_ROWS = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")
_POSTGRES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_PAIRS, ("key", "value")),
    **dict.fromkeys(_ELEMENTS, ("value",)),
    **{name: (name,) for name in _OWN_NAME},
}
_LOCAL: dict[str, tuple[str, ...]] = dict.fromkeys(("json_each", "json_tree"), _JSON_ROWS)
_COUNTING: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("numbers", "numbers_mt"), ("number",)),
    **dict.fromkeys(("zeros", "zeros_mt"), ("zero",)),
    **dict.fromkeys(("generate_series", "generateseries"), ("generate_series",)),
}
_SPLIT = ("seq", "index", "value")
_PARTS: dict[str, tuple[str, ...]] = {"strtok_split_to_table": _SPLIT}
_VALUES: dict[str, tuple[str, ...]] = {"string_split": ("value", "ordinal")}
_YIELDS = {
    "tsql": _VALUES,
    "fabric": _VALUES,
    "snowflake": _PARTS,
    "postgres": _POSTGRES,
    "sqlite": _LOCAL,
    "duckdb": _LOCAL,
    "clickhouse": _COUNTING,
}


def yields(call: Any, dialect: str, alias: str) -> tuple[str, ...]:
    """The columns a table function yields, in order; empty when they are not known.

    A function of one column without a name of its own gives PostgreSQL's column the alias.
    """
    if isinstance(call, (exp.GenerateSeries, exp.ExplodingGenerateSeries)):
        if dialect == "sqlite":
            return ("value",)
        if dialect == "duckdb":
            return ("range" if call.args.get("is_end_exclusive") else "generate_series",)
        return (alias if alias and dialect != "clickhouse" else "generate_series",)
    if isinstance(call, exp.TableFromRows):
        call = call.this
    if isinstance(call, exp.SplitToTable):
        return _SPLIT
    if not isinstance(call, exp.Anonymous):
        return ()
    found = _YIELDS.get(dialect, {}).get(call.name.lower(), ())
    own = dialect == "postgres" and len(found) == 1 and found[0] != "value"
    return (alias,) if alias and own else found
