"""One phone per person and card type, as a state machine against the real store on SQLite.

After every rule a verifier's view of the published lists is compared with a small model.
"""

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mrc.formats import base64url
from mrc.formats.jose.jwk import thumbprint
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.infra.database.sqlite import open_sqlite
from mrc.issuer.cards import Order, OwnUnlock
from mrc.issuer.records import HolderReference, StatusListId
from mrc.kernel.errors import Forbidden, Rejected
from tests.simulators.issuing import SD_JWT, Phone, make_world
from tests.simulators.status_reading import read_status

PEOPLE = st.integers(0, 1)
REPORT = "call_centre"
BATCH = 2


class OnePhone(RuleBasedStateMachine):
    """Model: for each person the phone that holds the card, whether it is locked, and whether an
    officer was among those who locked it."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="mrc-machine-"))
        shutil.copy(self.template, self.folder / "data.sqlite3")
        self.opened = open_sqlite(f"sqlite:///{self.folder}/data.sqlite3")
        self.world = make_world(self.runner.run(self.opened.__aenter__()), batch_size=BATCH)
        self.phones: list[tuple[int, Phone]] = []
        self.copies: list[tuple[int, int, StatusReference]] = []
        self.holds: dict[int, int] = {}
        self.locked: set[int] = set()
        self.seized: set[int] = set()

    def teardown(self) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()
        shutil.rmtree(self.folder)

    @rule(person=PEOPLE)
    def issue(self, person: int) -> None:
        self.pass_time()
        phone = Phone(world=self.world)
        self.runner.run(self.redeem_and_collect(person, phone))
        self.phones.append((person, phone))
        self.holds[person] = len(self.phones) - 1
        self.free(person)

    @rule(number=st.integers(0, 9))
    def renew(self, number: int) -> None:
        """Any phone tries, also one whose card is over: only the holder of a good card may."""
        if number >= len(self.phones):
            return
        self.pass_time()
        person, phone = self.phones[number]
        good = self.holds.get(person) == number and person not in self.locked
        try:
            self.runner.run(self.refresh_and_collect(number))
        except Rejected:
            assert not good
        else:
            assert good

    @rule(person=PEOPLE, act=st.sampled_from(("lock", "unlock", "cancel")))
    def move(self, person: int, act: str) -> None:
        self.pass_time()
        order = Order(holder=self.holder(person), actor="officer", reason=act)
        possible = person in self.holds and (act != "unlock" or person in self.locked)
        try:
            self.runner.run(getattr(self.world.issuer.cards, act)(order, now=self.world.now))
        except Forbidden:
            assert not possible
            return
        assert possible
        if act == "cancel":
            del self.holds[person]
        if act == "lock":
            self.locked.add(person)
            self.seized.add(person)
        else:
            self.free(person)

    @rule(person=PEOPLE)
    def report(self, person: int) -> None:
        """A loss, by somebody who is no officer."""
        self.pass_time()
        order = Order(holder=self.holder(person), actor="caller", reason="lost", channel=REPORT)
        try:
            self.runner.run(self.world.issuer.cards.lock(order, now=self.world.now))
        except Forbidden:
            assert person not in self.holds
        else:
            self.locked.add(person)

    @precondition(lambda self: self.phones)
    @rule(back=st.integers(0, 3), owners_chip=st.sampled_from((True, True, False)))
    def unlock_own(self, back: int, owners_chip: bool) -> None:
        """Anybody's chip at any late phone: only the holder's, at the phone reported lost."""
        self.pass_time()
        number = max(0, len(self.phones) - 1 - back)
        owner, phone = self.phones[number]
        person = owner if owners_chip else 1 - owner
        holds = owner == person and self.holds.get(person) == number
        possible = holds and person in self.locked and person not in self.seized
        wish = OwnUnlock(
            holder=self.holder(person),
            phone=base64url.encode(thumbprint(phone.dpop_key.public_key)),
            undoable=frozenset({REPORT}),
            actor="holder",
            reason="undone",
            channel="ic_card",
        )
        try:
            self.runner.run(self.world.issuer.cards.unlock_own(wish, now=self.world.now))
        except Forbidden:
            assert not possible
        else:
            assert possible
            self.free(person)

    def free(self, person: int) -> None:
        self.locked.discard(person)
        self.seized.discard(person)

    @rule()
    def restart(self) -> None:
        """Another server process takes over."""
        self.world = self.world.again()
        for _, phone in self.phones:
            phone.world = self.world

    @invariant()
    def a_verifier_accepts_the_model_and_nothing_else(self) -> None:
        accepted = self.runner.run(self.accepted())
        expected = {number for person, number in self.holds.items() if person not in self.locked}
        assert accepted == expected

    async def redeem_and_collect(self, person: int, phone: Phone) -> None:
        await phone.redeem(await self.world.offer(holder=self.holder(person)))
        await self.collect(person, len(self.phones), phone)

    async def refresh_and_collect(self, number: int) -> None:
        person, phone = self.phones[number]
        await phone.refresh()
        await self.collect(person, number, phone)

    async def collect(self, person: int, number: int, phone: Phone) -> None:
        keys = [type(phone.dpop_key).generate() for _ in range(BATCH)]
        issued = await phone.collect(await phone.request(SD_JWT, keys))
        for text in issued.credentials:
            status = decode_status(sd_jwt.decode(text).payload["status"])
            assert status is not None
            self.copies.append((person, number, status))

    async def accepted(self) -> set[int]:
        phones = set()
        for _, number, status in self.copies:
            name = StatusListId(status.uri.rpartition("/")[2])
            token = await self.world.issuer.status.token(name, now=self.world.now)
            assert token is not None
            if read_status(token, status, at=self.world.now) == Status.VALID:
                phones.add(number)
        return phones

    def pass_time(self) -> None:
        self.world.now += timedelta(seconds=2)

    @staticmethod
    def holder(person: int) -> HolderReference:
        return HolderReference(f"person-{person}")


@pytest.mark.timeout(120)
def test_at_most_one_phone_is_accepted_after_any_acts(sqlite_template: Path) -> None:
    OnePhone.template = sqlite_template
    chosen = settings(
        max_examples=16,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(OnePhone, settings=chosen)


@pytest.mark.timeout(60)
def test_the_rules_reach_an_unlocking_by_the_holder(sqlite_template: Path) -> None:
    """Chance seldom does: a report undone at home, an officer's lock not."""
    OnePhone.template = sqlite_template
    machine = OnePhone()
    try:
        machine.issue(person=0)
        machine.report(person=0)
        machine.a_verifier_accepts_the_model_and_nothing_else()
        machine.unlock_own(back=0, owners_chip=False)
        machine.unlock_own(back=0, owners_chip=True)
        assert machine.locked == set()
        machine.a_verifier_accepts_the_model_and_nothing_else()
        machine.move(person=0, act="lock")
        machine.unlock_own(back=0, owners_chip=True)
        assert machine.locked == {0}
        machine.a_verifier_accepts_the_model_and_nothing_else()
    finally:
        machine.teardown()
