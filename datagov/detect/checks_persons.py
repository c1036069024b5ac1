"""Validators of persons' numbers of more countries that python-stdnum lacks: text → whether it can be real. None
raises."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

OLDEST_BIRTH, LATEST_BIRTH = 1850, 2035
"""Years in which the holder of a number can be born, dead ones in old files included; fixed, so that the same text
gives the same answer."""
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VERHOEFF = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_DIHEDRAL = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_KZ_FIRST, _KZ_SECOND = tuple(range(1, 12)), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def ae_emirates_id(text: str) -> bool:
    """Emirates ID: 784, year of birth, seven digits, Luhn."""
    digits = _digits(text)
    return len(digits) == 15 and digits[:3] == "784" and _born_in(digits[3:7]) and _luhn(digits)


def sa_nid(text: str) -> bool:
    """Saudi national (1) and resident (2) number: ten digits, Luhn."""
    digits = _digits(text)
    return len(digits) == 10 and digits[0] in "12" and _luhn(digits)


def kz_iin(text: str) -> bool:
    """Kazakh IIN: birth date, century and sex 1 to 6, serial, check digit mod 11 in two rounds."""
    digits = _digits(text)
    if len(digits) != 12 or digits[6] not in "123456":
        return False
    century = 1800 + 100 * ((int(digits[6]) - 1) // 2)
    if not _born(f"{century + int(digits[:2])}{digits[2:6]}"):
        return False
    for weights in (_KZ_FIRST, _KZ_SECOND):
        check = _weighted(digits, weights) % 11
        if check < 10:
            return check == int(digits[11])
    return False


def uz_pinfl(text: str) -> bool:
    """Uzbek PINFL: sex and century 1 to 6, birth date, region, serial, check digit with weights 7 3 1."""
    digits = _digits(text)
    if len(digits) != 14 or digits[0] not in "123456":
        return False
    century = 1800 + 100 * ((int(digits[0]) - 1) // 2)
    born = f"{century + int(digits[5:7])}{digits[3:5]}{digits[1:3]}"
    return _born(born) and _weighted(digits, (7, 3, 1) * 4 + (7,)) % 10 == int(digits[13])


def ir_national_code(text: str) -> bool:
    """Iranian national code: nine digits weighted 10 to 2, mod 11."""
    digits = _digits(text)
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    rest = _weighted(digits, range(10, 1, -1)) % 11
    return int(digits[9]) == (rest if rest < 2 else 11 - rest)


def lu_nin(text: str) -> bool:
    """Luxembourg national number: birth date, serial, a Luhn digit and a Verhoeff digit over the first eleven."""
    digits = _digits(text)
    if len(digits) != 13 or not _born(digits[:8]):
        return False
    return _luhn(digits[:12]) and _verhoeff(digits[:11] + digits[12])


def uy_ci(text: str) -> bool:
    """Uruguayan identity card: seven digits weighted 2 9 8 7 6 3 4, mod 10."""
    digits = _digits(text).rjust(8, "0")
    if len(digits) != 8 or len(set(digits)) == 1:
        return False
    return -_weighted(digits, (2, 9, 8, 7, 6, 3, 4)) % 10 == int(digits[7])


def hu_taj(text: str) -> bool:
    """Hungarian TAJ: eight digits weighted 3 7 in turn, mod 10."""
    digits = _digits(text)
    return len(digits) == 9 and len(set(digits)) > 1 and _weighted(digits, (3, 7) * 4) % 10 == int(digits[8])


def hu_tax_id(text: str) -> bool:
    """Hungarian tax identification of persons: 8, days since 1867, serial, check digit mod 11."""
    digits = _digits(text)
    if len(digits) != 10 or digits[0] != "8":
        return False
    born = dt.date(1867, 1, 1) + dt.timedelta(days=int(digits[1:6]))
    return _in_range(born.year) and _weighted(digits, range(1, 10)) % 11 == int(digits[9])


def kw_civil_id(text: str) -> bool:
    """Kuwaiti civil number: century 2 or 3, birth date, serial, check digit mod 11."""
    digits = _digits(text)
    if len(digits) != 12 or digits[0] not in "23" or not _born(f"{17 + int(digits[0])}{digits[1:7]}"):
        return False
    return 11 - _weighted(digits, (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == int(digits[11])


def md_idnp(text: str) -> bool:
    """Moldovan IDNP: 2 or 0, year, registry and serial, check digit with weights 7 3 1."""
    digits = _digits(text)
    return len(digits) == 13 and digits[0] in "02" and _weighted(digits, (7, 3, 1) * 4) % 10 == int(digits[12])


def lk_nic(text: str) -> bool:
    """Sri Lankan identity card: year and day of birth (women's days by 500 later), serial; old with V or X."""
    match = re.fullmatch(r"(\d{2})(\d{3})\d{4}[VX]|((?:19|20)\d{2})(\d{3})\d{5}", text.strip().upper())
    if not match:
        return False
    year = match[3] or f"19{match[1]}"
    day = int(match[4] or match[2])
    return _born_in(year) and (1 <= day <= 366 or 501 <= day <= 866)


def nz_nhi(text: str) -> bool:
    """New Zealand health index: three letters, then four digits (mod 11) or two digits, letter, letter (mod 23)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[A-HJ-NP-Z]{3}\d{2}(?:\d{2}|[A-HJ-NP-Z]{2})", text):
        return False
    values = [int(c) if c.isdecimal() else _NHI.index(c) + 1 for c in text]
    total = sum(v * w for v, w in zip(values, range(7, 1, -1), strict=False))
    if text[6].isdecimal():
        return total % 11 != 0 and (11 - total % 11) % 10 == values[6]
    return 23 - total % 23 == values[6]


def mx_nss(text: str) -> bool:
    """Mexican social security number: office, years of entry and birth, serial, Luhn."""
    digits = _digits(text)
    return len(digits) == 11 and 1 <= int(digits[:2]) <= 99 and len(set(digits)) > 2 and _luhn(digits)


def eg_national_id(text: str) -> bool:
    """Egyptian national number: century 2 or 3, birth date, governorate, serial, a check digit nobody published."""
    digits = _digits(text)
    if len(digits) != 14 or digits[0] not in "23" or not _born(f"{17 + int(digits[0])}{digits[1:7]}"):
        return False
    return 1 <= int(digits[7:9]) <= 35 or digits[7:9] == "88"


def vn_cccd(text: str) -> bool:
    """Vietnamese citizen card: province, century and sex, year of birth, serial; it has no check digit."""
    digits = _digits(text)
    return len(digits) == 12 and 1 <= int(digits[:3]) <= 96 and digits[3] in "0123" and len(set(digits)) > 2


def kr_rrn(text: str) -> bool:
    """Korean resident and foreigner numbers: birth date, sex and century, check digit; who was born since October
    2020 has none."""
    digits = _digits(text)
    if len(digits) != 13:
        return False
    century = {"1": 19, "2": 19, "5": 19, "6": 19, "3": 20, "4": 20, "7": 20, "8": 20}.get(digits[6])
    if century is None or not _born(f"{century}{digits[:6]}"):
        return False
    total = _weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5))
    foreign = 2 if digits[6] in "5678" else 0
    valid = ((11 - total % 11) % 10 + foreign) % 10 == int(digits[12]) or (11 - total % 11) % 10 == int(digits[12])
    return valid or f"{century}{digits[:6]}" >= "20201001"


def kr_frn(text: str) -> bool:
    """Korean foreigner registration number: the seventh digit is 5 to 8."""
    return kr_rrn(text) and _digits(text)[6] in "5678"


def se_coordination(text: str) -> bool:
    """Swedish coordination number (samordningsnummer): a personal number whose day is 60 higher."""
    digits = _digits(text)
    if len(digits) not in (10, 12):
        return False
    short = digits[-10:]
    if not 61 <= int(short[4:6]) <= 91 or not _day(int(short[2:4]), int(short[4:6]) - 60):
        return False
    return (len(digits) == 10 or _born_in(digits[:4])) and _luhn(short)


def dea(text: str) -> bool:
    """Registration number of the US Drug Enforcement Administration: class, initial or 9, seven digits with check."""
    match = re.fullmatch(r"[ABCDEFGHJKLMPRSTUX][A-Z9](\d{7})", text.strip().upper())
    if not match:
        return False
    d = [int(c) for c in match[1]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def ua_rntrc(text: str) -> bool:
    """Ukrainian taxpayer number: days since 1899, serial, check digit mod 11."""
    digits = _digits(text)
    if len(digits) != 10:
        return False
    born = dt.date(1899, 12, 31) + dt.timedelta(days=int(digits[:5]))
    return _in_range(born.year) and _weighted(digits, (-1, 5, 7, 9, 4, 6, 10, 5, 7)) % 11 % 10 == int(digits[9])


def at_vnr(text: str) -> bool:
    """Austrian insurance number: serial, check digit mod 11, birth date (months 13 to 15 when days ran out)."""
    digits = _digits(text)
    if len(digits) != 10 or digits[0] == "0":
        return False
    if not (1 <= int(digits[4:6]) <= 31 and 1 <= int(digits[6:8]) <= 15):
        return False
    return _weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(digits[3])


def fr_nir(text: str) -> bool:
    """French number of the register of persons: sex, year, month, department, commune, key mod 97."""
    text = re.sub(r"[\s.\-]", "", text.upper())
    match = re.fullmatch(r"([1-478])\d{2}(\d{2})(\d{2}|2A|2B)(\d{6})(\d{2})", text)
    if not match or not (1 <= int(match[2]) <= 12 or 20 <= int(match[2]) <= 42 or int(match[2]) >= 50):
        return False
    body = text[:13].replace("2A", "19", 1) if match[3] == "2A" else text[:13]
    body = body[:5] + "18" + body[7:] if match[3] == "2B" else body
    return body.isdecimal() and 97 - int(body) % 97 == int(match[5])


def icao_document(text: str) -> bool:
    """German passport or identity card: nine places and a check digit with weights 7 3 1 (ICAO 9303)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[CFGHJKLMNPRTVWXYZ0-9]{9}\d", text):
        return False
    return sum(_ALPHABET.index(c) * w for c, w in zip(text, (7, 3, 1) * 3, strict=False)) % 10 == int(text[9])


def de_doctor(text: str) -> bool:
    """German physician's number (LANR): six digits, check digit with weights 4 9, two digits of the field."""
    digits = _digits(text)
    if len(digits) != 9 or len(set(digits)) == 1:
        return False
    return (10 - _weighted(digits, (4, 9, 4, 9, 4, 9)) % 10) % 10 == int(digits[6])


def uk_driving_licence(text: str) -> bool:
    """British driving licence: five places of the name, birth date around the month of the sex, initials, check."""
    match = re.fullmatch(r"[A-Z]{1,5}9{0,4}(\d)(\d{2})(\d{2})\d[A-Z9]{2}[A-Z0-9]{3}", re.sub(r"\s", "", text.upper()))
    return match is not None and _day((int(match[2]) - 1) % 50 + 1, int(match[3]))


def mo_id(text: str) -> bool:
    """Macau resident identity card: 1, 5 or 7, six digits, one digit whose rule is not published."""
    return re.fullmatch(r"[157]/?\d{6}[/(]?\d\)?", text.strip()) is not None


def numbered(text: str) -> bool:
    """A word of letters and digits that holds at least three different figures."""
    return len({c for c in text if c.isdecimal()}) >= 3


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def _luhn(digits: str) -> bool:
    doubled = (int(d) * 2 for d in digits[-2::-2])
    return (sum(int(d) for d in digits[-1::-2]) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def _verhoeff(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _DIHEDRAL[check][_VERHOEFF[place % 8][int(digit)]]
    return check == 0


def _in_range(year: int) -> bool:
    return OLDEST_BIRTH <= year <= LATEST_BIRTH


def _born_in(year: str) -> bool:
    return _in_range(int(year))


def _day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def _born(eight: str) -> bool:
    try:
        return _in_range(dt.date(int(eight[:4]), int(eight[4:6]), int(eight[6:])).year)
    except ValueError:
        return False
