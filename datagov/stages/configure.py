"""Before the night: what is wrong in the sources' configuration stops it, while there is nothing to lose."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from datagov import plugins
from datagov.config import Config
from datagov.contracts import Source
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.errors import ConfigError, PluginError
from datagov.stages.harvest import GROUP, connect
from datagov.yamlfile import Key

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def refuse_missing_files(config: Config) -> None:
    """Raise ConfigError, with file and line, for a register whose file is not there: a name in datagov.yaml is wrong.

    A file that is there and cannot be read or understood makes the night incomplete instead, and the rest is audited.
    """
    named = config.model.registers
    files = {
        "entities": named.entities,
        "principals": named.principals.file if named.principals else None,
        "purposes": named.purposes,
        "notices": named.notices,
    }
    for kind, name in files.items():
        if not name:
            continue
        path = config.base / name
        if path.is_dir() or not os.path.lexists(path):
            what = "is a folder" if path.is_dir() else "is not there"
            raise ConfigError(
                f"The register {kind!r} names the file {name!r}, which {what}; correct the name, or take the line out.",
                file=config.document.file,
                line=config.document.line("registers", kind),
            )


def refuse_wrong_sources(config: Config, engine: LocalEngine) -> None:
    """Raise ConfigError, with file and line, for an unknown adapter, a variable that is not set, or a wrong option.

    Nothing is opened: a file or server that is not there tonight is a source that could not be read.
    """
    for source in config.sources:
        try:
            plugins.find(GROUP, source.plugin)
        except PluginError as error:
            line = config.document.line("sources", source.name, "use") if source.file else None
            raise ConfigError(f"Source {source.name!r}: {error}", file=source.file, line=line) from None
        for path, name in _variables(source.options, ()):
            if name not in os.environ:
                raise ConfigError(
                    f"Source {source.name!r} refers to the environment variable {name!r} in {path[-1]!r}, "
                    "which is not set.",
                    file=source.file,
                    line=config.document.line("sources", source.name, *path) if source.file else None,
                )
    for _, result in engine.each(Task(source.name, wrong_option, (source,)) for source in config.sources):
        if not isinstance(result, Lost) and result:
            raise ConfigError(result.decode())


def wrong_option(source: Source) -> bytes:
    """Worker: the sentence of a ConfigError that the adapter raises for its options; empty when they are right.

    Whatever else goes wrong with an adapter is told when the source is harvested, and the other sources are audited.
    """
    try:
        connect(source)
    except ConfigError as error:
        return str(error).encode()
    return b""


def _variables(value: Any, path: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], str]]:
    """The variables that options refer to, each with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _variables(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _variables(inner, (*path, n))
    elif isinstance(value, str) and not value.startswith("file:"):
        for match in _VARIABLE.finditer(value):
            yield path, match.group(1)
