"""The rules: one file each, executed by Great Expectations over the facts of a run or inside the source itself."""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
"""No telemetry, ever; Great Expectations reads it when it is imported, which only happens after this line."""
