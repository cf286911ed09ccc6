"""Whose number it is, before a renewal: down, another's, undetermined for too long."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from mrc.authority.phone_checks import PhoneChecks
from mrc.infra.database.engine import Database
from mrc.infra.stores.phone_checks import DatabasePhoneChecks
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Finding, failed, passed, undetermined
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber
from tests.simulators.carrier_world import make_registrant

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ANSWERS = {
    "passed": passed("carrier.name", "x"),
    "failed": failed("carrier.name", "x", "another_person"),
    "unknown": undetermined("carrier.name", "x", "carrier_unavailable"),
}


@dataclass
class Carrier:
    answer: str = "passed"
    asked: list[datetime] = field(default_factory=list)

    async def still_own_number(
        self, number: PhoneNumber, registrant: Registrant, *, checked_at: datetime, at: datetime
    ) -> Finding:
        self.asked.append(checked_at)
        return ANSWERS[self.answer]


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def checks(database: Database, carrier: Carrier) -> PhoneChecks:
    return PhoneChecks(DatabasePhoneChecks(database), carrier)


async def test_a_pass_is_not_asked_again_within_a_week(
    checks: PhoneChecks, carrier: Carrier
) -> None:
    person = make_registrant()
    assert await checks.longest_validity(person, at=NOW) is None
    assert await checks.longest_validity(person, at=NOW + 6 * DAY) is None
    assert len(carrier.asked) == 1
    await checks.longest_validity(person, at=NOW + 8 * DAY)
    assert carrier.asked[1] == NOW, "every SIM change since the last pass counts"


async def test_another_persons_line_gets_no_copies(checks: PhoneChecks, carrier: Carrier) -> None:
    carrier.answer = "failed"
    with pytest.raises(Forbidden, match="phone_of_another"):
        await checks.longest_validity(make_registrant(), at=NOW)


async def test_a_silent_carrier_gives_short_copies_for_a_month_at_most(
    checks: PhoneChecks, carrier: Carrier
) -> None:
    person = make_registrant()
    await checks.longest_validity(person, at=NOW)
    carrier.answer = "unknown"
    assert await checks.longest_validity(person, at=NOW + 8 * DAY) == NOW + 15 * DAY
    assert await checks.longest_validity(person, at=NOW + 29 * DAY) == NOW + 30 * DAY
    with pytest.raises(Forbidden, match="phone_owner_unknown"):
        await checks.longest_validity(person, at=NOW + 30 * DAY)


async def test_a_carrier_that_never_answered_does_not_begin_the_month_again(
    checks: PhoneChecks, carrier: Carrier
) -> None:
    carrier.answer = "unknown"
    for day in (0, 10, 20):
        assert await checks.longest_validity(make_registrant(), at=NOW + day * DAY)
    with pytest.raises(Forbidden):
        await checks.longest_validity(make_registrant(), at=NOW + 31 * DAY)


async def test_a_new_number_is_asked_about_at_once(checks: PhoneChecks, carrier: Carrier) -> None:
    person = make_registrant()
    await checks.longest_validity(person, at=NOW)
    carrier.answer = "failed"
    moved = replace(person, phones=(PhoneNumber("+821000000009"),))
    with pytest.raises(Forbidden):
        await checks.longest_validity(moved, at=NOW + DAY)


async def test_no_number_no_copies(checks: PhoneChecks) -> None:
    with pytest.raises(Forbidden, match="no_phone_number"):
        await checks.longest_validity(replace(make_registrant(), phones=()), at=NOW)
