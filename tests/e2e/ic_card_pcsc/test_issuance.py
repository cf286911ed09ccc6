"""A mobile card at home, over real processes: chip behind pcscd, wallet, authority, carrier."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from mrc.cli.story.ic_card import CARD_PIN
from mrc.ic_card.chip.state import decode_state
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.readers.pcsc import PcscTransport
from mrc.infra.settings import Host
from mrc.kernel.errors import MrcError
from mrc.wallet.chip_proof import TapStep
from mrc.wiring.wallet_process import process_wallet
from mrc.wiring.wallet_server import served_wallet
from tests.e2e.ic_card_pcsc.installation import MRC, Installation, installation, json_of
from tests.simulators.ic_card_world import CIPHERS
from tests.simulators.ic_issuance_world import Person

PHONE_PIN = "493817"
ROUND_TRIP = 0.08  # seconds added to each request of the phone
NFC = "20"  # milliseconds added to each APDU
APDUS = (
    94  # of a whole issuance, as docs/how-to/ic-card.md tells: each more is seconds at the reader
)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("authority")) as made:
        yield made


class Slow:
    """The way from the phone to the office; counts what was asked of the challenge endpoint."""

    def __init__(self, inner, seconds=ROUND_TRIP, before=None):
        self.inner, self.seconds, self.challenges = inner, seconds, 0
        self.paths: list[str] = []
        self.before = before

    async def send(self, request):
        self.challenges += request.url.endswith("/authorize-challenge")
        self.paths.append(request.url.rsplit("/", 1)[1])
        if self.before is not None:
            await self.before(self)
        await asyncio.sleep(self.seconds)
        return await self.inner.send(request)


@contextlib.asynccontextmanager
async def phone(line: Installation, name: str, **options):
    """An unlocked wallet of this process, its requests slowed down."""
    async with process_wallet(line.settings, name) as mobile_id:
        slow = Slow(mobile_id._host.http, **options)
        mobile_id._host = replace(mobile_id._host, http=slow)
        if not await mobile_id.is_activated():
            await mobile_id.activate(PHONE_PIN)
        yield await mobile_id.unlock(PHONE_PIN), slow


def card_file(line: Installation) -> Path:
    assert line.office is not None
    return Path(line.office.path("card.json"))


def pin_left(line: Installation) -> int:
    return decode_state(card_file(line).read_bytes()).pin_left


def wallet(line: Installation, name: str, *arguments: str) -> tuple[str, ...]:
    pin = line.teller.secret(f"{name}.pin", PHONE_PIN)
    return ("wallet", "--name", name, "--pin-file", str(pin), *arguments)


def receive(line: Installation, name: str, *reader: str) -> tuple[str, ...]:
    card_pin = line.teller.secret("typed.pin", CARD_PIN)
    options = ("--card-pin-file", str(card_pin), "--yes", "--json")
    return wallet(line, name, "receive-ic", *reader, *options)


def live_cards(line: Installation, *names: str) -> int:
    """How many of these wallets hold a card that its status list calls good."""
    good = 0
    for name in names:
        cards = json_of(line.mrc(*wallet(line, name, "cards", "--json")))
        good += sum(card["state"] == "usable" for card in cards)
    return good


async def test_a_whole_issuance_over_pcscd_with_nfc_and_network_delays(stack, line):
    """20 ms per APDU and 80 ms per request: measured, with counts."""
    with stack.card(card_file(line), "--delay-ms", NFC):
        async with phone(line, "measured") as (opened, slow):
            transport = PcscTransport(wait_seconds=15, extended_length=False)
            card = CardConnection(transport, CIPHERS)
            times: dict[TapStep, float] = {}
            person = Person(typed=CARD_PIN)
            person.sees = lambda step: times.setdefault(step, time.monotonic())
            begun = time.monotonic()
            tapped = await opened.ic_card.begin(line.settings.url_of(Host.ISSUER), card, person)
            token = time.monotonic()
            received = await opened.receiving.collect(tapped.pending)
            await opened.receiving.accept(received)
            done = time.monotonic()
            transport.close()
    at_reader = times[TapStep.MAY_REMOVE_CARD] - times[TapStep.HOLD_CARD]
    figures = {
        "apdus": tapped.apdus,
        "round_trips_of_the_chip": tapped.round_trips,
        "requests_to_the_challenge_endpoint": slow.challenges,
        "requests_in_all": len(slow.paths),
        "seconds_card_at_reader": round(at_reader, 2),
        "seconds_to_token": round(token - begun, 2),
        "seconds_in_all": round(done - begun, 2),
    }
    print(json.dumps(figures))
    assert tapped.round_trips == 4
    assert slow.challenges <= 5
    assert len(received.card.types) == 2
    assert tapped.apdus <= APDUS


def test_the_command_line_collects_over_pcscd_and_a_new_phone_ends_the_first(stack, line):
    for name in ("first", "second"):
        json_of(line.mrc(*wallet(line, name, "activate", "--json")))
    with stack.card(card_file(line)):
        for name in ("first", "second"):
            done = line.mrc(
                *receive(line, name, "--reader", "pcsc", "--wait", "15"),
                PCSCLITE_CSOCK_NAME=stack.environment["PCSCLITE_CSOCK_NAME"],
            )
            told = json_of(done)
            assert told["ic_card"]["round_trips"] == 4
    first, second = (
        json_of(line.mrc(*wallet(line, name, "cards", "--json"))) for name in ("first", "second")
    )
    assert [card["state"] for card in first] == ["cancelled"]
    assert [card["state"] for card in second] == ["usable"]


def test_a_wrong_pin_is_told_with_the_tries_left(line):
    line.mrc(*wallet(line, "clumsy", "activate"))
    wrong = line.teller.secret("wrong.pin", "280418")
    reader = ("--reader", "emulator", "--card-file", str(card_file(line)))
    command = wallet(line, "clumsy", "receive-ic", *reader, "--card-pin-file", str(wrong), "--yes")
    for left in (4, 3, 2, 1):
        done = line.mrc(*command)
        assert done.returncode == 1
        assert f"{left} tries left" in done.stderr
    done = line.mrc(*command)
    assert "--last-try" in done.stderr
    assert pin_left(line) == 1, "the last try is never spent by accident"
    can = line.teller.secret("typed.can", "650211")
    options = (*reader, "--can-file", str(can), "--last-try")
    json_of(line.mrc(*receive(line, "clumsy", *options)))
    assert pin_left(line) == 5


@pytest.mark.parametrize("request_number", [2, 3, 4, 5])
async def test_kill_of_the_authority_between_any_two_steps(line, request_number):
    """The next start finds no half phone, all tries, and goes through."""
    name, killed = f"kill-{request_number}", False

    async def power_cut(slow):
        nonlocal killed
        if not killed and slow.challenges == request_number:
            killed = True
            await asyncio.to_thread(line.restart, "authority")

    with contextlib.closing(CardFile.open(card_file(line))) as memory:
        async with phone(line, name, seconds=0.0, before=power_cut) as (opened, _):
            card = CardConnection(InProcessTransport(power_on(memory)), CIPHERS)
            url = line.settings.url_of(Host.ISSUER)
            try:
                tapped = await opened.ic_card.begin(url, card, Person(typed=CARD_PIN))
            except MrcError:
                tapped = await opened.ic_card.begin(url, card, Person(typed=CARD_PIN))
            await opened.receiving.accept(await opened.receiving.collect(tapped.pending))
    assert killed
    assert pin_left(line) == 5
    cards = json_of(line.mrc("desk", "cards", "--registrant", "P-STUDENT", "--json"))
    assert sum(card["state"] == "active" for card in cards) == 1


def test_kill_of_the_phone_at_any_time_leaves_a_way_forward(line):
    line.mrc(*wallet(line, "killed", "activate"))
    reader = ("--reader", "emulator", "--card-file", str(card_file(line)))
    command = receive(line, "killed", *reader)
    environment = {**os.environ, **line.teller.environment}
    for seconds in (1.4, 1.7, 2.0, 2.3, 2.6):
        process = subprocess.Popen(
            [MRC, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        assert pin_left(line) >= 2
    json_of(line.mrc(*command))
    cards = json_of(line.mrc("desk", "cards", "--registrant", "P-STUDENT", "--json"))
    assert sum(card["state"] == "active" for card in cards) == 1


async def test_the_wallets_pages_read_the_card_over_pcscd(stack, line):
    """`mrc wallet` on this machine: PIN typed on a page, the card in a genuine PC/SC slot."""
    async with served_wallet(line.settings, "pages") as served:
        origin = line.settings.url_of(Host.WALLET)
        transport = httpx2.ASGITransport(app=served.app)
        client = httpx2.AsyncClient(transport=transport, base_url=origin, follow_redirects=True)
        async with client:
            await client.get(served.link)
            same = {"origin": origin, "sec-fetch-site": "same-origin", "accept-language": "en"}

            async def send(path, **form):
                return await client.post(f"/app/{path}", data=form, headers=same)

            await send("start/terms")
            await send("start/pin", pin=PHONE_PIN)
            assert "Mobile ID is ready" in (await send("start/pin", pin=PHONE_PIN)).text
            with stack.card(card_file(line)):
                await send("add/ic-card", pin=CARD_PIN)
                page = await client.get("/app/add/ic-card/end")
                while page.url.path == "/app/add/ic-card/reading":
                    await asyncio.sleep(0.1)
                    page = await client.get("/app/add/ic-card/end")
            assert page.url.path == "/app/add/read", page.text
            flow = re.search(r'name="flow" value="([^"]*)"', page.text)
            done = await send("add/read", flow=flow[1], answer="accept")
            assert "The card is on your phone." in done.text
    assert live_cards(line, "pages") == 1
