"""Valid numbers of persons, kind by kind, and the same numbers broken: what must and must not be reported.

Numbers are drawn from the form that the issuing country publishes, and kept when python-stdnum finds their
check digits, dates and regions right; the few kinds it lacks have their check digits computed here.
None belongs to anybody known.
"""

from __future__ import annotations

import datetime as dt
import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from tests.detect import shapes

DATE = r"(?:[4-9]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|1\d|2[0-8])"
DAY_FIRST = r"(?:0[1-9]|1\d|2[0-8])(?:0[1-9]|1[0-2])(?:[4-9]\d)"

PERSONS: Mapping[str, tuple[str, str]] = {
    "AR_CUIT": ("ar.cuit", r"(20|23|24|27)\d{9}"),
    "AT_VNR": ("at.vnr", r"[1-9]\d{3}" + DAY_FIRST),
    "AU_TFN": ("au.tfn", r"\d{9}"),
    "BE_NN": ("be.nn", DATE + r"\d{5}"),
    "BG_EGN": ("bg.egn", DATE + r"\d{4}"),
    "BG_PNF": ("bg.pnf", r"\d{10}"),
    "BR_CPF": ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}"),
    "CA_BC_PHN": ("ca.bc_phn", r"9\d{9}"),
    "CA_SIN": ("ca.sin", r"[1-79]\d{2}-\d{3}-\d{3}|[1-79]\d{8}"),
    "CH_SSN": ("ch.ssn", r"756\d{10}|756\.\d{4}\.\d{4}\.\d{2}"),
    "CL_RUT": ("cl.rut", r"(?:[5-9]|1\d|2[0-5])\.\d{3}\.\d{3}-[\dK]|[1-2]\d{7}-[\dK]|1\d{7}[\dK]"),
    "CN_RESIDENT_ID": ("cn.ric", r"(?:110101|310104|440305|510104|330106)19" + DATE + r"\d{3}[\dX]"),
    "CO_NIT": ("co.nit", r"\d{9,10}|\d{3}\.\d{3}\.\d{3}-\d"),
    "CR_CPF": ("cr.cpf", r"[1-7]-\d{4}-\d{4}"),
    "CR_CR": ("cr.cr", r"1\d{11}"),
    "CU_NI": ("cu.ni", DATE + r"\d{5}"),
    "CZ_RC": ("cz.rc", r"[5-9]\d(?:0[1-9]|1[0-2]|5[1-9])(?:0[1-9]|1\d|2[0-8])/?\d{4}"),
    "DE_TAX_ID": ("de.idnr", r"[1-9]\d{10}"),
    "DK_CPR": ("dk.cpr", DAY_FIRST + r"-?[0-4]\d{3}"),
    "DO_CEDULA": ("do.cedula", r"\d{11}|\d{3}-\d{7}-\d"),
    "EC_CI": ("ec.ci", r"(?:0[1-9]|1\d|2[0-4])[0-5]\d{7}"),
    "EE_IK": ("ee.ik", r"[34]" + DATE + r"\d{4}"),
    "ES_NIE": ("es.nie", r"[XYZ]\d{7}[A-Z]"),
    "ES_NIF": ("es.dni", r"\d{8}[A-Z]|\d{8}-[A-Z]"),
    "FI_PERSONAL_IDENTITY_CODE": ("fi.hetu", DAY_FIRST + r"-\d{3}[0-9A-Y]"),
    "FR_NIF": ("fr.nif", r"[0-3]\d{12}"),
    "FR_NIR": ("fr.nir", r"[12]\d{2}(?:0[1-9]|1[0-2])(?:[013-8]\d|9[0-5])\d{8}"),
    "GR_AMKA": ("gr.amka", DAY_FIRST + r"\d{5}"),
    "HR_OIB": ("hr.oib", r"\d{11}"),
    "ID_NIK": ("id.nik", r"(?:327[1-6]|3171|5171)\d{2}" + DAY_FIRST + r"\d{4}"),
    "IE_PPS": ("ie.pps", r"\d{7}[A-W]A?"),
    "IL_IDNR": ("il.idnr", r"\d{9}"),
    "IN_AADHAAR": ("in_.aadhaar", r"[2-9]\d{11}|[2-9]\d{3} \d{4} \d{4}"),
    "IN_PAN": ("in_.pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]"),
    "IN_VOTER": ("in_.epic", r"[A-Z]{3}\d{7}"),
    "IS_KENNITALA": ("is_.kennitala", DAY_FIRST + r"-?\d{3}9"),
    "IT_FISCAL_CODE": ("it.codicefiscale", r"[A-Z]{6}\d{2}[ABCDEHLMPRST](?:0[1-9]|[12]\d|4[1-9])[A-L]\d{3}[A-Z]"),
    "JP_IN": ("jp.in_", r"\d{12}"),
    "KR_RRN": ("kr.rrn", DATE + r"-?[12]\d{6}"),
    "LT_ASMENS": ("lt.asmens", r"[34]" + DATE + r"\d{4}"),
    "LV_PK": ("lv.pvn", DAY_FIRST + r"-?1\d{4}"),
    "MU_NID": ("mu.nid", r"[A-Z]" + DAY_FIRST + r"\d{6}[0-9A-Z]"),
    "MX_CURP": ("mx.curp", r"[A-Z]{4}" + DATE + r"[HM](?:DF|JC|NL|PL)[BCDFGHJKLMNPQRSTVWXYZ]{3}0\d"),
    "MX_RFC": ("mx.rfc", r"[A-Z]{4}" + DATE + r"[0-9A-Z]{3}"),
    "MY_NRIC": ("my.nric", DATE + r"-?(?:0[1-9]|1[0-6])-?\d{4}"),
    "NL_BSN": ("nl.bsn", r"\d{9}"),
    "NO_FODSELSNUMMER": ("no.fodselsnummer", DAY_FIRST + r"\d{5}"),
    "PK_CNIC": ("pk.cnic", r"[1-7][1-5]\d{3}-\d{7}-\d"),
    "PL_PESEL": ("pl.pesel", DATE + r"\d{5}"),
    "PT_CC": ("pt.cc", r"\d{9}[A-Z]{2}\d"),
    "PT_NIF": ("pt.nif", r"[12]\d{8}"),
    "RO_CNP": ("ro.cnp", r"[12]" + DATE + r"(?:0[1-9]|[1-3]\d|4[0-6])\d{4}"),
    "RU_INN": ("ru.inn", r"\d{12}"),
    "SE_PERSONNUMMER": ("se.personnummer", DATE + r"-?\d{4}|19" + DATE + r"-\d{4}"),
    "SI_EMSO": ("si.emso", r"(?:0[1-9]|1\d|2[0-8])(?:0[1-9]|1[0-2])9[4-9]\d50\d{4}"),
    "SK_RC": ("sk.rc", r"[5-9]\d(?:0[1-9]|1[0-2]|5[1-9])(?:0[1-9]|1\d|2[0-8])/\d{4}"),
    "TH_TNIN": ("th.pin", r"[1-8]\d{12}"),
    "TR_NATIONAL_ID": ("tr.tckimlik", r"[1-9]\d{10}"),
    "UA_RNTRC": ("ua.rntrc", r"\d{10}"),
    "UK_NHS": ("gb.nhs", r"\d{10}|\d{3} \d{3} \d{4}"),
    "UK_UPN": ("gb.upn", r"[A-Z](?:30[1-9]|80[1-9]|9[0-1]\d)\d{9}"),
    "US_ITIN": ("us.itin", r"9\d{2}-(?:7\d|8[0-8])-\d{4}"),
    "US_SSN": ("us.ssn", r"[1-6]\d{2}-\d{2}-\d{4}"),
    "VE_RIF": ("ve.rif", r"[VE]-?\d{8}-?\d"),
    "ZA_ID_NUMBER": ("za.idnr", DATE + r"\d{4}[01]8\d"),
}
"""Kind → the module of python-stdnum that knows it, and the form to draw from."""

