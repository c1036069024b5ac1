"""Columns of systems as people build them: banks, shops, personnel, hospitals, telephone companies, sensors, in many languages.

Written by hand, before detection was run on them: no generator of names or addresses is asked. ``systems()`` yields
(system, table, entity, column, values); an entity of None is a column about nobody.
"""

# ruff: noqa: E501 - a column of a system is one line
from __future__ import annotations

import datetime as dt
import hashlib
import random
import uuid
from collections.abc import Callable, Iterator

ROWS = 120
Column = tuple[str, str, str | None, str, list[object]]
Make = Callable[[random.Random], object]

_PEOPLE = {
    "zh": (
        "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕",
        "伟 秀英 娜 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 超 明 霞 秀兰 刚 平 桂英 丹 萍 鹏 辉 红 玲 建华 玉兰 志强 晓东 海燕 雪梅 文博 子轩 雨桐 浩然 思远 佳怡 梓涵",
    ),
    "en": (
        "Harker Whitlock Pemberton Ashdown Oakley Thornbury Beckett Mallory Redfern Stanhope Farrow Lockhart Weatherby Kirkwood Prescott Holloway Tanner Bramwell Eastman Goodwin Hargreaves Ingram Jessop Kendrick Langley",
        "Oliver Harriet George Beatrice Arthur Florence Theodore Imogen Rupert Matilda Edmund Rosalind Felix Cordelia Hugo Philippa Jasper Winifred Barnaby Tabitha",
    ),
    "de": (
        "Achleitner Brandstätter Dürrenmatt Eisenhauer Fahrenkrog Grünwald Hinterseer Kaltenbach Lindemann Möllenkamp Niedermeier Osterkamp Pfeiffenberger Reichelt Schönfelder Tiedemann Uhlenbrock Vogelsang Weidenfeller Zöllner",
        "Anneliese Burkhard Dietlinde Eberhard Friederike Gottfried Heidemarie Ingeborg Jürgen Käthe Ludwig Mechthild Norbert Ottilie Reinhold Sieglinde Thorsten Ulrike Volker Waltraud",
    ),
    "fr": (
        "Beaumarchais Chastagnier Delacourt Fauconnier Grandjean Joffrin Lacombe Montagnier Peyrefitte Quentin Roussel Sauvageot Thibaudet Vauquelin Bellanger Courtois Desmarais Guillemot Hamelin Levasseur",
        "Aurélien Bérengère Corentin Delphine Étienne Fabienne Gaëtan Hélène Isaure Jérôme Ludivine Maëlys Noémie Olivier Pascaline Quitterie Rémi Solène Thibault Ysaline",
    ),
    "es": (
        "Aguirrezabala Belmonte Carrascosa Echevarría Fuentes Goicoechea Hinojosa Iturralde Lizarraga Manrique Olivares Paredes Quintanilla Robledo Santamaría Urrutia Valdivieso Zubizarreta Arizmendi Bustamante",
        "Anselmo Benita Candelaria Dionisio Encarnación Fermín Guadalupe Hortensia Íñigo Jacinta Leocadio Macarena Nemesio Ofelia Primitivo Remedios Saturnino Teodora Úrsula Wenceslao",
    ),
    "pt": (
        "Albuquerque Bittencourt Cavalcanti Drummond Evangelista Figueiredo Guimarães Holanda Lacerda Magalhães Nascimento Peixoto Queiroz Rezende Sampaio Teixeira Vasconcelos Xavier Brandão Furtado",
        "Adalberto Benedita Conceição Durval Eulália Flávio Gilberto Heloísa Inácio Jussara Laurindo Márcia Nilton Osvaldo Patrícia Quitéria Raimundo Severina Thiago Zilda",
    ),
    "it": (
        "Abbatantuono Bevilacqua Cacciatore Donnarumma Esposito Fumagalli Garavaglia Incerti Locatelli Mastroianni Notarbartolo Pellegrini Quaranta Ravanelli Scognamiglio Tagliaferri Uboldi Vitrano Zambelli Boninsegna",
        "Addolorata Biagio Carmela Donato Ermenegildo Filomena Gaspare Immacolata Luigina Mariangela Nunzia Ottavio Pasquale Quirino Rosaria Salvatore Tommaso Umberto Vincenza Zaira",
    ),
    "pl": (
        "Bartoszewski Chmielecka Dąbrowicz Frankowska Gajewski Jabłońska Kaczmarczyk Łukaszewicz Mazurek Niedźwiecka Olszewski Pietrzak Rutkowska Sobczyk Tomaszewska Walczak Zielińska Żuraw Świderska Krawiec",
        "Bożena Czesław Dobrosława Eugeniusz Felicja Grzegorz Halina Ireneusz Jadwiga Kazimierz Lechosław Małgorzata Norbert Oliwia Przemysław Ryszarda Stanisława Tadeusz Urszula Wiesław",
    ),
    "ru": (
        "Аверин Белозёрова Воронцов Гордеева Дроздов Ермолаева Журавлёв Зайцева Ильин Калашникова Лаптев Мещерякова Наумов Островская Плотников Рябинина Сидельников Трофимова Ушаков Чернышёва",
        "Аркадий Варвара Геннадий Дарья Евгений Жанна Зинаида Игорь Клавдия Леонид Маргарита Никита Оксана Пётр Раиса Станислав Тамара Фёдор Эльвира Юрий",
    ),
    "ar": (
        "الحربي العتيبي القحطاني الشمري الغامدي الزهراني الدوسري المطيري الشهري البلوي الخطيب النجار الحداد المصري الشامي العلي الصباغ الأحمد حمدان الكردي",
        "محمد فاطمة أحمد عائشة خالد مريم عبدالله نورة يوسف ليلى عمر سارة إبراهيم هند حسن زينب سعيد ريم ماجد سلمى",
    ),
    "hi": (
        "शर्मा वर्मा गुप्ता सिंह यादव मिश्रा पाण्डेय तिवारी चौहान अग्रवाल जोशी नायर रेड्डी पटेल मेहता कपूर मल्होत्रा भट्ट देसाई कुलकर्णी",
        "राजेश सुनीता अमित प्रिया विजय अनीता संजय कविता मनोज रेखा दीपक पूजा अनिल सीमा रवि गीता सुरेश नेहा विकास मीना",
    ),
    "in": (
        "Sharma Venkataraman Chattopadhyay Deshpande Iyengar Kulkarni Mukherjee Nambiar Padmanabhan Ranganathan Srivastava Thiruvengadam Upadhyaya Bandyopadhyay Chaudhuri Gopalakrishnan Hegde Jadhav Krishnaswamy Majumdar",
        "Aditi Bhaskar Chandrika Dhruv Gayatri Harish Indira Jayanth Kavitha Lakshman Meenakshi Narayan Padmini Raghav Sharmila Trivikram Uma Vasudevan Yamini Prakash",
    ),
    "ja": (
        "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水",
        "太郎 花子 健一 美咲 大輔 陽子 翔太 さくら 直樹 恵子 拓也 愛 誠 由美子 浩二 彩香 和也 明日香 隆 美穂",
    ),
    "kana": (
        "サトウ スズキ タカハシ タナカ イトウ ワタナベ ヤマモト ナカムラ コバヤシ カトウ ヨシダ ヤマダ ササキ ヤマグチ マツモト",
        "タロウ ハナコ ケンイチ ミサキ ダイスケ ヨウコ ショウタ サクラ ナオキ ケイコ タクヤ アイ マコト ユミコ コウジ",
    ),
    "ko": (
        "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍",
        "민준 서연 지후 하은 도윤 지우 현우 수빈 영숙 정희 성민 미경 동현 은주 재호 혜진 상훈 지영 준호 소연",
    ),
    "vi": (
        "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
        "Văn_An Thị_Bích Minh_Châu Quốc_Dũng Thanh_Hà Ngọc_Hân Đức_Huy Thu_Hương Tuấn_Kiệt Mỹ_Linh Hoài_Nam Kim_Oanh Anh_Quân Thúy_Quỳnh Bảo_Trâm Xuân_Trường",
    ),
    "th": (
        "ทองสุข ศรีสุวรรณ แสงจันทร์ บุญมาก พงษ์พานิช วงศ์ไทย รัตนโชติ ใจดี สุขสวัสดิ์ จันทร์เพ็ญ เจริญผล มีทรัพย์ ชัยวัฒน์ ศักดิ์สิทธิ์ อินทร์แก้ว",
        "สมชาย สมหญิง ประเสริฐ วิภา อนุชา กัญญา ธนพล สุดารัตน์ ณัฐวุฒิ พิมพ์ชนก วรวิทย์ จิราพร ปิยะ รุ่งนภา สุรชัย",
    ),
    "tr": (
        "Yıldırım Karadeniz Çelikkol Demirtaş Özdemir Şahinoğlu Koçak Aydoğan Gündüz Kılıçarslan Türkmen Bozkurt Erdoğdu Avcı Tuncer",
        "Mehmet Ayşe Hüseyin Fatma Ömer Zeynep Süleyman Hatice Çağrı Elif Gökhan Şule Tolga Nurhan Kerem",
    ),
    "sw": (
        "Mwangi Otieno Wanjiru Kamau Achieng Njoroge Odhiambo Chebet Kiprono Mutua Okafor Adeyemi Chukwu Balogun Nwosu Mensah Owusu Boateng Asante Diallo Traoré Ndiaye Okoro Eze",
        "Wambui Kwame Ngozi Babatunde Amina Kofi Chidi Fatoumata Adaeze Juma Akinyi Oluwaseun Mamadou Abena Emeka Zawadi Tendai Thandiwe Sipho Nomvula",
    ),
}


