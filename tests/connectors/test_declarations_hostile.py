"""Whatever stands in a manifest, an export or a CODEOWNERS file, a harvest ends with facts or sentences."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.connectors._codeowners_rules import parsed
from datagov.connectors.datahub import DataHubConnector
from datagov.connectors.fides import FidesConnector
from datagov.connectors.openmetadata import OpenMetadataConnector
from datagov.contracts import Source

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,db.s.t,PROD)"


def documents(*words: str) -> st.SearchStrategy[Any]:
    """JSON whose keys and texts are mostly those of a format, in places where they do not belong."""
    texts = st.sampled_from(words) | st.text(max_size=6)
    plain = st.none() | st.booleans() | st.integers(-9, 9) | texts
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=4),
        max_leaves=14,
    )


FIDES = documents(
    "dataset", "system", "data_use", "fides_key", "collections", "name", "fields", "data_categories", "retention",
    "privacy_declarations", "dataset_references", "egress", "type", "legal_basis_for_processing", "user.name", "x",
    "fides_meta", "namespace", "schema", "third_country_transfers", "joint_controller", "data_subjects",
)  # fmt: skip
OPENMETADATA = documents(
    "columns", "fullyQualifiedName", "a.b.c.d", "owners", "owner", "name", "tags", "tagFQN", "PII.Email", "children",
    "deleted", "retentionPeriod", "data", "paging", "after", "state",
)  # fmt: skip
DATAHUB = documents(
    "proposedSnapshot", "x.DatasetSnapshot", "urn", URN, "aspects", "entityType", "dataset", "entityUrn", "aspectName",
    "ownership", "globalTags", "schemaMetadata", "aspect", "json", "value", "owners", "owner", "urn:li:corpuser:a",
    "fields", "fieldPath", "tags", "tag", "changeType", "status", "removed",
)  # fmt: skip


def told(connector: Any, name: str, text: str) -> dict[str, list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text, "utf-8")
        return harvested(connector(Source(1, "s", "s", {"path": "."}, Path(folder), "datagov.yaml", 1)))


@pytest.mark.parametrize(
    ("connector", "name"), [(FidesConnector, "a.yml"), (OpenMetadataConnector, "a.json"), (DataHubConnector, "a.json")]
)
def test_documents_of_any_shape_end_with_facts_or_sentences(connector: Any, name: str) -> None:
    shapes = {FidesConnector: FIDES, OpenMetadataConnector: OPENMETADATA, DataHubConnector: DATAHUB}[connector]

    @QUICK
    @given(document=shapes)
    def told_of(document: Any) -> None:
        rows = told(connector, name, json.dumps(document))

        assert all(row["line"] >= 1 and row["file"] for table in rows.values() for row in table)

    told_of()


@QUICK
@given(text=st.text(alphabet='{}[]":, \n\\u12ae', max_size=40))
def test_text_that_is_hardly_json_ends_with_facts_or_sentences(text: str) -> None:
    assert told(OpenMetadataConnector, "a.json", text)["problem"]


@QUICK
@given(
    text=st.text(alphabet="ab/*?!#[]\\@ .\n^-", max_size=60),
    path=st.lists(st.text(alphabet="ab.*#", min_size=1, max_size=3), min_size=1, max_size=4),
    gitlab=st.booleans(),
)
def test_any_text_is_rules_or_faults_and_any_path_is_owned_or_not(text: str, path: list[str], gitlab: bool) -> None:
    rules = parsed(text, gitlab=gitlab)
    last = {}
    for rule in rules.rules:
        if rule.pattern.matches("/".join(path)):
            last[rule.section] = rule

    excluded = {rule.section for rule in rules.rules if rule.excludes and rule.pattern.matches("/".join(path))}
    owned = {rule.section: rule for rule in rules.of("/".join(path))}
    assert owned == {section: rule for section, rule in last.items() if section not in excluded}
