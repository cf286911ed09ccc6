"""Commands that are almost right: each is refused by its own status word and changes nothing."""

import json

import pytest

from mrc.ic_card import der, pace, tlv
from mrc.ic_card.apdu import (
    CommandApdu,
    Ins,
    Sw,
    select_application,
    select_file,
)
from mrc.ic_card.chip.card import Card
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.proving import _info
from mrc.ic_card.chip.state import LifeCycle, decode_state, encode_state
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.domain_parameters import encode_point
from mrc.ic_card.lds.files import CARD_ACCESS, LDS1_AID, Application
from mrc.ic_card.lds.security_infos import Mapping, PaceInfo
from mrc.ic_card.pace import PaceDo, Password
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import opening
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.reading import enter
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.in_process import InProcessTransport
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import Malformed
from tests.simulators.ic_card_scene import active_card, refused, sw, with_state
from tests.simulators.ic_card_world import (
    CAN,
    CIPHERS,
    ENTROPY,
    World,
    connect,
    open_can,
    open_pin,
)

SELECT_LDS1 = select_application(LDS1_AID)
INFO = PaceInfo(mapping=Mapping.ECDH_GENERIC, suite=CipherSuite.AES_128, parameter_id=12)


async def open_puk(connection, puk):
    info = opening.choose_pace(await opening.read_card_access(connection))
    await opening.run_pace(connection, info, opening.credential(Password.PUK, puk), entropy=ENTROPY)


@pytest.fixture
async def with_puk():
    """A card and its PUK."""
    world = World()
    chip, _ = await world.make()
    return chip, world.pad.puk


# the class byte: another channel, another protection, another application's commands


@pytest.mark.parametrize("cla", [0x01, 0x03, 0x04, 0x08, 0x20, 0x40, 0x60, 0xA0, 0xE0, 0xFF])
async def test_a_class_that_the_card_does_not_know_is_refused(cla):
    connection = await connect(active_card())
    command = CommandApdu(cla, Ins.SELECT, 4, 12, LDS1_AID)
    assert await sw(connection, command) == Sw.CLA_UNSUPPORTED
    assert await sw(connection, SELECT_LDS1) == Sw.OK


async def test_a_chain_goes_on_under_the_class_it_was_begun_with():
    connection = await connect(active_card())
    begun = CommandApdu(0x90, Ins.SELECT, 4, 12, LDS1_AID[:3])
    assert await sw(connection, begun) == Sw.OK
    rest = CommandApdu(0x00, Ins.SELECT, 4, 12, LDS1_AID[3:])
    assert await sw(connection, rest) == Sw.FILE_NOT_FOUND


async def test_a_second_logical_channel_does_not_share_the_session():
    connection = await connect(active_card())
    await open_can(connection)
    command = CommandApdu(0x01, Ins.SELECT, 4, 12, LDS1_AID)
    assert await sw(connection, command) == Sw.CLA_UNSUPPORTED


async def test_a_reading_that_expects_nothing_is_refused():
    connection = await connect(active_card())
    await connection.expect(select_file(CARD_ACCESS.file_id))
    command = CommandApdu(0, Ins.READ_BINARY, 0, 0)
    assert await sw(connection, command) == Sw.WRONG_LENGTH


# PACE: what MSE:Set AT names


def template(*, oid=INFO.oid, password=bytes([Password.CAN]), parameters=None):
    fields = [(0x80, None if oid is None else der.encode_oid(oid)), (0x83, password)]
    fields.append((0x84, parameters))
    data = b"".join(tlv.encode(tag, value) for tag, value in fields if value is not None)
    return CommandApdu(0, Ins.MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4, data)


FIRST = CommandApdu(0x10, Ins.GENERAL_AUTHENTICATE, 0, 0, pace.encode_dynamic(), 256)
OTHERS = {
    "weaker cipher": PaceInfo(
        mapping=Mapping.ECDH_GENERIC, suite=CipherSuite.TRIPLE_DES, parameter_id=12
    ).oid,
    "other mapping": PaceInfo(
        mapping=Mapping.ECDH_INTEGRATED, suite=CipherSuite.AES_128, parameter_id=12
    ).oid,
    "none": None,
}


@pytest.mark.parametrize("oid", OTHERS.values(), ids=OTHERS)
async def test_pace_runs_as_the_card_offers_it_and_not_otherwise(oid):
    connection = await connect(active_card())
    assert await sw(connection, template(oid=oid)) == Sw.WRONG_DATA
    assert await sw(connection, FIRST) == Sw.CONDITIONS_NOT_SATISFIED


