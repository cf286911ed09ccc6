"""Eligibility against a second, plain statement of the rules, for any person on any day."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mrc.formats.catalogue.card_types import CardType
from mrc.kernel.findings import Outcome
from mrc.registry.countries import decode_nationality
from mrc.registry.eligibility import (
    Case,
    EligibilityRules,
    Method,
    PhoneFacts,
    card_expiry,
    decide,
)
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber, Sex, seventh_digit
from mrc.registry.people import Portrait, Registrant, RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import End, EndReason, Residence, StatusCode, StatusOfStay

RULES = EligibilityRules()
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@st.composite
def persons(draw: st.DrawFn) -> Registrant:
    birth_date = draw(st.dates(date(2008, 1, 1), date(2016, 12, 31)))
    sex = draw(st.sampled_from(Sex))
    digits = birth_date.strftime("%y%m%d") + seventh_digit(sex, birth_date) + "000000"
    registered_on = draw(st.none() | DAYS)
    ended_on = draw(st.none() | DAYS)
    if ended_on and registered_on and ended_on < registered_on:
        ended_on = None
    size = draw(st.sampled_from([100, 480]))
    return Registrant(
        id=RegistrantId("P"),
        number=RegistrationNumber(digits),
        name=PersonName(family="A", given=""),
        birth_date=birth_date,
        sex=sex,
        nationality=decode_nationality("DEU"),
        residence=Residence(
            status=StatusOfStay(code=draw(st.sampled_from(StatusCode))),
            permitted_until=draw(DAYS),
            registered_on=registered_on,
            office="SEL",
            end=End(on=ended_on, reason=EndReason.DEPARTURE) if ended_on else None,
        ),
        portrait=draw(
            st.none() | st.just(Portrait(sha256=b"", width=size, height=size + 100, size=1))
        ),
        phones=(decode_phone_number("010-0000-0000"),),
    )


def plainly_eligible(case: Case, today: date) -> bool:
    person, stay, phone = case.registrant, case.registrant.residence, case.phone
    try:
        fourteen = person.birth_date.replace(year=person.birth_date.year + 14)
    except ValueError:
        fourteen = date(person.birth_date.year + 14, 3, 1)
    types = {"F-5": CardType.PERMANENT, "F-4": CardType.OVERSEAS_KOREAN}
    return (
        stay.registered_on is not None
        and stay.registered_on <= today
        and stay.status.code.value[0] not in "BC"
        and (stay.end is None or today < stay.end.on)
        and (stay.permitted_until is None or today <= stay.permitted_until)
        and today >= fourteen
        and phone.in_own_name is Outcome.PASSED
        and person.portrait is not None
        and person.portrait.width >= 240
        and types.get(stay.status.code.value, CardType.RESIDENCE) is case.card_type
        and phone.other_active is not None
        and (not phone.other_active or phone.replacement_agreed or case.method is Method.IC_CARD)
    )


PHONES = st.builds(
    PhoneFacts,
    in_own_name=st.sampled_from([Outcome.PASSED, *Outcome]),
    other_active=st.sampled_from([False, True, None]),
    replacement_agreed=st.booleans(),
)
TYPES = st.sampled_from([CardType.RESIDENCE, *CardType])


@given(persons(), TYPES, st.sampled_from(Method), PHONES, DAYS, st.integers(0, 86_399))
def test_passed_exactly_where_every_rule_holds(
    person: Registrant,
    card_type: CardType,
    method: Method,
    phone: PhoneFacts,
    day: date,
    second: int,
) -> None:
    at = datetime.combine(day, time(), UTC) - timedelta(hours=9) + timedelta(seconds=second)
    case = Case(registrant=person, card_type=card_type, method=method, phone=phone, at=at)
    passed = decide(case, RULES).outcome is Outcome.PASSED
    assert passed is plainly_eligible(case, day)


@given(persons(), DAYS)
def test_a_card_ends_with_the_stay_at_the_latest(person: Registrant, day: date) -> None:
    until = person.residence.permitted_until
    assert until is not None
    assert card_expiry(person, CardType.RESIDENCE, day, RULES) <= until
