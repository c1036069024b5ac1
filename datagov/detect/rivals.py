"""Non-personal kinds that compete for a column: dates, UUIDs, hashes, amounts, codes, serial numbers, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PATTERNS: dict[str, str] = {
    "DATE_TIME": r"^(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{1,2}[- ][A-Za-z]{3,9}[-, ]+\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:[T ,]*(?:\d{1,2}:?\d{2}(?::?\d{2})?(?:[.,]\d+)?)?\s*(?:[AaPp][Mm])?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?$",
    "TIME": r"^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[APap][Mm])?$",
    "EPOCH": r"^(?:1[0-9]{9}|1[0-9]{12}|1[0-9]{15}|1[0-9]{18})$",
    "DATED_NUMBER": r"^(?:20[0-4]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2,18}$",
    "UUID": r"^\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?$|^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
    "HASH": r"^(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}|[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64}|[0-9A-F]{128})$",
    "URL": r"^(?:https?|ftps?|s3|oss|hdfs|jdbc:\w+)://\S+$|^www\.\S+$",
    "PATH": r"^(?:[A-Za-z]:\\|/|\./|~/)[^\s]*[/\\.][^\s]*$|^[\w-]+\.(?:pdf|jpe?g|png|csv|xlsx?|docx?|txt|json|xml|zip|gz|mp[34]|py|js|html?|sql|log)$",
    "VERSION": r"^[vV]?\d{1,3}(?:\.\d{1,5}){1,3}(?:[-+.]?(?:alpha|beta|rc|dev|post|a|b|SNAPSHOT|RELEASE)[.\d]*)?$",
    "DECIMAL": r"^[-+(]?[$€£¥￥]?\s?\d{1,3}(?:[, ]?\d{3})*[.,]\d{1,8}\)?%?$|^[-+]?\d+\.\d+(?:[eE][-+]?\d+)?$|^[-+]?\d+(?:\.\d+)?%$|^[$€£¥￥]\s?\d[\d,.]*$",
    "INTEGER": r"^[-+]?\d{1,40}$",
    "BOOLEAN": r"(?i)^(?:true|false|yes|no|y|n|t|f|0|1|是|否|on|off)$",
    "CODE": r"^[A-Za-z]{1,6}[-_/#.]?\d[A-Za-z0-9-_/.]{1,30}$|^[A-Z0-9]+(?:[-_/][A-Z0-9]+)+$|^[A-Z]{2,5}$",
    "ENUM": r"^[a-z]+(?:_[a-z0-9]+)+$|^[A-Z]+(?:_[A-Z0-9]+)+$",
    "JSON": r"^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$",
    "COLOUR": r"^#[0-9a-fA-F]{6}$",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What all values of a column have in common, whatever they mean.

    ``rates``   kind → share of distinct values that match it;  ``serial`` the numbers run on (few gaps), or are a counter;
    ``lead``    share of values that begin with the most common three characters;
    ``words``   mean number of words;  ``length`` mean characters;  ``han`` share of values with Chinese characters;
    ``unique``  distinct values over read rows.
    """

    rates: dict[str, float]
    serial: bool
    lead: float
    words: float
    length: float
    han: float
    unique: float


def measure(texts: Sequence[str], array: pa.Array, read: int) -> Shape:
    """Match every rival pattern against the distinct texts, and look at how the numbers run."""
    size = max(len(texts), 1)
    rates = {}
    for kind, pattern in _PATTERNS.items():
        hits = pc.sum(pc.match_substring_regex(array, pattern)).as_py() or 0
        if hits:
            rates[kind] = hits / size
    leads: dict[str, int] = {}
    for text in texts:
        leads[text[:3]] = leads.get(text[:3], 0) + 1
    return Shape(
        rates=rates,
        serial=rates.get("INTEGER", 0) > 0.95 and _runs_on(texts),
        lead=max(leads.values(), default=0) / size,
        words=float(np.mean([text.count(" ") + 1 for text in texts])) if texts else 0.0,
        length=float(np.mean([len(text) for text in texts])) if texts else 0.0,
        han=sum(any("\u3400" <= c <= "\u9fff" for c in text) for text in texts) / size,
        unique=len(texts) / max(read, 1),
    )


def _runs_on(texts: Sequence[str]) -> bool:
    """Numbers of a counter fill their range; identifiers of persons are scattered."""
    numbers = sorted({int(text) for text in texts if text.isdigit() and len(text) < 40})
    if len(numbers) < 5:
        return False
    span = numbers[-1] - numbers[0] + 1
    if span <= 60 * len(numbers):
        return True
    gaps = np.diff(np.array([n - numbers[0] for n in numbers], dtype=np.float64))
    return bool(np.percentile(gaps, 80) <= 50 and np.median(gaps) < 20)


def verdict(shape: Shape) -> tuple[str, float] | None:
    """The non-personal kind that explains most values, if one explains nine tenths of them."""
    strong = ("UUID", "HASH", "URL", "PATH", "DATE_TIME", "TIME", "DECIMAL", "BOOLEAN", "JSON", "COLOUR", "DATED_NUMBER", "EPOCH",
              "ENUM", "CODE", "VERSION", "INTEGER")  # fmt: skip
    for kind in strong:
        if shape.rates.get(kind, 0.0) >= 0.9:
            return kind, shape.rates[kind]
    return None
