"""Labelled columns for measuring detection, from generators nobody here wrote: Faker and Mimesis, in many
locales.

``personal()`` yields (tag, entity, column name, values), ``clean()`` (tag, column name, values). ``*ID``
stands for any national
number. The same seed gives the same columns. Needs ``pip install faker mimesis``.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator

from faker import Faker
from mimesis import (
    Address,
    Code,
    Cryptographic,
    Datetime,
    Development,
    File,
    Finance,
    Food,
    Hardware,
    Internet,
    Locale,
    Payment,
    Person,
    Text,
    Transport,
)

ROWS = 150


def _words(text: str) -> list[str]:
    return text.split()


LOCALES = [Locale(code) for code in _words("en en-gb de fr es pt-br ru nl it sv tr pl zh ja ko ar-sa el cs uk hu fi")]
CLEAN_LOCALES = [Locale(code) for code in _words("en de fr es ru zh ja it pl")]
FAKER_LOCALES = _words(
    "en_US en_GB en_AU en_CA en_IN en_IE en_NZ de_DE de_AT de_CH fr_FR fr_BE es_ES es_MX es_CO "
    "es_CL es_AR pt_BR pt_PT it_IT nl_NL nl_BE sv_SE no_NO da_DK fi_FI is_IS pl_PL cs_CZ sk_SK "
    "hu_HU ro_RO bg_BG hr_HR sl_SI el_GR ru_RU uk_UA tr_TR he_IL ar_SA fa_IR hi_IN th_TH id_ID "
    "ja_JP ko_KR zh_CN zh_TW et_EE lt_LT lv_LV zu_ZA "
)
CLEAN_METHODS = _words(
    "company catch_phrase bs color_name word sentence currency_name month_name day_name city "
    "country cryptocurrency_name file_name mime_type domain_word company_suffix "
)
TECHNICAL_METHODS = _words(
    "ean13 ean8 isbn10 isbn13 uuid4 md5 sha1 sha256 hex_color user_agent url uri image_url "
    "domain_name hostname slug unix_time iso8601 date date_this_decade time pricetag "
    "port_number http_status_code language_code locale timezone currency_code aba upc_a "
    "postcode country_code "
)

Personal = tuple[str, str, str, list[object]]
Clean = tuple[str, str, list[object]]


def personal(seed: int) -> Iterator[Personal]:
    """Columns of persons' data."""
    yield from _mimesis_persons(seed)
    yield from _faker_persons(seed)


def clean(seed: int) -> Iterator[Clean]:
    """Columns of nobody's data: words, things, technical values, numbers of every length, decoys."""
    yield from _mimesis_things(seed)
    yield from _faker_things(seed)
    yield from _numbers(random.Random(seed))


def _many(make: Callable[[], object]) -> list[object]:
    return [make() for _ in range(ROWS)]


def _mimesis_persons(seed: int) -> Iterator[Personal]:
    for locale in LOCALES:
        person, address = Person(locale, seed=seed), Address(locale, seed=seed)
        tag = f"mimesis.{locale.value}"
        yield f"{tag}.full_name", "PERSON", "full_name", _many(person.full_name)
        yield f"{tag}.first_name", "PERSON", "first_name", _many(person.first_name)
        yield f"{tag}.last_name", "PERSON", "last_name", _many(person.last_name)
        yield f"{tag}.email", "EMAIL_ADDRESS", "email", _many(person.email)
        yield f"{tag}.phone", "PHONE_NUMBER", "phone", _many(person.phone_number)
        yield f"{tag}.address", "LOCATION", "address", _many(address.address)
        yield (
            f"{tag}.birth",
            "BIRTH_DATE",
            "dob",
            _many(lambda p=person: p.birthdate(min_year=1940, max_year=2005)),
        )
        yield f"{tag}.gender", "GENDER", "gender", _many(person.gender)
    payment, net = Payment(seed=seed), Internet(seed=seed)
    yield "mimesis.card", "CREDIT_CARD", "card_number", _many(payment.credit_card_number)
    yield "mimesis.ip4", "IP_ADDRESS", "ip", _many(net.ip_v4)
    yield "mimesis.ip6", "IP_ADDRESS", "ip", _many(net.ip_v6)
    yield "mimesis.mac", "MAC_ADDRESS", "mac", _many(net.mac_address)
    yield "mimesis.ether", "CRYPTO", "wallet_address", _many(payment.ethereum_address)
    yield "mimesis.cvv", "CARD_SECURITY_CODE", "cvv", _many(payment.cvv)
    yield "mimesis.imei", "IMEI", "imei", _many(Code(seed=seed).imei)


