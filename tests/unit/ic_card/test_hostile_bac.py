"""Basic Access Control on the chip: on where the profile says so, once for each challenge."""

from dataclasses import replace

import pytest

from mrc.ic_card import bac
from mrc.ic_card.apdu import CommandApdu, Ins, Sw, read_short_id, select_application
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.lds.files import LDS1_AID
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.personalisation.making import make_card
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.in_process import InProcessTransport
from tests.simulators.ic_card_scene import active_card, sw
from tests.simulators.ic_card_world import (
    CIPHERS,
    NOW,
    World,
    blank_state,
    connect,
    order,
    power_on,
)

CHALLENGE = CommandApdu(0, Ins.GET_CHALLENGE, 0, 0, b"", bac.CHALLENGE_BYTES)


@pytest.fixture
async def chip():
    made = SoftwareChip(blank_state(ChipProfile(bac=True)))
    connection = CardConnection(InProcessTransport(power_on(made)), CIPHERS)
    office = replace(World().office, bac=True)
    await make_card(connection, Job(order=order(face=None)), office, at=NOW)
    return made


@pytest.fixture
async def connection(chip):
    made = await connect(chip)
    await made.expect(select_application(LDS1_AID))
    return made


def authenticate(challenge, key=None):
    secrets = bac.BacSecrets(
        own_challenge=bytes(8), other_challenge=challenge, own_key=bytes(bac.KEY_BYTES)
    )
    keys = bac.document_keys(key or order().zone.key)
    sealed = bac.seal(CIPHERS, keys, secrets)
    return CommandApdu(0, Ins.EXTERNAL_AUTHENTICATE, 0, 0, sealed, bac.MESSAGE_BYTES)


async def test_where_bac_is_off_both_commands_are_unknown():
    connection = await connect(active_card())
    await connection.expect(select_application(LDS1_AID))
    assert await sw(connection, CHALLENGE) == Sw.INS_UNSUPPORTED
    assert await sw(connection, authenticate(bytes(8))) == Sw.INS_UNSUPPORTED


@pytest.mark.parametrize("size", [None, 1, 7, 16, 256])
async def test_a_challenge_has_eight_bytes(connection, size):
    assert await sw(connection, replace(CHALLENGE, expected=size)) == Sw.WRONG_LENGTH


async def test_without_a_challenge_nobody_is_let_in(connection):
    assert await sw(connection, authenticate(b"")) == Sw.CONDITIONS_NOT_SATISFIED


@pytest.mark.parametrize("size", [0, 8, 31, 39, 41])
async def test_a_message_of_another_length_ends_the_attempt(connection, size):
    challenge = await connection.expect(CHALLENGE)
    command = authenticate(challenge)
    cut = replace(command, data=(command.data + b"\x00")[:size])
    assert await sw(connection, cut) == Sw.CONDITIONS_NOT_SATISFIED
    assert await sw(connection, command) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_wrong_guess_spends_the_challenge(connection):
    challenge = await connection.expect(CHALLENGE)
    stranger = replace(order().zone, birth_date="900413").key
    assert await sw(connection, authenticate(challenge, stranger)) == Sw.AUTHENTICATION_FAILED
    assert await sw(connection, authenticate(challenge)) == Sw.CONDITIONS_NOT_SATISFIED


async def test_a_recorded_authentication_opens_nothing(chip, connection):
    recorded = authenticate(await connection.expect(CHALLENGE))
    assert await sw(connection, recorded) == Sw.OK
    again = await connect(chip)
    await again.expect(select_application(LDS1_AID))
    await again.expect(CHALLENGE)
    assert await sw(again, recorded) == Sw.AUTHENTICATION_FAILED
    assert await sw(again, read_short_id(1, 8)) == Sw.SECURITY_NOT_SATISFIED
