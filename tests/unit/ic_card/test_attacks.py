"""The attack list of the design, line by line, at the level where each one bites.

Each test is named after its line and fails where the check it guards is deleted.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.ic_card import issuance_signature as issuance
from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import CommandApdu, Ins, decode_response, read_short_id
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import (
    CARD_ACCESS,
    LDS1_AID,
    RESIDENCE,
    SOD,
    Application,
    data_group,
)
from mrc.ic_card.lds.public_keys import chip_key
from mrc.ic_card.lds.security_infos import encode_security_infos
from mrc.ic_card.passive_authentication import CscaTrust, verify_files
from mrc.ic_card.personalisation.building import add_sod
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.reasons import Reason
from mrc.ic_card.server.verdict import CardStatus, clear_for_issue
from mrc.ic_card.terminal import opening, pipe, proving, reading
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import MrcError, Rejected
from mrc.kernel.findings import Outcome, failed, passed, worst
from tests.simulators.ic_card_world import (
    CAN,
    ENTROPY,
    NOW,
    PHONE,
    VERIFIER,
    MemoryRegister,
    Phone,
    World,
    connect,
    csca,
    dialogue,
    open_can,
    open_pin,
    order,
    power_on,
    practice_world,
)

OTHER_PHONE = bytes(32)


class Scene:
    """An office, an active card of it, the register that knows it, and the issuer's server."""

    def __init__(self, world, chip, record):
        self.world, self.chip, self.record = world, chip, record
        self.register = MemoryRegister()
        self.register.add(record)
        self.server = dialogue(world, self.register)

    async def phone(self, chip=None, *, pin=True, **options):
        connection = await connect(chip or self.chip)
        await (open_pin(connection) if pin else open_can(connection))
        return Phone(connection, options.pop("server", self.server), **options)


@pytest.fixture
async def scene():
    world = World()
    return Scene(world, *await world.make())


async def refused(awaitable):
    with pytest.raises(Rejected) as caught:
        await awaitable
    return caught.value.reason


def with_files(chip, **changes):
    """The same chip with other files: a forger writes what the chip itself never would."""
    files = {**chip.load().files, **changes.pop("files", {})}
    return SoftwareChip(replace(chip.load(), files=files), changes.pop("keys", chip._keys))


async def new_keys(chip):
    """A blank chip's own keys in place of the copied card's."""
    forged = SoftwareChip(chip.load())
    for slot in KeySlot:
        await forged.make_key(slot, "P-256")
    return forged


async def test_an_honest_card_gets_its_proof(scene):
    phone = await scene.phone()
    proof = await phone.prove()
    assert proof.document_number == "M12345678"
    assert proof.residence == order().residence
    assert proof.dpop_thumbprint == PHONE
    assert phone.round_trips == 4


# copied files on a blank chip


async def test_copied_files_on_a_blank_chip_fail_chip_authentication(scene):
    copy = await new_keys(scene.chip)
    assert await refused((await scene.phone(copy)).prove()) is Reason.ANSWERS_MISSING
    connection = await connect(copy)
    await open_can(connection)
    finding = await proving.find_chip_copy(
        connection, copy.load().files[data_group(14)], entropy=ENTROPY
    )
    assert finding.outcome is Outcome.FAILED


@pytest.mark.parametrize("number", [13, 14])
async def test_copied_files_with_dg13_or_dg14_exchanged_fail_the_sod(scene, number):
    copy = await new_keys(scene.chip)
    files = copy.load().files
    infos = [i for i in dg.decode_dg14(files[data_group(14)]) if not hasattr(i, "key")]
    ca = dg.encode_dg14(*infos, opening_key(copy.find_public_key(KeySlot.CHIP_AUTHENTICATION)))
    ik = dg.encode_dg13(
        replace(
            dg.decode_dg13(files[data_group(13)]),
            issuance_key=chip_key(copy.find_public_key(KeySlot.ISSUANCE)),
        )
    )
    if number == 14:
        forged = with_files(copy, files={data_group(14): ca, data_group(13): ik})
    else:  # only IK is the forger's, the CA key is the real chip's
        forged = with_files(scene.chip, files={data_group(13): ik})
    assert await refused((await scene.phone(forged)).prove()) is Reason.HASH_MISMATCH


def opening_key(key):
    from mrc.ic_card.lds.security_infos import ChipAuthenticationKey

    return ChipAuthenticationKey(key=chip_key(key))