def _pick(words: str) -> Make:
    pool = words.split()
    return lambda c: c.choice(pool).replace("_", " ")


def _of(*values: object) -> Make:
    return lambda c: c.choice(values)


def form(pattern: str) -> Make:
    """``#`` a digit, ``@`` a capital, ``%`` a hexadecimal digit."""
    signs = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ", "%": "0123456789abcdef"}
    return lambda c: "".join(c.choice(signs[p]) if p in signs else p for p in pattern)


def _forms(*patterns: str) -> Make:
    return lambda c: form(c.choice(patterns))(c)


def _family(language: str) -> Make:
    return _pick(_PEOPLE[language][0])


def _given(language: str) -> Make:
    return _pick(_PEOPLE[language][1])


def _full(language: str) -> Make:
    family, given = _family(language), _given(language)
    if language in ("zh", "ko"):
        return lambda c: f"{family(c)}{given(c)}"
    if language in ("ja", "kana", "vi"):
        return lambda c: f"{family(c)} {given(c)}"
    return lambda c: f"{given(c)} {family(c)}"


def _last_first(language: str) -> Make:
    family, given = _family(language), _given(language)
    return lambda c: f"{family(c).upper()}, {given(c)}"


def _day(low: int, high: int, shape: str = "%Y-%m-%d") -> Make:
    start = dt.date(low, 1, 1)
    return lambda c: (start + dt.timedelta(days=c.randrange((high - low) * 365))).strftime(shape)


def _int(low: int, high: int) -> Make:
    return lambda c: c.randint(low, high)


def _money(middle: float) -> Make:
    return lambda c: round(c.lognormvariate(0, 1) * middle, 2)


def _floaty(make: Make) -> Make:
    return lambda c: f"{make(c)}.0"


