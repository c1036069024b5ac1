"""Validators: text → whether it can be a real identifier. None of them raises, whatever the text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from datagov.detect import checks_china as china
from datagov.detect import checks_crypto as crypto
from datagov.detect import checks_nations as nations
from datagov.detect import checks_persons as persons
from datagov.detect import wordlists

Check = Callable[[str], bool]

_SEPARATORS = re.compile(r"[\s\-./]+")
_VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_VALUES = (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9)
_REPORTING_BODIES = frozenset({"01", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99"})


def luhn(text: str) -> bool:
    """ISO/IEC 7812 check digit over the digits of the text."""
    digits = [int(c) for c in text if c in "0123456789"]
    if len(digits) < 2 or len(set(digits)) == 1:
        return False
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def card_shape(text: str) -> bool:
    """Issuer range and length of the payment networks (ISO/IEC 7812; Mastercard's 2-series included), no
    check digit."""
    digits = _bare(text)
    if not digits.isdecimal() or len(set(digits)) == 1:
        return False
    size = len(digits)
    two, three, four, six = (int(digits[:n]) for n in (2, 3, 4, 6))
    return (
        (digits[0] == "4" and size in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)
        or (two in (34, 37) and size == 15)
        or (four in (1800, 2131) and size == 15)
        or ((300 <= three <= 305 or four == 3095 or two in (36, 38, 39)) and size in (14, 16))
        or ((four == 6011 or two == 65 or 644 <= three <= 649) and size in (16, 19))
        or (3528 <= four <= 3589 and size in (16, 19))
        or (four in (6304, 6759, 6761, 6762, 6763, 6703, 6771, 6799, 5018, 5020, 5038, 5893) and 12 <= size <= 19)
        or (2200 <= four <= 2204 and 16 <= size <= 19)
        or (four in (9792, 8600, 9860, 5019, 5610, 5041, 5066, 5067, 6277, 6362, 6363) and size == 16)
        or (506099 <= six <= 506198 and size in (16, 18, 19))
        or (three in (508, 606, 607, 608, 817, 353, 356) and size == 16)
    )


def card(text: str) -> bool:
    """A payment card other than UnionPay's: issuer range, length, check digit."""
    return card_shape(text) and luhn(text)


def bank_card_shape(text: str) -> bool:
    """UnionPay: begins with 62 or 81, 16 to 19 digits (GB/T 20547-2006), no check digit."""
    digits = _bare(text)
    return digits.isdecimal() and 16 <= len(digits) <= 19 and digits[:2] in ("62", "81") and len(set(digits)) > 1


def bank_card(text: str) -> bool:
    """UnionPay with its check digit; an identity number of Gansu, which begins with 62 too, is none."""
    return bank_card_shape(text) and luhn(text) and not china.mainland_id_shape(text)


def imei(text: str) -> bool:
    """Equipment identity (3GPP TS 23.003): 15 digits, a reporting body that allocates, check digit."""
    digits = _bare(text)
    return len(digits) == 15 and digits.isdecimal() and digits[:2] in _REPORTING_BODIES and luhn(digits)


def vin(text: str) -> bool:
    """Vehicle identification number with the check digit of 49 CFR 565 (North America and China, GB
    16735)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text) or text.isdecimal():
        return False
    values = dict(zip(_VIN_LETTERS, _VIN_VALUES, strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum((int(c) if c.isdecimal() else values[c]) * w for c, w in zip(text, weights, strict=True))
    return text[8] == "0123456789X"[total % 11]


def ip(text: str) -> bool:
    """An IPv4 or IPv6 address, a prefix length or a port allowed behind it."""
    text = text.strip()
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::\d{1,5})?", text)
    if bracketed:
        text = bracketed[1]
    elif text.count(":") == 1:
        text = text.split(":")[0]
    text = re.sub(r"%[0-9A-Za-z._-]+(?=/|$)", "", text)
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "." in text or (":" in text and text != "::")


def email(text: str) -> bool:
    """A mailbox as RFC 5321 lets it be routed: one @, a domain whose last label is no number."""
    local, at, domain = text.strip().strip("<>").rpartition("@")
    if not at or not local or len(local) > 64 or ".." in text or local.startswith(".") or local.endswith("."):
        return False
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not labels[-1].replace("-", "a").isalnum():
        return False
    return all(0 < len(label) < 64 and not label.startswith("-") and not label.endswith("-") for label in labels)


def iban(text: str) -> bool:
    """International bank account number (ISO 13616): a country, 15 to 34 characters, ISO 7064 MOD 97-10.

    The structure inside is left open: banks' own test numbers and countries that joined later keep only
    the check digits.
    """
    text = _bare(text)
    if not 15 <= len(text) <= 34 or text[:2] not in wordlists.sections("places.txt")["country"]:
        return False
    if not text.isascii() or not text.isalnum():
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def us_ssn(text: str) -> bool:
    """US social security number: area, group and serial that are or may be issued, advertised ones left
    out."""
    return us_ssn_shape(text) and re.sub(r"\D", "", text) not in _ADVERTISED_SSN


def us_ssn_shape(text: str) -> bool:
    """The same with the advertised numbers, which stood on sample cards and in forms and were never issued."""
    digits = re.sub(r"\D", "", text)
    return re.fullmatch(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}", digits) is not None


def swift(text: str) -> bool:
    """Business identifier code (ISO 9362): bank, a country that exists, place, branch."""
    text = text.strip().upper()
    return (
        re.fullmatch(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", text) is not None
        and text[4:6] in wordlists.sections("places.txt")["country"]
    )


def always(text: str) -> bool:
    """No check exists beyond the pattern."""
    return bool(text)


@cache
def named(name: str) -> Check:
    """The check of an identifier row: the name of a function here, or ``stdnum.<module>``; KeyError if
    neither."""
    if name.startswith("stdnum."):
        return _stdnum(name.removeprefix("stdnum."))
    return _OWN[name]


@cache
def _stdnum(module: str) -> Check:
    loaded = import_module(f"stdnum.{module}")
    validate = loaded.is_valid
    born = None if module in _OF_ANY_YEAR else getattr(loaded, "get_birth_date", None)

    def check(text: str) -> bool:
        try:
            return bool(validate(text)) and (born is None or _in_memory(born, text))
        except Exception:  # noqa: BLE001 - stdnum validators raise KeyError, IndexError … on texts they did not foresee
            return False

    return check


def _in_memory(born: Callable[[str], Any], text: str) -> bool:
    """Whether the birth date in a number is one of somebody whose number can be in use; True where it holds none."""
    try:
        date = born(text)
    except Exception:  # noqa: BLE001 - a number that is valid without a birth date is said by an exception of any kind
        return True
    return date is None or persons.OLDEST_BIRTH <= date.year <= persons.LATEST_BIRTH


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


# Region, full date and check digit leave so little to chance that made-up birth years of test files may pass.
_OF_ANY_YEAR = frozenset({"ro.cnp"})
_ADVERTISED_SSN = frozenset({"078051120", "219099999", "457555462", "123456789", "111111111"})
_OWN: dict[str, Check] = {
    check.__name__: check
    for check in (
        *(luhn, card_shape, card, bank_card_shape, bank_card, imei, vin, ip, email, iban, us_ssn, us_ssn_shape, swift),
        *(always, crypto.address, crypto.ether),
        *(china.mainland_id, china.mainland_id_shape, china.mainland_id_15, china.uscc, china.hk_id, china.tw_id),
        *(china.mobile, china.tw_resident),
        *(nations.au_medicare, nations.de_social_security, nations.de_health_insurance, nations.uk_nino),
        *(nations.ru_snils, nations.sg_nric, nations.us_npi, nations.dated),
        *(persons.ae_emirates_id, persons.sa_nid, persons.kz_iin, persons.uz_pinfl, persons.ir_national_code),
        *(persons.lu_nin, persons.uy_ci, persons.hu_taj, persons.hu_tax_id, persons.kw_civil_id, persons.md_idnp),
        *(persons.lk_nic, persons.nz_nhi, persons.mx_nss, persons.eg_national_id, persons.vn_cccd, persons.kr_rrn),
        *(persons.kr_frn, persons.se_coordination, persons.dea, persons.ua_rntrc, persons.at_vnr),
        *(persons.fr_nir, persons.icao_document, persons.de_doctor, persons.uk_driving_licence, persons.mo_id),
        persons.numbered,
    )
}
