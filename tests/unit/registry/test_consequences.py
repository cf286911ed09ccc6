"""Register events: the entry after them, and what they do to cards."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from mrc.kernel.errors import Forbidden, Malformed
from mrc.registry.acts import ActKind
from mrc.registry.consequences import CardAction, CardPolicy, consequence_of
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.events import (
    AddressChanged,
    EventReason,
    NameChanged,
    NumberChanged,
    PhonesChanged,
    PortraitChanged,
    RegisterEvent,
    RegistrationEnded,
    StatusChanged,
    StayExtended,
    StayShortened,
    act_kind,
    apply_event,
)
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber
from mrc.registry.people import Address, Portrait, Registrant
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import EndReason, decode_status

MakePerson = Callable[..., Registrant]
TODAY = date(2026, 3, 1)
EVENTS: list[tuple[RegisterEvent, ActKind, CardAction]] = [
    (StayExtended(until=date(2028, 2, 28)), ActKind.STAY_EXTENDED, CardAction.UPDATE),
    (StayShortened(until=date(2026, 4, 1)), ActKind.STAY_SHORTENED, CardAction.RENEWAL_NEEDED),
    (
        StatusChanged(status=decode_status("E-7-1"), until=date(2029, 1, 1)),
        ActKind.STATUS_CHANGED,
        CardAction.RENEWAL_NEEDED,
    ),
    (
        StatusChanged(status=decode_status("F-5"), until=None),
        ActKind.STATUS_CHANGED,
        CardAction.CANCEL,
    ),
    (
        AddressChanged(address=Address(text="제주시 연동로 1", since=TODAY)),
        ActKind.ADDRESS_CHANGED,
        CardAction.UPDATE,
    ),
    (
        NameChanged(name=PersonName(family="TRẦN", given="ÁNH")),
        ActKind.NAME_CHANGED,
        CardAction.RENEWAL_NEEDED,
    ),
    (
        NumberChanged(number=RegistrationNumber("0003157999999")),
        ActKind.NUMBER_CHANGED,
        CardAction.RENEWAL_NEEDED,
    ),
    (
        PhonesChanged(phones=(decode_phone_number("010-9999-0000"),)),
        ActKind.PHONE_CHANGED,
        CardAction.NONE,
    ),
    (
        PortraitChanged(
            portrait=Portrait(sha256=b"q" * 32, width=480, height=600, size=3), jpeg=b"..."
        ),
        ActKind.PORTRAIT_CHANGED,
        CardAction.UPDATE,
    ),
    *[
        (RegistrationEnded(on=TODAY, reason=reason), kind, CardAction.CANCEL)
        for reason, kind in [
            (EndReason.DEPARTURE, ActKind.DEPARTED),
            (EndReason.NATURALISATION, ActKind.NATURALISED),
            (EndReason.DEATH, ActKind.DIED),
            (EndReason.STAY_ENDED, ActKind.STAY_ENDED),
            (EndReason.REGISTERED_IN_ERROR, ActKind.STAY_ENDED),
        ]
    ],
]


@pytest.mark.parametrize(
    ("event", "kind", "action"), EVENTS, ids=[f"{e[1].value}-{e[2].value}" for e in EVENTS]
)
def test_each_event_has_its_act_and_its_consequence(
    make_person: MakePerson, now: datetime, event: RegisterEvent, kind: ActKind, action: CardAction
) -> None:
    before = make_person()
    after = apply_event(before, event)
    assert after.version == before.version + 1
    assert act_kind(event) is kind
    consequence = consequence_of(
        before, after, kind, at=now, policy=CardPolicy(), rules=EligibilityRules()
    )
    assert consequence.action is action
    assert consequence.by == now + timedelta(minutes=10)
    assert consequence.other_card_type is (after.residence.status.text == "F-5")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (StayExtended(until=date(2027, 2, 28)), EventReason.NOT_LATER),
        (StayExtended(until=date(2026, 1, 1)), EventReason.NOT_LATER),
        (StayShortened(until=date(2027, 2, 28)), EventReason.NOT_EARLIER),
        (NumberChanged(number=RegistrationNumber("0003157123456")), EventReason.NOTHING_CHANGES),
    ],
)
def test_what_cannot_have_happened_is_refused(
    make_person: MakePerson, event: RegisterEvent, reason: EventReason
) -> None:
    with pytest.raises(Forbidden) as refused:
        apply_event(make_person(), event)
    assert refused.value.reason is reason


def test_a_permanent_stay_cannot_be_extended(make_person: MakePerson) -> None:
    with pytest.raises(Forbidden):
        apply_event(
            make_person(status="F-5", permitted_until=None), StayExtended(until=date(2040, 1, 1))
        )


def test_nothing_happens_after_the_end(make_person: MakePerson) -> None:
    ended = apply_event(make_person(), RegistrationEnded(on=TODAY, reason=EndReason.DEATH))
    for event, _, _ in EVENTS:
        with pytest.raises(Forbidden) as refused:
            apply_event(ended, event)
        assert refused.value.reason is EventReason.ALREADY_ENDED


def test_a_number_of_another_person_is_refused(make_person: MakePerson) -> None:
    for digits in ("0003158123456", "0003167123456", "0003155123456"):
        with pytest.raises(Malformed):
            apply_event(make_person(), NumberChanged(number=RegistrationNumber(digits)))


def test_an_address_older_than_the_present_one_is_refused(make_person: MakePerson) -> None:
    old = Address(text="부산", since=date(2020, 1, 1))
    with pytest.raises(Malformed):
        apply_event(make_person(), AddressChanged(address=old))


def test_the_address_history_grows(make_person: MakePerson) -> None:
    after = apply_event(make_person(), AddressChanged(address=Address(text="부산", since=TODAY)))
    assert [address.since for address in after.addresses] == [date(2024, 9, 1), TODAY]
    assert after.address is not None
    assert after.address.text == "부산"
