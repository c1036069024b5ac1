"""Fields of structs and of JSON texts are columns of their own; keys that are data never become names."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.audit import Audit
from datagov.detect.fields import DEEPEST, MOST_FIELDS, Inside, inside

Night = Callable[..., Audit]


def taken(values: list[Any], type_: pa.DataType | None = None) -> Inside:
    found = inside(pa.chunked_array([pa.array(values, type_)]))
    assert found is not None
    return found


def texts(objects: Iterator[Any] | list[Any]) -> list[str]:
    return [json.dumps(value, ensure_ascii=False) for value in objects]


def test_fields_of_json_texts_are_named_by_their_dotted_path() -> None:
    found = taken(texts([{"user": {"email": f"a{n}@x.org", "tags": ["a", "b"]}, "n": n} for n in range(20)]))

    assert sorted(found.fields) == ["n", "user.email", "user.tags"]
    assert found.fields["n"].type == pa.int64()
    assert len(found.fields["user.tags"]) == 40
    assert found.left == 0


def test_fields_of_structs_and_of_lists_of_structs_are_those_of_the_schema() -> None:
    person = pa.struct([("email", pa.string()), ("age", pa.int64())])
    one = taken([{"email": "a@x.org", "age": 3}], person)
    many = taken([[{"email": "a@x.org", "age": 3}, {"email": "b@x.org", "age": None}]], pa.list_(person))

    assert sorted(one.fields) == ["age", "email"]
    assert many.fields["email"].to_pylist() == ["a@x.org", "b@x.org"]


def test_keys_of_a_map_are_values() -> None:
    found = taken([[("a@x.org", 1), ("b@x.org", 2)]], pa.map_(pa.string(), pa.int64()))

    assert found.fields["*.key"].to_pylist() == ["a@x.org", "b@x.org"]
    assert found.fields["*.value"].to_pylist() == [1, 2]


KEYS_THAT_ARE_DATA = {
    "a different key in every object": [{f"k{chr(97 + n % 26)}{chr(97 + n // 26)}": n} for n in range(200)],
    "e-mail addresses": [{f"user{n % 3}@example.org": n, f"user{(n + 1) % 3}@example.org": n} for n in range(30)],
    "telephone numbers": [{"13800138000": n} for n in range(30)],
    "full names": [dict.fromkeys(("Alice Miller", "Robert Johnson", "Maria Garcia"), n) for n in range(40)],
    "given names": [dict.fromkeys(("alice", "bob", "maria", "john", "total"), n) for n in range(40)],
    "Chinese names": [dict.fromkeys(("张伟", "王芳", "李娜"), n) for n in range(40)],
    "one object only": [{"zhangwei": 1}],
}


@pytest.mark.parametrize("case", KEYS_THAT_ARE_DATA)
def test_keys_that_are_data_never_become_names(case: str) -> None:
    found = taken(texts(KEYS_THAT_ARE_DATA[case]))

    assert sorted(found.fields) == ["*.key", "*.value"]


FIELDS = ("email", "phone", "city", "firstName", "last_name", "total", "price", "mark", "grace", "page", "姓名", "电话")


def test_words_of_a_schema_remain_names_even_where_some_are_given_names() -> None:
    found = taken(texts([dict.fromkeys(FIELDS, n) for n in range(40)]))

    assert len(set(FIELDS) & set(found.fields)) >= len(FIELDS) - 1


def test_a_deeply_nested_text_is_followed_so_far_and_the_rest_is_counted() -> None:
    deep: Any = {"email": "a@x.org"}
    for _ in range(40):
        deep = {"a": deep, "b": 1}

    found = taken(texts([deep] * 10))

    assert max(path.count(".") for path in found.fields) < DEEPEST
    assert found.left >= 1


def test_ten_thousand_keys_give_a_hundred_columns_and_a_count() -> None:
    wide = {
        f"{a}{b}{c}": 1
        for a in "abcdefghij"
        for b in "abcdefghijklmnopqrstuvwxyz"
        for c in "qwertyuiopasdfghjklzxcvbnm"
    }
    wide |= {f"{a}{b}{c}x": 1 for a in "abcdefghij" for b in "abcdefghijklmnopqrst" for c in "qwertyuiopasdfghj"}

    found = taken(texts([wide] * 100))

    assert len(wide) >= 10_000
    assert len(found.fields) == MOST_FIELDS
    assert found.left >= 200
    assert 2 <= found.cells < 100


NO_FIELDS = {
    "plain texts": ["a", "b", None],
    "numbers": [1, 2, 3],
    "lists of texts": [["a"], ["b"]],
    "JSON lists of numbers": ["[1, 2]", "[3]"],
    "broken JSON": ['{"a": ', '{"a"'],
    "braces": ["{}", "{}"],
    "a bomb of brackets": ["[" * 100_000] * 3,
    "nothing": [None, None],
}


@pytest.mark.parametrize("case", NO_FIELDS)
def test_a_column_without_objects_has_no_fields(case: str) -> None:
    assert inside(pa.chunked_array([pa.array(NO_FIELDS[case])])) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=12,
        ),
        max_size=8,
    )
)
def test_no_json_makes_it_fail_and_every_path_has_values(values: list[Any]) -> None:
    found = inside(pa.chunked_array([pa.array(texts(values), pa.string())]))

    assert found is None or all(len(array) for array in found.fields.values())


@pytest.fixture
def orders(shop: Path) -> Path:
    chance = random.Random(1)
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute("CREATE TABLE orders (id INTEGER, payload TEXT)")
        for n in range(200):
            buyer = {"email": f"buyer{n}@example.org", "mobile": f"138{chance.randint(10**7, 10**8 - 1)}"}
            payload = {"buyer": buyer, "total": chance.randint(1, 500), "sku": f"A-{n}", f"user{n}@shop.example": 1}
            db.execute("INSERT INTO orders VALUES (?, ?)", (n, json.dumps(payload)))
    db.close()
    (shop / "sql" / "buyers.sql").write_text(
        "CREATE TABLE main.buyers AS SELECT payload.buyer.email AS mail FROM main.orders;\n"
    )
    return shop


def rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def test_a_night_reports_fields_as_columns_and_the_column_that_holds_them(orders: Path, audited: Night) -> None:
    audit = audited()

    found = rows(
        audit,
        "SELECT c.field_path, t.entity, t.mode FROM detection t JOIN column c USING (column_id) JOIN dataset d"
        " USING (dataset_id) WHERE d.name = 'main.orders' AND c.name = 'payload' ORDER BY 1, 2",
    )
    by_path = {(row["field_path"], row["mode"]): row["entity"] for row in found}
    assert by_path["buyer.email", "is"] == "EMAIL_ADDRESS"
    assert by_path["buyer.mobile", "is"] == "CN_MOBILE"
    assert {row["entity"] for row in found if row["field_path"] is None} >= {"EMAIL_ADDRESS", "CN_MOBILE"}
    columns = rows(audit, "SELECT column_id, name, field_path FROM column WHERE field_path IS NOT NULL")
    assert len({(row["name"], row["field_path"]) for row in columns}) == len(columns)
    assert not any("shop.example" in row["field_path"] for row in columns)
    assert b"buyer1@example" not in audit.evidence_path.read_bytes()
    assert b"user1@shop" not in audit.evidence_path.read_bytes()
    assert not rows(audit, "SELECT column_id FROM examination GROUP BY column_id HAVING count(*) > 1")


def test_findings_of_fields_are_told_apart_by_their_path(orders: Path, audited: Night) -> None:
    found = rows(audited(), "SELECT fingerprint, subject FROM finding WHERE rule = 'NS-001'")

    assert {row["subject"] for row in found} >= {"main.orders.payload", "main.orders.payload.buyer.mobile"}
    assert len({row["fingerprint"] for row in found}) == len(found)


def test_what_a_field_of_a_struct_holds_is_one_finding_of_the_field(shop: Path, audited: Night) -> None:
    chance = random.Random(1)
    contact = [{"mobile": f"138{chance.randint(10**7, 10**8 - 1)}", "floor": n} for n in range(200)]
    (shop / "lake").mkdir()
    pq.write_table(pa.table({"contact": contact}), shop / "lake" / "person.parquet")

    audit = audited(lake="{use: files, path: lake}")

    places = "SELECT r.subject, r.outcome FROM result AS r WHERE r.rule = 'NS-001' AND r.subject LIKE 'lake.%'"
    assert [tuple(row.values()) for row in rows(audit, places)] == [("lake.person.contact.mobile", "fail")]
    held = rows(
        audit,
        "SELECT x.entity FROM detection AS x JOIN column AS c USING (column_id)"
        " WHERE c.name = 'contact' AND c.field_path IS NULL",
    )
    assert "CN_MOBILE" in {row["entity"] for row in held}, "the column is known to hold it all the same"
