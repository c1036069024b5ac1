"""Points in time as people write them in registers, as UTC ISO 8601 text and as comparable values."""

from __future__ import annotations

from datetime import UTC, datetime


def parsed(text: str) -> datetime:
    """The moment a text names, in UTC; a date alone is its first moment, a time without a zone is UTC.

    Raises ValueError, whose message does not repeat the text.

    >>> parsed("2025-01-06") < parsed("2025-01-06T08:00:00+08:00") < parsed("2025-01-06 00:00:01")
    False
    >>> parsed("2025-01-06T08:00:00+08:00") == parsed("2025-01-06")
    True
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("a time must be ISO 8601, such as 2025-01-06 or 2025-01-06T08:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def normal(text: str) -> str:
    """The same moment as UTC ISO 8601 text ending in ``Z``.

    >>> normal("2025-01-06"), normal("2025-01-06T08:00:00+08:00")
    ('2025-01-06T00:00:00Z', '2025-01-06T00:00:00Z')
    """
    return parsed(text).isoformat().replace("+00:00", "Z")
