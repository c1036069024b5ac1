"""The error tree: everything datagov raises on purpose.

    DatagovError
    ├── UsageError            the command line or the API was called wrongly            exit 2
    │   └── ConfigError       datagov.yaml or a file it names is wrong; has file, line   exit 2
    ├── PluginError           an adapter is unknown, missing or broken                   exit 2
    ├── SourceError           a source cannot be opened, read or understood              exit 3
    │   ├── SourceRefusedError     the preflight refused the source: it grants too much       exit 3
    │   ├── SourceLockedError      another connection holds a lock on what was to be read        exit 3
    │   └── SourceLimitError       a size, depth or budget cap was reached                    exit 3
    └── WorkerError           a worker process died, hung or outgrew its memory          exit 3

Every message is one sentence that names the file and line, or the object, and the way out. No message ever
holds a data value or a secret: errors of drivers and parsers are re-raised ``from None`` with our own words.
"""

from __future__ import annotations


class DatagovError(Exception):
    """Root of every error datagov raises on purpose; ``str()`` is a sentence for the user."""


class UsageError(DatagovError):
    """The command line or the API was called wrongly."""


class ConfigError(UsageError):
    """A configuration or declaration file is wrong.

    ``file`` is the path as the user wrote it; ``line`` counts from 1, or is None when no line is at fault.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{message}")
        self.file = file
        self.line = line


class PluginError(DatagovError):
    """An adapter is unknown, missing or broken."""


class SourceError(DatagovError):
    """A source cannot be opened, read or understood."""


class SourceRefusedError(SourceError):
    """The preflight refused the source, for example because the account may write."""


class SourceLockedError(SourceError):
    """Another session holds a lock on what was to be read."""


class SourceLimitError(SourceError):
    """A cap on size, depth, rows or bytes was reached before the work was done."""


class WorkerError(DatagovError):
    """A worker process died, hung past its deadline or outgrew its memory."""
