"""Makers of single values for columns that a person writes: choices, forms, days, amounts, numbers with check digits.

None asks a generator of names or addresses.
"""

import datetime as dt
import hashlib
import random
import uuid
from collections.abc import Callable

Make = Callable[[random.Random], object]
Written = tuple[str, str, str | None, str, Make]
"""(system, table, entity, column, maker of a value); an entity of None is a column about nobody."""


def pick(words: str) -> Make:
    """One of the words; an underscore is a blank."""
    pool = words.split()
    return lambda c: c.choice(pool).replace("_", " ")


def of(*values: object) -> Make:
    """One of the values."""
    return lambda c: c.choice(values)


def form(pattern: str) -> Make:
    """``#`` a digit, ``@`` a capital, ``%`` a hexadecimal digit."""
    signs = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ", "%": "0123456789abcdef"}
    return lambda c: "".join(c.choice(signs[p]) if p in signs else p for p in pattern)


def forms(*patterns: str) -> Make:
    """One of the forms, filled."""
    return lambda c: form(c.choice(patterns))(c)


def day(low: int, high: int, shape: str = "%Y-%m-%d") -> Make:
    """A day between the first days of two years."""
    start = dt.date(low, 1, 1)
    return lambda c: (start + dt.timedelta(days=c.randrange((high - low) * 365))).strftime(shape)


def whole(low: int, high: int) -> Make:
    """A whole number."""
    return lambda c: c.randint(low, high)


def money(middle: float) -> Make:
    """An amount spread as amounts are."""
    return lambda c: round(c.lognormvariate(0, 1) * middle, 2)


def floaty(make: Make) -> Make:
    """A number that went through a floating-point column."""
    return lambda c: f"{make(c)}.0"


def digest(bits: int) -> Make:
    """A hash of so many bits."""
    return lambda c: hashlib.sha256(str(c.random()).encode()).hexdigest()[: bits // 4]


def unique(c: random.Random) -> str:
    """A random UUID."""
    return str(uuid.UUID(int=c.getrandbits(128), version=4))


def resident(c: random.Random) -> str:
    """A valid mainland identity number."""
    body = c.choice(
        ["110105", "310112", "440304", "330106", "510104", "420106", "320583", "370202", "610103", "350203"]
    )
    body += day(1950, 2006, "%Y%m%d")(c) + f"{c.randrange(1000):03d}"
    total = sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + "10X98765432"[total % 11]


def organisation(c: random.Random) -> str:
    """A valid social credit code."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    office = "".join(c.choice(signs[:10]) for _ in range(8))
    total = sum(int(d) * w for d, w in zip(office, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    stem = (
        c.choice(("91440300", "91110108", "91310115")) + office + "0123456789X0"[11 - total % 11 if total % 11 else 11]
    )
    whole = sum(signs.index(s) * 3**i for i, s in enumerate(stem))
    return stem + signs[-whole % 31]


def luhn(head: str, length: int) -> Make:
    """A number with its Luhn check digit."""

    def make(c: random.Random) -> str:
        body = head + "".join(c.choice("0123456789") for _ in range(length - len(head) - 1))
        total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
        return body + str(-total % 10)

    return make


def mail(c: random.Random) -> str:
    """An address of a domain that does not exist."""
    who = c.choice(["anna", "ben", "carla", "dmitri", "eva", "farid", "gwen", "hiro"])
    return f"{who}{c.randrange(999)}@{c.choice(['mail.test', 'web.example', 'post.example'])}"
