"""Exchanged, missing and foreign files, file by file, and signers that are not trusted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.files import (
    RESIDENCE,
    SOD,
    data_group,
)
from mrc.ic_card.passive_authentication import CscaTrust, files_are_authentic, verify_files
from mrc.ic_card.personalisation.building import add_sod
from mrc.ic_card.personalisation.job import Job
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import proving
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.findings import Outcome, worst
from tests.simulators.ic_card_scene import (
    flipped,
    outcome_of,
    read_all,
    refused,
    with_files,
)
from tests.simulators.ic_card_world import (
    NOW,
    VERIFIER,
    World,
    csca,
    dialogue,
    order,
)


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


# whether a card as a whole may be called authentic


async def judged(scene, chip):
    files = await read_all(chip)
    return verify_files(files, trust=scene.world.trust, at=NOW, verifier=VERIFIER)


async def test_authentic_with_fingers_that_may_not_be_read(scene):
    files = {r: d for r, d in scene.chip.load().files.items() if r != SOD}
    signed = await add_sod({**files, data_group(3): b"\x63\x00"}, scene.world.signer)
    findings = await judged(scene, with_files(scene.chip, files={SOD: signed[SOD]}))
    assert worst(findings) is Outcome.UNDETERMINED
    assert files_are_authentic(findings)


async def test_authentic_without_a_proof_against_copies_only_where_the_sod_names_none(scene):
    findings = await judged(scene, scene.chip)
    assert files_are_authentic([*findings, proving.no_proof()])
    files = {r: d for r, d in scene.chip.load().files.items() if r != data_group(14)}
    stripped = SoftwareChip(replace(scene.chip.load(), files=files), scene.chip._keys)
    findings = await judged(scene, stripped)
    assert not files_are_authentic([*findings, proving.no_proof()])


async def test_not_authentic_where_one_check_failed_or_nothing_was_checked(scene):
    files = await read_all(scene.chip)
    files[data_group(12)] = flipped(files[data_group(12)], -1)
    findings = verify_files(files, trust=scene.world.trust, at=NOW, verifier=VERIFIER)
    assert not files_are_authentic(findings)
    assert not files_are_authentic([])
    nobody = CscaTrust(production=False, anchors=[])
    assert not files_are_authentic(verify_files(files, trust=nobody, at=NOW, verifier=VERIFIER))
