"""The attack list, second part: between card, phone and server."""

from dataclasses import replace

import pytest

from mrc.ic_card import issuance_signature as issuance
from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import (
    CommandApdu,
    Ins,
    ResponseApdu,
    decode_response,
    read_binary,
    read_short_id,
)
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import (
    CARD_ACCESS,
    LDS1_AID,
    SOD,
    Application,
    data_group,
)
from mrc.ic_card.lds.security_infos import ActiveAuthenticationInfo, encode_security_infos
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.reasons import Reason
from mrc.ic_card.server.batches import Ask, collect
from mrc.ic_card.terminal import opening, pipe, reading
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import MrcError, Rejected
from tests.simulators.ic_card_scene import (
    flipped,
    refused,
    with_files,
)
from tests.simulators.ic_card_world import (
    CAN,
    ENTROPY,
    VERIFIER,
    Phone,
    World,
    connect,
    open_can,
    open_pin,
    order,
    power_on,
)

# locking someone's card in a pocket


async def test_locking_someones_card_in_a_pocket_leaves_the_last_try(scene):
    """Wrong PIN four times; without the CAN nobody gets at the fifth. The holder has the CAN."""
    connection = await connect(scene.chip)
    info = opening.choose_pace(await opening.read_card_access(connection))
    wrong = opening.credential(opening.Password.PIN, "000001")
    for _ in range(20):
        await connection.connect()
        with pytest.raises(Rejected):
            await opening.run_pace(connection, info, wrong, entropy=ENTROPY)
    assert scene.chip.load().pin_left == 1
    await open_pin(await connect(scene.chip), can=CAN, last_try_agreed=True)


# skimming, tracking


async def test_skimming_every_file_without_secure_messaging_is_shut(scene):
    connection = await connect(scene.chip)
    for aid in (LDS1_AID, scene.chip.load().profile.issuance_aid):
        await connection.expect(opening.select_application(aid))
        for number in range(1, 31):
            assert (await connection.send(read_short_id(number, 8))).sw == 0x6982


async def test_tracking_card_access_and_atr_are_equal_on_all_cards(scene):
    other, _ = await World().make(job=Job(order=order("M87654321")))
    one, two = await connect(scene.chip), await connect(other)
    assert power_on(scene.chip).atr == power_on(other).atr
    assert await opening.read_card_access(one) == await opening.read_card_access(two)
    assert (await one.send(CommandApdu(0, Ins.GET_DATA, 1, 1, b"", 1))).sw == 0x6982


# tampering between phone and chip, or by the app after step 2


@pytest.mark.parametrize("batch", ["first", "second"])
@pytest.mark.parametrize("place", [0, 5, -1, -3, -12])
async def test_tampering_with_an_answer_ends_the_session(scene, batch, place):
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14()
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    if batch == "first":
        answers[3] = flipped(answers[3], place)
        assert await refused(phone.send_first(answers)) is Reason.SECURE_MESSAGING
    else:
        final = await pipe.forward(phone.connection, await phone.send_first(answers))
        final[-1] = flipped(final[-1], place)
        assert await refused(phone.send_second(final)) is Reason.SECURE_MESSAGING
    assert scene.server.sessions.kept == {}


async def test_tampering_with_a_command_each_byte_ends_the_session_on_the_chip(scene):
    for place in range(1, 36):
        connection = await connect(scene.chip)
        await open_can(connection)
        _, protected = sm.protect_command(
            connection.channel, connection.ciphers, read_short_id(1, 8)
        )
        raw = protected.encode()
        if place >= len(raw) - 1:  # the outer Le is the transport's, not under the MAC
            break
        answer = decode_response(await connection.send_raw(flipped(raw, place)))
        assert answer.data == b""
        assert not answer.ok
        assert (await connection.send_raw(raw))[-2:] == b"\x69\x88"


async def test_tampering_by_leaving_answers_out_is_noticed(scene):
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14()
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    assert await refused(phone.send_first(answers[:-1])) is Reason.ANSWERS_MISSING


