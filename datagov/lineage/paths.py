"""The path of a file or a store as it is told: without user, password, signature and other arguments."""

from __future__ import annotations

import re

_ARGUMENTS = re.compile(r"[?#;]|%3[Ff]")
_SETTING = re.compile(r"(?i)[\s;&?][\w-]+\s*=|^\w*(?:pass|pwd|secret|token|key|sig|user|uid)\w*\s*=")
_CONTAINER_FIRST = frozenset({"abfs", "abfss", "wasb", "wasbs"})
"""Azure's schemes put the container where others put the user: ``abfss://container@account/path``."""


def told_path(path: str) -> str:
    """``path`` without credentials and arguments; a connection string or a command is only ``?``.

    >>> told_path("s3://u:secret@bucket/x?sig=1"), told_path("/data/a.csv")
    ('s3://bucket/x', '/data/a.csv')
    """
    scheme, mark, rest = path.partition("://")
    if not mark:
        return _plain(path)
    rest = _ARGUMENTS.split(rest, maxsplit=1)[0]
    user, at, host = rest.rpartition("@")
    named = scheme.lower() in _CONTAINER_FIRST and ":" not in user and "/" not in user
    if at and (named or not _is_of_the_path(user)):
        return f"{scheme}://{rest if named else host}"
    return f"{scheme}://{rest}"


def _is_of_the_path(before: str) -> bool:
    """Does the ``@`` after ``before`` stand in the path, behind a host without a password?"""
    host, slash, _ = before.partition("/")
    return bool(slash) and (":" not in host or host.rpartition(":")[2].isdigit())


def _plain(path: str) -> str:
    if _SETTING.search(path):
        head = path.partition("?")[0]
        return "?" if head == path or _SETTING.search(head) else _plain(head)
    user, at, rest = path.rpartition("@")
    if at and user and not user.startswith(("/", ".", "@")):
        return rest
    return path
