"""Name parts by nationality, and names that break careless software. All invented combinations.

Longer than a module should be because it is one table.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NameList:
    """Family and given parts. `given_count` parts are joined to a given name; `mononym` is the
    share in percent of people with one name only, which then is a given part."""

    families: tuple[str, ...]
    given_men: tuple[str, ...]
    given_women: tuple[str, ...]
    given_count: tuple[int, int] = (1, 1)
    upper: bool = False
    mononym: int = 0


def _list(
    families: str,
    men: str,
    women: str,
    count: tuple[int, int] = (1, 1),
    *,
    upper: bool = True,
    mononym: int = 0,
) -> NameList:
    return NameList(
        families=tuple(families.replace("_", " ").split("|")),
        given_men=tuple(men.split("|")),
        given_women=tuple(women.split("|")),
        given_count=count,
        upper=upper,
        mononym=mononym,
    )


_ENGLISH = _list(
    "Smith|Johnson|Walker|O'Connor|McDonald|Brown|St. John|Fitzgerald-Hughes|Taylor|Nguyen",
    "James|Michael|William|Benjamin|Ethan|Oliver|Noah|Jean-Luc",
    "Emily|Olivia|Grace|Sophia|Mary-Ann|Charlotte|Ava|Hannah",
    (1, 3),
)
_RUSSIAN = _list(
    "Ivanov|Petrova|Kim|Tsoi|Pak|Khegai|Smirnov|Kuznetsova|Li|Yugai|Ten",
    "Sergei|Aleksandr|Dmitrii|Vladislav|Viacheslav|Evgenii",
    "Anastasiia|Ekaterina|Svetlana|Liudmila|Yuliia|Kseniia",
)
_UZBEK = _list(
    "Abdullaev|Karimova|Yusupov|Rakhimov|Toshmatov|Saidova|Ergashev|O'ktamov|G'ulomova",
    "Jasur Baxtiyor o'g'li|Otabek Rustam o'g'li|Sardor|Bekzod|Shoxrux Umid o'g'li",
    "Nilufar Anvar qizi|Dilnoza|Gulnora Shavkat qizi|Malika|Zulfiya",
)
_CHINESE = _list(
    "WANG|LI|ZHANG|LIU|CHEN|YANG|ZHAO|HUANG|ZHOU|WU|OUYANG|LYU",
    "WEI|QIANG|LEI|JUN|YONG|JIANGUO|ZIHAO|YUXUAN",
    "FANG|NA|XIUYING|MIN|JING|YAN|XINYI|ZIHAN",
)
NAME_LISTS: Mapping[str, NameList] = {
    "CHN": _CHINESE,
    "TWN": _CHINESE,
    "VNM": _list(
        "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Vũ|Đặng|Bùi|Đỗ",
        "Văn Hùng|Quốc Anh|Đức Mạnh|Minh Tuấn|Hữu Phước",
        "Thị Hương|Thị Ngọc Ánh|Thùy Linh|Thị Mỹ Duyên|Bích Phượng",
    ),
    "UZB": _UZBEK,
    "KGZ": _UZBEK,
    "KAZ": _RUSSIAN,
    "RUS": _RUSSIAN,
    "NPL": _list(
        "Gurung|Tamang|Shrestha|Rai|Thapa Magar|Chaudhary|Adhikari",
        "Bishnu Prasad|Ram Bahadur|Suman|Dil Bahadur|Kiran",
        "Sita Kumari|Sunita|Bimala Devi|Anju|Puja",
    ),
    "KHM": _list("Sok|Chan|Heng|Chea|Kong|Phan", "Dara|Sophea|Vannak|Rithy", "Sreymom|Bopha|Channary"),
    "PHL": _list(
        "dela Cruz|Santos|Reyes|Garcia|Bautista|de los Santos|Macaraeg",
        "Jose Maria|Mark Anthony|John Paul|Rogelio Jr.|Niño",
        "Maria Cristina|Rosemarie|Princess Joy|Ma. Theresa|Jocelyn",
        (1, 2),
    ),
    "IDN": _list(
        "Wijaya|Santoso|Siregar|Simanjuntak|Halim",
        "Suharto|Budi|Agus|Muhammad Rizki|Slamet",
        "Siti|Dewi Lestari|Nurhayati|Ayu|Wahyuni",
        mononym=35,
    ),
    "MMR": _list(
        "Aung|Kyaw|Zaw|Than|Hla",
        "Min Thu|Ko Ko|Htet Naing Lin|Ye Myint",
        "Khin Khin|Nwe Ni Soe|Thida|Ei Phyu Phyu",
        mononym=70,
    ),
    "USA": _ENGLISH,
    "CAN": _ENGLISH,
    "GBR": _ENGLISH,
    "AUS": _ENGLISH,
    "MNG": _list(
        "Batbayar|Ganbold|Enkhbat|Dorjsuren|Tserendorj",
        "Bat-Erdene|Temuulen|Otgonbayar|Munkh-Orgil",
        "Oyuunchimeg|Nomin-Erdene|Sarantuya|Bolormaa",
    ),
    "THA": _list(
        "Charoensuk|Phetcharat|Wongsuwan|Srisai|Thongkhamdilokwattana",
        "Somchai|Nattapong|Kittisak|Phongsakorn",
        "Siriporn|Kanyarat|Pornthip|Supaporn",
    ),
    "LKA": _list(
        "Perera|Wickramasinghe|Kankanamalage|Warnakulasuriya",
        "Chaminda|Tharindu|Nuwan|Don Ranjith",
        "Dilrukshi|Nirosha|Chathurika|Hewage Malani",
        (2, 5),
    ),
    "BGD": _list("Hossain|Rahman|Islam|Miah|Uddin", "Md. Shakil|Abdul Karim|Rafiqul", "Most. Fatema|Nasrin|Sharmin"),
    "JPN": _list("Sato|Suzuki|Takahashi|Ōno|Itō", "Hiroshi|Kenji|Shōta", "Yuki|Sakura|Yūko"),
    "PAK": _list("Khan|Ahmed|Chaudhry|Malik", "Muhammad Usman|Ali Raza|Bilal", "Ayesha|Fatima|Zainab Bibi", mononym=8),
    "IND": _list(
        "Singh|Kumar|Sharma|Venkataraman|Subramanian|Iyer",
        "Rajesh|Harpreet|Vijayakumar|Sri Venkata Naga Satya",
        "Priya|Lakshmi|Gurpreet Kaur|Ananthalakshmi",
        (1, 2),
        mononym=10,
    ),
    "TLS": _list("da Costa|dos Santos|Soares|Ximenes|de Jesus", "João|Domingos|Mário", "Maria|Filomena|Ângela", (1, 3)),
    "FRA": _list("Lefèvre|d'Alembert|de La Rochefoucauld|Nuñez-Müller", "François|Jean-Baptiste|Loïc", "Zoé|Anaïs|Hélène", (1, 3), upper=False),
    "DEU": _list("Müller|Weiß|von der Heide|Schäfer-Öztürk", "Jürgen|Björn|Karl-Heinz", "Käthe|Zoë|Anne-Sophie", (1, 2), upper=False),
    "EGY": _list("Abdelrahman|El-Sayed|Hassanein", "Mohamed Ahmed|Mahmoud|Khaled", "Fatma|Nour|Yasmin", (2, 4)),
    "NGA": _list("Okonkwo|Adébáyọ̀|Ọlátúnjí|Nwachukwu", "Chukwuemeka|Babátúndé|Ibrahim", "Ngozi|Fọlákẹ́|Aïsha", (1, 3)),
    "BRA": _list("da Silva|Gonçalves|dos Santos Araújo|de Alcântara", "João Pedro|Luís|Antônio Carlos", "Conceição|Ana Lúcia|Márcia", (1, 3)),
    "ESP": _list("García Márquez|Fernández de Córdoba|Núñez Íñiguez|Ibáñez y Ruiz", "José María|Íñigo|Ángel", "María del Carmen|Begoña|Montserrat", (1, 2)),
    "ETH": _list("Tesfaye|Haile Mariam|Gebre Egziabher", "Abebe|Dawit|Yohannes", "Tigist|Meseret|Hiwot"),
    "IRN": _list("Mohammadi|Hosseinzadeh Shirazi|Ahmadi", "Ali|Mohammad Reza|Amir Hossein", "Zahra|Fatemeh|Maryam"),
    "MDG": _list(
        "Andrianampoinimerina|Rakotomalala|Razafindrakoto",
        "Andriantsimitoviaminandriandehibe|Tojonirina Heriniaina",
        "Voahirana Fanomezantsoa|Miarintsoa Harivola",
        (1, 2),
    ),
    "ISL": _list("Þórðarson|Guðmundsdóttir|Björnsdóttir", "Ægir|Sæþór|Höskuldur", "Ásdís|Þóra|Æsa", upper=False),
    "POL": _list("Łukaszewicz|Żółć|Wiśniewska-Źrebiec", "Łukasz|Zdzisław", "Świętosława|Żaneta|Agnieszka", upper=False),
    "TUR": _list("Yılmaz|Şahin|Çağlayan|İnönü", "Mehmet|İbrahim|Çağrı", "Ayşe|Gülşen|Işıl", (1, 2), upper=False),
    "SAU": _list("Al-Ghamdi|Al Saud|Bin Abdulaziz Al-Otaibi", "Abdullah|Faisal|Sultan", "Noura|Haya|Reem", (2, 4)),
    "XXA": _list("Htoo|Rahim|Yasin", "Saw Eh|Noor", "Naw Paw|Amina", mononym=40),
}  # fmt: skip

KOREAN_FAMILIES = tuple(
    tuple(pair.split("/"))
    for pair in [
        "KIM/김",
        "LEE/이",
        "PARK/박",
        "CHOI/최",
        "JEONG/정",
        "CUI/최",
        "PIAO/박",
        "JIN/김",
        "LI/리",
        "NAMGUNG/남궁",
        "AN/안",
        "XU/허",
    ]
)
KOREAN_GIVEN_MEN = tuple(
    tuple(pair.split("/"))
    for pair in [
        "MINSU/민수",
        "SUNGHO/성호",
        "CHEOL/철",
        "DONG-HYUN/동현",
        "YEONGIL/영일",
        "ZHEZHU/철주",
        "BIT NARA/빛나라",
    ]
)
KOREAN_GIVEN_WOMEN = tuple(
    tuple(pair.split("/"))
    for pair in [
        "YEONGHUI/영희",
        "MI-RAN/미란",
        "JI WOO/지우",
        "HUA/화",
        "SOON JA/순자",
        "MEIHUA/매화",
        "HANEULBYEOL/하늘별",
    ]
)

AWKWARD: tuple[tuple[str, str, str, str, str], ...] = (
    # nationality, family, given, family in Hangul, given in Hangul
    ("LKA", "Warnakulasuriya Mudiyanselage Patabendige Kankanamalage", "Ushantha Joseph Chaminda Sri Wijesundara Bandaranayake Dissanayake Ekanayake Karunaratne", "와르나쿨라수리야", "우샨타 조셉 차민다"),
    ("IND", "Brahmatheja Venkata Subramaniam Krishnamurthy Parthasarathy", "Sri Naga Satya Lakshmi Narasimha Raghavendra Ananthapadmanabha Swamy Iyengar Sundararajan", "", ""),
    ("MDG", "Andrianampoinimerinatompokoindrindra", "Andriantsimitoviaminandriandehibe Fanomezantsoa Nomenjanahary Razafimanantsoa Rakotonirina Hasinjaka", "", ""),
    ("ESP", "Fernández de Córdoba y Álvarez de Toledo-Figueroa Ponce de León", "María de los Ángeles Concepción Inmaculada del Sagrado Corazón de Jesús y Todos Santos", "페르난데스", "마리아"),
    ("BRA", "de Alcântara Bragança e Bourbon Gonzaga dos Santos Albuquerque", "Pedro João Carlos Leopoldo Salvador Bibiano Francisco Xavier de Paula Leocádio Rafael", "", ""),
    ("THA", "Thongkhamdilokwattanasiripanichakul", "Phrommethapawarintharachaisiriphattharaphong", "통캄딜록", "프롬메타파와린"),
    ("DEU", "Freiherr von und zu Guttenberg-Weißenwolff-Ünsöld", "Karl-Theodor Maria Nikolaus Johann Jacob Philipp Franz Joseph Sylvester", "", ""),
    ("USA", "Keihanaikukauakahihuliheekahaunaele", "Janice", "", "재니스"),
    ("IDN", "", "Suparman", "", "수파르만"),
    ("MMR", "", "U", "", "우"),
    ("CHN", "O", "E", "오", "어"),
    ("VNM", "Đặng", "Thị Ỷ", "당", "티 이"),
    ("NGA", "Ọ̀ṣúndáre", "Ọláolúwa Àdìó", "", ""),
    ("ISL", "Þjóðólfsdóttir", "Æsa Ýr", "", ""),
    ("FRA", "d’Aubigné-L'Hôpital", "Marie-Noëlle", "", ""),
    ("TUR", "Işıkçı", "İIıi", "", ""),
    ("USA", "Null", "Test", "", ""),
    ("GBR", "St. John-Smythe", "Anne, Lady", "", ""),
    ("UZB", "G‘ulomov", "O‘tkir Sherzod o‘g‘li", "", ""),
    ("KAZ", "NAMGUNG", "BIT NARA", "남궁", "빛나라"),
)  # fmt: skip
