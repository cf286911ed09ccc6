"""FD-8: an IC card made at the counter, by an officer's browser and the holder's screen."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from mrc.authority.ic_issuance.desk_parts import Blank, Lack
from mrc.authority.staff.audit import AuditQuery
from mrc.authority.staff.card_jobs import CardJobId, Trouble
from mrc.authority.staff.records import Role
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.terminal.transport import CardTransport, TagLost
from mrc.infra.database.staff_tables import card_jobs
from mrc.infra.keys.software import SystemEntropy
from mrc.infra.readers.blanks import MasterKey, make_blank
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.desk import DeskOffice, EmulatedReader
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.settings import Settings
from mrc.infra.stores.ic_sessions import DatabaseIcCards
from mrc.infra.stores.staff_reports import DatabaseReports
from mrc.registry.people import RegistrantId
from tests.unit.web.front_desk.conftest import OpenDesk

PIN, OTHER_PIN = "280417", "731946"
STUDENT = RegistrantId("P-STUDENT")
NUMBER, CAN = "M20260001", "650211"
FORM = {"document_number": NUMBER, "can": CAN, "same": "yes"}


@dataclass
class LosingTransport:
    """Loses the card at one command of its life."""

    inner: InProcessTransport
    lose_at: int = 0
    count: int = 0
    extended_length: bool = False

    async def connect(self) -> bytes:
        return await self.inner.connect()

    async def transceive(self, command: bytes) -> bytes:
        self.count += 1
        if self.count == self.lose_at:
            raise TagLost("taken out")
        return await self.inner.transceive(command)


@dataclass
class Reader:
    """A `DeskReader` with real software cards, and an officer who takes them out or swaps them."""

    folder: Path
    lose_at: int = 0
    missing: tuple[Lack, ...] = ()
    other_card: bool = False
    foreign: bool = False
    open: list[CardFile] = field(default_factory=list)

    def lacks(self) -> tuple[Lack, ...]:
        return self.missing

    def next_blank(self) -> Blank | None:
        return None

    def card_file(self, job: CardJobId) -> Path:
        return self.folder / (f"{job}-other.json" if self.other_card else f"{job}.json")

    def transport(self, job: CardJobId, key: MasterKey) -> CardTransport:
        path = self.card_file(job)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            made_for = MasterKey(bytes(16)) if self.foreign else key
            make_blank(path, made_for, ChipProfile(), SystemEntropy())
        card = CardFile.open(path)
        self.open.append(card)
        return LosingTransport(InProcessTransport(power_on(card)), self.lose_at)

    def release(self, transport: CardTransport) -> None:
        self.open.pop().close()


@dataclass(kw_only=True)
class Counter:
    """An officer at a counter, the person's record, and the holder in front of the screen."""

    desk: OpenDesk
    reader: Reader
    officer: httpx2.AsyncClient
    holder: httpx2.AsyncClient
    record: str

    @property
    def page(self) -> str:
        return f"{self.record}/ic-card"

    async def start(self, **changes: str) -> httpx2.Response:
        return await self.officer.post(self.page, data={**FORM, **changes})

    async def see(self, words: str) -> str:
        """The officer's page once it says so."""
        return await self._until(self.officer, self.page, words)

    async def ask(self, words: str) -> str:
        return await self._until(self.holder, "/customer", words)

    async def _until(self, client: httpx2.AsyncClient, path: str, words: str) -> str:
        text = ""
        for _ in range(400):
            text = (await client.get(path)).text
            if words in text:
                return text
            await asyncio.sleep(0.02)
        raise AssertionError(f"{words!r} is not on {path}: {text[-3000:]}")

    async def type(self, ask: str, pin: str) -> None:
        await self.holder.post(f"/customer/pad/{ask}", data={"pin": pin})

    async def choose_pin(self) -> str:
        """The holder sets the PIN and notes the PUK, which is returned."""
        await self.ask("Choose a PIN for your card")
        await self.type("choose", PIN)
        await self.ask("Type the same PIN once more")
        await self.type("repeat", PIN)
        shown = await self.ask("Write this number down")
        puk = re.search(r'class="puk"[^>]*>(\d{5}) (\d{5})<', shown)
        assert puk is not None
        await self.type("puk", "")
        return puk[1] + puk[2]

    async def acts(self) -> list[str]:
        query = AuditQuery(subject=STUDENT, limit=200)
        found = await DatabaseReports(self.desk.world.database).search(query)
        return [each.kind for each in reversed(found) if each.kind.startswith("ic_")]

    async def trouble(self) -> str | None:
        async with self.desk.world.database.reading() as tx:
            row = await tx.fetch_one(sa.select(card_jobs).order_by(card_jobs.c.started_at.desc()))
        assert row is not None
        return row["trouble"]

    def restart(self) -> None:
        """Another process takes over: all that was in memory is gone."""
        self.desk.app = make_app(self.desk, self.reader)
        for client in (self.officer, self.holder):
            client._transport = httpx2.ASGITransport(app=self.desk.app)


