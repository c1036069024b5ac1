"""Adapters by entry point, loaded only when used; our own are found exactly as a third party's.

Groups: ``datagov.connectors``, ``datagov.reports``, ``datagov.rulepacks``, ``datagov.checkers``, ``datagov.engines``.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from datagov.errors import PluginError


def names(group: str) -> list[str]:
    """Names of the adapters installed in a group, sorted; none of them is imported."""
    return sorted({entry.name for entry in entry_points(group=group)})


def find(group: str, name: str) -> EntryPoint:
    """The entry point called ``name``. Raises PluginError when there is none."""
    matches = [entry for entry in entry_points(group=group) if entry.name == name]
    if not matches:
        installed = ", ".join(names(group)) or "none"
        raise PluginError(f"No {group} plugin is called {name!r}. Installed: {installed}.")
    return matches[0]


def load(group: str, name: str) -> Any:
    """Import and return an adapter. Raises PluginError with the package to install or to mend."""
    entry = find(group, name)
    package = entry.dist.name if entry.dist else entry.module
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        raise PluginError(
            f"The {group} plugin {name!r} needs the module {error.name!r}, which is not installed: "
            f"pip install '{package}[{name}]'."
        ) from None
    except Exception as error:  # noqa: BLE001 - a third party's import may raise anything; the audit goes on
        raise PluginError(
            f"The {group} plugin {name!r} of package {package!r} cannot be loaded ({type(error).__name__}); "
            "upgrade or remove the package."
        ) from None
