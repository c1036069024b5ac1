"""Options of every connector are told by the names a user writes in datagov.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datagov import plugins
from datagov.contracts import Source
from datagov.errors import ConfigError

CONNECTORS = plugins.names("datagov.connectors")


def refused(plugin: str, **options: object) -> str:
    """The sentence with which a connector refuses options."""
    source = Source(1, "crm", plugin, options, Path(), "datagov.yaml", 7)
    with pytest.raises(ConfigError) as refusal:
        plugins.load("datagov.connectors", plugin)(source)
    return str(refusal.value)


@pytest.mark.parametrize("plugin", CONNECTORS)
def test_an_unknown_option_is_told_beside_the_names_that_exist(plugin: str) -> None:
    said = refused(plugin, zzz_unknown=1)

    assert said.startswith("datagov.yaml:7: Source 'crm' has an option 'zzz_unknown'")
    assert not re.search(r"[a-z]_\b", said)
    assert said.count("crm") == 1


@pytest.mark.parametrize("plugin", CONNECTORS)
def test_a_python_name_of_an_option_is_no_option(plugin: str) -> None:
    assert "has an option 'schema_'" in refused(plugin, schema_="x")


@pytest.mark.parametrize(
    ("plugin", "written", "meant"),
    [("sqlite", "pth", "path"), ("postgres", "pasword", "password"), ("sqlite", "schma", "schema")],
)
def test_a_misspelt_option_is_told_with_the_nearest_name(plugin: str, written: str, meant: str) -> None:
    said = refused(plugin, **{written: "${NAME}"})

    assert said.endswith(f"does not know; did you mean '{meant}'?")