def make_app(desk: OpenDesk, reader: Reader):  # type: ignore[no-untyped-def]
    world = desk.world
    office = DeskOffice(
        folder=world.settings.home / "ic-desk",
        reader=reader,
        production=False,
        clock=world.clock,
        publish=lambda _: None,
    )
    return world.app(card_office=office)


@asynccontextmanager
async def at_counter(desk: OpenDesk, role: Role = Role.OFFICER) -> AsyncIterator[Counter]:
    reader = Reader(desk.world.settings.home / "cards")
    desk.app = make_app(desk, reader)
    async with desk.member(role) as officer, desk.stranger() as holder:
        shown = (await officer.post("/screen")).text
        link = re.search(r"/customer/([\w-]+)", shown)
        assert link is not None
        assert (await holder.post(link[0])).status_code == 303
        await holder.post("/customer/language", data={"language": "en"})
        record = await desk.visit(officer)
        yield Counter(desk=desk, reader=reader, officer=officer, holder=holder, record=record)


@pytest.fixture
async def counter(desk: OpenDesk) -> AsyncIterator[Counter]:
    async with at_counter(desk) as made:
        yield made


async def test_a_card_is_made_verified_and_entered_and_every_step_is_an_act_of_the_officer(
    counter: Counter, caplog: pytest.LogCaptureFixture, sqlite_url: str
) -> None:
    caplog.set_level(logging.DEBUG)
    assert (await counter.start()).status_code == 303
    puk = await counter.choose_pin()
    shown = await counter.see("The IC card is ready")
    assert f"Card {NUMBER}: test read passed, 14 checks." in shown
    await counter.ask("Your IC card is ready.")
    card = await DatabaseIcCards(counter.desk.world.database).find(NUMBER)
    assert card is not None
    assert card.registrant == STUDENT
    assert await counter.acts() == [
        "ic_ordered", "ic_keys_made", "ic_signed", "ic_pin_set", "ic_locked", "ic_activated",
        "ic_registered",
    ]  # fmt: skip
    for secret in (PIN, puk):
        assert secret not in caplog.text
        assert not _stands_in_database(sqlite_url, secret)
        assert secret not in shown


def _stands_in_database(url: str, secret: str) -> bool:
    database = Path(url.removeprefix("sqlite:///"))
    files = list(database.parent.glob(f"{database.name}*"))
    assert any(NUMBER.encode() in path.read_bytes() for path in files), "the right files"
    return any(secret.encode() in path.read_bytes() for path in files)


