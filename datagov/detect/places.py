"""Postal addresses and their parts: Chinese by the order of administrative levels, others by number and street word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PROVINCES = frozenset(
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 四川 贵州 云南 西藏 陕西 甘肃 "
    "青海 宁夏 新疆 香港 澳门 台湾".split()
)
WELL_KNOWN_CITIES = frozenset(
    "石家庄 唐山 秦皇岛 邯郸 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 长治 晋城 晋中 运城 临汾 吕梁 呼和浩特 包头 赤峰 沈阳 大连 鞍山 抚顺 丹东 锦州 营口 "
    "长春 吉林 四平 通化 白城 哈尔滨 齐齐哈尔 牡丹江 佳木斯 大庆 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 "
    "金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南 马鞍山 安庆 黄山 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 "
    "新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 "
    "濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 "
    "郴州 永州 怀化 娄底 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 海口 三亚 "
    "成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 贵阳 遵义 安顺 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 大理 拉萨 日喀则 西安 铜川 "
    "宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 西宁 银川 石嘴山 吴忠 固原 乌鲁木齐 克拉玛依 吐鲁番 哈密 太平 长安 永安".split()
)
_HAN_LEVELS = re.compile(r"省|自治区|特别行政区|市|州|盟|区|县|旗|镇|乡|街道|村|路|街|大道|巷|弄|胡同|号|栋|幢|座|室|单元|楼|层|小区|花园|大厦|广场|园区|社区|组|屯|苑|公寓")
_HAN_FINE = re.compile(r"路|街|大道|巷|弄|胡同|号|栋|幢|座|室|单元|小区|花园|大厦|村|镇|乡|公寓")
_HAN_COMPANY = re.compile(r"公司$|有限|支行$|分行$|大学$|医院$|中学$|小学$|集团$|委员会$|法院$|公安局$|派出所$")
_STREET = re.compile(
    r"(?i)\b(?:street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|way|court|ct|place|pl|square|sq|terrace|ter|parkway|pkwy|"
    r"highway|hwy|circle|cir|trail|trl|close|crescent|cres|grove|gardens|mews|hill|alley|plaza|loop|row|walk|quay|wharf|"
    r"suite|ste|apt|apartment|unit|flat|floor|building|bldg|p\.?\s?o\.?\s?box|psc|apo|fpo|dpo|route|"
    r"rue|chemin|place|impasse|allée|cours|passage|quai|calle|avenida|avda|carrera|paseo|plaza|camino|glorieta|ronda|urbanización|rambla|"
    r"via|viale|piazza|corso|vicolo|strada|largo|rua|praça|travessa|alameda|estrada|rodovia|"
    r"ulica|ul|aleja|al|os|plac|ulitsa|prospekt|bulvar|nám|náměstí|třída|utca|út|tér|körút|"
    r"vej|gade|gata|gatan|vägen|gate|veien|vei|katu|tie|jalan|jl|gang|gg|kampung|lorong|soi|thanon|"
    r"mahallesi|sokak|sokağı|caddesi|cad|sok|nagar|marg|chowk|ganj|circle|path|sector|colony|phase|đường|phố|ул|улица|пр|проспект|пер|д|вул|οδός|"
    r"km|lote|manzana|col|fraccionamiento|privada|prolongación|andador|circuito|retorno)\b\.?|"
    r"\w{3,}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade|dijk|singel|vej|gade|gatan|vägen|gata|"
    r"veien|katu|tie|utca|steeg|hof|dreef|baan|pad)\b"
)
_NUMBER = re.compile(r"\d")
_POSTCODE = re.compile(r"[A-Za-z]{0,2}[- ]?\d[A-Za-z0-9][A-Za-z0-9 -]{1,8}|\d{3,5}|[A-Za-z]{1,2}\d[A-Za-z0-9]? ?\d[A-Za-z]{2}")
_PART = re.compile(r"[^\W\d_][\w .,'’()/&-]{0,59}")


@dataclass(frozen=True, slots=True)
class Places:
    """Shares of values that are an address, could be one, or could be a part of one (city, region, postcode, country)."""

    addresses: float
    shaped: float
    parts: float
    seen: int


def measure(texts: Sequence[str]) -> Places:
    """Look at up to 300 distinct values."""
    sample = texts[:300]
    size = len(sample) or 1
    hits = [is_address(text) for text in sample]
    return Places(
        addresses=sum(hits) / size,
        shaped=sum(hit or _could_be(text) for hit, text in zip(hits, sample, strict=True)) / size,
        parts=sum(bool(_PART.fullmatch(text) or _POSTCODE.fullmatch(text)) for text in sample) / size,
        seen=len(sample),
    )


def is_address(text: str) -> bool:
    """Whether a text reads as a postal address down to the street, village or building.

    >>> is_address("广东省深圳市南山区科技路12号"), is_address("深圳市"), is_address("1600 Amphitheatre Parkway")
    (True, False, True)
    """
    if len(text) < 6 or len(text) > 300:
        return False
    if any("\u3400" <= c <= "\u9fff" for c in text):
        levels = _HAN_LEVELS.findall(text)
        return len(set(levels)) >= 2 and bool(_HAN_FINE.search(text)) and not _HAN_COMPANY.search(text)
    return bool(_NUMBER.search(text)) and bool(_STREET.search(text)) and sum(c.isalpha() for c in text) >= 4 and "@" not in text


def _could_be(text: str) -> bool:
    if not 4 <= len(text) <= 300 or "@" in text or "://" in text:
        return False
    if any("\u3400" <= c <= "\u9fff" for c in text):
        return bool(_HAN_LEVELS.search(text)) or text[:2] in PROVINCES
    letters = sum(c.isalpha() for c in text)
    return letters >= 4 and (bool(_NUMBER.search(text)) or " " in text)
