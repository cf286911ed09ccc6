"""The chip against hostile terminals: it stays shut, and alive."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrc.ic_card import pace
from mrc.ic_card.apdu import (
    CHAINING,
    CommandApdu,
    Ins,
    Sw,
    read_binary,
    read_short_id,
    select_application,
    select_file,
)
from mrc.ic_card.chip.state import ChipProfile, LifeCycle, decode_state, encode_state
from mrc.ic_card.domain_parameters import encode_point
from mrc.ic_card.lds.files import CARD_ACCESS, ISSUANCE_AID, LDS1_AID, RESIDENCE, Application
from mrc.ic_card.pace import PaceDo, Password
from mrc.ic_card.terminal import opening
from mrc.ic_card.terminal.reading import enter
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.inline import run_inline
from tests.simulators.ic_card_scene import active_card, sw
from tests.simulators.ic_card_world import (
    CAN,
    CIPHERS,
    ENTROPY,
    PIN,
    World,
    connect,
    open_can,
    open_pin,
    power_on,
)


async def test_only_card_access_and_atr_info_are_readable_without_pace():
    connection = await connect(active_card())
    readable = []
    for aid in (None, LDS1_AID, ISSUANCE_AID):
        await connection.connect()
        if aid is not None:
            await connection.expect(select_application(aid))
        for file_id in [*range(0x0100, 0x0120), 0x2F00, 0x2F01]:
            if await sw(connection, select_file(file_id)) == Sw.OK:
                readable.append(file_id)
    assert readable == [CARD_ACCESS.file_id, 0x2F01]


async def test_a_stranger_does_not_learn_which_files_exist():
    connection = await connect(active_card())
    await connection.expect(select_application(LDS1_AID))
    answers = {await sw(connection, read_short_id(number, 8)) for number in range(1, 31)}
    assert answers == {Sw.SECURITY_NOT_SATISFIED}


async def test_the_can_does_not_open_the_residence_file():
    connection = await connect(active_card())
    await open_can(connection)
    await enter(connection, Application.ISSUANCE)
    assert await sw(connection, select_file(RESIDENCE.file_id)) == Sw.SECURITY_NOT_SATISFIED


async def test_the_puk_reads_nothing():
    world = World()
    chip, _ = await world.make()
    connection = await connect(chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    secret = opening.credential(Password.PUK, world.pad.puk)
    await opening.run_pace(connection, info, secret, entropy=ENTROPY)
    await enter(connection, Application.LDS1)
    assert await sw(connection, select_file(0x0101)) == Sw.SECURITY_NOT_SATISFIED


async def test_no_write_command_is_left():
    """Every instruction there is, plain and with the PIN: the card's memory stays as it was."""
    chip = active_card()
    connection = await connect(chip)
    for opened in (False, True):
        if opened:
            await open_pin(connection)
        before = (chip.load().files, chip.load().password_keys, chip.load().life_cycle)
        for ins in range(256):
            if ins in (Ins.SELECT, Ins.INTERNAL_AUTHENTICATE, Ins.GENERAL_AUTHENTICATE):
                continue
            for cla in (0x00,) if opened else (0x00, 0x80, 0x84):
                if connection.channel is None and opened:
                    await open_pin(connection)
                command = CommandApdu(cla, ins, 0x01, 0x03, bytes(16), 256)
                try:
                    await connection.send(command)
                except Rejected:
                    await connection.connect()
        assert (chip.load().files, chip.load().password_keys, chip.load().life_cycle) == before


async def test_a_chain_that_grows_without_end_is_cut():
    connection = await connect(active_card())
    part = CommandApdu(CHAINING, Ins.SELECT, 4, 12, bytes(60000))
    assert await sw(connection, part) == Sw.OK
    assert await sw(connection, part) == Sw.CHAINING_UNSUPPORTED


async def test_a_chain_interrupted_by_another_command_is_dropped():
    connection = await connect(active_card())
    await connection.send(CommandApdu(CHAINING, Ins.SELECT, 4, 12, LDS1_AID[:3]))
    assert await sw(connection, CommandApdu(0, Ins.SELECT, 0, 12, b"\x3f\x00")) == Sw.OK
    assert await sw(connection, CommandApdu(0, Ins.SELECT, 4, 12, LDS1_AID[3:])) == 0x6A82
    assert await sw(connection, CommandApdu(CHAINING, Ins.SELECT, 4, 12, LDS1_AID[:3])) == Sw.OK
    assert await sw(connection, CommandApdu(0, Ins.SELECT, 4, 12, LDS1_AID[3:])) == Sw.OK


BAD_POINTS = {
    "off the curve": b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01",
    "zero": b"\x04" + bytes(64),
    "infinity": b"\x00",
    "short": b"\x04" + bytes(10),
    "compressed": b"\x02" + P256.gx.to_bytes(32),
    "empty": b"",
}


async def start_pace(connection, password=Password.CAN):
    info = opening.choose_pace(await opening.read_card_access(connection))
    await connection.send(opening._set_template(info, password))
    return info, await opening._step(connection, PaceDo.ENCRYPTED_NONCE)


def link(tag, value, last=False):
    data = pace.encode_dynamic((tag, value))
    return CommandApdu(0 if last else CHAINING, Ins.GENERAL_AUTHENTICATE, 0, 0, data, 256)


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
async def test_bad_points_are_refused_at_the_mapping(point):
    connection = await connect(active_card())
    await start_pace(connection)
    assert await sw(connection, link(PaceDo.MAP_TERMINAL, point)) == Sw.WRONG_DATA
    assert await sw(connection, link(PaceDo.MAP_TERMINAL, point)) == Sw.CONDITIONS_NOT_SATISFIED


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
async def test_bad_points_are_refused_at_the_key(point):
    connection = await connect(active_card())
    await start_pace(connection)
    good = encode_point(P256, multiply(P256, 5, P256.generator))
    assert await sw(connection, link(PaceDo.MAP_TERMINAL, good)) == Sw.OK
    assert await sw(connection, link(PaceDo.KEY_TERMINAL, point)) == Sw.WRONG_DATA