SIGNED: Mapping[str, tuple[str, str]] = {
    "CREDIT_CARD": ("luhn", r"(?:4\d{15}|5[1-5]\d{14}|2[3-6]\d{14}|3[47]\d{13}|6011\d{12})"),
    "CN_BANK_CARD": ("luhn", r"(?:62(?:22|17|28|26|25)\d{12}|62(?:22|17|28|12|30)\d{15})"),
    "CN_USCC": ("cn.uscc", r"91(?:110108|310115|440300)MA[0-9A-HJ-NPQRTUWXY]{6}[0-9X][0-9A-HJ-NPQRTUWXY]"),
    "IBAN_CODE": ("iban", r"(?:DE\d{20}|FR\d{25}|NL\d{2}[A-Z]{4}\d{10}|GB\d{2}[A-Z]{4}\d{14}|PL\d{26})"),
    "IMEI": ("imei", r"35\d{13}"),
}


CHECKED: Mapping[str, tuple[str, str]] = {**PERSONS, **SIGNED}


def _checker(module: str) -> Callable[[str], bool]:
    validate = import_module(f"stdnum.{module}").is_valid

    def check(text: str) -> bool:
        try:
            return bool(validate(text))
        except Exception:  # noqa: BLE001 - some of python-stdnum's validators raise on numbers they did not foresee
            return False

    return check


def valid(kind: str, count: int, chance: random.Random) -> list[str]:
    """Different valid numbers of a kind, in the forms in which they are written."""
    if kind in UNCHECKED:
        return [shapes.draw(UNCHECKED[kind], chance) for _ in range(count)]
    module, pattern = CHECKED[kind]
    check, found = _checker(module), []
    for _ in range(count * 3000):
        if kind == "IBAN_CODE":
            text = _with_iban_digits(shapes.draw(pattern, chance))
        elif kind in ("CN_USCC", "FR_NIR", "FR_NIF"):
            text = _completed(shapes.draw(pattern, chance), kind, check)
        else:
            text = shapes.draw(pattern, chance)
        if check(text):
            found.append(text)
            if len(found) == count:
                return found
    raise ValueError(f"too few valid numbers of {kind} in {pattern}")