def _digest(bits: int) -> Make:
    return lambda c: hashlib.sha256(str(c.random()).encode()).hexdigest()[: bits // 4]


def _uuid(c: random.Random) -> str:
    return str(uuid.UUID(int=c.getrandbits(128), version=4))


def _resident(c: random.Random) -> str:
    body = c.choice(
        ["110105", "310112", "440304", "330106", "510104", "420106", "320583", "370202", "610103", "350203"]
    )
    body += _day(1950, 2006, "%Y%m%d")(c) + f"{c.randrange(1000):03d}"
    total = sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + "10X98765432"[total % 11]


def _uscc(c: random.Random) -> str:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    office = "".join(c.choice(signs[:10]) for _ in range(8))
    total = sum(int(d) * w for d, w in zip(office, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    stem = (
        c.choice(("91440300", "91110108", "91310115")) + office + "0123456789X0"[11 - total % 11 if total % 11 else 11]
    )
    whole = sum(signs.index(s) * 3**i for i, s in enumerate(stem))
    return stem + signs[-whole % 31]


def _luhn(head: str, length: int) -> Make:
    def make(c: random.Random) -> str:
        body = head + "".join(c.choice("0123456789") for _ in range(length - len(head) - 1))
        total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
        return body + str(-total % 10)

    return make


def _mail(c: random.Random) -> str:
    return f"{c.choice(['anna', 'ben', 'carla', 'dmitri', 'eva', 'farid', 'gwen', 'hiro'])}{c.randrange(999)}@{c.choice(['mail.test', 'web.example', 'post.example'])}"


def _street(language: str) -> Make:
    data = {
        "zh": (
            "北京市朝阳区建国路#号院#号楼###室 上海市浦东新区张江镇碧波路###弄#号 广东省深圳市福田区深南大道####号 四川省成都市武侯区天府二街##号#栋#单元### 江苏省苏州市工业园区星湖街###号 山东省青岛市市南区香港中路##号甲",
            " ",
        ),
        "en": (
            "## Harcourt Gardens|Flat #, ## Rosebery Court|1## Old Mill Lane|#### N Kessler Blvd Apt ##|## Church Walk|PO Box ###|The Old Rectory, Mill Lane|#### Sycamore Dr",
            "|",
        ),
        "de": (
            "Lindenstraße ##|Am Mühlbach #|Bahnhofstr. ##a|Obere Gasse #|Schlossallee ##|Hinter den Gärten #|Ringweg ##b|Marktplatz #",
            "|",
        ),
        "fr": (
            "## rue des Lilas|# impasse du Moulin|1## avenue Jean Jaurès|## bis chemin des Vignes|Résidence Les Pins, bât. #|# place de l'Église|##, boulevard Victor Hugo",
            "|",
        ),
        "es": (
            "Calle Mayor ##, #º B|Avda. de la Constitución ##|Plaza España #|C/ Alcalá ###, 2º Izq.|Paseo del Prado ##|Camino Viejo s/n",
            "|",
        ),
        "pt": (
            "Rua das Acácias, ###|Av. Paulista, 1### - apto ##|Travessa do Carmo, ##|Rua XV de Novembro, ### casa #|Alameda Santos, ####|Praça da Sé, ##",
            "|",
        ),
        "it": (
            "Via Garibaldi ##|Corso Vittorio Emanuele II, ##|Piazza Dante #|Viale dei Tigli ##/A|Via Roma, ## int. #|Vicolo Stretto #",
            "|",
        ),
        "pl": (
            "ul. Kwiatowa ##/#|al. Jana Pawła II ##|os. Słoneczne #/##|pl. Wolności #|ul. Mickiewicza ##a|ul. Długa ## m. #",
            "|",
        ),
        "ru": (
            "ул. Ленина, д. ##, кв. ##|пр-т Мира, ##|пер. Садовый, # корп. #|ул. Пушкинская ##-##|Московское ш., ##|наб. реки Фонтанки, д. ###",
            "|",
        ),
        "ja": (
            "東京都新宿区西新宿#-##-#|大阪府大阪市北区梅田#丁目#番#号|神奈川県横浜市中区本町#-##|北海道札幌市中央区北#条西#丁目|福岡県福岡市博多区博多駅前#-#-## メゾン###号室",
            "|",
        ),
        "ko": (
            "서울특별시 강남구 테헤란로 1##|경기도 성남시 분당구 판교역로 ##|부산광역시 해운대구 센텀중앙로 ##, 1##동 ###호|대전광역시 유성구 대학로 ##번길 #",
            "|",
        ),
        "vi": (
            "## Nguyễn Huệ, Phường Bến Nghé, Quận 1|Số ## Lê Lợi, Hà Đông, Hà Nội|1## đường Trần Hưng Đạo, Đà Nẵng|Ngõ ## Kim Mã, Ba Đình|##/# Cách Mạng Tháng 8, Quận 3",
            "|",
        ),
        "th": (
            "##/# ถนนสุขุมวิท แขวงคลองเตย เขตคลองเตย กรุงเทพฯ 10110|1## หมู่ # ตำบลบางพลี อำเภอบางพลี สมุทรปราการ|## ซอยลาดพร้าว ## ถนนลาดพร้าว|### ถ.พหลโยธิน แขวงจตุจักร",
            "|",
        ),
        "ar": (
            "شارع الملك فهد، حي العليا، الرياض ####|## شارع التحرير، الدقي، القاهرة|حي النزهة، شارع ##، جدة|عمارة ## شارع الجامعة، عمان|ص.ب ####، دبي",
            "|",
        ),
        "hi": (
            "मकान नं. ##, गली नं. #, करोल बाग|फ्लैट ###, सेक्टर ##, नोएडा|##, गांधी रोड, जयपुर|प्लॉट ##, शास्त्री नगर|वार्ड #, स्टेशन रोड",
            "|",
        ),
        "in": (
            "Flat ###, Sai Krupa Apts, MG Road|H.No. ##-#-###, Banjara Hills|Plot ##, Sector ##, Gurgaon|##/A, 4th Cross, Indiranagar|Door No ##, Anna Salai",
            "|",
        ),
        "tr": (
            "Atatürk Cad. No: ##/#|Cumhuriyet Mah. 10##. Sok. No:#|Bağdat Caddesi ###/#|İnönü Bulvarı ## D:#|Lale Sk. ##",
            "|",
        ),
    }[language]
    patterns = [p for p in data[0].split(data[1]) if p]
    return lambda c: "".join(c.choice("123456789") if s == "#" else s for s in c.choice(patterns))


_WORKING: list[tuple[str, str, str | None, str, Make]] = [
    # A bank in China: English, Chinese, pinyin and initials.
    ("bank", "t_cust_info", "PERSON", "cust_nm", _full("zh")),
    ("bank", "t_cust_info", "PERSON", "khmc", _full("zh")),
    ("bank", "t_cust_info", "PERSON", "jkrxm", _full("zh")),
    ("bank", "t_cust_info", "PERSON", "开户人", _full("zh")),
    ("bank", "t_cust_info", "PERSON", "lianxiren", _full("zh")),
    ("bank", "t_cust_info", "CN_RESIDENT_ID", "zjhm", _resident),
    ("bank", "t_cust_info", "CN_RESIDENT_ID", "cert_no", _resident),
    ("bank", "t_cust_info", "CN_RESIDENT_ID", "证件号", lambda c: _resident(c).lower()),
    ("bank", "t_cust_info", "CN_MOBILE", "sjhm", _forms("13#########", "15#########", "18#########")),
    (
        "bank",
        "t_cust_info",
        "CN_MOBILE",
        "tel_mob",
        _floaty(_forms("139########", "150########", "186########", "177########", "198########", "131########")),
    ),
    ("bank", "t_cust_info", "CN_MOBILE", "预留手机", _forms("+86 13# #### ####", "+86 18# #### ####")),
    (
        "bank",
        "t_cust_info",
        "PHONE_NUMBER",
        "gddh",
        _forms("010-8#######", "021-6#######", "0755-2#######", "0571-8#######-8##"),
    ),
    ("bank", "t_cust_info", "LOCATION", "txdz", _street("zh")),
    ("bank", "t_cust_info", "LOCATION", "户籍地址", _street("zh")),
    ("bank", "t_cust_info", "BIRTH_DATE", "csny", _day(1950, 2004, "%Y%m%d")),
    ("bank", "t_cust_info", "GENDER", "性别", _of("男", "女")),
    ("bank", "t_cust_info", "GENDER", "xb_dm", _of("1", "2", "9")),
    ("bank", "t_cust_info", "AGE", "nl", _int(18, 85)),
    ("bank", "t_cust_info", "NRP", "民族", _of("汉", "汉", "回", "满", "壮", "苗", "维吾尔")),
    ("bank", "t_cust_info", "MARITAL_STATUS", "hyzk", _of("未婚", "已婚", "离异", "丧偶")),
    ("bank", "t_cust_info", "EDUCATION", "学历", _of("大专", "本科", "硕士", "高中", "博士")),
    ("bank", "t_cust_info", "OCCUPATION", "职业", _of("教师", "公务员", "司机", "个体", "工程师")),
    ("bank", "t_cust_info", "INCOME", "年收入", _money(120000)),
    ("bank", "t_acct", "CN_BANK_CARD", "card_no", _luhn("622202", 19)),
    ("bank", "t_acct", "CN_BANK_CARD", "kh", _luhn("621700", 19)),
    ("bank", "t_acct", "BANK_ACCOUNT", "zhanghao", form("4402############")),
    ("bank", "t_acct", "ACCOUNT_BALANCE", "zhye", _money(5000)),
    ("bank", "t_acct", "ACCOUNT_BALANCE", "acct_bal", _money(5000)),
    ("bank", "t_user", "WECHAT_ID", "openid", form("oGZUI0%%%%%%%%%%%%%%%%%%%%%%")),
    ("bank", "t_user", "QQ", "qq号", _forms("#########", "1#########")),
    ("bank", "t_user", "PASSWORD", "login_pwd", _digest(128)),
    ("bank", "t_user", "DEVICE_ID", "sbid", _uuid),
    ("bank", "t_user", "CREDIT_SCORE", "zhima_score", _int(350, 950)),
    ("bank", "t_loan", None, "loan_no", _forms("L2024##########", "L2025##########")),
    ("bank", "t_loan", None, "借据号", form("JJ################")),
    ("bank", "t_loan", None, "txn_seq_no", form("##################")),
    ("bank", "t_loan", None, "lsh", form("20250#############")),
    ("bank", "t_loan", None, "放款金额", _money(30000)),
    ("bank", "t_loan", None, "hkrq", _day(2021, 2026, "%Y%m%d")),
    ("bank", "t_loan", None, "dqr", _day(2026, 2031)),
    ("bank", "t_loan", None, "产品名称", _of("随心贷", "房抵快贷", "薪易贷", "周转易", "小微快贷", "张江贷", "白领通")),
    ("bank", "t_loan", None, "cpmc", _of("王牌基金A", "李宁联名卡", "天天盈", "金葵花", "高息宝")),
    (
        "bank",
        "t_branch",
        None,
        "jgmc",
        _of("上海分行营业部", "徐汇支行", "张江支行", "高新支行", "陈家桥支行", "黄埔支行"),
    ),
    ("bank", "t_branch", None, "org_no", form("3101####")),
    ("bank", "t_branch", None, "swift_flag", _of("Y", "N")),
    ("bank", "t_corp", "CN_USCC", "tyxydm", _uscc),
    (
        "bank",
        "t_corp",
        None,
        "qymc",
        _of(
            "深圳市宏远科技有限公司",
            "杭州白马餐饮管理有限公司",
            "成都高新张记面馆",
            "北京金鼎会计师事务所",
            "上海周浦电子厂",
        ),
    ),
    ("bank", "t_corp", None, "行业", _of("制造业", "批发零售", "金融业", "农林牧渔", "高科技")),
    ("bank", "t_dict", None, "dict_label", _of("男性护肤", "正常", "冻结", "注销", "已还清")),
    ("bank", "t_rate", None, "利率", lambda c: f"{c.uniform(2, 9):.2f}%"),
    ("bank", "t_fund", None, "fund_code", form("0#####")),
    ("bank", "t_stock", None, "证券代码", _forms("600###", "000###", "300###")),
    (
        "bank",
        "t_stock",
        None,
        "证券简称",
        _of("贵州茅台", "招商银行", "万科A", "宁德时代", "长江电力", "马钢股份", "金龙鱼", "白云机场"),
    ),
    # A shop in English, with typical dirt.
    ("shop", "customers", "PERSON", "cust_fname", _given("en")),
    ("shop", "customers", "PERSON", "lname", _family("en")),
    ("shop", "customers", "PERSON", "contact", _last_first("en")),
    ("shop", "orders", "PERSON", "ship_to", _full("en")),
    ("shop", "orders", "PERSON", "recipient", lambda c: _full("sw")(c)),
    ("shop", "orders", "PERSON", "cardholder_name", lambda c: _full("en")(c).upper()),
    ("shop", "orders", "PERSON", "billed_to_name", _full("in")),
    ("shop", "orders", "LOCATION", "ship_addr1", _street("en")),
    ("shop", "orders", "LOCATION", "shipping_address", _street("in")),
    ("shop", "customers", "LOCATION", "post_code", _forms("SW#A #@@", "M# #@@", "LS## #@@", "EC#V #@@")),
    ("shop", "customers", "EMAIL_ADDRESS", "e_mail", _mail),
    ("shop", "customers", "EMAIL_ADDRESS", "login", lambda c: _mail(c).upper()),
    ("shop", "customers", "PHONE_NUMBER", "phone_no", _forms("07### ######", "020 7### ####", "01### ######")),
    ("shop", "customers", "PHONE_NUMBER", "mobile", _forms("(415) 2##-####", "(212) 6##-####", "303.4##.####")),
    ("shop", "customers", "IP_ADDRESS", "signup_ip", lambda c: ".".join(str(c.randint(1, 254)) for _ in range(4))),
    ("shop", "customers", "CREDIT_CARD", "pan", _luhn("4", 16)),
    ("shop", "customers", "CARD_EXPIRY", "card_exp", lambda c: f"{c.randint(1, 12):02d}/{c.randint(26, 31)}"),
    (
        "shop",
        "customers",
        "PASSWORD",
        "pw_hash",
        form("$2b$12$LXZ0%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
    ),
    (
        "shop",
        "customers",
        "USERNAME",
        "nickname",
        _of("moonchild77", "gr8_scott", "teafan", "xX_rider_Xx", "bookworm_21", "oldtom", "skypilot9"),
    ),
    ("shop", "customers", "BIRTH_DATE", "birthday", _day(1948, 2005, "%m/%d/%Y")),
    ("shop", "customers", "API_KEY", "api_token", form("sk_live_%%%%%%%%%%%%%%%%%%%%%%%%")),
    ("shop", "customers", "COOKIE_ID", "visitor_cookie", form("GA1.2.1########.17########")),
    (
        "shop",
        "products",
        None,
        "product_name",
        _of(
            "Morgan Desk Lamp",
            "Hamilton Beach Mixer",
            "Jasper Rug",
            "Florence Sofa",
            "Ivy Mirror",
            "Hugo Chair",
            "Ruby Throw",
        ),
    ),
    (
        "shop",
        "products",
        None,
        "brand",
        _of("Ralph Lauren", "Calvin Klein", "Tommy Hilfiger", "Kate Spade", "Levi's", "Jack Wills"),
    ),
    ("shop", "products", None, "sku", _forms("HB-####-@@", "JR-####-@@")),
    ("shop", "products", None, "ean", form("400#########")),
    ("shop", "products", None, "asin", form("B0@#@#@@##")),
    ("shop", "products", None, "colour", _of("Ivory", "Rose", "Olive", "Amber", "Violet", "Scarlett", "Jade")),
    ("shop", "products", None, "size", _of("S", "M", "L", "XL", "F")),
    ("shop", "products", None, "dimensions", form("1##x2##x##")),
    ("shop", "orders", None, "order_number", _forms("1##-#######-#######", "2##-#######-#######")),
    ("shop", "orders", None, "order_no", form("1##########")),
    ("shop", "orders", None, "tracking_no", _forms("1Z999AA1##########", "JD00022########")),
    ("shop", "orders", None, "invoice_no", _forms("INV-2024-####", "INV-2025-####")),
    ("shop", "orders", None, "coupon", _of("SUMMER10", "WELCOME5", "FRIDAY20", "ANNA15", "MAX30")),
    ("shop", "orders", None, "status", _of("pending", "shipped", "returned", "cancelled")),
    ("shop", "orders", None, "created_ts", lambda c: 1_690_000_000 + c.randrange(80_000_000)),
    ("shop", "orders", None, "total", _money(60)),
    ("shop", "orders", None, "carrier", _of("UPS", "FedEx", "Royal Mail", "Evri", "DHL")),
    (
        "shop",
        "orders",
        None,
        "delivery_note",
        _of("leave with neighbour", "ring the bell twice", "no signature needed", "safe place: porch"),
    ),
    (
        "shop",
        "stores",
        None,
        "store_city",
        _of("Leeds", "Bristol", "York", "Lincoln", "Chester", "Lancaster", "Florence", "Sydney"),
    ),
    ("shop", "stores", None, "lat", lambda c: round(c.uniform(50, 58), 5)),
    ("shop", "stores", None, "warehouse", _of("LHR-1", "MAN-2", "EDI-3")),
    (
        "shop",
        "suppliers",
        None,
        "supplier_name",
        _of(
            "Baker & Sons Ltd",
            "Cooper Bros.",
            "Mason Supplies",
            "Fisher Scientific",
            "Turner Packaging",
            "Smith Micro Inc",
            "Walker Foods plc",
        ),
    ),
    # Personnel in German.
    ("personal", "mitarbeiter", "PERSON", "nachname", _family("de")),
    ("personal", "mitarbeiter", "PERSON", "Vorname", _given("de")),
    ("personal", "mitarbeiter", "PERSON", "ansprechpartner", _full("de")),
    ("personal", "mitarbeiter", "PERSON", "geburtsname", _family("de")),
    ("personal", "mitarbeiter", "LOCATION", "anschrift", _street("de")),
    ("personal", "mitarbeiter", "LOCATION", "strasse_hausnr", _street("de")),
    ("personal", "mitarbeiter", "LOCATION", "plz", form("8####")),
    (
        "personal",
        "mitarbeiter",
        "LOCATION",
        "wohnort",
        _of("Passau", "Landshut", "Freising", "Erding", "Dachau", "Bad Tölz"),
    ),
    ("personal", "mitarbeiter", "BIRTH_DATE", "geburtsdatum", _day(1958, 2004, "%d.%m.%Y")),
    ("personal", "mitarbeiter", "BIRTH_DATE", "geb_dat", _day(1958, 2004, "%d.%m.%y")),
    ("personal", "mitarbeiter", "PHONE_NUMBER", "rufnummer", _forms("089/########", "0871 ######", "+49 151 ########")),
    ("personal", "mitarbeiter", "PHONE_NUMBER", "handy", _forms("0151-########", "0170/#######", "0176 ########")),
    ("personal", "mitarbeiter", "GENDER", "geschlecht", _of("m", "w", "d")),
    ("personal", "mitarbeiter", "GENDER", "anrede", _of("Herr", "Frau")),
    ("personal", "mitarbeiter", "NRP", "konfession", _of("rk", "ev", "keine", "isl")),
    (
        "personal",
        "mitarbeiter",
        "NRP",
        "staatsangehoerigkeit",
        _of("deutsch", "österreichisch", "türkisch", "polnisch"),
    ),
    (
        "personal",
        "mitarbeiter",
        "MARITAL_STATUS",
        "familienstand",
        _of("ledig", "verheiratet", "geschieden", "verwitwet"),
    ),
    ("personal", "mitarbeiter", "INCOME", "bruttogehalt", _money(4200)),
    ("personal", "mitarbeiter", "HEALTH", "schwerbehinderung_grad", _of(0, 30, 50, 80, 100)),
    (
        "personal",
        "mitarbeiter",
        "HEALTH",
        "krankheitsgrund",
        _of("Grippe", "Rückenschmerzen", "Migräne", "Bandscheibe"),
    ),
    ("personal", "mitarbeiter", "LICENSE_PLATE", "kfz_kennzeichen", _forms("M-@@ ####", "PA-@ ###", "LA-@@ ##")),
    ("personal", "mitarbeiter", "CHILD", "kinder_namen", _given("de")),
    ("personal", "abteilung", None, "abteilung", _of("Einkauf", "Vertrieb", "Personal", "Lager", "Controlling")),
    ("personal", "abteilung", None, "kostenstelle", form("40####")),
    (
        "personal",
        "stellen",
        None,
        "stellenbezeichnung",
        _of("Sachbearbeiter", "Teamleiterin", "Werkstudent", "Koch", "Schreiner"),
    ),
    ("personal", "mitarbeiter", None, "eintrittsdatum", _day(2001, 2025, "%d.%m.%Y")),
    ("personal", "mitarbeiter", None, "urlaubstage", _int(20, 32)),
    ("personal", "mitarbeiter", None, "schicht", _of("früh", "spät", "nacht")),
    (
        "personal",
        "artikel",
        None,
        "bezeichnung",
        _of("Sechskantschraube M8", "Dübel 6x40", "Winkel Anna", "Regal Billy", "Leuchte Lukas"),
    ),
    ("personal", "artikel", None, "artikelnummer", form("###.###.##")),
    ("personal", "rechnung", None, "rechnungsnr", form("RE-2025-#####")),
    (
        "personal",
        "kunde",
        None,
        "firma",
        _of("Müller Bau GmbH", "Bäckerei Schmidt", "Autohaus Wagner KG", "Becker Logistik", "Hofmann & Partner"),
    ),
    # A telephone company, mixed.
    (
        "telecom",
        "subscriber",
        "PHONE_NUMBER",
        "msisdn",
        _forms("4477########", "49151########", "33612######", "86138########"),
    ),
    ("telecom", "cdr", "PHONE_NUMBER", "calling_number", _forms("+4477########", "+49151########", "+3361#######")),
    ("telecom", "cdr", "PHONE_NUMBER", "b_party", _forms("+2547########", "+23480########", "+27821######")),
    ("telecom", "subscriber", "IMSI", "imsi", form("26201##########")),
    ("telecom", "subscriber", "IMEI", "imei", _luhn("35", 15)),
    ("telecom", "subscriber", "PERSON", "subscriber_name", _full("sw")),
    (
        "telecom",
        "subscriber",
        "PERSON",
        "abonent_fio",
        lambda c: f"{_family('ru')(c)} {_given('ru')(c)[0]}. {_given('ru')(c)[0]}.",
    ),
    (
        "telecom",
        "session",
        "IP_ADDRESS",
        "src_ip",
        lambda c: f"10.{c.randint(0, 255)}.{c.randint(0, 255)}.{c.randint(1, 254)}",
    ),
    ("telecom", "session", "MAC_ADDRESS", "client_mac", form("%%:%%:%%:%%:%%:%%")),
    (
        "telecom",
        "session",
        "GEO_LOCATION",
        "user_location",
        lambda c: f"{c.uniform(48, 53):.6f},{c.uniform(6, 14):.6f}",
    ),
    ("telecom", "cdr", None, "cell_id", form("2620######")),
    ("telecom", "cdr", None, "duration_s", _int(0, 5400)),
    ("telecom", "cdr", None, "bytes_up", lambda c: c.randrange(10**9)),
    ("telecom", "tariff", None, "tariff_name", _of("Magenta S", "Smart XL", "Flex Max", "Free Julia", "Young L")),
    ("telecom", "cdr", None, "switch_host", form("msc##.core.example.net")),
    ("telecom", "cdr", None, "cause_code", _int(0, 127)),
    (
        "telecom",
        "cdr",
        None,
        "start_time",
        lambda c: (dt.datetime(2025, 1, 1) + dt.timedelta(seconds=c.randrange(10**7))).isoformat(),
    ),
    ("telecom", "device", None, "firmware", _forms("v2.#.##", "v3.1#.#")),
    (
        "telecom",
        "logs",
        None,
        "message",
        lambda c: f"[WARN] worker-{c.randint(1, 9)} retry {c.randint(1, 5)} after {c.randint(100, 999)}ms",
    ),
    ("telecom", "logs", None, "trace_id", form("%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%")),
    (
        "telecom",
        "config",
        None,
        "conf",
        lambda c: (
            f'{{"retries": {c.randint(1, 5)}, "timeout_ms": {c.randint(100, 9000)}, "zone": "eu-{c.randint(1, 3)}"}}'
        ),
    ),
]

_UNTOUCHED: list[tuple[str, str, str | None, str, Make]] = [
    # A hospital, English and Chinese.
    ("hospital", "patient", "PERSON", "pat_name", _full("in")),
    ("hospital", "patient", "PERSON", "患者姓名", _full("zh")),
    ("hospital", "patient", "PERSON", "next_of_kin", _full("sw")),
    ("hospital", "patient", "PERSON", "zrys", _full("zh")),
    ("hospital", "patient", "BIRTH_DATE", "date_of_birth", _day(1935, 2022, "%d-%b-%Y")),
    ("hospital", "patient", "BIRTH_DATE", "birth_dt", _day(1935, 2022, "%Y%m%d")),
    ("hospital", "patient", "GENDER", "sex_cd", _of("M", "F", "U")),
    ("hospital", "patient", "AGE", "age_at_admission", _int(0, 97)),
    ("hospital", "patient", "BLOOD_TYPE", "blood_grp", _of("A+", "O-", "B+", "AB+", "O+")),
    (
        "hospital",
        "patient",
        "HEALTH",
        "diagnosis",
        _of("type 2 diabetes", "asthma", "hypertension", "otitis media", "fracture of radius"),
    ),
    ("hospital", "patient", "HEALTH", "icd10_code", _forms("E11.#", "J45.#", "I1#", "S52.#")),
    ("hospital", "patient", "HEALTH", "诊断结果", _of("高血压", "糖尿病", "肺炎", "骨折")),
    ("hospital", "patient", "HEALTH", "allergies", _of("penicillin", "nuts", "none known", "latex")),
    ("hospital", "patient", "HEALTH", "gms", _of("青霉素", "头孢", "无", "海鲜")),
    ("hospital", "patient", "HEALTH_ID", "mrn", form("MRN#######")),
    ("hospital", "patient", "HEALTH_ID", "医保卡号", form("A########")),
    ("hospital", "patient", "LOCATION", "home_addr", _street("in")),
    ("hospital", "patient", "LOCATION", "现住址", _street("zh")),
    ("hospital", "patient", "PHONE_NUMBER", "emergency_contact_tel", _forms("+91 98### #####", "+91-80-2#######")),
    ("hospital", "patient", "CN_MOBILE", "lxdh", _forms("13#########", "15#########", "18#########", "199########")),
    ("hospital", "patient", "BIOMETRIC", "fingerprint_template", _digest(256)),
    (
        "hospital",
        "drug",
        None,
        "drug_name",
        _of("Lipitor", "Metformin", "Amoxicillin", "Clarithromycin", "Rosuvastatin"),
    ),
    ("hospital", "drug", None, "药品名称", _of("阿莫西林", "布洛芬", "连花清瘟", "白加黑", "马应龙")),
    ("hospital", "drug", None, "ndc", form("#####-####-##")),
    ("hospital", "ward", None, "ward", _of("ICU", "Maternity", "Victoria", "Alexandra", "Ward 7B")),
    ("hospital", "ward", None, "ks_mc", _of("内科", "外科", "儿科", "妇产科", "高压氧科")),
    ("hospital", "ward", None, "bed_no", form("B-##")),
    ("hospital", "lab", None, "loinc", form("####-#")),
    ("hospital", "lab", None, "analyte", _of("Glucose", "HbA1c", "Creatinine", "Albumin")),
    ("hospital", "lab", None, "specimen_id", form("S25########")),
    ("hospital", "lab", None, "device_sn", form("XN-#####")),
    # A customer file in French and Spanish and Portuguese.
    ("crm", "clients", "PERSON", "nom", _family("fr")),
    ("crm", "clients", "PERSON", "prénom", _given("fr")),
    ("crm", "clients", "PERSON", "nom_complet", _last_first("fr")),
    ("crm", "clients", "LOCATION", "adresse_postale", _street("fr")),
    ("crm", "clients", "LOCATION", "code_postal", _forms("750##", "690##", "130##")),
    ("crm", "clients", "LOCATION", "ville", _of("Rouen", "Annecy", "Vannes", "Saint-Étienne", "Pau")),
    ("crm", "clients", "BIRTH_DATE", "date_naissance", _day(1940, 2006, "%d/%m/%Y")),
    ("crm", "clients", "PHONE_NUMBER", "tel_portable", _forms("06 ## ## ## ##", "07.##.##.##.##")),
    ("crm", "clients", "GENDER", "civilite", _of("M.", "Mme")),
    ("crm", "clients", "EMAIL_ADDRESS", "courriel", _mail),
    ("crm", "empleados", "PERSON", "apellidos", lambda c: f"{_family('es')(c)} {_family('es')(c)}"),
    (
        "crm",
        "empleados",
        "PERSON",
        "nombre_completo",
        lambda c: f"{_given('es')(c)} {_family('es')(c)} {_family('es')(c)}",
    ),
    ("crm", "empleados", "LOCATION", "domicilio", _street("es")),
    ("crm", "empleados", "LOCATION", "direccion", _street("es")),
    ("crm", "empleados", "BIRTH_DATE", "fecha_nac", _day(1955, 2004, "%d/%m/%Y")),
    ("crm", "empleados", "PHONE_NUMBER", "telefono", _forms("6## ### ###", "91 ### ## ##", "93 ### ## ##")),
    ("crm", "empleados", "GENDER", "sexo", _of("H", "M")),
    ("crm", "empleados", "MARITAL_STATUS", "estado_civil", _of("soltero", "casada", "divorciado", "viuda")),
    ("crm", "empleados", "INCOME", "salario", _money(1800)),
    ("crm", "pessoas", "PERSON", "nome_mae", _full("pt")),
    ("crm", "pessoas", "PERSON", "nome_cliente", _full("pt")),
    ("crm", "pessoas", "LOCATION", "endereco", _street("pt")),
    ("crm", "pessoas", "LOCATION", "bairro", _of("Copacabana", "Moema", "Boa Viagem", "Savassi", "Centro")),
    ("crm", "pessoas", "LOCATION", "cep", form("0####-###")),
    ("crm", "pessoas", "PHONE_NUMBER", "celular", _forms("(11) 9####-####", "(21) 9####-####", "(85) 9####-####")),
    ("crm", "pessoas", "BIRTH_DATE", "dt_nascimento", _day(1945, 2005, "%d/%m/%Y")),
    ("crm", "persone", "PERSON", "cognome", _family("it")),
    ("crm", "persone", "PERSON", "nominativo", _full("it")),
    ("crm", "persone", "LOCATION", "indirizzo", _street("it")),
    ("crm", "persone", "BIRTH_DATE", "data_nascita", _day(1945, 2005, "%d/%m/%Y")),
    (
        "crm",
        "produits",
        None,
        "libelle",
        _of("Lampe Camille", "Chaise Léon", "Table Rosalie", "Vase Martin", "Miroir Louise"),
    ),
    ("crm", "produits", None, "ref_produit", form("RF-####")),
    (
        "crm",
        "productos",
        None,
        "descripcion",
        _of("Aceite de oliva", "Vino Marqués de Riscal", "Queso Manchego", "Jamón Joselito", "Galletas María"),
    ),
    ("crm", "pedidos", None, "num_pedido", form("PED########")),
    ("crm", "pedidos", None, "fecha_entrega", _day(2023, 2026, "%d/%m/%Y")),
    (
        "crm",
        "lojas",
        None,
        "nome_fantasia",
        _of("Padaria São José", "Mercado Bom Jesus", "Casa Pedro", "Bar do Zé", "Lojas Renner"),
    ),
    ("crm", "filiales", None, "ville_agence", _of("Lille", "Nancy", "Orléans", "Laval", "Florange")),
    ("crm", "campagnes", None, "nom_campagne", _of("Rentrée 2025", "Noël", "Fête des mères", "Soldes d'été")),
    ("crm", "campagnes", None, "taux_ouverture", lambda c: round(c.random(), 3)),
    # Citizens and pupils in Japanese, Korean, Russian, Arabic, Hindi, Vietnamese, Thai, Turkish, Polish.
    ("office", "住民", "PERSON", "氏名", _full("ja")),
    ("office", "住民", "PERSON", "フリガナ", _full("kana")),
    ("office", "住民", "PERSON", "shimei_kana", _full("kana")),
    ("office", "住民", "LOCATION", "住所", _street("ja")),
    ("office", "住民", "BIRTH_DATE", "生年月日", _day(1940, 2015, "%Y/%m/%d")),
    ("office", "住民", "PHONE_NUMBER", "電話番号", _forms("03-####-####", "090-####-####", "06-####-####")),
    ("office", "住民", "GENDER", "性別", _of("男", "女")),
    ("office", "주민", "PERSON", "성명", _full("ko")),
    ("office", "주민", "LOCATION", "주소", _street("ko")),
    ("office", "주민", "PHONE_NUMBER", "휴대폰", _forms("010-####-####")),
    ("office", "주민", "BIRTH_DATE", "생년월일", _day(1940, 2010, "%Y.%m.%d")),
    ("office", "граждане", "PERSON", "фио", lambda c: f"{_family('ru')(c)} {_given('ru')(c)}"),
    ("office", "граждане", "PERSON", "фамилия", _family("ru")),
    ("office", "граждане", "LOCATION", "адрес", _street("ru")),
    ("office", "граждане", "BIRTH_DATE", "дата_рождения", _day(1940, 2008, "%d.%m.%Y")),
    ("office", "граждане", "PHONE_NUMBER", "телефон", _forms("8 (9##) ###-##-##", "+7 9## ###-##-##")),
    ("office", "граждане", "GENDER", "пол", _of("м", "ж")),
    ("office", "citizens", "PERSON", "الاسم", _full("ar")),
    ("office", "citizens", "LOCATION", "العنوان", _street("ar")),
    ("office", "citizens", "PHONE_NUMBER", "الجوال", _forms("05########")),
    ("office", "citizens", "PERSON", "name_hi", _full("hi")),
    ("office", "citizens", "PERSON", "नाम", _full("hi")),
    ("office", "citizens", "LOCATION", "पता", _street("hi")),
    ("office", "citizens", "PERSON", "ho_ten", _full("vi")),
    ("office", "citizens", "PERSON", "Họ và tên", _full("vi")),
    ("office", "citizens", "LOCATION", "dia_chi", _street("vi")),
    ("office", "citizens", "PHONE_NUMBER", "sdt", _forms("09########", "03########")),
    ("office", "citizens", "BIRTH_DATE", "ngay_sinh", _day(1950, 2008, "%d/%m/%Y")),
    ("office", "citizens", "PERSON", "ชื่อ-นามสกุล", _full("th")),
    ("office", "citizens", "LOCATION", "ที่อยู่", _street("th")),
    ("office", "citizens", "PERSON", "ad_soyad", _full("tr")),
    ("office", "citizens", "LOCATION", "adres", _street("tr")),
    ("office", "citizens", "PHONE_NUMBER", "cep_tel", _forms("0532 ### ## ##", "0505 ### ## ##")),
    ("office", "citizens", "PERSON", "nazwisko", _family("pl")),
    ("office", "citizens", "PERSON", "imie_nazwisko", _full("pl")),
    ("office", "citizens", "LOCATION", "adres_zamieszkania", _street("pl")),
    ("office", "citizens", "BIRTH_DATE", "data_urodzenia", _day(1950, 2008)),
    ("office", "pupils", "PERSON", "guardian_name", _full("en")),
    ("office", "pupils", "CHILD", "child_name", _given("en")),
    ("office", "商品", None, "商品名", _of("山田錦", "松本城せんべい", "鈴木屋羊羹", "田中カレー", "さくら餅")),
    ("office", "店舗", None, "店舗名", _of("渋谷店", "新宿西口店", "なんば店", "札幌駅前店")),
    ("office", "상품", None, "상품명", _of("김치찌개", "신라면", "박카스", "이천쌀", "정관장")),
    (
        "office",
        "товары",
        None,
        "наименование",
        _of("Конфеты «Алёнка»", "Торт Наполеон", "Сыр Российский", "Хлеб Бородинский"),
    ),
    ("office", "товары", None, "артикул", form("АБ-#####")),
    (
        "office",
        "products",
        None,
        "ten_san_pham",
        _of("Cà phê Trung Nguyên", "Bánh Kinh Đô", "Nước mắm Nam Ngư", "Phở bò"),
    ),
    ("office", "products", None, "ürün_adı", _of("Zeytinyağı", "Beyaz peynir", "Türk kahvesi", "Lokum")),
    ("office", "kota", None, "nazwa_miasta", _of("Kraków", "Łódź", "Gdańsk", "Poznań")),
    (
        "office",
        "films",
        None,
        "film_title",
        _of("Annie Hall", "Forrest Gump", "Erin Brockovich", "Billy Elliot", "Jackie Brown", "Donnie Darko"),
    ),
    (
        "office",
        "ships",
        None,
        "vessel",
        _of("Queen Mary", "Emma Maersk", "Edith Cavell", "Henry Hudson Bridge", "Axel Maersk"),
    ),
    (
        "office",
        "plants",
        None,
        "cultivar",
        _of("Peace", "Graham Thomas", "Gertrude Jekyll", "William Lobb", "Lady Emma Hamilton"),
    ),
    (
        "office",
        "streets",
        None,
        "street_name",
        _of("Lincoln Avenue", "Goethestraße", "Rue Victor Hugo", "Via Dante", "Churchill Way"),
    ),
    ("office", "teams", None, "team", _of("Boston Bruins", "Real Madrid", "Ajax", "Williams Racing", "Ferrari")),
    # Sensors and operations.
    ("iot", "reading", None, "sensor_id", form("TH-%%%%")),
    ("iot", "reading", None, "temp_c", lambda c: round(c.gauss(21, 4), 2)),
    ("iot", "reading", None, "humidity_pct", _int(20, 95)),
    ("iot", "reading", None, "ts", lambda c: 1_700_000_000_000 + c.randrange(10**10)),
    ("iot", "gateway", None, "serial_number", form("4C#########")),
    ("iot", "gateway", None, "model_name", _of("Edge Mini", "Max 3000", "Victor LX", "Rex Pro", "Luna S")),
    ("iot", "gateway", None, "install_lat", lambda c: round(c.uniform(47, 55), 6)),
    ("iot", "deploy", None, "git_sha", form("%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%")),
    ("iot", "deploy", None, "image", _forms("registry.example/app:1.#.##", "registry.example/api:2.#.#")),
    ("iot", "deploy", None, "namespace", _of("default", "kube-system", "monitoring", "payments")),
    ("iot", "deploy", None, "service_account", _of("svc_backup", "svc_etl", "svc_ci", "root", "nobody", "www-data")),
    ("iot", "deploy", None, "file_path", _forms("/var/log/app-##.log", "/opt/data/part-####.parquet")),
    ("iot", "vehicle", "VIN", "vin", form("WVWZZZ1KZ@W######")),
    ("iot", "trip", "LATITUDE", "driver_lat", lambda c: round(c.uniform(40, 41), 6)),
    ("iot", "trip", "LICENSE_PLATE", "车牌号", _forms("京A·#####", "沪B·####@", "粤B·D#####")),
    ("iot", "user_device", "ADVERTISING_ID", "idfa", lambda c: _uuid(c).upper()),
    ("iot", "user_device", "DEVICE_ID", "android_id", form("%%%%%%%%%%%%%%%%")),
    ("iot", "user_device", "MAC_ADDRESS", "bt_addr", form("%%-%%-%%-%%-%%-%%")),
    (
        "iot",
        "user_device",
        "IP_ADDRESS",
        "last_seen_addr",
        lambda c: f"2001:db8:{c.randrange(65536):x}::{c.randrange(65536):x}",
    ),
    ("iot", "user_device", "OTP", "sms_code", form("######")),
    ("iot", "ledger", None, "account_code", _of("4000", "4010", "6100", "7200", "8300")),
    ("iot", "ledger", None, "percent", lambda c: f"{c.randint(0, 100)}%"),
    ("iot", "ledger", None, "fiscal_year", _int(2015, 2026)),
    ("iot", "ledger", None, "ticker", _of("AAPL", "MSFT", "BABA", "TSLA", "SAP")),
    ("iot", "ledger", None, "isin", form("US##########")),
    ("iot", "ledger", None, "lei", form("5493001KJTIIGC8Y1R##")),
]

_DIRT: list[Make] = [
    lambda c: None,
    lambda c: "",
    lambda c: "  ",
    lambda c: "N/A",
    lambda c: "-",
    lambda c: "unknown",
]


def systems(part: str, seed: int = 21) -> Iterator[Column]:
    """The columns of the "working" or "untouched" part, each also with a tenth of missing and foreign cells and with few rows."""
    for number, (system, table, entity, column, make) in enumerate(_WORKING if part == "working" else _UNTOUCHED):
        chance = random.Random(f"{seed}.{number}")
        values = [make(chance) for _ in range(ROWS)]
        yield system, table, entity, column, values
        dirty = [chance.choice(_DIRT)(chance) if chance.random() < 0.12 else value for value in values]
        dirty = [f" {value}\u00a0" if isinstance(value, str) and chance.random() < 0.1 else value for value in dirty]
        yield f"{system} dirty", table, entity, column, [column, *dirty]
        yield f"{system} short", table, entity, column, values[: chance.choice((3, 5, 8, 15))]
