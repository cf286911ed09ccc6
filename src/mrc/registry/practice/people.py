"""A generator of practice registrants: the same seed, day and count give the same people.

The first people are cases with fixed ids, so that a demonstration can name them; the others are
drawn in the proportions of the real register. Phone numbers are of a range that no carrier gives
to subscribers (010-0…).
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from mrc.registry.numbers import (
    LAST_DAY_OF_CHECK_DIGITS,
    Sex,
    check_digit,
    seventh_digit,
)
from mrc.registry.practice.name_lists import (
    AWKWARD,
    KOREAN_FAMILIES,
    KOREAN_GIVEN_MEN,
    KOREAN_GIVEN_WOMEN,
    NAME_LISTS,
)
from mrc.registry.practice.proportions import NATIONALITIES, StatusShare, shares_of
from mrc.registry.residence import OFFICES

AWKWARD_PER_THOUSAND = 25
KOREAN_NAMED_CHINESE = 55  # per cent of Chinese nationals in Korea are ethnic Koreans
WITHOUT_PHONE, WITHOUT_PORTRAIT, ENDED, OVERSTAYED = 20, 10, 25, 15  # per thousand

Fields = dict[str, object]
T = TypeVar("T")

_STREETS = (
    ("서울특별시 영등포구 대림로", "서울특별시 중구 세종대로", "서울특별시 서대문구 연세로")
    + ("경기도 안산시 단원구 다문화길", "경기도 수원시 팔달구 효원로", "경기도 화성시 발안공단로")
    + ("경기도 시흥시 정왕대로", "인천광역시 연수구 함박뫼로", "부산광역시 사상구 낙동대로")
    + (
        "대구광역시 달서구 성서공단로",
        "광주광역시 광산구 산정공원로",
        "충청남도 천안시 동남구 충절로",
    )
    + ("충청북도 음성군 대소면 오태로", "경상남도 김해시 호계로", "제주특별자치도 제주시 연동로")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePerson:
    """One line of a practice import, and what the drawing of the face needs to know."""

    fields: Fields
    portrait_seed: int | None


def practice_people(
    *, seed: int, count: int, today: date, faces: int = 300
) -> Iterator[PracticePerson]:
    """`count` people as of `today` (a day in Korea). Portrait files are ``face-NNNN.jpg``.

    At most `faces` different faces are used, so that a big register is drawn in a short time.
    """
    maker = _Maker(random.Random(seed), today, faces)  # noqa: S311 - practice data, no secret
    for index in range(count):
        yield maker.case(index) if index < len(CASES) else maker.anyone(index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A person that demonstrations and tests know by id. Days count from today."""

    id: str
    nationality: str = "VNM"
    sex: Sex = Sex.FEMALE
    status: str = "D-2-2"
    family: str = "NGUYỄN"
    given: str = "THỊ ÁNH"
    family_hangul: str = ""
    given_hangul: str = ""
    birthday: tuple[int, int] = (24, 100)  # full years, and days since the birthday
    permitted_days: int | None = 500
    ended_days_ago: int | None = None
    phone: str = "010-0000-0000"
    portrait: bool = True