async def test_the_officers_page_never_shows_what_the_holder_types(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    await counter.type("choose", PIN)
    shown = await counter.see("The person types the same PIN once more.")
    assert PIN not in shown
    await counter.type("repeat", PIN)
    asked = await counter.ask("Write this number down")
    puk = re.search(r'class="puk"[^>]*>(\d{5}) (\d{5})<', asked)
    assert puk is not None
    assert puk[1] not in await counter.see("writes down the unblocking number")


async def test_an_easy_pin_and_two_that_differ_are_asked_for_again(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    await counter.type("choose", "123456")
    await counter.ask("too easy to guess")
    await counter.type("choose", PIN)
    await counter.ask("Type the same PIN once more")
    await counter.type("repeat", OTHER_PIN)
    await counter.ask("The two PINs differ")
    await counter.choose_pin()
    await counter.see("The IC card is ready")


async def test_a_late_answer_to_another_question_does_nothing(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    await counter.type("repeat", PIN)
    await counter.type("puk", "")
    await counter.type("enter", PIN)
    await counter.ask("Choose a PIN for your card")
    assert (await counter.holder.post("/customer/pad/nonsense")).status_code == 400


async def test_a_stranger_cannot_type_into_the_pad(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    async with counter.desk.stranger() as stranger:
        await stranger.post("/customer/pad/choose", data={"pin": PIN})
    await counter.ask("Choose a PIN for your card")


async def test_without_a_holders_pad_nothing_is_begun(desk: OpenDesk) -> None:
    desk.app = make_app(desk, Reader(desk.world.settings.home / "cards"))
    async with desk.member(Role.OFFICER) as officer:
        record = await desk.visit(officer)
        assert "The customer screen is not open." in (await officer.get(f"{record}/ic-card")).text
        answer = await officer.post(f"{record}/ic-card", data=FORM)
        assert answer.status_code == 409
        assert "The customer screen is not open." in answer.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"same": ""}, "Compare the photo with the person first."),
        ({"can": "65021"}, "as printed on the blank card"),
        ({"document_number": "M2026'001"}, "as printed on the blank card"),
    ],
)
async def test_what_was_misread_is_said_beside_the_field(
    counter: Counter, changes: dict[str, str], words: str
) -> None:
    answer = await counter.start(**changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert await counter.acts() == []


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        (Lack.READER_SOFTWARE, "The software for card readers is not installed."),
        (Lack.READER, "No card reader is connected."),
        (Lack.SIGNER, "There is no key for signing cards."),
        (Lack.TRANSPORT_KEY, "The transport key of the blank cards is missing."),
    ],
)
async def test_what_is_missing_is_said_plainly_and_nothing_is_begun(
    counter: Counter, lack: Lack, words: str
) -> None:
    counter.reader.missing = (lack,)
    assert words in (await counter.officer.get(counter.page)).text
    assert (await counter.start()).status_code == 409
    assert await counter.acts() == []


async def test_a_card_taken_out_is_named_kept_and_goes_on(counter: Counter) -> None:
    counter.reader.lose_at = 12
    await counter.start()
    shown = await counter.see("The card left the reader.")
    assert "Keep this card." in shown
    assert "FD-8-card_away" in shown
    counter.reader.lose_at = 0
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.choose_pin()
    await counter.see("The IC card is ready")
    acts = await counter.acts()
    assert acts.count("ic_stopped") == acts.count("ic_resumed") == 1


