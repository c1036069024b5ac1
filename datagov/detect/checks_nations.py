"""Validators of national identifiers that python-stdnum lacks: text → whether it can be real. None raises."""

from __future__ import annotations

import re

_DE_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_SG_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
_SG_LETTERS = {
    "S": "JZIHGFEDCBA",
    "T": "JZIHGFEDCBA",
    "F": "XWUTRQPNMLK",
    "G": "XWUTRQPNMLK",
    "M": "KLJNPQRTUWX",
}
_NINO_UNUSED = frozenset({"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"})


def au_medicare(text: str) -> bool:
    """Australian Medicare card: eight digits weighted 1 3 7 9 1 3 7 9, the ninth their sum mod 10."""
    digits = re.sub(r"\D", "", text)
    if len(digits) not in (10, 11) or digits[0] not in "23456":
        return False
    return sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=False)) % 10 == int(digits[8])


def de_social_security(text: str) -> bool:
    """German pension insurance number: area, birth date, letter, serial, check digit (VKVV §2)."""
    text = re.sub(r"\s", "", text.upper())
    match = re.fullmatch(r"(\d{2})(\d{2})(\d{2})(\d{2})([A-Z])(\d{2})(\d)", text)
    if not match or not 1 <= int(match[3]) <= 12 or not 1 <= int(match[2]) <= 81:
        return False
    spelled = text[:8] + f"{ord(match[5]) - 64:02d}" + match[6]
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(spelled, _DE_WEIGHTS, strict=True))
    return total % 10 == int(match[7])


def de_health_insurance(text: str) -> bool:
    """German health insurance number: letter, eight digits, check digit with weights 1 2 (§290 SGB V)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[A-Z]\d{9}", text):
        return False
    spelled = f"{ord(text[0]) - 64:02d}" + text[1:9]
    total = sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(spelled))
    return total % 10 == int(text[9])


def uk_nino(text: str) -> bool:
    """UK national insurance number: a prefix in use, six digits, suffix A to D; it has no check digit."""
    text = re.sub(r"\s", "", text.upper())
    return re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", text) is not None and (
        text[:2] not in _NINO_UNUSED
    )


def ru_snils(text: str) -> bool:
    """Russian pension insurance number: nine digits weighted 9 to 1, the sum mod 101 in two digits."""
    digits = re.sub(r"\D", "", text)
    if len(digits) != 11 or int(digits[:9]) <= 1001998:
        return False
    check = sum(int(d) * w for d, w in zip(digits, range(9, 0, -1), strict=False)) % 101
    return int(digits[9:]) == (0 if check == 100 else check)


def sg_nric(text: str) -> bool:
    """Singapore NRIC and FIN, the M series of 2022 included: seven weighted digits and a check letter."""
    text = text.strip().upper()
    if not re.fullmatch(r"[STFGM]\d{7}[A-Z]", text):
        return False
    total = sum(int(d) * w for d, w in zip(text[1:8], _SG_WEIGHTS, strict=True))
    total += {"T": 4, "G": 4, "M": 3}.get(text[0], 0)
    return _SG_LETTERS[text[0]][total % 11] == text[8]


def us_npi(text: str) -> bool:
    """US national provider identifier: Luhn over 80840 and ten digits that begin with 1 or 2."""
    if not re.fullmatch(r"[12]\d{9}", text.strip()):
        return False
    digits = [int(d) for d in "80840" + text.strip()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def dated(text: str) -> bool:
    """Eleven digits that are not all alike: the Nigerian NIN, whose check no public standard gives."""
    return len(set(text)) > 3
