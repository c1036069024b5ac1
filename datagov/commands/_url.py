"""A source given as a URL on the command line: which adapter reads it, with which options, called what."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datagov.errors import PluginError, UsageError

_VARIABLE = "DB_PASSWORD"
_SAME = {"postgresql": "postgres", "mariadb": "mysql", "file": "files", "s3": "files"}


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A source as a URL names it: ``plugin`` reads it with ``options``; ``name`` is made from the file or database."""

    plugin: str
    options: Mapping[str, Any]
    name: str


def source_of(url: str) -> UrlSource:
    """The source of a URL such as ``sqlite:///shop.sqlite``.

    Where the URL names an account and the environment variable DB_PASSWORD is set, the password is a reference to it.
    Raises UsageError for text that is no URL and for a password in it, PluginError for a connector without URLs.
    """
    from datagov import plugins

    try:
        parts = urlsplit(url)
    except ValueError:  # its text repeats the URL, password and all
        raise UsageError(
            "The source is no URL; write it like sqlite:///shop.sqlite or postgresql://user@host/db."
        ) from None
    if not parts.scheme:
        raise UsageError("The source must be a URL such as sqlite:///shop.sqlite.")
    if parts.password is not None or re.search(r"(?i)[?&](ssl)?password=", url):
        raise UsageError(
            "A password on the command line is seen by everybody on this machine. Leave it out of the URL; "
            "set the environment variable DB_PASSWORD, or write 'password: ${NAME}' under the source in datagov.yaml."
        )
    plugin = parts.scheme.partition("+")[0]
    plugin = _SAME.get(plugin, plugin)
    adapter = plugins.load("datagov.connectors", plugin)
    if not hasattr(adapter, "options_from_url"):
        raise PluginError(f"The connector {plugin!r} cannot be set up from a URL; write it into datagov.yaml by hand.")
    options: dict[str, Any] = dict(adapter.options_from_url(url))
    if parts.username is not None and _VARIABLE in os.environ:
        options["password"] = f"${{{_VARIABLE}}}"
    return UrlSource(plugin, options, _name(options.get("path") or options.get("database") or plugin))


def _name(text: str) -> str:
    """A source name from a file or database name."""
    stem = re.sub(r"[^a-z0-9_]+", "_", Path(text).stem.lower()).strip("_")
    return stem or "source"
