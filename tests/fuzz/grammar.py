"""A grammar of SQL scripts: mostly well-formed, of many dialects, broken here and there, each literal a canary."""

from __future__ import annotations

from hypothesis import strategies as st

CANARY = "zqcanary"
"""Every literal of a drawn script holds this word; no answer of lineage may."""

DIALECTS = (
    "postgres", "mysql", "tsql", "oracle", "snowflake", "bigquery", "redshift", "databricks", "spark", "hive", "trino",
    "duckdb", "clickhouse", "sqlite",
)  # fmt: skip

NAMES = st.sampled_from(
    ("a", "b", "c", "id", "s", "t", "u", "x", "новая", "类", '"A b"', "select_", "a.b", "t.a", "s.t.a")
)
TABLES = st.sampled_from(("t", "s.t", "db.s.u", "#x", "@v", '"T"', "x", "o", "`p.d.t_*`"))
LITERALS = st.sampled_from((f"'{CANARY}'", f"'{CANARY} it''s'", f"N'{CANARY}'", f"'{{\"{CANARY}\": 1}}'"))
COMMENTS = st.sampled_from((f"/* {CANARY} */", f"-- {CANARY}\n", "", "", ""))
BROKEN = st.sampled_from(("(", ")", ",", "from", "select", "end", "begin", ";", "{{ x }}", "{% if a %}", "\x00", "["))


def _join(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


def _commas(items: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=most).map(", ".join)


def _forms(*templates: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One of the templates, each ``{part}`` drawn anew."""

    def fill(template: str) -> st.SearchStrategy[str]:
        pieces: list[st.SearchStrategy[str]] = []
        rest = template
        while "<" in rest:
            before, _, after = rest.partition("<")
            name, _, rest = after.partition(">")
            pieces += (st.just(before), parts[name])
        pieces.append(st.just(rest))
        return st.tuples(*pieces).map("".join)

    return st.one_of(*(fill(template) for template in templates))


EXPRESSIONS: st.SearchStrategy[str] = st.recursive(
    st.one_of(NAMES, LITERALS, st.just("1"), st.just("null")),
    lambda inner: _forms(
        "<e> + <e>", "<e> || <e>", "upper(<e>)", "md5(<e>)", "coalesce(<e>, <e>)", "cast(<e> as int)", "<e>[1]",
        "case when <e> = <e> then <e> else <e> end", "sum(<e>) over (partition by <e> order by <e>)", "(<e>)",
        "<e> in (<e>, <e>)", "(select <e> from t)", "exists (select <e> from u)", "struct(<e> as a, <e> as b)", "<n>.c",
        "<n>:k::string", "<n> -> 'k'", "x -> <e>", "string_agg(<e>, ',' order by <e>)", "<e> between <e> and <e>",
        e=inner, n=NAMES,
    ),
    max_leaves=8,
)  # fmt: skip

ITEMS = _forms("<e>", "<e> as <n>", "*", "t.*", "* except (a)", "@v = <e>", e=EXPRESSIONS, n=NAMES)
SOURCES: st.SearchStrategy[str] = st.recursive(
    _forms("<t>", "<t> as x", "<t> x (a, b)", t=TABLES),
    lambda inner: _forms(
        "(select a, b as c from <f>) q", "<f> join <f> on 1 = 1", "<f> left join t using (a)", "<f>, unnest(t.a) as u",
        "<f> natural join u", "<f> cross apply (select a from u) y", "<f> lateral view explode(t.m) e as k, v",
        "<f> pivot (sum(a) for b in ('x', 'y')) p", "(values (1, 2)) v (a, b)", "lateral flatten(input => t.a) f",
        f=inner,
    ),
    max_leaves=4,
)  # fmt: skip
QUERIES: st.SearchStrategy[str] = st.recursive(
    _forms(
        "select <i> from <f>", "select distinct <i> from <f> where <e>", "select <i> from <f> group by <e> having <e>",
        "select <i> from <f> qualify row_number() over (order by a) = 1", "select <i> from <f> order by 1, <e>",
        i=_commas(ITEMS), f=SOURCES, e=EXPRESSIONS,
    ),
    lambda inner: _forms(
        "with x as (<q>) <q>", "<q> union all <q>", "<q> except <q>", "with recursive x (a, b) as (<q> union <q>) <q>",
        q=inner,
    ),
    max_leaves=3,
)  # fmt: skip
PLAIN = _forms(
    "<q>", "create table <t> as <q>", "create view <t> (a, b) as <q>", "insert into <t> <q>",
    "insert into <t> (a, b) <q>", "insert overwrite table <t> partition (d = 1, h) <q>",
    "insert into <t> (a) values (<e>), (<e>) on conflict (a) do update set b = excluded.a",
    "update <t> set a = <e>, b += <e> from <f> where <e>", "update <t> join u on 1 = 1 set t.a = <e>",
    "merge into <t> using (<q>) s on t.a = s.a when matched then update set a = s.b"
    " when not matched then insert (a) values (s.a)",
    "delete from <t> where <e>", "truncate table <t>", "drop table <t>", "alter table <t> rename to x",
    "alter table <t> rename column a to c", "alter table <t> add column d int", "select a, b into v, w from <f>",
    "copy (<q>) to 's3://b/x'", "unload ('select a from t') to 's3://b/x'",
    "exec sp_rename 't', 'x'", "execute immediate 'insert into o select a from t'", "declare @v int = <e>",
    "set @v = <e>",
    "create table <t> (a int, b int)", "create table <t> clone u", "select <e> into #x from <f>",
    "select a from openquery(srv, 'select a from t where b = ''zqcanary''')", "insert all into t (a) values (a) <q>",
    t=TABLES, q=QUERIES, e=EXPRESSIONS, f=SOURCES,
)  # fmt: skip
STATEMENTS = st.one_of(
    PLAIN,
    _forms("\ncopy <t> from stdin;\n1\tzqcanary\n\\.\n", t=TABLES),
    _forms(
        "create procedure p(a int, b text) as begin <s>; <s>; end", "create proc p @a int = 1 as <s>",
        "do $b$ declare v int := 1; begin for r in select a, b from t loop <s>; end loop;"
        " if v > 1 then <s>; end if; end $b$",
        "create function f() returns trigger language plpgsql as $b$ begin <s>; return new; end $b$",
        "begin <s>; exception when others then <s>; end", "{% for n in ['a', 'b'] %} <s>; {% endfor %}",
        "if 1 = 1 <s> else <s>", "while 1 = 1 begin <s> end", "create trigger g after insert on t begin <s>; end",
        s=PLAIN,
    ),
)  # fmt: skip


_FRAGILE = frozenset("'\"`-/*\\$;{}%#\n\t")
"""Signs that begin or end a literal, a comment or a template: where one of them is broken, no text is a literal."""


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A script of one to four statements; one in three is broken somewhere."""
    parts = draw(st.lists(_join(COMMENTS, STATEMENTS), min_size=1, max_size=4))
    sql = draw(st.sampled_from((";\n", ";", "\n", "\n/\n", "\nGO\n"))).join(parts)
    if draw(st.integers(0, 2)) == 0 and "stdin" not in sql:
        at = draw(st.integers(0, len(sql)))
        cut = draw(st.integers(0, 5))
        if _FRAGILE.isdisjoint(sql[max(0, at - 1) : at + cut + 1]):
            sql = sql[:at] + draw(BROKEN) + sql[at + cut :]
    return sql