async def test_a_killed_server_goes_on_where_it_stopped(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    for card in counter.reader.open:
        card.close()  # the dead process's locks are gone with it
    counter.reader.open.clear()
    counter.restart()
    shown = await counter.see("The making was interrupted.")
    assert "Stopped at: Data written" in shown
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.choose_pin()
    await counter.see("The IC card is ready")
    assert (await counter.acts()).count("ic_signed") == 1, "signed once"


async def test_a_locked_card_asks_for_its_pin_and_says_it_is_not_active_yet(
    counter: Counter,
) -> None:
    """Prepared, not activated: the card leaves between the lock and the test read."""
    shown = await _prepare_only(counter)
    assert "The card is prepared, but not active yet." in shown
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.ask("Type the PIN of your card")
    await counter.type("enter", OTHER_PIN)
    await counter.see("The PIN was wrong.")
    await counter.officer.post(f"{counter.page}/go-on")
    shown = await counter.ask("Type the PIN of your card")
    assert "4 tries left" in shown
    await counter.type("enter", PIN)
    await counter.see("The IC card is ready")


async def test_a_card_blocked_by_wrong_pins_is_to_be_destroyed(counter: Counter) -> None:
    await _prepare_only(counter)
    for _ in range(4):
        await counter.officer.post(f"{counter.page}/go-on")
        await counter.ask("Type the PIN of your card")
        await counter.type("enter", OTHER_PIN)
        await counter.see("The PIN was wrong.")
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.ask("Type the PIN of your card")
    await counter.type("enter", OTHER_PIN)
    shown = await counter.see("The card is blocked.")
    assert "Destroy this card." in shown
    assert f"{counter.page}/go-on" not in shown
    await counter.officer.post(f"{counter.page}/give-up")
    assert (await counter.acts())[-1] == "ic_given_up"
    assert "Make the card" in (await counter.officer.get(counter.page)).text


async def _prepare_only(counter: Counter) -> str:
    """The card leaves the reader between its lock and the test read. What the officer then sees."""
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    await counter.type("choose", PIN)
    await counter.ask("Type the same PIN once more")
    await counter.type("repeat", PIN)
    await counter.ask("Write this number down")
    transport = _transport(counter)
    transport.lose_at = transport.count + 2
    await counter.type("puk", "")
    return await counter.see("The card left the reader.")


def _transport(counter: Counter) -> LosingTransport:
    making = counter.desk.app.state.cards._making
    assert making is not None
    found: LosingTransport = making.connection.transport
    return found


async def test_another_card_in_the_reader_is_not_written(counter: Counter) -> None:
    counter.reader.lose_at = 12
    await counter.start()
    await counter.see("The card left the reader.")
    counter.reader.lose_at, counter.reader.other_card = 0, True
    await counter.officer.post(f"{counter.page}/go-on")
    shown = await counter.see("This is not the card that was begun.")
    assert "Keep this card." in shown
    counter.reader.other_card = False
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.choose_pin()
    await counter.see("The IC card is ready")


async def test_a_blank_of_another_office_is_put_aside(counter: Counter) -> None:
    counter.reader.foreign = True
    await counter.start()
    await counter.see("This blank card was not made for this office.")
    assert await counter.trouble() == Trouble.FOREIGN_BLANK


async def test_a_second_click_begins_no_second_card(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    assert (await counter.start(document_number="M20260002")).status_code == 409
    assert (await counter.acts()).count("ic_ordered") == 1


async def test_a_holder_who_types_nothing_lets_the_card_go(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    counter.desk.app.state.cards._making.pad._answer.set_exception(TimeoutError())
    shown = await counter.see("Nobody typed a PIN on the customer screen.")
    assert "Keep this card." in shown


async def test_stopping_lets_the_card_go_and_it_goes_on_later(counter: Counter) -> None:
    await counter.start()
    await counter.ask("Choose a PIN for your card")
    await counter.officer.post(f"{counter.page}/stop")
    await counter.see("The making was stopped.")
    assert counter.reader.open == []
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.choose_pin()
    await counter.see("The IC card is ready")


async def test_a_further_card_needs_a_second_person_each_time(desk: OpenDesk) -> None:
    async with at_counter(desk) as counter:
        await counter.start()
        await counter.choose_pin()
        await counter.see("The IC card is ready")
        desk.world.clock.forward(timedelta(minutes=10))
        again = await counter.start(document_number="M20260002")
        assert again.status_code == 409
        assert "A supervisor must agree to a further IC card." in again.text
        asked = await counter.officer.post(
            f"{counter.record}/change/further_card", data={"reason": "card damaged"}
        )
        assert asked.status_code == 200
        assert (await counter.start(document_number="M20260002")).status_code == 409
        async with desk.member(Role.SUPERVISOR) as supervisor:
            shown = (await supervisor.get("/approvals")).text
            approval = re.search(r"/approvals/([\w-]+)", shown)
            assert approval is not None
            await supervisor.post(approval[0], data={"answer": "approve", "remark": ""})
        assert (await counter.start(document_number="M20260002")).status_code == 303
        await counter.choose_pin()
        await counter.see("Card M20260002: test read passed")
        old = await DatabaseIcCards(desk.world.database).find(NUMBER)
        assert old is not None
        assert old.status.value == "ended"
        third = await counter.start(document_number="M20260003")
        assert third.status_code == 409, "the yes served one card"


async def test_the_job_at_rest_is_sealed_and_forgotten_when_it_is_over(counter: Counter) -> None:
    counter.reader.lose_at = 40
    await counter.start()
    await counter.see("The card left the reader.")
    async with counter.desk.world.database.reading() as tx:
        row = await tx.fetch_one(sa.select(card_jobs))
    assert row is not None
    assert len(row["sealed"]) > 1000
    assert b'"order"' not in row["sealed"]
    counter.reader.lose_at = 0
    await counter.officer.post(f"{counter.page}/go-on")
    await counter.choose_pin()
    await counter.see("The IC card is ready")
    async with counter.desk.world.database.reading() as tx:
        row = await tx.fetch_one(sa.select(card_jobs))
    assert row is not None
    assert bytes(row["sealed"]) == b""


def test_practice_has_a_blank_with_its_number_for_every_card(tmp_path: Path) -> None:
    first, second = (EmulatedReader(tmp_path).next_blank() for _ in range(2))
    assert first is not None
    assert re.fullmatch(r"M[0-9]{8}", first.document_number)
    assert re.fullmatch(r"[0-9]{6}", first.can)
    assert first != second


def test_emulated_blanks_are_refused_in_production() -> None:
    production = {"mode": "production", "database_url": "postgresql://x", "host_name": "x"}
    with pytest.raises(ValueError, match="practice only"):
        Settings(**production, ic_reader="emulated")
