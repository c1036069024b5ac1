"""Look-alike columns for the tests: personal ones by Faker, decoys by a seeded generator."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import uuid
from collections.abc import Sequence
from functools import cache

from faker import Faker

from datagov.detect import checks, checks_china

ROWS = 240
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@cache
def personal() -> dict[str, tuple[str, Sequence[object]]]:
    """Column name → (entity it must be, values)."""
    zh, en = Faker("zh_CN"), Faker("en_US")
    zh.seed_instance(7)
    en.seed_instance(7)
    chance = random.Random(7)
    addresses = [f"广东省深圳市南山区科技路{chance.randint(1, 99)}号{chance.randint(1, 9)}栋" for _ in range(ROWS)]
    return {
        "id_card_no": ("CN_RESIDENT_ID", [zh.ssn() for _ in range(ROWS)]),
        "mobile": ("CN_MOBILE", [zh.phone_number() for _ in range(ROWS)]),
        "bank_card_no": ("CN_BANK_CARD", [union_pay(chance) for _ in range(ROWS)]),
        "uscc": ("CN_USCC", [uscc(chance) for _ in range(ROWS)]),
        "customer_name": ("PERSON", [zh.name() for _ in range(ROWS)]),
        "full_name": ("PERSON", [en.name() for _ in range(ROWS)]),
        "FirstName": ("PERSON", [en.first_name() for _ in range(ROWS)]),
        "LastName": ("PERSON", [en.last_name() for _ in range(ROWS)]),
        "email": ("EMAIL_ADDRESS", [en.email() for _ in range(ROWS)]),
        "Phone": (
            "PHONE_NUMBER",
            [f"+1 ({chance.randint(201, 989)}) 555-{chance.randint(0, 9999):04d}" for _ in range(ROWS)],
        ),
        "Fax": (
            "PHONE_NUMBER",
            [f"+49 0{chance.randint(30, 89)} {chance.randint(10**6, 10**8)}" for _ in range(ROWS)],
        ),
        "address": ("LOCATION", addresses),
        "BillingAddress": ("LOCATION", [en.street_address() for _ in range(ROWS)]),
        "birth_date": ("BIRTH_DATE", [zh.date_of_birth(minimum_age=18, maximum_age=80) for _ in range(ROWS)]),
        "card_number": ("CREDIT_CARD", [en.credit_card_number("visa16") for _ in range(ROWS)]),
        "iban": ("IBAN_CODE", [en.iban() for _ in range(ROWS)]),
        "ip": ("IP_ADDRESS", [en.ipv4() for _ in range(ROWS)]),
        "ssn": ("US_SSN", [en.ssn() for _ in range(ROWS)]),
        "sex": ("GENDER", [chance.choice("MF") for _ in range(ROWS)]),
        "age": ("AGE", [chance.randint(18, 90) for _ in range(ROWS)]),
        "device_id": ("DEVICE_ID", [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(ROWS)]),
    }


@cache
def decoys() -> dict[str, Sequence[object]]:
    """Column name → values that are nobody's personal data, though they look like it."""
    chance = random.Random(8)
    start = dt.datetime(2026, 1, 1)
    moments = [start + dt.timedelta(seconds=chance.randrange(10**7)) for _ in range(ROWS)]
    words = (
        "rose",
        "amber",
        "light",
        "storm",
        "river",
        "stone",
        "velvet",
        "iron",
        "silver",
        "cloud",
        "maple",
    )
    return {
        "customer_id": [10_000 + i for i in range(ROWS)],
        "order_no": [f"{m:%Y%m%d}{chance.randrange(10**10):010d}" for m in moments],
        "order_no_11": [f"{chance.randrange(10**11):011d}" for _ in range(ROWS)],
        "serial_11": [13_800_000_000 + 7 * i for i in range(ROWS)],
        "order_no_16": [f"{chance.randrange(10**16):016d}" for _ in range(ROWS)],
        "order_no_18": [f"{chance.randrange(10**18):018d}" for _ in range(ROWS)],
        "event_ms": [1_700_000_000_000 + chance.randrange(10**10) for _ in range(ROWS)],
        "created_at": moments,
        "HireDate": [dt.date(2002, 1, 1) + dt.timedelta(days=chance.randrange(7000)) for _ in range(ROWS)],
        "amount": [round(chance.random() * 9999, 2) for _ in range(ROWS)],
        "status": [chance.choice(["PAID", "REFUNDED", "INIT"]) for _ in range(ROWS)],
        "product_name": [f"{chance.choice(words).title()} {chance.choice(words).title()}" for _ in range(ROWS)],
        "album_title": [f"The {chance.choice(words).title()} of {chance.choice(words).title()}" for _ in range(ROWS)],
        "sku": [f"{chance.choice(words)[:3].upper()}-{chance.randrange(10**6):06d}" for _ in range(ROWS)],
        "part_no": [f"0{chance.randrange(1000):03d}-{chance.randrange(10**4):04d}" for _ in range(ROWS)],
        "zip_plus_4": [f"{chance.randrange(10**5):05d}-{chance.randrange(10**4):04d}" for _ in range(ROWS)],
        "licence_key": ["-".join(f"{chance.randrange(36**4):04x}" for _ in range(4)) for _ in range(ROWS)],
        "designer": [chance.choice(["Hugo Boss", "Calvin Klein", "Marc Jacobs", "Prada"]) for _ in range(ROWS)],
        "flight": [f"LH{chance.randrange(10**4):04d}" for _ in range(ROWS)],
        "app_title": [chance.choice(["余额宝", "花呗", "零钱通", "微粒贷", "平凡的世界"]) for _ in range(ROWS)],
        "version": [f"{chance.randint(0, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 99)}" for _ in range(ROWS)],
        "row_uuid": [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(ROWS)],
        "file_sha256": [hashlib.sha256(str(i).encode()).hexdigest() for i in range(ROWS)],
        "branch_name": [f"招商银行{chance.choice(['南山', '福田', '罗湖', '宝安'])}支行" for _ in range(ROWS)],
        "email_verified": [chance.choice([True, False]) for _ in range(ROWS)],
        "phone_type": [chance.choice(["home", "work", "mobile"]) for _ in range(ROWS)],
        "loan_purpose": [chance.choice(["装修", "教育", "旅游", "医疗", "购车"]) for _ in range(ROWS)],
        "quantity": [chance.randint(1, 40) for _ in range(ROWS)],
    }


def union_pay(chance: random.Random) -> str:
    """A made-up UnionPay number with its check digit."""
    body = "6222" + "".join(chance.choice("0123456789") for _ in range(14))
    return next(body + digit for digit in "0123456789" if checks.luhn(body + digit))


def uscc(chance: random.Random) -> str:
    """A made-up unified social credit code with both check characters."""
    organisation = "MA" + "".join(chance.choice(USCC) for _ in range(6))
    stem = "91" + chance.choice(["440300", "110108", "310115"]) + organisation
    candidates = (stem + a + b for a in "0123456789X" for b in USCC)
    return next(code for code in candidates if checks_china.uscc(code))
