"""Protected values: partly masked, hashed, tokenised or redacted. The kind confirms or contradicts what
lineage claims."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_PARTIAL = re.compile(
    r"[*•●✱×]{2,}|(?<![A-Za-z])[xX]{3,}(?![A-Za-z])|#{3,}|^[\u4e00-\u9fff][*•●×某]{1,3}[\u4e00-\u9fff]?$|^[*•●×]{1,2}[\u4e00-\u9fff]{1,2}$"
)
_REDACTED = re.compile(
    r"(?i)^[<\[({]*\s*(?:redacted|removed|masked|hidden|deleted|anonymi[sz]ed|confidential|private|classified|已脱敏|已删除|已隐藏|保密|\*+|x{3,}|#{3,})\s*[>\])}]*$"
)
_HEX = re.compile(
    r"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{48}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$"
)
_TOKEN = re.compile(
    r"^(?:tok|token|tkn|pii|enc|vault|pseudo|sha256|hmac)[_:-][A-Za-z0-9+/=_-]{6,}$|^(?:vault:v\d+:)\S+$",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"^[A-Za-z0-9+/_-]{16,}={0,2}$")
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("CN_MOBILE", re.compile(r"^(?:\+?86[- ]?)?1[3-9][\d*•●xX]{9}$")),
    ("CN_RESIDENT_ID", re.compile(r"^[1-8\d][\d*•●xX]{16}[\dXx*]$")),
    ("CREDIT_CARD", re.compile(r"^(?:[\d*•●xX]{4}[ -]?){3}[\d*•●xX]{1,7}$")),
    ("EMAIL_ADDRESS", re.compile(r"^[^@\s]+@[^@\s]+$")),
    ("PERSON", re.compile(r"^[\u4e00-\u9fff*•●×某]{2,4}$")),
    ("US_SSN", re.compile(r"^[\d*xX]{3}-[\d*xX]{2}-\d{4}$")),
    ("PHONE_NUMBER", re.compile(r"^\+?[\d*•●xX() -]{7,18}$")),
)  # fmt: skip


_SAMPLE = 200
_SHORTEST_HASH = 32


@dataclass(frozen=True, slots=True)
class Masked:
    """How a column's values are protected, the share of distinct values that are, and the entity the shape
    shows."""

    kind: str
    rate: float
    entity: str | None


def recognise(texts: Sequence[str], weights: Sequence[int], *, hinted: Sequence[str]) -> Masked | None:
    """The protection most values wear, or None. ``hinted`` are kinds the column's name speaks of
    (``mobile_md5``)."""
    if not texts:
        return None
    sample = texts[:_SAMPLE]
    size = len(sample)
    total = sum(weights) or 1
    redacted = sum(w for t, w in zip(texts, weights, strict=True) if _REDACTED.match(t))
    if redacted / total >= 0.5:
        return Masked("redacted", redacted / total, None)
    partial = [t for t in sample if _PARTIAL.search(t)]
    if len(partial) / size >= 0.5:
        return Masked("partial", len(partial) / size, _shown(partial))
    hexes = sum(len(t) >= _SHORTEST_HASH and _HEX.match(t) is not None and _random(t) for t in sample)
    if hexes / size >= 0.8:
        return Masked("hash", hexes / size, None)
    tokens = sum(_TOKEN.match(t) is not None for t in sample)
    if tokens / size >= 0.8:
        return Masked("token", tokens / size, None)
    coded = sum(len(t) >= 20 and _BASE64.match(t) is not None and _random(t) for t in sample) if hinted else 0
    if coded / size >= 0.9:
        return Masked("hash" if "hash" in hinted else "token", coded / size, None)
    return None


def _shown(texts: Sequence[str]) -> str | None:
    for entity, pattern in _SHAPES:
        if sum(pattern.match(t) is not None for t in texts) / len(texts) >= 0.8:
            return entity
    return None


def _random(text: str) -> bool:
    """Hex and base64 of a hash use their alphabet evenly; a padded number does not."""
    counts = Counter(text.casefold())
    size = len(text)
    entropy = -sum(n / size * math.log2(n / size) for n in counts.values())
    return entropy >= (2.6 if size <= 32 else 3.0)
