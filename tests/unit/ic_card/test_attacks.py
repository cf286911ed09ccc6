"""The attack list of the design, line by line, at the level where each one bites.

Each test is named after its line and fails where the check it guards is deleted.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import (
    data_group,
)
from mrc.ic_card.lds.public_keys import chip_key
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.reasons import Reason
from mrc.ic_card.server.verdict import CardStatus, clear_for_issue
from mrc.ic_card.terminal import pipe, proving
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Outcome, failed, passed
from tests.simulators.ic_card_scene import (
    Scene,
    new_keys,
    refused,
    with_files,
)
from tests.simulators.ic_card_world import (
    ENTROPY,
    NOW,
    PHONE,
    World,
    connect,
    csca,
    open_can,
    open_pin,
    order,
    practice_world,
)

OTHER_PHONE = bytes(32)


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
