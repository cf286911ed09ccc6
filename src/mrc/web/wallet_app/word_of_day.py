"""The word of the day on the card face: a picture of the card from yesterday shows another word.

Anyone can compute it; it tells a live screen from an old picture and proves nothing else (UX 10).
Plants and animals, because they read the same to everybody and offend nobody.
"""

import hashlib
from datetime import date

WORDS = [
    "미나리",
    "진달래",
    "소나무",
    "두루미",
    "은행잎",
    "해바라기",
    "반딧불",
    "대나무",
    "동백꽃",
    "고라니",
    "느티나무",
    "도라지",
    "민들레",
    "까치",
    "수달",
    "매화",
    "다람쥐",
    "개나리",
    "연꽃",
    "참새",
    "단풍잎",
    "제비",
    "무궁화",
    "잣나무",
    "나팔꽃",
    "청둥오리",
    "솔방울",
    "봉숭아",
    "억새",
    "노루",
    "모란",
    "딱따구리",
]


def word_of_day(day: date) -> str:
    digest = hashlib.sha256(day.isoformat().encode()).digest()
    return WORDS[int.from_bytes(digest[:4], "big") % len(WORDS)]
