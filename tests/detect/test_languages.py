"""Columns of many languages, cultures and habits of writing: what they are, and what only looks like them."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier, coded, dialling, lexicon, naming

NAMED = {
    "PERSON": "Nachname prénom apellidos nome_mae cognome achternaam imię "
    "soyadı фамилия الاسم שם_משפחה नाम 氏名 フリガナ 성명 ho_ten "
    "ชื่อ-นามสกุล nama_lengkap příjmení sukunimi jkrxm lianxiren cust_fname kundenname 고객이름",
    "BIRTH_DATE": "geburtsdatum date_naissance fecha_nac dt_nascimento data_nascita geboortedatum "
    "дата_рождения 生年月日 생년월일 ngay_sinh "
    "tgl_lahir csny",
    "PHONE_NUMBER": "handy tel_portable móvil celular cellulare cep_tel телефон "
    "電話番号 휴대폰 sdt no_hp gddh 预留手机",
    "LOCATION": "anschrift domicilio endereço indirizzo адрес العنوان पता 住所 주소 dia_chi ที่อยู่ alamat txdz",
    "GENDER": "geschlecht sexe пол 性別 성별 cinsiyet",
    "INCOME": "bruttogehalt salario zarplata_зарплата 年収 연봉",
    "HEALTH": "krankheitsgrund diagnóstico диагноз 病名 진단명 gms",
}
NOT_NAMED = {
    "PERSON": "ürün_adı nome_fantasia 商品名 상품명 ชื่อสินค้า название_товара اسم_المنتج ten_san_pham cpmc firmenname",
    "BIRTH_DATE": "eintrittsdatum fecha_entrega",
}


@pytest.mark.parametrize(
    ("entity", "name"), [(entity, name) for entity, names in NAMED.items() for name in names.split()]
)
def test_a_name_in_any_language_says_what_the_column_is(entity: str, name: str) -> None:
    assert naming.read(name, lexicon.shipped()).weights.get(entity, 0.0) >= 2


@pytest.mark.parametrize(("entity", "name"), [(e, name) for e, names in NOT_NAMED.items() for name in names.split()])
def test_names_of_things_are_no_persons(entity: str, name: str) -> None:
    assert naming.read(name, lexicon.shipped()).weights.get(entity, 0.0) == 0


@pytest.mark.parametrize(
    ("values", "entity"),
    [
        (["未婚", "已婚", "离异"], "MARITAL_STATUS"),
        (["Single", "Married", "Divorced", "Widowed"], "MARITAL_STATUS"),
        (["A+", "O-", "AB+", "B-", "O+"], "BLOOD_TYPE"),
        (["汉族", "回族", "满族"], "NRP"),
        (["本科", "硕士", "大专"], "EDUCATION"),
        (["single", "album", "EP"], None),
        (["A", "B", "O"], None),
        (["A+", "A-", "B+"], None),
        (["汉", "其他"], None),
    ],
)
def test_a_closed_vocabulary_needs_no_name(values: Sequence[str], entity: str | None) -> None:
    assert coded.vocabulary(values) == entity


def written(layouts: Sequence[str]) -> list[str]:
    """Forty numbers of the layouts: # any figure."""
    chance = random.Random(5)
    return ["".join(str(chance.randrange(10)) if s == "#" else s for s in chance.choice(layouts)) for _ in range(40)]


@pytest.mark.parametrize(
    ("layouts", "entity"),
    [
        (["(212) 555-01##", "(829) 580-####", "(470) 359-####", "(258) 253-####"], "PHONE_NUMBER"),
        (["06 1# ## ## ##", "06 7# ## ## ##", "07 8# ## ## ##", "01 4# ## ## ##"], "PHONE_NUMBER"),
        (["447400######", "447911######", "3361#######", "491517#######"], "PHONE_NUMBER"),
        (["0# ## ## ## ##"], "PHONE_NUMBER"),
        (["0##-###-####"], "PHONE_NUMBER"),
        (["##-###-##-##"], "PHONE_NUMBER"),
        (["#########", "###.###.###", "###-###-###", "##-##-#####"], "PHONE_NUMBER"),
        (["978-#-####-####-#", "978-##-###-####-#", "979-#-######-##-#"], None),
        (["### ### ###"], None),
        (["0###-####"], None),
        (["1##########"], None),
        (["############"], None),
    ],
)
def test_a_telephone_without_a_name_is_told_by_a_layout_or_a_plan(layouts: Sequence[str], entity: str | None) -> None:
    assert ColumnClassifier().classify("c1", pa.array(written(layouts)), table="t").entity == entity


def test_a_plan_that_takes_any_number_proves_nothing() -> None:
    plan = dialling.plan(written(["## ## ## ##"]))

    assert plan is None or plan.chance > 0.6


HANDLES = [
    ("anna", ".", "lindqvist"),
    ("sven", "_", "bergstrom"),
    ("szymon", ".", "grzelak"),
    ("giulia", "_", "colombo"),
    ("hugo", ".", "santana"),
    ("ines", "_", "marroquin"),
    ("valerie", ".", "neubauer"),
    ("fredrik", "_", "nordby"),
]


