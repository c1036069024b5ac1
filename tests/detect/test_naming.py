"""Column names in English, Chinese, pinyin and initials say what a column is, and what it is not."""

from __future__ import annotations

import pytest

from datagov.detect import lexicon, naming

IS = {
    "EMAIL_ADDRESS": "email e_mail custEmail USER_EMAIL_ADDR custemail 电子邮箱",
    "PHONE_NUMBER": "mobile_no sjhm shoujihao 客户手机号 联系电话1",
    "NATIONAL_ID": "sfzh shen_fen_zheng_hao idCardNo",
    "CREDIT_CARD": "yhkh 银行卡号",
    "PERSON": "FirstName khxm xingming 收货人姓名",
    "BIRTH_DATE": "dob csrq 出生日期",
    "LOCATION": "BillingAddress 家庭住址",
    "GENDER": "xb",
    "LICENSE_PLATE": "cph",
    "CN_USCC": "tyshxydm",
    "IP_ADDRESS": "last_login_ip",
    "PL_PESEL": "pesel",
    "PASSWORD": "t_user_pwd",
}
IS_NOT = {
    "EMAIL_ADDRESS": "email_verified",
    "PHONE_NUMBER": "is_mobile phone_type 手机号类型",
    "PERSON": "product_name file_name 产品名称 status company_name",
    "CREDIT_CARD": "card_type",
    "PASSPORT": "has_passport",
    "LOCATION": "address_count",
    "AGE": "percentage average message",
    "BIRTH_DATE": "created_at hire_date",
    "IP_ADDRESS": "description shipping",
}


def pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, entity) for entity, names in table.items() for name in names.split()]


@pytest.mark.parametrize(("name", "entity"), pairs(IS))
def test_a_name_speaks_for_its_entity(name: str, entity: str) -> None:
    assert naming.read(name, lexicon.shipped()).weights.get(entity, 0) >= 2


@pytest.mark.parametrize(("name", "entity"), pairs(IS_NOT))
def test_a_name_does_not_speak_for_what_it_only_mentions(name: str, entity: str) -> None:
    assert naming.read(name, lexicon.shipped()).weights.get(entity, 0) == 0


@pytest.mark.parametrize("name", ["c1", "col_17", "f3", "x", "v_2", "attr12"])
def test_an_opaque_name_says_nothing(name: str) -> None:
    said = naming.read(name, lexicon.shipped())

    assert said.weights == {}
    assert said.opaque


def test_a_comment_is_a_second_opinion() -> None:
    said = naming.read("f_17", lexicon.shipped(), comment="客户身份证号码（18位）")

    assert said.weights["NATIONAL_ID"] > 3


def test_the_table_tells_whose_name_it_is() -> None:
    words = lexicon.shipped()

    assert naming.read("name", words, table="customer").weights["PERSON"] > 2
    assert "PERSON" in naming.read("name", words, table="track").vetoes


def test_users_extend_the_lexicon(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's fixture
    path = tmp_path / "words.csv"
    path.write_text("term,language,role,entity,strength\nzhanghumingxi,pinyin,is,BANK_ACCOUNT,3\n", "utf-8")

    assert naming.read("zhanghumingxi", lexicon.extended(path)).weights["BANK_ACCOUNT"] > 2