async def test_copied_files_with_a_foreign_issuance_key_fail_its_signature(scene):
    """The chip's CA key is right, IK is not: nobody but the real IK may sign."""
    keys = dict(scene.chip._keys)
    other = await new_keys(scene.chip)
    keys[KeySlot.ISSUANCE] = other._keys[KeySlot.ISSUANCE]
    forged = SoftwareChip(scene.chip.load(), keys)
    assert await refused((await scene.phone(forged)).prove()) is Reason.ISSUANCE_SIGNATURE


# own chip, own CSCA of the same name


async def test_own_chip_with_own_csca_of_the_same_name_is_not_trusted(scene):
    rogue = World()
    assert rogue.root[1].subject.key == scene.world.root[1].subject.key
    chip, record = await rogue.make()
    scene.register.add(record)
    reason = await refused((await scene.phone(chip)).prove())
    assert reason is Reason.SIGNER_UNTRUSTED


# development card at the real server


async def test_development_card_at_the_real_server_is_of_another_environment():
    real, practice = World(production=True), practice_world()
    real.trust = CscaTrust(production=True, anchors=[real.root[1]], others=[practice.root[1]])
    chip, record = await practice.make()
    scene = Scene(real, chip, record)
    assert await refused((await scene.phone()).prove()) is Reason.OTHER_ENVIRONMENT


def test_a_test_csca_in_a_production_configuration_is_refused():
    _, certificate = csca(unit="practice")
    with pytest.raises(Rejected, match="practice"):
        CscaTrust(production=True, anchors=[certificate])


# replayed transcript, old signature


async def test_replayed_transcript_each_message_sent_again_is_refused(scene):
    phone = await scene.phone()
    await phone.start()
    dg14 = await pipe.read_chip_key(phone.connection)
    first = await phone.send_dg14(dg14)
    assert await refused(phone.send_dg14(dg14)) is Reason.SESSION_CLOSED
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14()
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    second = await phone.send_first(answers)
    kept = dict(scene.server.sessions.kept)
    final = await pipe.forward(phone.connection, second)
    await phone.send_second(final)
    assert await refused(phone.send_second(final)) is Reason.SESSION_CLOSED
    assert await refused(phone.send_first(answers)) is Reason.SESSION_CLOSED
    # even a store that gave the stage out twice: the chip's counter was seen
    scene.server.sessions.kept.update(kept)
    assert await refused(phone.send_second(final)) is Reason.COUNTER_NOT_FRESH


async def test_old_transcript_in_a_new_session_meets_other_keys(scene):
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14()
    old = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    await phone.start()
    await phone.send_dg14(scene.chip.load().files[data_group(14)])
    assert await refused(phone.send_first(old)) is Reason.SECURE_MESSAGING


async def test_old_signature_with_a_counter_seen_before_is_refused(scene):
    await (await scene.phone()).prove()
    rolled_back = SoftwareChip(replace(scene.chip.load(), signature_counter=0), scene.chip._keys)
    assert await refused((await scene.phone(rolled_back)).prove()) is Reason.COUNTER_NOT_FRESH


# answers moved to another session or device


async def test_answers_moved_to_another_session_are_refused(scene):
    one, two = await scene.phone(session="one"), await scene.phone(session="two")
    second = []
    for phone in (one, two):
        await phone.start()
        first = await phone.send_dg14()
        answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
        second.append(await phone.send_first(answers))
    final = await pipe.forward(one.connection, second[0])
    assert await refused(two.send_second(final)) is Reason.SECURE_MESSAGING


@pytest.mark.parametrize("step", range(3))
async def test_answers_moved_to_another_device_are_refused(scene, step):
    phone = await scene.phone()
    thumbprints = [PHONE] * 3
    thumbprints[step] = OTHER_PHONE
    await phone.start()
    phone.thumbprint = thumbprints[0]
    if step == 0:
        assert await refused(phone.send_dg14()) is Reason.DEVICE_KEY_DIFFERS
        return
    first = await phone.send_dg14()
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    phone.thumbprint = thumbprints[1]
    if step == 1:
        assert await refused(phone.send_first(answers)) is Reason.DEVICE_KEY_DIFFERS
        return
    final = await pipe.forward(phone.connection, await phone.send_first(answers))
    phone.thumbprint = thumbprints[2]
    assert await refused(phone.send_second(final)) is Reason.DEVICE_KEY_DIFFERS


