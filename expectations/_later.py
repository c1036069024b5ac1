"""Modules that Great Expectations imports and our rules never use, loaded when something touches them.

``altair`` and ``scipy.stats`` serve two of its statistical expectations and are more than a third of its import
time (measured: 6.3 s → 3.9 s of processor time). The standard library's ``LazyLoader`` does not help: the import
system itself touches a module it finds.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

NAMES = ("altair", "scipy.stats")
WITHHELD = "pyspark"
"""Great Expectations imports it where it is installed, and pyspark ends a process without a ``__main__`` file, as
workers are, with exit code 0 when grpc is missing. Our rules run in databases and need none of it."""

_MODULES: dict[str, Any] = sys.modules


class _Later(ModuleType):
    """Stands for a module until the first attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = importlib.import_module(self.__name__)
        return getattr(module, name)


def postpone() -> None:
    """Put placeholders where the modules would be; those already imported stay as they are."""
    for name in NAMES:
        if name in sys.modules:
            continue
        placeholder = _Later(name)
        sys.modules[name] = placeholder
        package, _, child = name.rpartition(".")
        if package:
            setattr(importlib.import_module(package), child, placeholder)


def withhold() -> None:
    """Let an import of pyspark fail as if it were not installed; where it is imported already it stays."""
    _MODULES.setdefault(WITHHELD, None)


def give_back() -> None:
    """Let pyspark be imported again."""
    if _MODULES.get(WITHHELD, _MODULES) is None:
        del _MODULES[WITHHELD]


postpone()
withhold()
