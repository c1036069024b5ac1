"""Which rules there are: packages of rule files behind the entry point group ``datagov.rulepacks``, and folders.

A rule is one YAML file named after its id. A pack whose name holds a ``/`` is a folder of the user's own rules.
This module finds the files; ``datagov.expectations`` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from datagov import plugins, yamlfile
from datagov.errors import ConfigError, PluginError

GROUP = "datagov.rulepacks"

_SHOWN = ("id", "title", "severity", "concern", "requires", "checks", "remedy", "blind_spots", "citations")
"""What those who show a rule rely on; ``datagov.expectations`` validates the rest."""


def rule_files(packs: Iterable[str], *, base: Path) -> dict[str, Traversable]:
    """Rule file by rule id, sorted by id; folders are relative to ``base``.

    Raises PluginError for an unknown pack or an id in two packs.
    """
    found: dict[str, tuple[str, Traversable]] = {}
    for pack in packs:
        folder: Traversable = base / pack if "/" in pack else files(plugins.load(GROUP, pack))
        if not folder.is_dir():
            raise PluginError(f"There is no folder of rules {pack!r}; correct 'rules.packs' in the configuration.")
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            name, dot, ending = entry.name.rpartition(".")
            if not dot or ending not in ("yaml", "yml"):
                continue
            if name in found:
                raise PluginError(f"Rule {name!r} is in two packs: {found[name][0]} and {pack}. Leave one of them out.")
            found[name] = (pack, entry)
    return {rule: found[rule][1] for rule in sorted(found)}


def documents(packs: Iterable[str], *, base: Path) -> Iterator[dict[str, Any]]:
    """The rules as plain data, sorted by id, for those who show them."""
    for entry in rule_files(packs, base=base).values():
        with as_file(entry) as path:
            document = yamlfile.load(path)
        missing = next((key for key in _SHOWN if key not in (document.value or {})), None)
        if missing or not isinstance(document.value["title"], dict):
            raise ConfigError(f"The rule has no {missing or 'title in English and Chinese'}.", file=document.file)
        yield document.value