def _faker_persons(seed: int) -> Iterator[Personal]:
    for locale in FAKER_LOCALES:
        faker = Faker(locale)
        faker.seed_instance(seed)
        tag = f"faker.{locale}"
        yield f"{tag}.name", "PERSON", "customer_name", _many(faker.name)
        yield (
            f"{tag}.address",
            "LOCATION",
            "home_address",
            _many(lambda f=faker: f.address().replace("\n", ", ")),
        )
        yield f"{tag}.street", "LOCATION", "street_address", _many(faker.street_address)
        yield f"{tag}.phone", "PHONE_NUMBER", "mobile_phone", _many(faker.phone_number)
        yield f"{tag}.ssn", "*ID", "national_id", _many(faker.ssn)
        yield f"{tag}.iban", "IBAN_CODE", "iban", _many(faker.iban)
        yield f"{tag}.plate", "LICENSE_PLATE", "license_plate", _many(faker.license_plate)
    faker = Faker("en_US")
    faker.seed_instance(seed)
    yield "faker.card", "CREDIT_CARD", "cc", _many(faker.credit_card_number)
    yield "faker.birth", "BIRTH_DATE", "date_of_birth", _many(lambda: faker.date_of_birth(None, 16, 90))
    yield "faker.user", "USERNAME", "username", _many(faker.user_name)
    yield "faker.password", "PASSWORD", "password", _many(faker.password)
    yield "faker.passport", "PASSPORT", "passport_no", _many(faker.passport_number)


def _mimesis_things(seed: int) -> Iterator[Clean]:
    for locale in CLEAN_LOCALES:
        address, food, finance = (
            Address(locale, seed=seed),
            Food(locale, seed=seed),
            Finance(locale, seed=seed),
        )
        text, person = Text(locale, seed=seed), Person(locale, seed=seed)
        makers: dict[str, Callable[[], object]] = {
            "city": address.city,
            "country": address.country,
            "region": address.state,
            "dish_name": food.dish,
            "product_name": food.fruit,
            "item": food.drink,
            "company_name": finance.company,
            "keyword": text.word,
            "title": text.title,
            "color": text.color,
            "text": text.sentence,
            "university": person.university,
        }
        for name, make in makers.items():
            yield f"mimesis.{locale.value}.{name}", name, _many(make)
    providers = (
        (
            Internet(seed=seed),
            "content_type hostname http_method port slug tld url user_agent http_status_message",
        ),
        (Code(seed=seed), "ean isbn issn locale_code"),
        (
            Hardware(seed=seed),
            "cpu cpu_codename cpu_frequency generation graphics manufacturer phone_model ram_size resolution",
        ),
        (Transport(seed=seed), "airplane car manufacturer"),
        (Cryptographic(seed=seed), "hash mnemonic_phrase token_hex token_urlsafe uuid"),
        (Development(seed=seed), "calver os programming_language software_license version boolean"),
        (File(seed=seed), "extension file_name mime_type size"),
        (
            Datetime(seed=seed),
            "date datetime time timestamp timezone week_date year month day_of_week formatted_datetime",
        ),
        (
            Finance(seed=seed),
            "bank cryptocurrency_iso_code currency_iso_code price stock_ticker stock_name stock_exchange",
        ),
    )
    for provider, methods in providers:
        for method in methods.split():
            yield f"mimesis.{method}", method, _many(getattr(provider, method))


def _faker_things(seed: int) -> Iterator[Clean]:
    for locale in ["en_US", "zh_CN", "de_DE", "fr_FR", "es_ES", "ja_JP", "pt_BR", "ru_RU", "it_IT", "pl_PL"]:
        faker = Faker(locale)
        faker.seed_instance(seed)
        for method in (m for m in CLEAN_METHODS if hasattr(faker, m)):
            yield f"faker.{locale}.{method}", method, _many(getattr(faker, method))
    faker = Faker("en_US")
    faker.seed_instance(seed)
    for method in (m for m in TECHNICAL_METHODS if hasattr(faker, m)):
        yield f"faker.{method}", method, _many(getattr(faker, method))


def _numbers(chance: random.Random) -> Iterator[Clean]:
    def digits(count: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(count))

    for count in range(4, 21):
        yield f"digits{count}", "order_no", _many(lambda n=count: digits(n))
    for count in range(4, 19):
        yield f"integers{count}", "txn_id", _many(lambda n=count: chance.randrange(10 ** (n - 1), 10**n))
    for count in (8, 10, 11, 13, 15, 16, 18):
        start = chance.randrange(10 ** (count - 1), 9 * 10 ** (count - 1))
        yield f"serial{count}", "serial_no", [start + i * 3 for i in range(ROWS)]
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for form in ("%Y%m%d%H%M%S", "%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"):
        yield (
            f"moment{form}",
            "created_at",
            _many(lambda f=form: (now - dt.timedelta(seconds=chance.randrange(10**8))).strftime(f)),
        )
    for head, count in (
        ("2026", 14),
        ("20260", 13),
        ("PO-", 8),
        ("INV", 10),
        ("T", 12),
        ("SO2026", 6),
        ("E", 8),
        ("ABC", 7),
    ):
        yield f"reference{head}", "ref_no", _many(lambda h=head, n=count: h + digits(n))
    yield "amount", "amount", _many(lambda: round(chance.lognormvariate(5, 2), 2))
    yield "rate", "rate", _many(chance.random)
    yield "flag", "flag", _many(lambda: chance.choice("YN"))
    yield "state", "state", _many(lambda: chance.choice(["OPEN", "CLOSED", "WAIT"]))
    yield "temperature", "temperature", _many(lambda: round(chance.gauss(20, 8), 1))
    yield "quantity", "qty", _many(lambda: chance.randint(1, 100))
    yield "version4", "version", _many(lambda: ".".join(str(chance.randint(0, 12)) for _ in range(4)))
    yield (
        "weeks",
        "trade_date",
        [(dt.date(1990, 1, 2) + dt.timedelta(days=7 * i)).isoformat() for i in range(ROWS)],
    )
