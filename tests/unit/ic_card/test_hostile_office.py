"""The commands that load a card, from somebody who is not the office, or an office gone wrong."""

from dataclasses import replace

import pytest

from mrc.ic_card import scp03, tlv
from mrc.ic_card.apdu import CommandApdu, Ins, Sw
from mrc.ic_card.chip.loading import MAKE, MAX_FILE, READ
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import LifeCycle
from mrc.ic_card.lds.files import LDS1_AID, Application, data_group
from mrc.ic_card.pace import Password
from mrc.ic_card.personalisation.blank import open_blank
from mrc.infra.readers.card_file import SoftwareChip
from tests.simulators.ic_card_scene import active_card, sw, with_files
from tests.simulators.ic_card_world import CIPHERS, ENTROPY, blank_state, connect

DG1 = data_group(1)
GLOBAL_PLATFORM, SECURED = 0x80, 0x84
CHALLENGE = bytes(range(8))


@pytest.fixture
def chip():
    return SoftwareChip(blank_state())


async def office(chip, connection=None):
    """The office's channel to an initialised blank."""
    connection = connection or await connect(chip)
    card = await open_blank(connection, chip.load().transport_keys, entropy=ENTROPY)
    if chip.load().life_cycle is LifeCycle.MANUFACTURED:
        await card.set_status(LifeCycle.INITIALISED)
    return card


async def answer(card, *arguments):
    return (await card._send(*arguments)).sw


async def handshake(connection, chip, challenge=CHALLENGE):
    """EXTERNAL AUTHENTICATE as the office would send it now."""
    command = CommandApdu(GLOBAL_PLATFORM, Ins.INITIALIZE_UPDATE, 0, 0, challenge, 256)
    data = await connection.expect(command)
    keys = chip.load().transport_keys
    agreed = scp03.shake_hands(CIPHERS, keys, challenge, data[13:21])
    return scp03.authenticate_command(CIPHERS, agreed)


@pytest.mark.parametrize("ins", [Ins.INITIALIZE_UPDATE, Ins.EXTERNAL_AUTHENTICATE, Ins.GET_DATA])
@pytest.mark.parametrize("cla", [GLOBAL_PLATFORM, SECURED])
async def test_a_locked_card_does_not_know_the_offices_commands(cla, ins):
    connection = await connect(active_card())
    assert await sw(connection, CommandApdu(cla, ins, 1, 1, CHALLENGE, 256)) == Sw.INS_UNSUPPORTED


async def test_the_channel_ends_with_the_transport_keys(chip):
    card = await office(chip)
    await card.set_status(LifeCycle.ENDED)
    assert await answer(card, Ins.GET_DATA, 0x01, 0x01) == Sw.INS_UNSUPPORTED


@pytest.mark.parametrize("size", [0, 7, 9, 16])
async def test_a_challenge_of_another_length_is_refused(chip, size):
    connection = await connect(chip)
    command = CommandApdu(GLOBAL_PLATFORM, Ins.INITIALIZE_UPDATE, 0, 0, bytes(size), 256)
    assert await sw(connection, command) == Sw.WRONG_LENGTH


async def test_nobody_authenticates_without_a_challenge_of_this_session(chip):
    _, recorded = await handshake(await connect(chip), chip)
    connection = await connect(chip)
    assert await sw(connection, recorded) == Sw.CONDITIONS_NOT_SATISFIED


async def test_an_authentication_is_good_once(chip):
    connection = await connect(chip)
    _, command = await handshake(connection, chip)
    assert await sw(connection, command) == Sw.OK
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_failed_authentication_is_not_tried_again_on_the_same_challenge(chip):
    connection = await connect(chip)
    _, command = await handshake(connection, chip)
    wrong = replace(command, data=bytes(16))
    assert await sw(connection, wrong) == Sw.AUTHENTICATION_FAILED
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_protected_commands_need_the_office_to_have_authenticated(chip):
    connection = await connect(chip)
    channel, _ = await handshake(connection, chip)
    _, command = scp03.protect_command(
        channel, CIPHERS, CommandApdu(GLOBAL_PLATFORM, Ins.GET_DATA, 0x01, 0x01, b"", 256)
    )
    assert await sw(connection, command) == Sw.SECURITY_NOT_SATISFIED