@pytest.mark.parametrize("number", [b"\x0d", b"\x00", b"\x0c\x0c", b""])
async def test_pace_runs_on_the_cards_curve_and_no_other(number):
    connection = await connect(active_card())
    assert await sw(connection, template(parameters=number)) == Sw.WRONG_DATA
    assert await sw(connection, template(parameters=b"\x0c")) == Sw.OK


@pytest.mark.parametrize("password", [None, b"", b"\x00", b"\x05", b"\x10", b"\x02\x02"])
async def test_a_password_that_the_card_does_not_know_is_refused(password):
    connection = await connect(active_card())
    assert await sw(connection, template(password=password)) == Sw.REFERENCE_NOT_FOUND
    assert await sw(connection, FIRST) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_password_that_was_never_loaded_is_refused():
    chip = active_card()
    keys = {p: key for p, key in chip.load().password_keys.items() if p is not Password.MRZ}
    connection = await connect(with_state(chip, password_keys=keys))
    password = bytes([Password.MRZ])
    assert await sw(connection, template(password=password)) == Sw.REFERENCE_NOT_FOUND


async def test_a_first_step_with_anything_in_it_ends_the_attempt_and_costs_no_try():
    chip = active_card()
    connection = await connect(chip)
    await connection.expect(template(password=bytes([Password.PIN])))
    data = pace.encode_dynamic((PaceDo.MAP_TERMINAL, bytes(65)))
    begun = CommandApdu(0x10, Ins.GENERAL_AUTHENTICATE, 0, 0, data, 256)
    assert await sw(connection, begun) == Sw.WRONG_DATA
    assert await sw(connection, FIRST) == Sw.CONDITIONS_NOT_SATISFIED
    assert chip.load().pin_left == 5


# PACE: the card's own points, sent back by somebody who can foretell its randomness


class Foretold:
    """A random generator that has broken down."""

    def token(self, size):
        return bytes([7]) * size


async def begun(chip):
    """PACE with a card whose next numbers are known, up to the nonce."""
    card = Card(storage=chip, keys=chip, ciphers=CIPHERS, entropy=Foretold())
    connection = CardConnection(InProcessTransport(card), CIPHERS)
    await connection.connect()
    await connection.expect(template())
    await opening._step(connection, PaceDo.ENCRYPTED_NONCE)
    return connection


def link(tag, point):
    data = pace.encode_dynamic((tag, encode_point(P256, point)))
    return CommandApdu(0x10, Ins.GENERAL_AUTHENTICATE, 0, 0, data, 256)


async def test_the_cards_own_point_of_the_mapping_is_refused():
    connection = await begun(active_card())
    own = multiply(P256, pace.draw_scalar(P256, Foretold()), P256.generator)
    command = link(PaceDo.MAP_TERMINAL, own)
    assert await sw(connection, command) == Sw.AUTHENTICATION_FAILED
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_the_cards_own_ephemeral_key_is_refused():
    connection = await begun(active_card())
    private, nonce = pace.draw_scalar(P256, Foretold()), Foretold().token(pace.NONCE_BYTES)
    ours = multiply(P256, 5, P256.generator)
    await connection.expect(link(PaceDo.MAP_TERMINAL, ours))
    generator = pace.map_generic(P256, nonce, pace.agree(P256, private, ours))
    command = link(PaceDo.KEY_TERMINAL, multiply(P256, private, generator))
    assert await sw(connection, command) == Sw.AUTHENTICATION_FAILED


# the PUK


async def test_without_tries_the_right_puk_is_worth_nothing(with_puk):
    chip, puk = with_puk
    chip = with_state(chip, puk_left=1)
    assert await refused(open_puk(await connect(chip), "0000000000")) is Reason.WRONG_PASSWORD
    for _ in range(3):
        assert await refused(open_puk(await connect(chip), puk)) is Reason.PIN_BLOCKED
    assert chip.load().puk_left == 0


@pytest.mark.parametrize(
    ("p1", "p2", "data"),
    [(0x00, 3, b""), (0x02, 3, b""), (0x00, 3, b"123456"), (0x03, 3, b"123456"), (0x03, 2, b"")],
)
async def test_the_puk_restores_the_tries_and_sets_no_new_pin(with_puk, p1, p2, data):
    chip, puk = with_puk
    chip = with_state(chip, pin_left=0)
    connection = await connect(chip)
    await open_puk(connection, puk)
    command = CommandApdu(0, Ins.RESET_RETRY_COUNTER, p1, p2, data)
    assert await sw(connection, command) == Sw.WRONG_P1_P2
    assert chip.load().pin_left == 0


