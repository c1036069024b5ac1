"""The random numbers of a sample: repeatable, and different for every dataset."""

from __future__ import annotations

import random
from hashlib import blake2b


def chance(seed: int, name: str) -> random.Random:
    """The random numbers of one dataset: they depend on the run's seed and the dataset's name, nothing else."""
    digest = blake2b(f"{seed}\0{name}".encode("utf-8", "replace"), digest_size=16).digest()
    return random.Random(digest)  # noqa: S311 - a sample has to be repeatable, not secret


def seed_of(seed: int, name: str) -> int:
    """A 63-bit key of the same two, for databases that draw rows by a hash of them."""
    digest = blake2b(f"{seed}\0{name}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
