"""Residence: status of stay, permitted period, registration and its end, registering office.

Status codes are those of the Enforcement Decree of the Immigration Act, table 1 and its
annexes (A-1 diplomats … H-2 working visit), with the ministry's further division as a number
(``E-7-4``). A period ends with the whole of its last day in Korea.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mrc.kernel.errors import Malformed


class StatusCode(StrEnum):
    """The status of stay; each value is the code as it is printed."""

    DIPLOMAT = "A-1"
    OFFICIAL = "A-2"
    AGREEMENT = "A-3"
    VISA_EXEMPTED = "B-1"
    TRANSIT = "B-2"
    SHORT_TERM_NEWS = "C-1"
    SHORT_TERM_VISIT = "C-3"
    SHORT_TERM_WORK = "C-4"
    CULTURE = "D-1"
    STUDENT = "D-2"
    INDUSTRIAL_TRAINEE = "D-3"
    GENERAL_TRAINEE = "D-4"
    NEWS = "D-5"
    RELIGION = "D-6"
    INTRA_COMPANY = "D-7"
    INVESTMENT = "D-8"
    TRADE = "D-9"
    JOB_SEEKER = "D-10"
    PROFESSOR = "E-1"
    LANGUAGE_TEACHER = "E-2"
    RESEARCH = "E-3"
    TECHNOLOGY = "E-4"
    PROFESSIONAL = "E-5"
    ARTS = "E-6"
    SPECIAL_OCCUPATION = "E-7"
    SEASONAL_WORK = "E-8"
    NON_PROFESSIONAL = "E-9"
    CREW = "E-10"
    VISITING = "F-1"
    RESIDENT = "F-2"
    DEPENDENT = "F-3"
    OVERSEAS_KOREAN = "F-4"
    PERMANENT = "F-5"
    MARRIAGE = "F-6"
    OTHER = "G-1"
    WORKING_HOLIDAY = "H-1"
    WORKING_VISIT = "H-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOfStay:
    """``E-7`` or, further divided, ``E-7-4``."""

    code: StatusCode
    division: str = ""

    @property
    def text(self) -> str:
        return f"{self.code.value}-{self.division}" if self.division else self.code.value


_STATUS = re.compile(r"([A-H]-[0-9]{1,2})(?:-([0-9]{1,2}[A-Z]?))?")


def decode_status(text: str) -> StatusOfStay:
    match = _STATUS.fullmatch(text)
    if match is None or match[1] not in set(StatusCode):
        raise Malformed("status", "not a status of stay (A-1 … H-2)")
    return StatusOfStay(code=StatusCode(match[1]), division=match[2] or "")


class EndReason(StrEnum):
    """Why a registration ended."""

    DEPARTURE = "departure"
    NATURALISATION = "naturalisation"
    DEATH = "death"
    STAY_ENDED = "stay_ended"
    REGISTERED_IN_ERROR = "registered_in_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    on: date
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """`permitted_until` is the last permitted day, None only for permanent residents (F-5).

    `registered_on` is None for a person who is known but not (yet) registered.
    """

    status: StatusOfStay
    permitted_until: date | None
    registered_on: date | None
    office: str
    end: End | None = None

    def __post_init__(self) -> None:
        if self.permitted_until is None and self.status.code is not StatusCode.PERMANENT:
            raise Malformed("permitted_until", "missing: only F-5 has no end")
        if self.office not in OFFICES:
            raise Malformed("office", "not an immigration office")
        if self.registered_on and self.end and self.end.on < self.registered_on:
            raise Malformed("ended_on", "before the registration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A registering office: `weight` is its share in the practice register."""

    english: str
    korean: str
    weight: int


def _office(english: str, korean: str, weight: int) -> Office:
    return Office(english=english, korean=korean, weight=weight)


OFFICES = {
    "SEL": _office("Seoul Immigration Office", "서울출입국·외국인청", 150),
    "SES": _office("Seoul Southern Immigration Office", "서울남부출입국·외국인사무소", 170),
    "SEN": _office("Sejongno Branch Office", "서울출입국·외국인청 세종로출장소", 60),
    "SUW": _office("Suwon Immigration Office", "수원출입국·외국인청", 160),
    "PYT": _office("Pyeongtaek Branch Office", "수원출입국·외국인청 평택출장소", 45),
    "ICN": _office("Incheon Immigration Office", "인천출입국·외국인청", 80),
    "ANS": _office("Ansan Branch Office", "인천출입국·외국인청 안산출장소", 85),
    "YJU": _office("Yangju Immigration Office", "양주출입국·외국인사무소", 50),
    "GMP": _office("Goyang Branch Office", "양주출입국·외국인사무소 고양출장소", 35),
    "BUS": _office("Busan Immigration Office", "부산출입국·외국인청", 50),
    "GIM": _office("Gimhae Branch Office", "부산출입국·외국인청 김해출장소", 30),
    "USN": _office("Ulsan Immigration Office", "울산출입국·외국인사무소", 22),
    "CWN": _office("Changwon Immigration Office", "창원출입국·외국인사무소", 40),
    "DGU": _office("Daegu Immigration Office", "대구출입국·외국인사무소", 45),
    "GUM": _office("Gumi Branch Office", "대구출입국·외국인사무소 구미출장소", 18),
    "DJN": _office("Daejeon Immigration Office", "대전출입국·외국인사무소", 40),
    "CHA": _office("Cheonan Branch Office", "대전출입국·외국인사무소 천안출장소", 45),
    "CJU": _office("Cheongju Immigration Office", "청주출입국·외국인사무소", 38),
    "GJU": _office("Gwangju Immigration Office", "광주출입국·외국인사무소", 42),
    "YSU": _office("Yeosu Immigration Office", "여수출입국·외국인사무소", 16),
    "JJU": _office("Jeonju Immigration Office", "전주출입국·외국인사무소", 28),
    "CCH": _office("Chuncheon Immigration Office", "춘천출입국·외국인사무소", 16),
    "JEJ": _office("Jeju Immigration Office", "제주출입국·외국인청", 22),
}
