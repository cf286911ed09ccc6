"""Eligibility: each rule by itself, to the day, and what is not known is not a pass."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mrc.formats.catalogue.card_types import CardType
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Outcome
from mrc.registry.eligibility import (
    Case,
    EligibilityRules,
    Method,
    MethodRules,
    PhoneFacts,
    Reason,
    Rule,
    card_expiry,
    check_eligible,
    decide,
)
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Registrant
from mrc.registry.residence import End, EndReason

RULES = EligibilityRules()
OWN_PHONE = PhoneFacts(in_own_name=Outcome.PASSED, other_active=False)
MakePerson = Callable[..., Registrant]


def case(person: Registrant, at: datetime, **changes: Any) -> Case:
    usual = Case(
        registrant=person,
        card_type=CardType.RESIDENCE,
        method=Method.COUNTER_QR,
        phone=OWN_PHONE,
        at=at,
    )
    return replace(usual, **changes)


def test_all_rules_pass_and_all_are_told(make_person: MakePerson, now: datetime) -> None:
    decision = decide(case(make_person(), now), RULES)
    assert decision.outcome is Outcome.PASSED
    assert [finding.check for finding in decision.findings] == [rule.value for rule in Rule]
    assert check_eligible(case(make_person(), now), RULES) == decision


BREAKS: list[tuple[dict[str, Any], dict[str, Any], Rule, Reason]] = [
    ({"registered_on": None}, {}, Rule.REGISTERED, Reason.NOT_REGISTERED),
    ({"registered_on": date(2026, 3, 2)}, {}, Rule.REGISTERED, Reason.NOT_REGISTERED),
    ({"status": "C-3-9"}, {}, Rule.REGISTERED, Reason.STATUS_NOT_REGISTRABLE),
    (
        {"end": End(on=date(2026, 3, 1), reason=EndReason.DEPARTURE)},
        {},
        Rule.NOT_ENDED,
        Reason.REGISTRATION_ENDED,
    ),
    ({"permitted_until": date(2026, 2, 28)}, {}, Rule.STAY_IN_FORCE, Reason.STAY_EXPIRED),
    ({"phones": ()}, {}, Rule.OWN_PHONE, Reason.NO_PHONE_NUMBER),
    ({"portrait": None}, {}, Rule.PORTRAIT, Reason.NO_PORTRAIT),
    ({"status": "F-5", "permitted_until": None}, {}, Rule.CARD_TYPE, Reason.WRONG_CARD_TYPE),
    ({"status": "F-4-11"}, {}, Rule.CARD_TYPE, Reason.WRONG_CARD_TYPE),
    ({}, {"card_type": CardType.DRIVING_LICENCE}, Rule.CARD_TYPE, Reason.WRONG_CARD_TYPE),
    (
        {},
        {"phone": PhoneFacts(in_own_name=Outcome.FAILED, other_active=False)},
        Rule.OWN_PHONE,
        Reason.PHONE_OF_ANOTHER,
    ),
    (
        {},
        {"phone": PhoneFacts(in_own_name=Outcome.PASSED, other_active=True)},
        Rule.ONE_PHONE,
        Reason.OTHER_PHONE_ACTIVE,
    ),
]


@pytest.mark.parametrize(
    ("person", "changes", "rule", "reason"), BREAKS, ids=[entry[3].value for entry in BREAKS]
)
def test_one_broken_rule_fails_alone(
    make_person: MakePerson,
    now: datetime,
    person: dict[str, Any],
    changes: dict[str, Any],
    rule: Rule,
    reason: Reason,
) -> None:
    broken = case(make_person(**person), now, **changes)
    decision = decide(broken, RULES)
    failed = [f for f in decision.findings if f.outcome is not Outcome.PASSED]
    assert [(f.check, f.reason, f.outcome) for f in failed] == [
        (rule.value, reason.value, Outcome.FAILED)
    ]
    with pytest.raises(Forbidden) as refused:
        check_eligible(broken, RULES)
    assert refused.value.reason is reason


def test_an_unknown_owner_is_not_a_pass(make_person: MakePerson, now: datetime) -> None:
    phone = PhoneFacts(in_own_name=Outcome.UNDETERMINED, other_active=False)
    decision = decide(case(make_person(), now, phone=phone), RULES)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.reasons == (Reason.PHONE_OWNER_UNKNOWN,)
    with pytest.raises(Forbidden):
        check_eligible(case(make_person(), now, phone=phone), RULES)


def test_unknown_other_phones_are_not_a_pass(make_person: MakePerson, now: datetime) -> None:
    phone = PhoneFacts(in_own_name=Outcome.PASSED, other_active=None)
    assert decide(case(make_person(), now, phone=phone), RULES).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("birth_date", "number", "old_enough_from"),
    [
        (date(2012, 3, 15), "1203157000000", date(2026, 3, 15)),
        (date(2012, 2, 29), "1202297000000", date(2026, 3, 1)),
        (date(2012, 1, 1), "1201017000000", date(2026, 1, 1)),
    ],
)
def test_fourteen_begins_at_midnight_in_seoul(
    make_person: MakePerson, birth_date: date, number: str, old_enough_from: date
) -> None:
    person = make_person(birth_date=birth_date, number=RegistrationNumber(number))
    midnight = datetime(*old_enough_from.timetuple()[:3], tzinfo=UTC) - timedelta(hours=9)
    assert decide(case(person, midnight), RULES).outcome is Outcome.PASSED
    before = decide(case(person, midnight - timedelta(microseconds=1)), RULES)
    assert before.reasons == (Reason.UNDER_AGE,)


def test_the_stay_holds_to_the_end_of_its_last_day_in_seoul(make_person: MakePerson) -> None:
    person = make_person(permitted_until=date(2026, 6, 30))
    end = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)
    assert decide(case(person, end - timedelta(seconds=1)), RULES).outcome is Outcome.PASSED
    assert decide(case(person, end), RULES).reasons == (Reason.STAY_EXPIRED,)


def test_not_born_yet_is_under_age(make_person: MakePerson) -> None:
    early = datetime(1999, 1, 1, tzinfo=UTC)
    assert Reason.UNDER_AGE in decide(case(make_person(), early), RULES).reasons


def test_a_small_portrait_is_refused(make_person: MakePerson, now: datetime) -> None:
    person = make_person()
    assert person.portrait is not None
    person = replace(person, portrait=replace(person.portrait, width=239))
    assert decide(case(person, now), RULES).reasons == (Reason.PORTRAIT_TOO_SMALL,)


def test_an_agreed_replacement_passes(make_person: MakePerson, now: datetime) -> None:
    phone = PhoneFacts(in_own_name=Outcome.PASSED, other_active=True, replacement_agreed=True)
    assert decide(case(make_person(), now, phone=phone), RULES).outcome is Outcome.PASSED


def test_with_the_ic_card_the_card_itself_agrees(make_person: MakePerson, now: datetime) -> None:
    phone = PhoneFacts(in_own_name=Outcome.PASSED, other_active=True)
    asked = case(make_person(), now, phone=phone, method=Method.IC_CARD)
    assert decide(asked, RULES).outcome is Outcome.PASSED


def test_methods_are_policy(make_person: MakePerson, now: datetime) -> None:
    only_first = EligibilityRules(methods={Method.IC_CARD: MethodRules(replacement=False)})
    phone = PhoneFacts(in_own_name=Outcome.PASSED, other_active=True, replacement_agreed=True)
    asked = case(make_person(), now, phone=phone, method=Method.IC_CARD)
    assert decide(asked, only_first).reasons == (Reason.VISIT_NEEDED,)
    assert decide(case(make_person(), now), only_first).reasons == (Reason.METHOD_NOT_OFFERED,)


def test_the_age_is_configuration(make_person: MakePerson, now: datetime) -> None:
    assert decide(case(make_person(), now), EligibilityRules(minimum_age=26)).reasons == (
        Reason.UNDER_AGE,
    )


def test_a_card_never_outlives_the_stay(make_person: MakePerson) -> None:
    person = make_person(permitted_until=date(2027, 2, 28))
    assert card_expiry(person, CardType.RESIDENCE, date(2026, 3, 1), RULES) == date(2027, 2, 28)
    permanent = make_person(status="F-5", permitted_until=None)
    day = date(2028, 2, 29)
    assert card_expiry(permanent, CardType.PERMANENT, day, RULES) == date(2038, 2, 28)
