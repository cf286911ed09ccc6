"""Strangers' terminals, in Java and C, with our emulated card in the reader (9303-10 and -11)."""

import hashlib

import pytest

from mrc.ic_card.lds.files import ATR_INFO, RESIDENCE
from tests.interop.cards.forging import SPOILED, genuine, on_brainpool, write_card
from tests.interop.cards.parts import CardRefused, jmrtd, openpace
from tests.simulators.ic_card_world import CAN, World, order

TERMINALS = (jmrtd, openpace)


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def root(world, tmp_path):
    path = tmp_path / "csca.der"
    path.write_bytes(world.root[1].der)
    return path


@pytest.mark.parametrize("make", [genuine, on_brainpool], ids=lambda make: make.__name__)
async def test_they_find_our_card_authentic_and_read_the_bytes_it_holds(
    stack, world, root, tmp_path, make
):
    chip = await make(world)
    held = {
        ref.name: hashlib.sha256(content).hexdigest()
        for ref, content in chip.load().files.items()
        if ref not in (RESIDENCE, ATR_INFO)
    }
    with stack.card(write_card(tmp_path / "card.json", chip)):
        for terminal in TERMINALS:
            judged = terminal(stack, CAN, root)
            assert judged.failed == set()
            assert judged.checks["chip_authentication"] == "passed"
            assert judged.checks["active_authentication"] == "passed"
            assert {f"hash.DG{n}" for n in (1, 2, 11, 12, 13, 14, 15)} < set(judged.checks)
            assert judged.files == held


async def test_jmrtd_says_what_was_ordered(stack, world, root, tmp_path):
    with stack.card(write_card(tmp_path / "card.json", await genuine(world))):
        said = jmrtd(stack, CAN, root).said
    made = order()
    assert said == {
        "document_number": made.zone.document_number,
        "primary_name": made.zone.primary_name,
        "secondary_name": made.zone.secondary_name.replace("<", " "),
        "birth_date": made.zone.birth_date,
        "expiry_date": made.zone.expiry_date,
        "nationality": made.zone.nationality,
        "full_name": made.full_name,
        "authority": made.authority,
        "issued": f"{made.issued:%Y%m%d}",
        "face": f"{made.face.width}x{made.face.height} image/jp2",
        "face_sha256": hashlib.sha256(made.face.image).hexdigest(),
        "active_authentication": "SHA256withECDSA",
        "chip_authentication": "id-CA-ECDH-AES-CBC-CMAC-128",
    }


@pytest.mark.parametrize("reading", ["short-ids", "extended"])
async def test_jmrtd_may_read_by_short_identifier_and_in_long_apdus(
    stack, world, root, tmp_path, reading
):
    with stack.card(write_card(tmp_path / "card.json", await genuine(world))):
        assert jmrtd(stack, CAN, root, reading).failed == set()


@pytest.mark.parametrize("make", SPOILED, ids=lambda make: make.__name__)
async def test_they_turn_down_a_spoiled_card_for_its_fault_alone(
    stack, world, root, tmp_path, make
):
    with stack.card(write_card(tmp_path / "card.json", await make(world))):
        for terminal in TERMINALS:
            assert terminal(stack, CAN, root).failed == SPOILED[make]


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.__name__)
async def test_a_wrong_can_opens_nothing_and_the_right_one_still_does(
    stack, world, root, tmp_path, terminal
):
    with stack.card(write_card(tmp_path / "card.json", await genuine(world))):
        with pytest.raises(CardRefused, match="(?i)pace"):
            terminal(stack, "000000", root)
        assert terminal(stack, CAN, root).failed == set()