async def test_tampering_with_dg14_on_its_way_is_noticed_though_the_key_is_the_same(scene):
    """The phone leaves an info out of DG14: chip authentication works, DG14 was not the signed one."""
    dg14 = scene.chip.load().files[data_group(14)]
    fewer = [i for i in dg.decode_dg14(dg14) if not isinstance(i, ActiveAuthenticationInfo)]
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14(dg.encode_dg14(*fewer))
    await reading.enter(phone.connection, Application.LDS1)
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    final = await pipe.forward(phone.connection, await phone.send_first(answers))
    assert await refused(phone.send_second(final)) is Reason.CHIP_AUTHENTICATION


# bad curve points, chip's own point sent back (more in test_chip.py)


async def test_bad_curve_points_from_the_chip_are_refused_by_the_server(scene):
    phone = await scene.phone()
    dg14 = bytearray(scene.chip.load().files[data_group(14)])
    key = dg14.find(scene.chip.find_public_key(KeySlot.CHIP_AUTHENTICATION).uncompressed)
    dg14[key + 40] ^= 1
    await phone.start()
    with pytest.raises(MrcError):
        await phone.send_dg14(bytes(dg14))


async def test_reflected_key_is_refused_by_the_terminal():
    from mrc.ic_card.pace import check_not_reflected

    point = multiply(P256, 7, P256.generator)
    with pytest.raises(Rejected) as caught:
        check_not_reflected(point, point)
    assert caught.value.reason is Reason.REFLECTED_KEY


class Mirror:
    """A false chip that sends the terminal's own points back."""

    extended_length = False

    def __init__(self, inner, tags):
        self.inner, self.tags = inner, tags

    async def connect(self):
        return await self.inner.connect()

    async def transceive(self, command):
        answer = await self.inner.transceive(command)
        for ours, theirs in self.tags:
            if command[1] == 0x86 and len(command) > 8 and command[7] == ours:
                point = command[9 : 9 + 65]
                return bytes([0x7C, 0x43, theirs, 0x41]) + point + b"\x90\x00"
        return answer


@pytest.mark.parametrize("tags", [(0x81, 0x82), (0x83, 0x84)], ids=["mapping", "key"])
async def test_chips_answer_that_reflects_our_point_is_refused(scene, tags):
    connection = await connect(scene.chip)
    connection.transport = Mirror(connection.transport, [tags])
    assert await refused(open_can(connection)) is Reason.REFLECTED_KEY


# plain command inside a session


async def test_plain_command_inside_a_session_ends_it(scene):
    connection = await connect(scene.chip)
    await open_can(connection)
    channel = connection.channel
    await reading.enter(connection, Application.LDS1)
    _, protected = sm.protect_command(connection.channel, connection.ciphers, read_short_id(1, 8))
    answer = await connection.send_raw(read_short_id(1, 8).encode())
    assert answer != b"\x90\x00"
    assert len(answer) == 2
    assert await connection.send_raw(protected.encode()) == b"\x69\x88"
    assert channel is not None


# downgrade to BAC


async def test_downgrade_card_access_that_differs_from_dg14_is_refused(scene):
    profile = scene.chip.load().profile.pace_info
    weak = encode_security_infos(replace(profile, parameter_id=10))
    phone = await scene.phone()
    await phone.start()
    # the chip speaks PACE as before; only the file tells another story under the server's keys
    scene_chip = with_files(scene.chip, files={CARD_ACCESS: weak})
    connection = await connect(scene_chip)
    secret = opening.credential(opening.Password.PIN, "280417")
    await opening.run_pace(connection, profile, secret, entropy=ENTROPY)
    phone = Phone(connection, scene.server)
    assert await refused(phone.prove()) is Reason.CARD_ACCESS_DIFFERS


