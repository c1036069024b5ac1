"""Which names of a module of a Dagster project are assets: its own, and those that it imports from others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

Key = tuple[str, ...]


class Names:
    """Names of the modules of a folder. ``own`` has the path of each inside the folder, with its tree and its names."""

    def __init__(self, own: Mapping[str, tuple[ast.Module, Mapping[str, Key]]]) -> None:
        self._own = {_module_of(path): found for path, found in own.items()}
        self._packages = {_module_of(path) for path in own if path.endswith("__init__.py")}
        self._scopes: dict[str, dict[str, Key]] = {}
        self._origins: dict[str, str | None] = {}

    def of(self, path: str) -> Mapping[str, Key]:
        """Names that a module can use, dotted where a module is imported; raises RecursionError for endless chains."""
        return self._scope(_module_of(path))

    def everywhere(self) -> Mapping[str, frozenset[Key]]:
        """Every name of the project, with the keys of the assets that are called so."""
        found: dict[str, frozenset[Key]] = {}
        for _, names in self._own.values():
            for name, key in names.items():
                found[name] = found.get(name, frozenset()) | {key}
        return found

    def _scope(self, module: str) -> dict[str, Key]:
        if module not in self._scopes:
            tree, own = self._own[module]
            scope = self._scopes[module] = dict(own)
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    for name, key in self._imported(node, module):
                        scope.setdefault(name, key)
        return self._scopes[module]

    def _imported(self, node: ast.Import | ast.ImportFrom, module: str) -> Iterator[tuple[str, Key]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from self._below(self._absolute(alias.name), alias.asname or alias.name)
            return
        origin = self._relative(node, module) if node.level else self._absolute(node.module or "")
        given = self._exports(origin)
        for alias in node.names:
            if alias.name == "*":
                yield from given.items()
            elif alias.name in given:
                yield alias.asname or alias.name, given[alias.name]
            elif node.level:
                below = ".".join(filter(None, [self._dotted(node, module), alias.name]))
                yield from self._below(below if below in self._own else None, alias.asname or alias.name)
            else:
                yield from self._below(self._absolute(f"{node.module}.{alias.name}"), alias.asname or alias.name)

    def _below(self, origin: str | None, called: str) -> Iterator[tuple[str, Key]]:
        yield from ((f"{called}.{name}", key) for name, key in self._exports(origin).items())

    def _exports(self, module: str | None) -> Mapping[str, Key]:
        """Names that a module has and others can import from it."""
        if module is None:
            return {}
        return {name: key for name, key in self._scope(module).items() if "." not in name}

    def _dotted(self, node: ast.ImportFrom, module: str) -> str | None:
        """What a relative import names, counted from the folder; None above it."""
        parts = module.split(".") if module else []
        up = node.level - (module in self._packages)
        if up > len(parts):
            return None
        return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])

    def _relative(self, node: ast.ImportFrom, module: str) -> str | None:
        dotted = self._dotted(node, module)
        return dotted if dotted in self._own else None

    def _absolute(self, name: str) -> str | None:
        """The module of an absolute name; the folder may lie in a package, or hold the root of one."""
        if name in self._own:
            return name
        if name not in self._origins:
            fitting = [own for own in self._own if own and (name.endswith(f".{own}") or own.endswith(f".{name}"))]
            self._origins[name] = fitting[0] if len(fitting) == 1 else None
        return self._origins[name]


def _module_of(path: str) -> str:
    """The dotted name of a file.

    >>> _module_of("sub/b.py"), _module_of("sub/__init__.py")
    ('sub.b', 'sub')
    """
    return path.removesuffix(".py").removesuffix("__init__").strip("/").replace("/", ".")
