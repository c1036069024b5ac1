"""What the words beside a number say of it: that it is this kind of number, or the number of a thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import re2

_BEFORE, _AFTER = 60, 24
_LONG = 5
_COMPOUND = 6
"""Letters from which a word may also be part of a longer one (``Sozialversicherungsnummer``)."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JOINT = re.compile(r"[_\-./'’´`]+")
_NUMBER = re.compile(r"\d(?:[ .\-/]?\d){5,}")
_BOUNDED = re.compile(r"[A-Za-z\u00aa-\u052f]")
_FIRST, _LAST = re.compile(r"^[A-Za-z\u00aa-\u052f]+"), re.compile(r"[A-Za-z\u00aa-\u052f]+$")
"""Letters of scripts in which a short word must stand alone."""
_LETTER = re.compile(r"[^\W\d_]")
_THING = re.compile(
    r"(?i)(?:\b(?:order|invoice|serial|transaction|txn|tracking|batch|amount|total|timestamp|ref(?:erence)?|ticket|sku"
    r"|product|item|isbn|ean|barcode|version|build|parcel|shipment|commande|facture|bestellung|rechnung|pedido|factura"
    r"|session|request|trace)"
    r"(?:[ _-]?(?:no|number|id|num|nr))?"
    r"|订单号?|流水号?|运单号?|交易号?|单号|金额|批次号?|序列号|时间戳|发票号码?|快递单?号?)"
    r"[\s.:：#=\"']*(?:is\s)?$"
)

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "NATIONAL_ID": (
        *("national id", "national identity", "identity number", "identity card", "id card", "id number", "citizen id"),
        *("personal id", "personal number", "personal code", "national number", "国民身份", "证件号", "證件號"),
    ),
    "TAX_ID": ("tax id", "tax number", "taxpayer", "tax identification", "tin", "税号", "纳税人识别号", "稅號"),
    "SOCIAL_SECURITY": ("social security", "social insurance", "insurance number", "社保", "社会保障", "社會保障"),
    "HEALTH_ID": ("health insurance", "health number", "patient number", "patient id", "医保", "病历号"),
    "PHONE_NUMBER": (
        *(
            "phone",
            "telephone",
            "tel",
            "fax",
            "mobile",
            "mob",
            "cell",
            "cellphone",
            "call",
            "whatsapp",
            "sms",
            "msisdn",
        ),
        *("电话", "手机", "传真", "联系", "電話", "携帯", "전화", "телефон", "тел", "телефона", "telefon", "telefono"),
        *("teléfono", "telefone", "téléphone", "celular", "móvil", "portable", "handy", "rufnummer", "telefoon"),
        *("هاتف", "טלפון", "โทร", "điện thoại", "τηλέφωνο", "फ़ोन", "puhelin", "mobiltelefon", "contact number"),
    ),
}
"""Words that announce any number of a family."""


@cache
def pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for the words of a kind, to be tried on what ``around`` returns; None without words.

    Short Latin words stand alone, longer ones may be part of a compound, other scripts know no boundary.
    """
    parts = []
    for word in words:
        folded = plain(word)
        if not folded:
            continue
        escaped = re.escape(folded).replace(r"\ ", r"\s+")
        parts.append(escaped if _may_be_inside(folded) else rf"(?<![^\W\d_]){escaped}(?![^\W\d_])")
    return re.compile("|".join(parts)) if parts else None


def _may_be_inside(folded: str) -> bool:
    """Whether a word also counts as part of a longer one."""
    latin = "a" <= folded[0] <= "\u052f" if folded[0].isalpha() else folded[0].isascii()
    return not latin or (len(folded) >= _COMPOUND and " " not in folded)


def core(word: str) -> str:
    """RE2 of what stands in every text of ``plain`` in which ``pattern`` finds the word: its longest part, apart from
    other letters where the word must stand alone; empty for an empty word."""
    folded = plain(word).strip()
    if not folded:
        return ""
    longest = re2.escape(max(folded.split(), key=len))
    return longest if _may_be_inside(folded) else rf"(?:^|\PL){longest}(?:\PL|$)"


def around(text: str, start: int, end: int) -> str:
    """The words that may speak of ``text[start:end]``, folded to lower case: those before it up to the number before,
    else those behind it when no number follows that they could announce."""
    before = _from_a_word_on(text, max(0, start - _BEFORE), start)
    numbers = list(_NUMBER.finditer(before))
    if numbers and _LETTER.search(before[numbers[-1].end() :]):
        before = before[numbers[-1].end() :]
    after = text[end : end + 2 * _AFTER]
    if re.search(rf"\d{{{_LONG},}}|\d{{3}}[ .\-]\d{{2}}", after):
        after = ""
    elif len(after) > _AFTER and _BOUNDED.match(after[_AFTER]):
        after = _LAST.sub("", after[:_AFTER])
    return f"{plain(before)} \n {plain(after[:_AFTER])}"


def _from_a_word_on(text: str, start: int, end: int) -> str:
    """A part of a text without the word that its beginning cuts: what is left of it might be another word."""
    part = text[start:end]
    return _FIRST.sub("", part) if start and _BOUNDED.match(text[start - 1]) else part


def is_of_a_thing(text: str, start: int) -> bool:
    """Whether the words straight before a number say that it numbers an order, an invoice, an article …"""
    return _THING.search(text[max(0, start - _BEFORE) : start]) is not None


def plain(text: str) -> str:
    """The text as words are looked for in it: lower case, parts of names and keys apart."""
    return _JOINT.sub(" ", _HUMP.sub(" ", text)).casefold()