async def test_a_new_challenge_closes_the_channel_that_was_open(chip):
    connection = await connect(chip)
    card = await office(chip, connection)
    await handshake(connection, chip)
    assert await answer(card, Ins.GET_DATA, 0x01, 0x01) == Sw.SECURITY_NOT_SATISFIED


async def test_a_plain_loading_command_is_refused_beside_an_open_channel(chip):
    connection = await connect(chip)
    await office(chip, connection)
    command = CommandApdu(GLOBAL_PLATFORM, Ins.PUT_DATA, 0x01, Password.PIN, bytes(16))
    assert await sw(connection, command) == Sw.SECURITY_NOT_SATISFIED
    assert chip.load().password_keys == {}


async def test_an_application_that_is_not_there_is_not_entered(chip):
    card = await office(chip)
    await card.enter(Application.LDS1)
    assert await answer(card, Ins.SELECT, 0x04, 0x0C, LDS1_AID[:-1]) == Sw.FILE_NOT_FOUND
    await card.load(DG1, b"abc")
    assert DG1 in chip.load().files


@pytest.mark.parametrize("slot", [0, 4, 0xFF])
@pytest.mark.parametrize("act", [MAKE, READ])
async def test_there_are_three_keys_and_no_other(chip, act, slot):
    card = await office(chip)
    assert await answer(card, Ins.GENERATE_KEY, act, slot) == Sw.REFERENCE_NOT_FOUND
    assert all(chip.find_public_key(known) is None for known in KeySlot)


PLACE, DATA = tlv.encode(0x54, bytes(3)), tlv.encode(0x53, b"abc")


@pytest.mark.parametrize(
    "fields",
    [b"", PLACE, DATA, PLACE + DATA + tlv.encode(0x55, b"")],
    ids=["nothing", "no data", "no place", "too much"],
)
async def test_an_update_says_where_and_what_and_nothing_else(chip, fields):
    card = await office(chip)
    await card.enter(Application.LDS1)
    assert await answer(card, Ins.UPDATE_BINARY_ODD, 0x01, 0x01, fields) == Sw.WRONG_DATA
    assert chip.load().files == {}


async def update(card, offset, data):
    fields = tlv.encode(0x54, offset.to_bytes(3)) + tlv.encode(0x53, data)
    return await answer(card, Ins.UPDATE_BINARY_ODD, 0x01, 0x01, fields)


@pytest.mark.parametrize("offset", [1, 2, 4, 0xFFFFFF])
async def test_a_file_is_written_on_at_its_end_or_anew(chip, offset):
    card = await office(chip)
    await card.enter(Application.LDS1)
    assert await update(card, 0, b"abc") == Sw.OK
    assert await update(card, offset, b"X") == Sw.WRONG_OFFSET
    assert chip.load().files[DG1] == b"abc"
    assert await update(card, 3, b"d") == Sw.OK
    assert chip.load().files[DG1] == b"abcd"


async def test_a_file_has_an_end():
    chip = with_files(SoftwareChip(blank_state()), files={DG1: bytes(MAX_FILE - 1)})
    card = await office(chip)
    await card.enter(Application.LDS1)
    assert await update(card, MAX_FILE - 1, b"ab") == Sw.WRONG_OFFSET
    assert await update(card, MAX_FILE - 1, b"a") == Sw.OK


@pytest.mark.parametrize(
    ("p1", "size"), [(0x00, 16), (0x02, 16), (0x01, 0), (0x01, 15), (0x01, 17), (0x01, 32)]
)
async def test_a_secret_is_one_key_of_aes(chip, p1, size):
    card = await office(chip)
    assert await answer(card, Ins.PUT_DATA, p1, Password.PIN, bytes(size)) == Sw.WRONG_DATA
    assert chip.load().password_keys == {}


@pytest.mark.parametrize("number", [0, 5, 0x10, 0xFF])
async def test_there_are_four_passwords_and_no_other(chip, number):
    card = await office(chip)
    assert await answer(card, Ins.PUT_DATA, 0x01, number, bytes(16)) == Sw.REFERENCE_NOT_FOUND
    assert chip.load().bac_seed == b""
