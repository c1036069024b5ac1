"""Names of persons and streets of twenty languages, written by hand for the columns of systems."""

# ruff: noqa: E501 - lists of names are easier to read, and to compare, on one line
from detection_makers import Make, pick

PEOPLE = {
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


def family(language: str) -> Make:
    """Family names of a language."""
    return pick(PEOPLE[language][0])


def given(language: str) -> Make:
    """Given names of a language."""
    return pick(PEOPLE[language][1])


def full(language: str) -> Make:
    """A name as the language orders its parts."""
    last, first = family(language), given(language)
    if language in ("zh", "ko"):
        return lambda c: f"{last(c)}{first(c)}"
    if language in ("ja", "kana", "vi"):
        return lambda c: f"{last(c)} {first(c)}"
    return lambda c: f"{first(c)} {last(c)}"


def last_first(language: str) -> Make:
    """FAMILY, given: as lists of persons are sorted."""
    last, first = family(language), given(language)
    return lambda c: f"{last(c).upper()}, {first(c)}"


def street(language: str) -> Make:
    """Addresses down to the house."""
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