@pytest.mark.parametrize(
    "field", ["issuer_id", "session_id", "nonce", "dpop_thumbprint", "ephemeral_key", "expires_at"]
)
def test_the_context_holds_session_and_device_and_all_else(field):
    from mrc.ic_card.server.context import Context

    context = Context(
        issuer_id="i", session_id="s", nonce=b"n", dpop_thumbprint=b"d", ephemeral_key=b"e",
        expires_at=NOW,
    )  # fmt: skip
    value = getattr(context, field)
    changed = value + timedelta(seconds=1) if field == "expires_at" else value + value
    assert replace(context, **{field: changed}).digest() != context.digest()


# relay of a card far away


async def test_relay_of_a_card_far_away_without_the_pin_gets_no_signature(scene):
    """Two phones: the one at the card knows only what is printed on it."""
    phone = await scene.phone(pin=False)
    assert await refused(phone.prove()) is Reason.STATUS_WORD


async def test_relay_through_a_slow_card_runs_out_of_time(scene):
    phone = await scene.phone()
    await phone.start()
    first = await phone.send_dg14()
    answers = await pipe.forward_first(phone.connection, first.plain, first.wrapped)
    phone.at = NOW + timedelta(seconds=120)
    assert await refused(phone.send_first(answers)) is Reason.SESSION_EXPIRED


# stolen card, guessed PIN: tests/unit/ic_card/test_pin.py has lockout and power cuts


async def test_stolen_card_and_guessed_pin_four_guesses_then_the_card_wants_more(scene):
    for guess in ("111112", "111113", "111114", "111115"):
        with pytest.raises(Rejected):
            await open_pin(await connect(scene.chip), guess)
    assert await refused(open_pin(await connect(scene.chip))) is Reason.LAST_TRY


async def test_stolen_card_reported_lost_is_refused(scene):
    scene.register.add(scene.record, CardStatus.LOST)
    assert await refused((await scene.phone()).prove()) is Reason.CARD_LOST


@pytest.mark.parametrize(
    ("status", "reason"),
    [(CardStatus.EXPIRED, Reason.CARD_EXPIRED), (CardStatus.NOT_ACTIVE, Reason.CARD_NOT_ACTIVE)],
)
async def test_card_that_is_over_is_refused(scene, status, reason):
    scene.register.add(scene.record, status)
    assert await refused((await scene.phone()).prove()) is reason


async def test_card_that_the_register_does_not_know_is_refused(scene):
    scene.register.cards.clear()
    assert await refused((await scene.phone()).prove()) is Reason.CARD_UNKNOWN


async def test_card_that_the_register_knows_otherwise_is_refused(scene):
    number = scene.record.document_number
    scene.register.cards[number] = replace(scene.register.cards[number], dg1_hash=bytes(32))
    assert await refused((await scene.phone()).prove()) is Reason.REGISTER_DIFFERS


# stolen card and PIN


async def test_stolen_card_and_pin_face_mismatch_ends_it(scene):
    proof = await (await scene.phone()).prove()
    face = failed("issuer.face", "IC-CARD 5.4", "face_differs")
    own = passed("issuer.phone", "IC-CARD 5.4")
    with pytest.raises(Rejected) as caught:
        clear_for_issue(proof, face=face, own_phone=own, expected_dpop_thumbprint=PHONE)
    assert caught.value.reason is Reason.FACE_DIFFERS


async def test_stolen_card_and_pin_phone_in_anothers_name_ends_it(scene):
    proof = await (await scene.phone()).prove()
    face, own = passed("f", "x"), failed("issuer.phone", "IC-CARD 5.4", "not_own")
    with pytest.raises(Rejected) as caught:
        clear_for_issue(proof, face=face, own_phone=own, expected_dpop_thumbprint=PHONE)
    assert caught.value.reason is Reason.PHONE_NOT_OWN


async def test_stolen_proof_is_of_no_use_to_another_phone(scene):
    proof = await (await scene.phone()).prove()
    with pytest.raises(Rejected) as caught:
        clear_for_issue(
            proof, face=passed("f", "x"), own_phone=passed("p", "x"),
            expected_dpop_thumbprint=OTHER_PHONE,
        )  # fmt: skip
    assert caught.value.reason is Reason.DEVICE_KEY_DIFFERS


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


def flipped(data, place):
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


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
    await reading_again(phone)
    reason = await refused(phone.prove())
    assert reason in (Reason.SECURE_MESSAGING, Reason.STATUS_WORD)
    assert scene.chip.load().signature_counter == 1


async def reading_again(phone):
    """The malware has kept the channel of the server's session open: it has no keys for it."""
    assert phone.connection.channel is None


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


# files, file by file


async def read_all(chip):
    connection = await connect(chip)
    await open_pin(connection)
    read = await reading.read_document(connection, open_pin, residence=True)
    return {**read.files, CARD_ACCESS: chip.load().files[CARD_ACCESS]}


