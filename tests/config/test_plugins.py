"""Adapters are found by entry point; an unknown, missing or broken one is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from datagov import plugins
from datagov.errors import PluginError

BROKEN = {
    "raises.py": "raise RuntimeError('value 6222020200112233445')\n",
    "wants.py": "import a_module_nobody_has\n",
}


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution with adapters of its own, two of them broken."""
    for name, text in BROKEN.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "works.py").write_text("class Works: ...\n")
    info = tmp_path / "acme_adapters-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-adapters\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[datagov.connectors]\nacme = works:Works\nraising = raises:X\nwanting = wants:X\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_third_partys_adapter_is_found_like_our_own(third_party: Path) -> None:
    assert {"acme", "sqlite"} <= set(plugins.names("datagov.connectors"))
    assert plugins.load("datagov.connectors", "acme").__name__ == "Works"


def test_an_unknown_adapter_names_those_installed() -> None:
    with pytest.raises(PluginError, match=r"No datagov\.connectors plugin is called 'oracle'\. Installed: .*sqlite"):
        plugins.load("datagov.connectors", "oracle")


def test_a_missing_module_gives_the_pip_line(third_party: Path) -> None:
    with pytest.raises(PluginError, match=r"'a_module_nobody_has'.*pip install 'acme-adapters\[wanting\]'"):
        plugins.load("datagov.connectors", "wanting")


def test_a_broken_adapter_is_named_and_its_text_is_not_repeated(third_party: Path) -> None:
    with pytest.raises(PluginError, match=r"'raising' of package 'acme-adapters' cannot be loaded") as error:
        plugins.load("datagov.connectors", "raising")

    assert "6222" not in str(error.value)
