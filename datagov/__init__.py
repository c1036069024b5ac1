"""datagov: who owns personal data, where it flows, and whether its subjects agreed — with evidence.

>>> import datagov
>>> datagov.__version__
'0.1.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datagov.audit import Audit, run

__all__ = ["Audit", "__version__", "run"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the audit only when it is asked for: ``import datagov`` imports no big library."""
    if name in ("Audit", "run"):
        from datagov import audit

        return getattr(audit, name)
    raise AttributeError(f"module 'datagov' has no attribute {name!r}")