def _with_iban_digits(text: str) -> str:
    number = int("".join(str(int(c, 36)) for c in text[4:] + text[:2] + "00"))
    return f"{text[:2]}{98 - number % 97:02d}{text[4:]}"


def _completed(text: str, kind: str, check: Callable[[str], bool]) -> str:
    if kind == "FR_NIR":
        return text[:13] + f"{97 - int(text[:13]) % 97:02d}"
    if kind == "FR_NIF":
        return text[:10] + f"{int(text[:10]) % 511:03d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    body = sum(int(c, 36) * w for c, w in zip(text[8:16], weights, strict=True))
    digit = 11 - body % 11
    stem = text[:16] + {10: "X", 11: "0"}.get(digit, str(digit))
    return next((stem + c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check(stem + c)), text)


UNCHECKED: Mapping[str, str] = {
    "CN_MOBILE": r"1(?:3[0-9]|5[0-35-9]|7[36-8]|8\d|9[13589])\d{8}",
    "EMAIL_ADDRESS": r"[a-z]{3,9}(?:\.[a-z]{2,7})?@[a-z]{3,8}\.(?:com|cn|org|de|co\.uk)",
    "IP_ADDRESS": r"(?:1[0-9]{2}|2[0-2]\d|[4-9]\d)\.(?:1\d{2}|[1-9]\d)\.(?:1\d{2}|2[0-4]\d)\.(?:1\d{2}|[1-9]\d)",
    "MAC_ADDRESS": r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
    "CN_PLATE": r"[京沪粤浙苏川][A-HJ-NP-Z](?:[A-HJ-NP-Z0-9]\d{4}|D\d{5})",
    "UK_NINO": r"[ABCEHJ][A-CEHJ][0-9]{6}[A-D]",
    "PHONE_NUMBER": r"\+(?:44 20 7\d{3} \d{4}|49 30 [2-9]\d{7}|33 6 [1-9]\d \d\d \d\d \d\d|1 415 [2-9]\d{2} \d{4})",
}
"""Kinds without a check digit, by the form of numbers in use."""

KINDS = (*PERSONS, *SIGNED, *UNCHECKED)


def broken(kind: str, count: int, chance: random.Random) -> Iterator[str]:
    """Numbers of a kind with one figure changed so that they are valid no longer; fewer than ``count`` where there is
    no check digit."""
    if kind in UNCHECKED:
        return
    check = _checker(CHECKED[kind][0])
    for text in valid(kind, count, chance):
        places = [i for i, c in enumerate(text) if c.isdigit()]
        place = chance.choice(places[len(places) // 2 :])
        changed = text[:place] + chance.choice(string.digits.replace(text[place], "")) + text[place + 1 :]
        if not check(changed):
            yield changed


def _digits(count: int, chance: random.Random) -> str:
    return chance.choice("123456789") + "".join(chance.choice(string.digits) for _ in range(count - 1))


def _plain(size: int, chance: random.Random) -> Callable[[int], str]:
    return lambda _: _digits(size, chance)


def decoys(count: int, chance: random.Random) -> dict[str, list[str]]:
    """Values that are nobody's: kind of value → texts."""
    start = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    moments = [start + dt.timedelta(seconds=chance.randrange(10**8)) for _ in range(count)]
    makers: dict[str, Callable[[int], str]] = {
        **{f"random digits, {n}": _plain(n, chance) for n in range(6, 21)},
        "dated order number": lambda i: f"{moments[i]:%Y%m%d%H%M%S}{_digits(4, chance)}",
        "dated number": lambda i: f"{moments[i]:%Y%m%d}{_digits(chance.choice((3, 4, 6, 8)), chance)}",
        "order number in words": lambda _: f"order no. {_digits(chance.choice((11, 16, 18)), chance)} shipped",
        "order number in Chinese": lambda _: f"订单号:{_digits(chance.choice((11, 16, 18)), chance)}已发货",
        "epoch seconds": lambda i: str(int(moments[i].timestamp())),
        "epoch milliseconds": lambda i: str(int(moments[i].timestamp() * 1000) + chance.randrange(1000)),
        "moment": lambda i: moments[i].isoformat(),
        "uuid": lambda _: str(uuid.UUID(int=chance.getrandbits(128))),
        "md5": lambda _: f"{chance.getrandbits(128):032x}",
        "sha-256": lambda _: f"{chance.getrandbits(256):064x}",
        "version": lambda _: ".".join(str(chance.randint(0, 20)) for _ in range(chance.choice((3, 4)))),
        "amount": lambda _: f"{chance.lognormvariate(6, 2):.2f}",
        "amount with currency": lambda _: f"{chance.choice(('¥', '$', 'EUR '))}{chance.lognormvariate(8, 2):,.2f}",
        "article code": lambda _: f"{''.join(chance.choices(string.ascii_uppercase, k=3))}-{_digits(6, chance)}",
        "mobile of no network": lambda _: f"{chance.choice(('10', '11', '12'))}{_digits(9, chance)}",
        "mobile too long": lambda _: f"13{_digits(10, chance)}",
    }
    return {name: [make(i) for i in range(count)] for name, make in makers.items()}