@pytest.mark.parametrize(
    ("table", "name", "values", "entity"),
    [
        ("store", "street_name", ["Main Street", "Oak Avenue", "Mill Lane", "Park Road", "Kirk Drive"] * 6, None),
        (
            "customer",
            "street_name",
            ["Main Street", "Oak Avenue", "Mill Lane", "Park Road", "Kirk Drive"] * 6,
            "LOCATION",
        ),
        ("orders", "order_no", ["13812345678", "15912345678", "12345678901"], None),
        ("products", "sku", [f"JR-{n}-AB" for n in range(1000, 1040)], None),
        (
            "config",
            "conf",
            ['{"retries": 3, "zone": "eu-1 road 5"}', '{"retries": 4, "zone": "eu-2 street 7"}'] * 20,
            None,
        ),
        (
            "supplier",
            "c1",
            ["Larsson, Nilsson AB", "Karlsson AB", "Persson & Olsson AB", "Berg Lindström AB"] * 9,
            None,
        ),
        ("clientes", "cep", written(["0####-###", "1####-###"]), "LOCATION"),
        ("lojas", "cep", written(["########"]), None),
        (
            "musteri",
            "cep",
            ["0532 123 45 67", "0533 765 43 21", "0542 111 22 33", "0555 987 65 43"] * 4,
            "PHONE_NUMBER",
        ),
        ("t", "c1", [f"{given}{sign}{family}{n}" for n, (given, sign, family) in enumerate(HANDLES * 3)], "USERNAME"),
        ("t", "c1", [f"pay.checkout.v{n}" for n in range(30)], None),
        ("t", "c1", [f"{family}.example{end}" for _, _, family in HANDLES for end in (".com", ".org", ".net")], None),
        ("t", "c1", ["52.832498,6.363728", "48.137154, 11.576124", "-33.868820,151.209290"] * 9, "GEO_LOCATION"),
        ("t", "c1", ["Herr", "Frau", "Herr", "Frau", "k. A."] + ["Frau", "Herr"] * 20, "GENDER"),
        ("t", "c1", ["Stand"] + ["ledig", "verheiratet", "geschieden", "N/A"] * 12, "MARITAL_STATUS"),
        ("t", "c1", ["3丁目5番9号", "4丁目8番2号", "1丁目12番6号", "2丁目1番7号"] * 5, None),
        ("city", "city_name", ["Nunes", "Cardoso", "Moreira", "Azevedo", "Barbosa", "Teixeira", "Peixoto"] * 4, None),
        ("t", "c1", ["Katarov ET", "Popova i sin EOOD", "Kelesev EOOD", "Mladenov", "Petrova EOOD"] * 5, None),
        ("kunden", "handy", ["handy", "0151-23456789", "0170/7654321", "0176 33344455"], "PHONE_NUMBER"),
        ("mitarbeiter", "geb_dat", ["01.02.61", "13.12.88", "30.06.99", "05.05.03"], "BIRTH_DATE"),
        ("mitarbeiter", "kfz_kennzeichen", ["M-AB 1234", "PA-X 77", "LA-CD 9"], "LICENSE_PLATE"),
    ],
)
def test_habits_of_writing(table: str, name: str, values: Sequence[str], entity: str | None) -> None:
    assert ColumnClassifier().classify(name, pa.array(values), table=table).entity == entity


@pytest.mark.parametrize(
    "values",
    [
        ["Chinedu Okafor", "Ngozi Adeyemi", "Wanjiru Kamau", "Thandiwe Dlamini", "Moussa Diallo", "Kwame Mensah"],
        ["Bishnu Poudel", "Sarita Tamang", "Ramesh Shrestha", "Nabin Adhikari", "Kamala Gurung", "Hari Thapa"],
        ["נועה כהן", "משה לוי", "יעל פרץ", "דוד מזרחי", "תמר אזולאי", "אורי פרידמן"],
        ["Wei Zhang", "Jing Liu", "Haoran Chen", "Xiuying Wang", "Ming Zhao", "Yutong Huang"],
    ],
)
def test_names_of_many_cultures_need_no_column_name(values: Sequence[str]) -> None:
    chance = random.Random(3)
    mixed = [f"{chance.choice(values).split()[0]} {chance.choice(values).split()[1]}" for _ in range(60)]

    assert ColumnClassifier().classify("c1", pa.array(mixed)).entity == "PERSON"


def test_a_verdict_on_an_opaque_column_is_less_sure_that_nothing_is_there() -> None:
    classifier, values = ColumnClassifier(), pa.array(["zork", "blip", "quux", "frob"] * 9)

    opaque, named = (classifier.classify(name, values, table="t") for name in ("c1", "product_code"))

    assert opaque.entity is None and named.entity is None
    assert opaque.confidence < named.confidence


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%m/%d/%Y", "%d.%m.%y", "%Y-%m-%dT%H:%M:%S.000Z"])
def test_birth_dates_are_told_in_either_order_of_day_and_month(form: str) -> None:
    chance = random.Random(8)
    first = dt.datetime(1948, 1, 1)
    values = [(first + dt.timedelta(seconds=chance.randrange(55 * 365 * 86_400))).strftime(form) for _ in range(120)]

    assert ColumnClassifier().classify("c1", pa.array(values), table="t").entity == "BIRTH_DATE"


@pytest.mark.parametrize(
    "values",
    [
        "Shailja Richa Jhunjhunwala Kohli Narula Mittal Aggarwal Bhatnagar Chaudhary "
        "Deshpande Iyengar Kulkarni Mukherjee",
        "Αλαφούζος Παπαδημητρίου Γιαννόπουλος Αγγελίδης Δασκαλόπουλος Μιχαηλίδης Καραγιάννης Οικονόμου Αθανασίου "
        "Βασιλείου Νικολάου Θεοδωρίδης Σταματόπουλος",
        "Kaleta Kobus Cybulski Wieczorek Grzelak Szymczyk Pawlikowska Jankowiak Olszewska Zawadzki "
        "Krawczyk Majchrzak Sikorska",
    ],
)
def test_names_that_are_nothing_else_need_no_column_name(values: str) -> None:
    assert ColumnClassifier().classify("c1", pa.array(values.split() * 3), table="t").entity == "PERSON"