_LONG = AWKWARD[0]
CASES = (
    Case(id="P-STUDENT", phone="010-0000-0001", given_hangul="티 안", family_hangul="응우옌"),
    Case(id="P-CHILD", family="KIM", given="ALINA", nationality="UZB", status="F-1",
         birthday=(13, 340), phone="010-0000-0002"),
    Case(id="P-ENDED", family="RAI", given="SUMAN", nationality="NPL", sex=Sex.MALE,
         status="E-9-1", ended_days_ago=20, permitted_days=-20, phone="010-0000-0003"),
    Case(id="P-OTHERS-PHONE", family="REYES", given="MARIA CRISTINA", nationality="PHL",
         status="F-6-1", birthday=(35, 12), phone="010-0000-0004"),
    Case(id="P-PERMANENT", family="WANG", given="XIUYING", nationality="CHN", status="F-5",
         birthday=(52, 200), permitted_days=None, phone="010-0000-0005"),
    Case(id="P-OVERSEAS-KOREAN", family="KIM", given="SERGEI", nationality="RUS", sex=Sex.MALE,
         status="F-4", family_hangul="김", given_hangul="세르게이", birthday=(41, 3),
         phone="010-0000-0006"),
    Case(id="P-LONG-NAME", nationality=_LONG[0], family=_LONG[1], given=_LONG[2], sex=Sex.MALE,
         family_hangul=_LONG[3], given_hangul=_LONG[4], status="E-7-4", birthday=(33, 50),
         phone="010-0000-0007"),
    Case(id="P-ONE-NAME", nationality="IDN", family="", given="Suparman", sex=Sex.MALE,
         status="E-9-3", birthday=(28, 1), phone="010-0000-0008"),
    Case(id="P-NO-PORTRAIT", portrait=False, birthday=(22, 0), phone="010-0000-0009"),
    Case(id="P-ENDS-SOON", family="MÜLLER", given="JÜRGEN", nationality="DEU", sex=Sex.MALE,
         status="E-1", birthday=(44, 77), permitted_days=7, phone="010-0000-0010"),
)  # fmt: skip


