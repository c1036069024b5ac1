"""The files of a dbt project: where a resource stands, whether its file is still the one dbt read, and its text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from datagov import wholefile, yamlfile
from datagov.connectors._dbt_artifacts import Manifest, Node
from datagov.connectors._folder import files
from datagov.connectors._options import shown
from datagov.contracts import Source
from datagov.errors import ConfigError, DatagovError

MAX_BYTES = 5 * 1024 * 1024
"""Largest file of a model that is read."""

Place = tuple[str, int]
"""A file relative to the configuration's folder, and a line in it, counted from 1."""


class Project:
    """The folder of a dbt project. A path that leads out of it is never read, whatever the manifest says."""

    def __init__(self, root: Path, source: Source) -> None:
        self._root = root
        self._real = Path(os.path.realpath(root))
        self._source = source
        self._documents: dict[str, yamlfile.Document | None] = {}
        self.settings: Mapping[str, Any] = {}
        self.name = ""

    def path(self, inside: str, package: str) -> Path:
        """Path of a file that the manifest names, below the package it belongs to."""
        if package and package != self.name:
            below = self._root / str(self.settings.get("packages-install-path") or "dbt_packages") / package / inside
            if self._readable(below):
                return below
        return self._root / inside

    def shown(self, node: Node) -> str:
        """A node's file as facts name it, also when it is not there."""
        return shown(self.path(node.original_file_path, node.package_name), self._source)

    def text(self, node: Node) -> str | None:
        """The text of a node's file; None when it is not there, too large, no UTF-8 or outside the project."""
        path = self.path(node.original_file_path, node.package_name)
        if not node.original_file_path or not self._readable(path):
            return None
        try:
            return wholefile.read(path, most=MAX_BYTES).decode("utf-8")
        except (OSError, UnicodeError, wholefile.TooLargeError):
            return None

    def document(self, inside: str, package: str) -> yamlfile.Document | None:
        """A YAML file of the project; None when it is not there or cannot be read safely."""
        path = self.path(inside, package)
        key = str(path)
        if key not in self._documents:
            try:
                found = yamlfile.load(path, name=shown(path, self._source)) if self._readable(path) else None
            except ConfigError:
                found = None
            self._documents[key] = found
        return self._documents[key]

    def sql_files(self, manifest: Manifest) -> Iterator[tuple[str, str]]:
        """(path inside the project, path as shown) of SQL files beside the project's models."""
        folders = {
            node.original_file_path.partition("/")[0]
            for node in manifest.nodes.values()
            if node.resource_type == "model" and node.package_name == self.name and "/" in node.original_file_path
        }
        for folder in sorted(folders):
            root = self._root / folder
            if not self._inside(root) or not root.is_dir():
                continue
            for one in files(root, who="The project", suffixes=(".sql",), include=(), exclude=()):
                yield f"{folder}/{one.inside}", shown(one.path, self._source)

    def _inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self._real)

    def _readable(self, path: Path) -> bool:
        try:
            return self._inside(path) and path.is_file() and path.stat().st_size <= MAX_BYTES
        except (OSError, ValueError):
            return False


def changed(node: Node, text: str) -> bool:
    """Whether a file is another one than dbt read: it keeps the SHA-256 of the text without white space around it."""
    if node.checksum.name != "sha256" or node.resource_type not in ("model", "snapshot"):
        return False
    return hashlib.sha256(text.strip().encode()).hexdigest() != node.checksum.checksum


def added(project: Project, manifest: Manifest) -> Sequence[str]:
    """SQL files of the model folders that the manifest does not know, as facts name them."""
    known = manifest.disabled | {node.original_file_path for node in manifest.nodes.values()}
    try:
        return [name for inside, name in project.sql_files(manifest) if inside not in known]
    except DatagovError:
        return []
