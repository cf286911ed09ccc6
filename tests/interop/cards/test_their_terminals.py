"""Strangers' terminals, in Java, C, Go and Rust, with our emulated card in the reader (9303-11)."""

import hashlib

import pytest

from mrc.ic_card.chip.state import decode_state
from mrc.ic_card.lds.files import ATR_INFO, RESIDENCE
from tests.interop.cards.forging import SPOILED, genuine, on_brainpool, with_bac, write_card
from tests.interop.cards.parts import CardRefused, dmrtd, go, jmrtd, openpace
from tests.simulators.ic_card_world import CAN, PIN, World, order

TERMINALS = (jmrtd, openpace, go, dmrtd)
PROOFS = {"active_authentication", "chip_authentication"}
UNSPOKEN = {dmrtd: {"chip_authentication"}}
KNOWN = {genuine: TERMINALS, on_brainpool: (jmrtd, openpace)}


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture
def root(world, tmp_path):
    path = tmp_path / "csca.der"
    path.write_bytes(world.root[1].der)
    return path


@pytest.mark.parametrize("make", KNOWN, ids=lambda make: make.__name__)
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
        for terminal in KNOWN[make]:
            judged = terminal(stack, CAN, root)
            assert judged.failed == set()
            assert PROOFS - UNSPOKEN.get(terminal, set()) < set(judged.checks)
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
        assert jmrtd(stack, CAN, root, reading=reading).failed == set()


ZONE = "M12345678/900412/310101"


@pytest.mark.parametrize(("kind", "secret"), [("mrz", ZONE), ("pin", PIN), ("bac", ZONE)])
async def test_jmrtd_opens_it_with_the_zone_the_pin_and_bac_where_that_is_on(
    stack, world, root, tmp_path, kind, secret
):
    make = with_bac if kind == "bac" else genuine
    with stack.card(write_card(tmp_path / "card.json", await make(world))):
        assert jmrtd(stack, secret, root, kind=kind).failed == set()


async def test_dmrtd_opens_it_with_bac(stack, world, root, tmp_path):
    with stack.card(write_card(tmp_path / "card.json", await with_bac(world))):
        assert dmrtd(stack, ZONE, root, kind="bac").failed == set()


async def test_bac_is_refused_where_it_is_off(stack, world, root, tmp_path):
    card = write_card(tmp_path / "card.json", await genuine(world))
    with stack.card(card), pytest.raises(CardRefused, match="6D00"):
        jmrtd(stack, ZONE, root, kind="bac")


async def test_a_strangers_wrong_pins_are_counted_and_the_last_try_is_kept(
    stack, world, root, tmp_path
):
    path = write_card(tmp_path / "card.json", await genuine(world))
    with stack.card(path):
        for typed, left in (("000000", 4), ("000001", 3), (PIN, 5), *_wrong(4, 3, 2, 1, 1)):
            if typed == PIN:
                assert openpace(stack, PIN, root, kind="pin").failed == set()
            else:
                with pytest.raises(CardRefused, match="PACE is refused"):
                    openpace(stack, typed, root, kind="pin")
            assert decode_state(path.read_bytes()).pin_left == left
        with pytest.raises(CardRefused, match="6985"):
            openpace(stack, PIN, root, kind="pin")


def _wrong(*left):
    return (("000000", tries) for tries in left)


async def test_jmrtd_stops_where_tries_are_missing(stack, world, root, tmp_path):
    """It takes MSE:Set AT's warning 63Cx for an error: no further try is spent."""
    path = write_card(tmp_path / "card.json", await genuine(world))
    with stack.card(path):
        for typed in ("000000", PIN):
            with pytest.raises(CardRefused, match="PACE"):
                jmrtd(stack, typed, root, kind="pin")
            assert decode_state(path.read_bytes()).pin_left == 4


@pytest.mark.parametrize("make", SPOILED, ids=lambda make: make.__name__)
async def test_they_turn_down_a_spoiled_card_for_its_fault_alone(
    stack, world, root, tmp_path, make
):
    with stack.card(write_card(tmp_path / "card.json", await make(world))):
        for terminal in TERMINALS:
            expected = SPOILED[make] - UNSPOKEN.get(terminal, set())
            assert terminal(stack, CAN, root).failed == expected


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.__name__)
async def test_a_wrong_can_opens_nothing_and_the_right_one_still_does(
    stack, world, root, tmp_path, terminal
):
    with stack.card(write_card(tmp_path / "card.json", await genuine(world))):
        with pytest.raises(CardRefused, match="(?i)pace"):
            terminal(stack, "000000", root)
        assert terminal(stack, CAN, root).failed == set()
