"""The emulated card as a genuine PC/SC card: made, read, and proved to the server over pcscd."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mrc.formats.x509.certificate import encode_pem
from mrc.ic_card.apdu import Ins
from mrc.ic_card.chip.state import CardState, LifeCycle, decode_state
from mrc.ic_card.lds.face import FaceImage, ImageType
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.pcsc import PcscTransport, list_readers
from tests.simulators.ic_card_world import (
    CAN,
    CIPHERS,
    NOW,
    PIN,
    MemoryRegister,
    Phone,
    World,
    blank_state,
    connect,
    dialogue,
    open_can,
    open_pin,
    order,
)

MRC = str(Path(sys.executable).parent / "mrc")


@pytest.fixture(scope="module")
def world():
    return World()


def connection(**options) -> CardConnection:
    return CardConnection(PcscTransport(wait_seconds=15, **options), CIPHERS)


@pytest.fixture
async def card(world, tmp_path) -> Path:
    """An active card in a file, with a portrait of about 12 kB."""
    path = tmp_path / "card.json"
    image = FaceImage(image=bytes(12000), image_type=ImageType.JPEG2000, width=240, height=320)
    chip = CardFile.create(path, blank_state())
    _, world.record = await world.make(chip, Job(order=order(face=image)))
    chip.close()
    return path


def memory(path: Path) -> CardState:
    """What stands in the card's file, whoever uses it now."""
    return decode_state(path.read_bytes())


def cli(stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [MRC, "ic-card", *arguments]
    return subprocess.run(
        command, env=stack.environment, capture_output=True, text=True, timeout=60, check=False
    )


async def test_the_reader_is_listed_and_the_card_opens_with_its_can(stack, card):
    with stack.card(card):
        terminal = connection()
        atr = await terminal.connect()
        assert any("Virtual PCD" in name for name in list_readers())
        assert atr == memory(card).profile.atr
        await open_can(terminal)
        assert terminal.channel is not None
        terminal.transport.close()


async def test_a_card_is_personalised_over_pcsc(stack, world, tmp_path):
    path = tmp_path / "blank.json"
    CardFile.create(path, blank_state()).close()
    with stack.card(path):
        terminal = connection()
        record = await make_card(terminal, Job(order=order("M0PCSC")), world.office, at=NOW)
        terminal.transport.close()
    assert record.document_number == "M0PCSC"
    assert memory(path).life_cycle is LifeCycle.ACTIVE


async def test_the_command_line_reads_and_verifies_over_pcsc(stack, world, card, tmp_path):
    root = tmp_path / "csca.pem"
    root.write_bytes(encode_pem(world.root[1]))
    with stack.card(card):
        read = cli(
            stack, "read", "--can", CAN, "--csca", str(root), "--out", str(tmp_path / "o"), "--json"
        )
    assert read.returncode == 0, read.stderr + read.stdout
    report = json.loads(read.stdout)
    assert report["authentic"] is True
    assert (tmp_path / "o" / "0101.bin").read_bytes()[0] == 0x61
    assert (tmp_path / "o" / "0102.bin").stat().st_size > 12000


async def test_the_command_line_says_no_without_the_right_csca(stack, card, tmp_path):
    root = tmp_path / "other.pem"
    root.write_bytes(encode_pem(World().root[1]))
    with stack.card(card):
        read = cli(stack, "read", "--can", CAN, "--csca", str(root), "--json")
    assert read.returncode == 3
    assert json.loads(read.stdout)["authentic"] is False


async def test_reading_goes_on_after_the_tag_was_lost(stack, world, card, tmp_path):
    root = tmp_path / "csca.pem"
    root.write_bytes(encode_pem(world.root[1]))
    with stack.card(card, "--lose-tag-at", "25", "--lose-tag-at", "60"):
        read = cli(stack, "read", "--can", CAN, "--csca", str(root), "--json")
    assert read.returncode == 0, read.stderr + read.stdout


async def test_issuance_takes_four_round_trips_over_pcsc(stack, world, card):
    register = MemoryRegister()
    register.add(world.record)
    with stack.card(card, "--delay-ms", "20"):
        terminal = connection(extended_length=False)
        await terminal.connect()
        begin = time.monotonic()
        await open_pin(terminal, PIN)
        phone = Phone(terminal, dialogue(world, register))
        proof = await phone.prove()
        seconds = time.monotonic() - begin + 0.08 * phone.round_trips
        terminal.transport.close()
    assert proof.document_number == "M12345678"
    assert phone.round_trips == 4
    print(f"{terminal.sent} APDUs, {phone.round_trips} round trips, {seconds:.2f} s")
    assert terminal.sent < 110
    assert seconds < 6


async def test_one_command_takes_far_less_than_the_delayed_acknowledgement(stack, card):
    """Without TCP_QUICKACK after every recv this is 44 ms (IC-CARD 1.3)."""
    with stack.card(card):
        terminal = connection()
        await terminal.connect()
        times = []
        for _ in range(50):
            begin = time.perf_counter()
            await terminal.send_raw(bytes((0, Ins.SELECT, 0, 0x0C)))
            times.append(time.perf_counter() - begin)
        terminal.transport.close()
    assert statistics.median(times) < 0.02


async def test_a_power_cut_after_the_nonce_costs_one_try(stack, world, card):
    """The process dies in the middle of PACE: 1 SELECT, 2 EF, 3 READ, 4 MSE, 5 MSE, 6 nonce."""
    with stack.card(card, "--power-cut-at", "6"):
        terminal = connection()
        await terminal.connect()
        with pytest.raises(Exception, match="card"):
            await open_pin(terminal, PIN)
    assert memory(card).pin_left == 4
    again = await connect(CardFile.open(card))
    await open_pin(again, PIN)
    assert memory(card).pin_left == 5
