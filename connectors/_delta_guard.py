"""Looks at the commits of a Delta table before delta-rs does: deep nesting in one ends the process that reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datagov.connectors._json_depth import DEEPEST, too_deep
from datagov.errors import SourceError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_COMMIT = re.compile(r"(\d{20})\.json\Z")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*parquet\Z")


def check_commits(filesystem: FileSystem, log: str, *, who: str) -> None:
    """Raise SourceError, which begins with ``who``, for a commit since the last checkpoint that is nested too deeply.

    ``log`` is the folder of the log. What cannot be listed or opened is left to delta-rs, which says so.
    """
    from pyarrow.fs import FileSelector, FileType

    try:
        listed = filesystem.get_file_info(FileSelector(log))
        names = [one.base_name for one in listed if one.type is FileType.File]
        since = max((int(found[1]) for name in names if (found := _CHECKPOINT.match(name))), default=-1)
        for name in names:
            if (found := _COMMIT.match(name)) and int(found[1]) >= since:
                with filesystem.open_input_stream(f"{log}/{name}") as commit:
                    deep = too_deep(commit.read())
                if deep:
                    raise SourceError(
                        f"{who} has a commit in its log that is nested more than {DEEPEST} levels deep; restore the "
                        "log or exclude the folder."
                    )
    except OSError:
        return