async def test_the_chips_own_static_point_is_refused():
    chip = active_card()
    connection = await connect(chip)
    await open_pin(connection)
    own = chip.find_public_key(1).uncompressed
    from mrc.ic_card import chip_authentication
    from mrc.ic_card.chip.proving import _info

    first, second = chip_authentication.commands(_info(), own)
    await connection.expect(first)
    assert await sw(connection, second) == Sw.AUTHENTICATION_FAILED


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
async def test_bad_points_are_refused_at_chip_authentication(point):
    from mrc.ic_card import chip_authentication
    from mrc.ic_card.chip.proving import _info

    connection = await connect(active_card())
    await open_can(connection)
    first, second = chip_authentication.commands(_info(), point)
    await connection.expect(first)
    assert await sw(connection, second) == Sw.WRONG_DATA


async def test_steps_of_pace_out_of_order_are_refused():
    connection = await connect(active_card())
    good = encode_point(P256, multiply(P256, 5, P256.generator))
    assert await sw(connection, link(PaceDo.KEY_TERMINAL, good)) == Sw.CONDITIONS_NOT_SATISFIED
    await start_pace(connection)
    assert await sw(connection, link(PaceDo.KEY_TERMINAL, good)) == Sw.WRONG_DATA
    await start_pace(connection)
    token = link(PaceDo.TOKEN_TERMINAL, bytes(8), last=True)
    assert await sw(connection, token) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_forged_protected_command_without_a_session_is_refused():
    connection = await connect(active_card())
    answer = await connection.send_raw(
        bytes.fromhex("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800")
    )
    assert answer == b"\x69\x88"


async def test_bac_is_off_unless_the_profile_says_so():
    connection = await connect(active_card())
    await connection.expect(select_application(LDS1_AID))
    assert await sw(connection, CommandApdu(0, Ins.GET_CHALLENGE, 0, 0, b"", 8)) == 0x6D00


async def test_brainpool_is_the_second_profile():
    connection = await connect(active_card(ChipProfile(parameter_id=13)))
    await open_pin(connection)
    assert connection.channel is not None


async def test_reading_past_the_end_and_without_a_file_is_refused():
    connection = await connect(active_card())
    assert await sw(connection, read_binary(0, 8)) == Sw.CONDITIONS_NOT_SATISFIED
    await connection.expect(select_file(CARD_ACCESS.file_id))
    assert await sw(connection, read_binary(9999, 8)) == Sw.WRONG_OFFSET


async def test_signing_needs_the_pin_and_an_active_card():
    connection = await connect(active_card())
    await open_can(connection)
    await enter(connection, Application.ISSUANCE)
    command = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(32), 256)
    assert await sw(connection, command) == Sw.SECURITY_NOT_SATISFIED
    chip = active_card()
    state = replace(chip.load(), life_cycle=LifeCycle.PERSONALISED)
    connection = await connect(SoftwareChip(state, chip._keys))
    await open_pin(connection)
    await enter(connection, Application.ISSUANCE)
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_one_signature_per_pin_entry():
    chip = active_card()
    connection = await connect(chip)
    await open_pin(connection)
    await enter(connection, Application.ISSUANCE)
    command = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(32), 256)
    assert await sw(connection, command) == Sw.OK
    assert await sw(connection, command) == Sw.SECURITY_NOT_SATISFIED
    assert chip.load().signature_counter == 1
    await connection.connect()
    await open_pin(connection)
    await enter(connection, Application.ISSUANCE)
    assert await sw(connection, command) == Sw.OK
    assert chip.load().signature_counter == 2


@pytest.mark.parametrize("size", [0, 8, 31, 33])
async def test_the_issuance_key_signs_a_context_and_nothing_else(size):
    connection = await connect(active_card())
    await open_pin(connection)
    await enter(connection, Application.ISSUANCE)
    command = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(size), 256)
    assert await sw(connection, command) == Sw.WRONG_DATA


def test_the_life_cycle_only_moves_forward():
    state = active_card().load()
    for earlier in LifeCycle:
        if earlier <= state.life_cycle:
            with pytest.raises(ValueError, match="forward"):
                state.advanced(earlier)


def test_the_state_survives_its_encoding_and_a_broken_one_is_no_fresh_card():
    state = active_card().load()
    text = json.dumps(encode_state(state))
    assert decode_state(text) == state
    for size in range(0, len(text), 997):
        with pytest.raises(Malformed):
            decode_state(text[:size])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=0, max_size=40), max_size=6))
def test_odd_commands_leave_the_card_shut_and_alive(commands):
    card = power_on(active_card())
    before = (card.state.files, card.state.life_cycle, card.state.transport_keys)
    for raw in commands:
        answer = run_inline(card.process(raw))
        assert len(answer) >= 2
    assert (card.state.files, card.state.life_cycle, card.state.transport_keys) == before
    shut = run_inline(card.process(bytes.fromhex("00A4040C07A0000002471001")))
    assert shut == b"\x90\x00"
    assert run_inline(card.process(bytes.fromhex("00B0810008"))) == b"\x69\x82"


async def test_pure_python_ciphers_open_the_card_too():
    from tests.simulators.ic_card_world import PURE

    connection = await connect(active_card(), ciphers=PURE)
    await open_can(connection, CAN)
    assert connection.channel is not None
    assert CIPHERS is not PURE
    assert PIN
