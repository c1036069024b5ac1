"""Secrets by reference only: what a reference stands for, and a configuration that writes a secret out is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datagov import yamlfile
from datagov.errors import ConfigError

SECRET_KEYS = re.compile(r"(?i)((^|_)pw|pass(word|wd|phrase)?|secret|token|api_?key|private_?key|credential)s?$")
"""Options that hold a secret: their value must be a reference."""

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DSN_PASSWORD = re.compile(r"(?i)(://[^/@\s:]*:[^/@\s]+@|(^|[?&;\s])(ssl)?(password|pwd)\s*=\s*[^&;\s]+)")


def resolve(value: str, *, base: Path) -> str:
    """Follow a secret reference: ``${NAME}`` parts from the environment, or ``file:PATH``'s first line.

    Called inside the worker that needs the secret, never earlier.
    """
    if value.startswith("file:"):
        path = base / value.removeprefix("file:")
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ConfigError(f"The secret file {path.name!r} cannot be read: {error.strerror}.") from None
        except UnicodeError:
            raise ConfigError(f"The secret file {path.name!r} is not UTF-8 text; save it so.") from None
        return lines[0] if lines else ""
    return expand(value)


def expand(value: str) -> str:
    """``${NAME}`` parts replaced from the environment. Raises ConfigError for a variable that is not set."""

    def look_up(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ConfigError(f"The environment variable {name!r} is not set; the configuration refers to it.")
        return os.environ[name]

    return _REFERENCE.sub(look_up, value)


def refuse_plaintext(document: yamlfile.Document) -> None:
    """Raises ConfigError, with file and line, for the first secret that a source of the configuration writes out."""
    sources = document.value.get("sources")
    if isinstance(sources, Mapping):
        for name, options in sources.items():
            _refuse_in(document, str(name), ("sources", name), options, secret=False)


def _refuse_in(
    document: yamlfile.Document, source: str, path: tuple[yamlfile.Key, ...], value: Any, *, secret: bool
) -> None:
    """Refuse secrets written out below a source; ``secret`` says that a key above names one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            named = secret or bool(SECRET_KEYS.search(str(key)))
            _refuse_in(document, source, (*path, key), inner, secret=named)
        return
    if isinstance(value, list):
        for n, inner in enumerate(value):
            _refuse_in(document, source, (*path, n), inner, secret=secret)
        return
    line = document.line(*path)
    if secret and value is not None and not isinstance(value, bool) and not _is_reference(value):
        raise ConfigError(
            f"Source {source!r} has a plain-text secret in {path[-1]!r}. Write ${{NAME}} and set the environment "
            "variable NAME, or write file:PATH.",
            file=document.file,
            line=line,
        )
    if isinstance(value, str) and _DSN_PASSWORD.search(_REFERENCE.sub("", value)):
        raise ConfigError(
            f"Source {source!r} has a password inside {path[-1]!r}. Write it as ${{NAME}} and set the environment "
            "variable NAME.",
            file=document.file,
            line=line,
        )


def _is_reference(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return bool(value.removeprefix("file:")) if value.startswith("file:") else bool(_REFERENCE.fullmatch(value))
