"""Raw dbt models in a folder of SQL: each fills the table dbt would name, so that ``ref`` of the next one finds it."""

from __future__ import annotations

import pytest

from datagov.lineage import trace

TABLES = {
    "{{ config(materialized='table', schema='dw') }} select a from {{ ref('t') }}": "dw.partner_export",
    "{{ config({'schema': 'dw', 'alias': 'sent'}) }} select a from {{ ref('t') }}": "dw.sent",
    "with x as (select a from {{ source('raw', 't') }}) select a from x": "partner_export",
    "{% snapshot t_kept %}{{ config(target_schema='snap') }} select a from {{ ref('t') }}{% endsnapshot %}": (
        "snap.t_kept"
    ),
    "select a from {{ ref('t') }} union all select a from {{ ref('u') }}": "partner_export",
    "select a from t where d > '{{ ds }}'": "<query>",
    "{{ config() }} select a from t; select a from t": "<query>",
    "{{ config() }} create table s.o as select a from t": "s.o",
    "select a from t": "<query>",
}


@pytest.mark.parametrize(("sql", "table"), TABLES.items())
def test_a_model_fills_the_table_of_its_name(sql: str, table: str) -> None:
    traced = trace(sql, file="models/marts/Partner_Export.sql")

    assert {edge.target.dataset for edge in traced.edges} == {table}
    assert traced.targets == (() if table == "<query>" else (table,))


def test_without_a_file_a_model_has_no_name() -> None:
    traced = trace("{{ config(alias='x') }} select a from {{ ref('t') }}")

    assert {edge.target.dataset for edge in traced.edges} == {"<query>"}


def test_a_model_of_snowflake_is_named_as_its_ref_is() -> None:
    first = trace("select a from {{ ref('t') }}", file="m/First.sql", dialect="snowflake")
    second = trace("select a from {{ ref('First') }}", file="m/second.sql", dialect="snowflake")

    assert {edge.target.dataset for edge in first.edges} == {edge.source.dataset for edge in second.edges}
