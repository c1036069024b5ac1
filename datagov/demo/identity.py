"""Synthetic people and companies of mainland China: names, resident IDs, mobiles, cards, USCCs with valid check digits.

Every value is made up by a seeded generator. Formats: GB 11643-1999 (resident ID), GB 32100-2015 (USCC),
ISO/IEC 7812-1 (Luhn). Region codes are those of GB/T 2260 that no reform has moved:
every birth year agrees with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
_COMPOUND = ("欧阳", "上官", "司马", "诸葛")
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉梅鹏飞红玲建国文斌宇浩然子轩雨欣思远佳怡梓涵嘉琪志晓东海燕婷俊"
)

_CITY_BIRTHPLACES = ("110101", "110102", "110105", "110108", "310101", "310104", "310106", "310110")
_COUNTY_BIRTHPLACES = ("140121", "210224", "330122", "340121", "350121", "360121", "430121", "510121", "620121")
_BIRTHPLACES = _CITY_BIRTHPLACES + _COUNTY_BIRTHPLACES

_DISTRICTS = (
    ("北京市", "北京市朝阳区", ("建国路", "望京街", "酒仙桥路")),
    ("上海市", "上海市浦东新区", ("世纪大道", "张杨路", "祖冲之路")),
    ("广州市", "广东省广州市天河区", ("天河北路", "体育东路", "中山大道西")),
    ("深圳市", "广东省深圳市南山区", ("科苑路", "深南大道", "南海大道")),
    ("杭州市", "浙江省杭州市西湖区", ("文三路", "天目山路", "古墩路")),
    ("成都市", "四川省成都市武侯区", ("人民南路", "科华北路", "武侯大道")),
    ("武汉市", "湖北省武汉市洪山区", ("珞喻路", "雄楚大道", "民族大道")),
    ("南京市", "江苏省南京市玄武区", ("中山东路", "珠江路", "北京东路")),
    ("西安市", "陕西省西安市雁塔区", ("长安南路", "小寨东路", "科技路")),
    ("青岛市", "山东省青岛市市南区", ("香港中路", "东海西路", "山东路")),
    ("重庆市", "重庆市渝北区", ("新南路", "金开大道", "龙山路")),
    ("厦门市", "福建省厦门市思明区", ("湖滨南路", "厦禾路", "环岛东路")),
)

_MOBILE_HEADS = (
    "133",
    "135",
    "136",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "177",
    "180",
    "186",
    "187",
    "188",
    "199",
)
_MAIL_HOSTS = ("qq.com", "163.com", "126.com", "sina.com", "foxmail.com")
_PINYIN = ("wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu", "gao")

CARD_BANKS = {
    "622202": "中国工商银行",
    "622848": "中国农业银行",
    "621700": "中国建设银行",
    "621661": "中国银行",
    "622588": "招商银行",
}
"""Issuer identification number of a card to the bank that issues it."""

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TRADES = ("餐饮", "便利店", "数码", "服饰", "生鲜", "旅行", "教育", "医药", "家居", "图书")
_COMPANY_WORDS = (
    "云杉",
    "北辰",
    "锦程",
    "方圆",
    "和顺",
    "启明",
    "三禾",
    "新叶",
    "长河",
    "百川",
    "知行",
    "万象",
    "远山",
    "晨光",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up natural person."""

    name: str
    gender: str
    born: date
    resident_id: str
    mobile: str
    email: str
    city: str
    address: str
    card: str


@dataclass(frozen=True, slots=True)
class Company:
    """A made-up company: business data, not personal data."""

    name: str
    uscc: str
    trade: str
    city: str


def person(rng: Random) -> Person:
    """A person whose resident ID, birth date and gender agree."""
    city, district, streets = rng.choice(_DISTRICTS)
    gender = rng.choice("男女")
    born = date(1958, 1, 1) + timedelta(days=rng.randrange(17_000))
    sequence = rng.randrange(500) * 2 + (gender == "男")
    surname = rng.choice(_COMPOUND) if rng.random() < 0.02 else rng.choice(_SURNAMES)
    given = "".join(rng.choice(_GIVEN) for _ in range(1 if rng.random() < 0.3 else 2))
    return Person(
        name=surname + given,
        gender=gender,
        born=born,
        resident_id=resident_id(rng.choice(_BIRTHPLACES), born, sequence),
        mobile=rng.choice(_MOBILE_HEADS) + digits(rng, 8),
        email=f"{rng.choice(_PINYIN)}.{rng.choice(_PINYIN)}{rng.randrange(70, 99999)}@{rng.choice(_MAIL_HOSTS)}",
        city=city,
        address=(
            f"{district}{rng.choice(streets)}{rng.randrange(1, 900)}号"
            f"{rng.randrange(1, 30)}栋{rng.randrange(1, 33)}{rng.randrange(1, 9):02d}室"
        ),
        card=bank_card(rng),
    )


def company(rng: Random) -> Company:
    """A merchant with a USCC whose two check characters are right."""
    city = rng.choice(_DISTRICTS)[0]
    trade = rng.choice(_TRADES)
    word = rng.choice(_COMPANY_WORDS) + rng.choice(_COMPANY_WORDS)
    return Company(f"{city.removesuffix('市')}{word}{trade}有限公司", uscc(rng, rng.choice(_BIRTHPLACES)), trade, city)


def digits(rng: Random, count: int) -> str:
    """A string of random decimal digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def resident_id(region: str, born: date, sequence: int) -> str:
    """The 18 characters of GB 11643-1999 for a region of GB/T 2260; ``sequence`` is 0 to 999, odd for men.

    >>> resident_id("110105", date(1949, 12, 31), 2)
    '11010519491231002X'
    """
    body = f"{region}{born:%Y%m%d}{sequence:03d}"
    weighted = sum(int(c) * w for c, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + "10X98765432"[weighted % 11]


def bank_card(rng: Random) -> str:
    """A 19-digit debit card number of a real issuer prefix that passes Luhn."""
    body = rng.choice(tuple(CARD_BANKS)) + digits(rng, 12)
    total = 0
    for place, character in enumerate(reversed(body)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def uscc(rng: Random, region: str) -> str:
    """A unified social credit code of GB 32100-2015, its organisation code of GB 11714 included."""
    organisation = digits(rng, 8)
    remainder = sum(int(c) * w for c, w in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    body = f"91{region}{organisation}{'0123456789X0'[-remainder % 11]}"
    weighted = sum(_USCC_ALPHABET.index(c) * pow(3, n, 31) for n, c in enumerate(body))
    return body + _USCC_ALPHABET[-weighted % 31]


def masked_name(name: str) -> str:
    """Surname and stars: 王**."""
    return name[0] + "*" * (len(name) - 1)


def masked_middle(value: str, *, head: int, tail: int) -> str:
    """The ends of a number with stars between: 138****5678."""
    return value[:head] + "*" * (len(value) - head - tail) + value[-tail:]