def outcome_of(findings, name):
    return next(f.outcome for f in findings if f.check == f"ic_card.file.{name}")


@pytest.mark.parametrize("number", [1, 2, 11, 12, 13, 14, 15])
async def test_exchanged_file_is_found_and_only_that_one(scene, number):
    other, _ = await World().make(
        job=Job(order=order("M87654321", full_name="다른", authority="X"))
    )
    files = await read_all(scene.chip)
    files[data_group(number)] = other.load().files[data_group(number)] + b""
    if files[data_group(number)] == scene.chip.load().files[data_group(number)]:
        files[data_group(number)] = flipped(files[data_group(number)], -1)
    findings = verify_files(files, trust=scene.world.trust, at=NOW, verifier=VERIFIER)
    assert outcome_of(findings, f"DG{number}") is Outcome.FAILED
    good = {1, 2, 11, 12, 13, 14, 15} - {number}
    assert all(outcome_of(findings, f"DG{n}") is Outcome.PASSED for n in good)


async def test_exchanged_residence_file_is_found(scene):
    changed = with_files(scene.chip, files={RESIDENCE: dg_residence()})
    assert await refused((await scene.phone(changed)).prove()) is Reason.RESIDENCE_FILE_DIFFERS
    findings = verify_files(
        await read_all(changed), trust=scene.world.trust, at=NOW, verifier=VERIFIER
    )
    assert outcome_of(findings, "EF.RES") is Outcome.FAILED


def dg_residence():
    from mrc.ic_card.lds.residence import encode_residence

    return encode_residence(replace(order().residence, status_of_stay="F-5"))


async def test_file_of_the_sod_that_is_missing_is_refused(scene):
    files = {r: d for r, d in scene.chip.load().files.items() if r != data_group(2)}
    chip = SoftwareChip(replace(scene.chip.load(), files=files), scene.chip._keys)
    assert await refused((await scene.phone(chip)).prove()) is Reason.NOT_READ


async def test_signature_of_the_sod_that_was_touched_is_refused(scene):
    sod = flipped(scene.chip.load().files[SOD], -5)
    assert await refused((await scene.phone(with_files(scene.chip, files={SOD: sod}))).prove()) in (
        Reason.SOD_SIGNATURE,
    )


async def test_revoked_and_expired_document_signers_are_refused(scene):
    from mrc.formats.x509.issuing import prepare_revocation_list

    signer, root = scene.world.root
    prepared = prepare_revocation_list(
        issuer=root, number=1, this_update=NOW, next_update=NOW + timedelta(days=90),
        revoked={scene.world.signer.certificate.serial: NOW}, algorithm=signer.algorithm,
    )  # fmt: skip
    crl = prepared.finish(signer.sign_now(prepared.to_be_signed))
    trust = CscaTrust(production=False, anchors=[root], crls=[crl])
    server = dialogue(scene.world, scene.register, trust=trust)
    assert await refused((await scene.phone(server=server)).prove()) is Reason.SIGNER_UNTRUSTED
    files = await read_all(scene.chip)
    for at in (NOW - timedelta(days=365), NOW + timedelta(days=365 * 20)):
        findings = verify_files(files, trust=scene.world.trust, at=at, verifier=VERIFIER)
        assert worst(findings) is Outcome.FAILED


async def test_country_of_signer_or_state_of_dg1_that_differs_is_refused(scene):
    world = World(root=csca(country="XX"))
    from tests.simulators.ic_card_world import document_signer

    world.signer = document_signer(world.root, country="KR")
    chip, record = await scene.world.make()
    files = dict(chip.load().files)
    files.pop(SOD)
    forged = with_files(chip, files={SOD: (await add_sod(files, world.signer))[SOD]})
    server = dialogue(scene.world, scene.register, trust=world.trust)
    assert await refused((await scene.phone(forged, server=server)).prove()) in (
        Reason.SIGNER_UNTRUSTED,
    )
    foreign = dg.encode_dg1(replace(order().zone, issuing_state="UTO"))
    files[data_group(1)] = foreign
    forged = with_files(chip, files=await add_sod(files, scene.world.signer))
    assert await refused((await scene.phone(forged)).prove()) is Reason.COUNTRY_DIFFERS


async def test_unknown_signer_is_undetermined_not_authentic(scene):
    files = await read_all(scene.chip)
    trust = CscaTrust(production=False, anchors=[])
    findings = verify_files(files, trust=trust, at=NOW, verifier=VERIFIER)
    assert worst(findings) is Outcome.UNDETERMINED
