"""A registrant who may have a card; tests change what they are about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mrc.registry.countries import decode_nationality
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber, Sex
from mrc.registry.people import Address, Portrait, Registrant, RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import Residence, decode_status

MakePerson = Callable[..., Registrant]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def make_person() -> MakePerson:
    """Changes of residence are given by their own names, the others as the registrant's fields."""
    usual = Registrant(
        id=RegistrantId("P-1"),
        number=RegistrationNumber("0003157123456"),
        name=PersonName(family="NGUYỄN", given="VĂN ÁNH", family_hangul="응우옌"),
        birth_date=date(2000, 3, 15),
        sex=Sex.MALE,
        nationality=decode_nationality("VNM"),
        residence=Residence(
            status=decode_status("D-2-2"),
            permitted_until=date(2027, 2, 28),
            registered_on=date(2024, 9, 1),
            office="SEL",
        ),
        portrait=Portrait(sha256=b"p" * 32, width=480, height=600, size=20_000),
        addresses=(Address(text="서울특별시 중구 세종대로 110", since=date(2024, 9, 1)),),
        phones=(decode_phone_number("010-1234-5678"),),
    )

    def make(**changes: Any) -> Registrant:
        residence = {name: changes.pop(name) for name in _RESIDENCE & changes.keys()}
        if "status" in residence:
            residence["status"] = decode_status(residence["status"])
        changed = replace(usual, residence=replace(usual.residence, **residence))
        return replace(changed, **changes)

    return make


_RESIDENCE = {"status", "permitted_until", "registered_on", "office", "end"}