async def test_downgrade_card_access_removed_is_refused_and_bac_stays_off(scene):
    files = {ref: data for ref, data in scene.chip.load().files.items() if ref != CARD_ACCESS}
    chip = SoftwareChip(replace(scene.chip.load(), files=files), scene.chip._keys)
    connection = await connect(chip)
    with pytest.raises(Rejected):
        await opening.read_card_access(connection)
    await connection.connect()
    assert (
        await refused(
            opening.open_with_bac(connection, order().zone.key, allowed=False, entropy=ENTROPY)
        )
        is Reason.BAC_OFF
    )
    with pytest.raises(Rejected):  # and the chip does not know it either
        await opening.open_with_bac(connection, order().zone.key, allowed=True, entropy=ENTROPY)
    info = chip.load().profile.pace_info
    await connection.connect()
    secret = opening.credential(opening.Password.PIN, "280417")
    await opening.run_pace(connection, info, secret, entropy=ENTROPY)
    phone = Phone(connection, scene.server)
    assert await refused(phone.prove()) is Reason.CARD_ACCESS_DIFFERS


# malware with the PIN while the card lies there


async def test_malware_with_the_pin_gets_one_signature_per_entry_and_one_phone(scene):
    phone = await scene.phone()
    await phone.prove()
    # nothing but the PIN opens the card again, and the server's channel is the server's alone
    reason = await refused(phone.prove())
    assert reason in (Reason.SECURE_MESSAGING, Reason.STATUS_WORD)
    assert scene.chip.load().signature_counter == 1


# chip asked to sign foreign data


async def test_chip_asked_to_sign_foreign_data_an_aa_answer_is_no_issuance_signature(scene):
    connection = await connect(scene.chip)
    await open_pin(connection)
    await reading.enter(connection, Application.LDS1)
    command = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(8), 256)
    answer = await connection.expect(command)
    key = scene.chip.find_public_key(KeySlot.ACTIVE_AUTHENTICATION)
    for counter in (0, 1):
        message = issuance.signed_message(bytes(32), counter)
        assert not VERIFIER.holds(key, "ES256", message, answer)
    command = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(32), 256)
    assert (await connection.send(command)).sw == 0x6A80


# the server, or who plays it, wants more of the phone than chip authentication


async def test_server_gets_no_other_command_under_the_phones_keys(scene):
    phone = await scene.phone()
    sign = CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, bytes(32), 256).encode()
    sent = phone.connection.sent
    with pytest.raises(Rejected):
        await pipe.forward_first(phone.connection, [sign], [])
    assert phone.connection.sent == sent


def test_chip_that_answers_less_than_was_asked_leaves_a_gap_that_is_noticed():
    asks = [Ask(read_short_id(1, 8), SOD), Ask(read_binary(8, 8), SOD, 8)]
    short = [ResponseApdu(0x9000, bytes(7)), ResponseApdu(0x9000, bytes(8))]
    with pytest.raises(Rejected) as caught:
        collect(asks, short, {})
    assert caught.value.reason is Reason.ANSWERS_MISSING


class FalseToken:
    """A chip that plays PACE without knowing the password: its token cannot fit."""

    extended_length = False

    def __init__(self, inner):
        self.inner = inner

    async def connect(self):
        return await self.inner.connect()

    async def transceive(self, command):
        answer = await self.inner.transceive(command)
        if command[:2] == b"\x00\x86":
            return flipped(answer, -3)
        return answer


async def test_chip_that_does_not_know_the_password_is_not_believed(scene):
    connection = await connect(scene.chip)
    connection.transport = FalseToken(connection.transport)
    assert await refused(open_can(connection)) is Reason.WRONG_PASSWORD
    assert connection.channel is None


def test_chip_asked_to_sign_foreign_data_every_message_of_ik_bears_its_own_name():
    message = issuance.signed_message(bytes(32), 7)
    assert message.startswith(b"mobile residence card: issuance by IC card")
    assert message.endswith(bytes(32) + b"\x00\x00\x00\x07PIN session")
