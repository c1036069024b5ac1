"""Which metadata file in the folder of an Iceberg table is the current one, where no catalog says it.

Source: HadoopTableOperations of Apache Iceberg, and the specification's chapter on tables in file systems. There a
commit is the renaming of ``vN.metadata.json``, and ``version-hint.text`` names a version from which on the current one
is found. Tables of other catalogs have no hint: the highest number counts, unless the folder itself casts doubt on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HINT = "version-hint.text"
HINT_BYTES = 1_024

_FILE = re.compile(r"v?(\d+)[-.].*metadata\.json$")
_COMMITTED = re.compile(r"v(\d+)(\.gz)?\.metadata\.json$")


def number(name: str) -> int | None:
    """The version in a metadata file's name; None for other files."""
    found = _FILE.match(name)
    return int(found[1]) if found else None


def newest(names: Iterable[str]) -> list[str]:
    """The metadata files of the highest version: several where a commit failed, of which the folder cannot tell.

    >>> newest(["v9.metadata.json", "v10.metadata.json", "snap-1.avro"])
    ['v10.metadata.json']
    >>> newest(["00002-0b1c.metadata.json", "00010-9f3e.gz.metadata.json"])
    ['00010-9f3e.gz.metadata.json']
    """
    versions = [(version, name) for name in names if (version := number(name)) is not None]
    return sorted(name for version, name in versions if version == max(versions)[0])


def hinted(names: Sequence[str], hint: str) -> str | None:
    """The file that a hint leads to: a number leads to its version and the committed ones that follow without a gap,
    because a hint may be late; a name to the file. None when it is not there.

    >>> hinted(["v1.metadata.json", "v2.metadata.json", "v3.metadata.json", "v9.metadata.json"], "2")
    'v3.metadata.json'
    >>> hinted(["00001-0b1c.metadata.json"], "00001-0b1c")
    '00001-0b1c.metadata.json'
    """
    if not hint.isdecimal():
        name = hint if hint.endswith(".metadata.json") else f"{hint}.metadata.json"
        return name if name in names else None
    committed = {int(found[1]): name for name in sorted(names) if (found := _COMMITTED.match(name))}
    version = int(hint)
    while version + 1 in committed and version in committed:
        version += 1
    return committed.get(version)


def preceding(names: Iterable[str], current: str) -> set[str]:
    """The metadata files of the highest version before the one of ``current``: of these one must be in its log."""
    own = number(current) or 0
    return set(newest(name for name in names if (version := number(name)) is not None and version < own))


def strays(names: Iterable[str], current: str, log: Iterable[str]) -> list[str]:
    """Metadata files of other versions that a table's log does not name, though it reaches back to them."""
    logged = set(log)
    first = min((version for name in logged if (version := number(name)) is not None), default=0)
    return [
        name
        for name in sorted(names)
        if name != current and name not in logged and (version := number(name)) is not None and version >= first
    ]