class _Maker:
    def __init__(self, chance: random.Random, today: date, faces: int) -> None:
        self._chance = chance
        self._today = today
        self._faces = faces
        self._numbers: set[str] = set()

    def case(self, index: int) -> PracticePerson:
        case = CASES[index]
        years, days = case.birthday
        birth_date = _years_before(self._today - timedelta(days=days), years)
        registered_on = max(birth_date, self._today - timedelta(days=700))
        fields: Fields = {
            "id": case.id,
            "number": self._number(birth_date, case.sex, registered_on),
            "family_name": case.family,
            "given_name": case.given,
            "family_name_hangul": case.family_hangul,
            "given_name_hangul": case.given_hangul,
            **self._person(birth_date, case.sex, case.nationality),
            "status": case.status,
            "permitted_until": self._in_days(case.permitted_days),
            "registered_on": registered_on.isoformat(),
            "office": "SEL",
            **self._contact(registered_on, [case.phone]),
        }
        if case.ended_days_ago is not None:
            fields |= {"ended_on": self._in_days(-case.ended_days_ago), "end_reason": "departure"}
        return self._with_portrait(fields, index, absent=not case.portrait)

    def anyone(self, index: int) -> PracticePerson:
        nationality = _pick(self._chance, NATIONALITIES)
        sex = Sex.MALE if self._chance.random() < 0.55 else Sex.FEMALE
        awkward = self._chance.randrange(1000) < AWKWARD_PER_THOUSAND
        if awkward:
            nationality, *name = self._chance.choice(AWKWARD)
        share = self._status(nationality)
        if not awkward:
            name = self._name(nationality, sex, share.status)
        birth_date = self._birth_date(share)
        registered_on = self._registered_on(birth_date)
        phone = f"010-0{self._chance.randrange(100, 1000)}-{self._chance.randrange(10_000):04d}"
        fields: Fields = {
            "id": f"P-{index:06d}",
            "number": self._number(birth_date, sex, registered_on),
            **dict(zip(_NAME_FIELDS, name, strict=True)),
            **self._person(birth_date, sex, nationality),
            "status": share.status,
            "permitted_until": self._permitted_until(share),
            "registered_on": registered_on.isoformat(),
            "office": _pick(self._chance, {code: item.weight for code, item in OFFICES.items()}),
            **self._contact(registered_on, [] if self._one_in(WITHOUT_PHONE) else [phone]),
        }
        if self._one_in(ENDED):
            ago = min(self._chance.randrange(1, 60), (self._today - registered_on).days)
            ended_on = self._in_days(-ago)
            fields |= {"ended_on": ended_on, "end_reason": "departure"}
        return self._with_portrait(fields, index, absent=self._one_in(WITHOUT_PORTRAIT))

    def _one_in(self, per_thousand: int) -> bool:
        return self._chance.randrange(1000) < per_thousand

    def _in_days(self, days: int | None) -> str | None:
        return None if days is None else (self._today + timedelta(days=days)).isoformat()

    def _person(self, birth_date: date, sex: Sex, nationality: str) -> Fields:
        return {
            "birth_date": birth_date.isoformat(),
            "sex": sex.value,
            "nationality": nationality,
        }

    def _contact(self, since: date, phones: list[str]) -> Fields:
        street = self._chance.choice(_STREETS)
        number, flat = self._chance.randrange(1, 400), self._chance.randrange(101, 2500)
        card = f"{self._chance.choice('FGRP')}{self._chance.randrange(10**9, 10**10)}"
        return {
            "addresses": [{"text": f"{street} {number}, {flat}호", "since": since.isoformat()}],
            "phones": phones,
            "cards": [{"number": card, "issued_on": since.isoformat()}],
        }

    def _with_portrait(self, fields: Fields, index: int, *, absent: bool) -> PracticePerson:
        if absent:
            return PracticePerson(fields=fields, portrait_seed=None)
        face = index % self._faces
        return PracticePerson(
            fields=fields | {"portrait": f"face-{face:04d}.jpg"}, portrait_seed=face
        )

    def _status(self, nationality: str) -> StatusShare:
        shares = {share: share.weight for share in shares_of(nationality)}
        return _pick(self._chance, shares)

    def _birth_date(self, share: StatusShare) -> date:
        youngest, oldest = share.ages
        days = self._chance.randrange(youngest * 366, (oldest + 1) * 365)
        return max(self._today - timedelta(days=days), date(1900, 1, 1))

    def _registered_on(self, birth_date: date) -> date:
        ago = int(self._chance.triangular(5, 4000, 200))
        return max(birth_date, self._today - timedelta(days=ago))

    def _permitted_until(self, share: StatusShare) -> str | None:
        if share.years == 0:
            return None
        if self._one_in(OVERSTAYED):
            return self._in_days(-self._chance.randrange(1, 200))
        return self._in_days(self._chance.randrange(1, share.years * 365 + 1))

    def _number(self, birth_date: date, sex: Sex, registered_on: date) -> str:
        head = birth_date.strftime("%y%m%d") + seventh_digit(sex, birth_date)
        while True:
            number = f"{head}{self._chance.randrange(10**6):06d}"
            if registered_on <= LAST_DAY_OF_CHECK_DIGITS:
                number = number[:12] + check_digit(number[:12])
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def _name(self, nationality: str, sex: Sex, status: str) -> list[str]:
        korean = status.startswith(("F-4", "H-2"))
        if nationality == "CHN" and self._chance.randrange(100) < KOREAN_NAMED_CHINESE:
            korean = True
        if korean and nationality in ("CHN", "USA", "CAN"):
            return self._korean_name(sex)
        names = NAME_LISTS[nationality]
        given = list(names.given_men if sex is Sex.MALE else names.given_women)
        self._chance.shuffle(given)
        given_name = " ".join(given[: self._chance.randint(*names.given_count)])
        mononym = self._chance.randrange(100) < names.mononym
        family = "" if mononym else self._chance.choice(names.families)
        if names.upper:
            family, given_name = family.upper(), given_name.upper()
        return [family, given_name, "", ""]

    def _korean_name(self, sex: Sex) -> list[str]:
        givens = KOREAN_GIVEN_MEN if sex is Sex.MALE else KOREAN_GIVEN_WOMEN
        family, given = self._chance.choice(KOREAN_FAMILIES), self._chance.choice(givens)
        return [family[0], given[0], family[1], given[1]]


_NAME_FIELDS = ("family_name", "given_name", "family_name_hangul", "given_name_hangul")


def _pick(chance: random.Random, weights: Mapping[T, int]) -> T:
    return chance.choices(list(weights), weights=list(weights.values()))[0]


def _years_before(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        day -= timedelta(days=1)
    return day.replace(year=day.year - years)