# Chip and Active Authentication


def chip_template(data=None):
    data = tlv.encode(0x80, der.encode_oid(_info().oid)) if data is None else data
    return CommandApdu(0, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4, data)


ACTIVE = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(8), 256)


async def test_the_chip_proves_itself_to_nobody_who_did_not_open_it():
    connection = await connect(active_card())
    assert await sw(connection, chip_template()) == Sw.SECURITY_NOT_SATISFIED
    await connection.expect(SELECT_LDS1)
    assert await sw(connection, ACTIVE) == Sw.SECURITY_NOT_SATISFIED


async def test_the_puk_does_not_make_the_chip_prove_itself(with_puk):
    chip, puk = with_puk
    connection = await connect(chip)
    await open_puk(connection, puk)
    assert await sw(connection, chip_template()) == Sw.SECURITY_NOT_SATISFIED
    await enter(connection, Application.LDS1)
    assert await sw(connection, ACTIVE) == Sw.SECURITY_NOT_SATISFIED


CHIP_OID = tlv.encode(0x80, der.encode_oid(_info().oid))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        tlv.encode(0x80, der.encode_oid(INFO.oid)),
        CHIP_OID + tlv.encode(0x84, b"\x01"),
        tlv.encode(0x84, b"\x01"),
    ],
    ids=["nothing", "another protocol", "a key's number", "only a key's number"],
)
async def test_chip_authentication_is_asked_for_as_dg14_says(data):
    connection = await connect(active_card())
    await open_can(connection)
    assert await sw(connection, chip_template(data)) == Sw.WRONG_DATA
    point = encode_point(P256, multiply(P256, 5, P256.generator))
    sent = tlv.encode(0x7C, tlv.encode(0x80, point))
    command = CommandApdu(0, Ins.GENERAL_AUTHENTICATE, 0, 0, sent, 256)
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_chip_without_the_key_says_that_it_cannot_sign():
    chip = active_card()
    keys = {s: k for s, k in chip._keys.items() if s is not KeySlot.ACTIVE_AUTHENTICATION}
    connection = await connect(SoftwareChip(chip.load(), keys))
    await open_can(connection)
    await enter(connection, Application.LDS1)
    assert await sw(connection, ACTIVE) == Sw.CONDITIONS_NOT_SATISFIED


# ACTIVATE


ACTIVATE = CommandApdu(0, Ins.ACTIVATE, 0, 0)


@pytest.fixture
def personalised():
    return with_state(active_card(), life_cycle=LifeCycle.PERSONALISED)


async def test_a_card_becomes_active_with_its_pin_and_not_with_the_can(personalised):
    connection = await connect(personalised)
    assert await sw(connection, ACTIVATE) == Sw.SECURITY_NOT_SATISFIED
    await open_can(connection, CAN)
    assert await sw(connection, ACTIVATE) == Sw.SECURITY_NOT_SATISFIED
    assert personalised.load().life_cycle is LifeCycle.PERSONALISED


@pytest.mark.parametrize(("p1", "p2", "data"), [(1, 0, b""), (0, 1, b""), (0, 0, b"\x01")])
async def test_what_is_activated_is_the_card(personalised, p1, p2, data):
    connection = await connect(personalised)
    await open_pin(connection)
    command = CommandApdu(0, Ins.ACTIVATE, p1, p2, data)
    assert await sw(connection, command) == Sw.WRONG_P1_P2
    assert personalised.load().life_cycle is LifeCycle.PERSONALISED
    assert await sw(connection, ACTIVATE) == Sw.OK


async def test_an_active_card_is_not_activated_again():
    connection = await connect(active_card())
    await open_pin(connection)
    assert await sw(connection, ACTIVATE) == Sw.CONDITIONS_NOT_SATISFIED


# the chip's own memory


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("pin_left", wrong) for wrong in ("5", 4.5, None, [5])),
        *(("life_cycle", wrong) for wrong in ("31", 0x20)),
        ("transport_keys", {"00" * 16: 1, "11" * 16: 2}),
        ("transport_keys", "ab"),
    ],
)
def test_a_memory_with_another_shape_is_no_card(member, value):
    stored = {**encode_state(active_card().load()), member: value}
    with pytest.raises(Malformed):
        decode_state(json.dumps(stored))
