"""Dates and times as each language writes them, without a locale database on the device.

Unicode CLDR, long date patterns (a test compares every one with Babel). Times are local to Korea,
24 hours. Official data also carries the date as YYYY-MM-DD: that is `date.isoformat()`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Final

from mrc.web.design.languages import Language

KOREA: Final = timezone(timedelta(hours=9), "KST")  # no summer time since 1988

_PATTERNS: Final[Mapping[Language, str]] = {
    Language.KO: "{y}년 {m}월 {d}일",
    Language.EN: "{d} {month} {y}",
    Language.ZH_HANS: "{y}年{m}月{d}日",
    Language.VI: "{d} tháng {m}, {y}",
    Language.TH: "{d} {month} ค.ศ. {y}",
    Language.UZ: "{d}-{month}, {y}",
    Language.NE: "{y} {month} {d}",
    Language.ID: "{d} {month} {y}",
    Language.KM: "{d} {month} {y}",
    Language.MN: "{y} оны {month}ын {d}",
    Language.RU: "{d} {month} {y} г.",
    Language.MY: "{y} {month} {d}",
    Language.JA: "{y}年{m}月{d}日",
    Language.FIL: "{month} {d}, {y}",
}
# Only where the pattern names the month; a name that ends in a space-free suffix keeps it.
_MONTHS: Final[Mapping[Language, str]] = {
    Language.EN: (
        "January|February|March|April|May|June|July|August|September|October|November|December"
    ),
    Language.TH: (
        "มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม"
    ),
    Language.UZ: ("yanvar|fevral|mart|aprel|may|iyun|iyul|avgust|sentabr|oktabr|noyabr|dekabr"),
    Language.NE: ("जनवरी|फेब्रुअरी|मार्च|अप्रिल|मे|जुन|जुलाई|अगस्ट|सेप्टेम्बर|अक्टोबर|नोभेम्बर|डिसेम्बर"),
    Language.ID: (
        "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember"
    ),
    Language.KM: ("មករា|កុម្ភៈ|មីនា|មេសា|ឧសភា|មិថុនា|កក្កដា|សីហា|កញ្ញា|តុលា|វិច្ឆិកា|ធ្នូ"),
    Language.MN: (
        "нэгдүгээр сар|хоёрдугаар сар|гуравдугаар сар|дөрөвдүгээр сар|тавдугаар сар|зургаадугаар сар|"
        "долоодугаар сар|наймдугаар сар|есдүгээр сар|аравдугаар сар|арван нэгдүгээр сар|арван хоёрдугаар сар"
    ),
    Language.RU: (
        "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    ),
    Language.MY: ("ဇန်နဝါရီ|ဖေဖော်ဝါရီ|မတ်|ဧပြီ|မေ|ဇွန်|ဇူလိုင်|ဩဂုတ်|စက်တင်ဘာ|အောက်တိုဘာ|နိုဝင်ဘာ|ဒီဇင်ဘာ"),
    Language.FIL: (
        "Enero|Pebrero|Marso|Abril|Mayo|Hunyo|Hulyo|Agosto|Setyembre|Oktubre|Nobyembre|Disyembre"
    ),
}


def format_date(day: date, language: Language) -> str:
    """`day` in words, by the rule of the language."""
    pattern = _PATTERNS[language]
    month = _MONTHS[language].split("|")[day.month - 1] if "{month}" in pattern else ""
    return pattern.format(y=day.year, m=day.month, d=day.day, month=month)


def format_time(moment: datetime) -> str:
    """The time of day in Korea, hours and minutes."""
    return moment.astimezone(KOREA).strftime("%H:%M")


def format_moment(moment: datetime, language: Language) -> str:
    """Date and time of day in Korea; `moment` must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    local = moment.astimezone(KOREA)
    return f"{format_date(local.date(), language)} {format_time(local)}"
