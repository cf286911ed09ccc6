"""Strangers' emulated cards in our reader: `mrc ic-card read` and what it finds.

virtualsmartcard plays the card with OpenPACE's cryptography; its files are made and signed by
JMRTD, under certificates of the `cryptography` library.
"""

import json
import shutil
import subprocess

import pytest

from mrc.ic_card.lds.security_infos import PaceInfo, decode_security_infos, encode_security_infos
from tests.interop.cards.abroad import make_authority, make_chip_key, sign_again
from tests.interop.cards.parts import VICC_CAN, issue, vicc
from tests.simulators.ic_card_scene import flipped
from tests.simulators.pcsc_stack import MRC

READ, REFUSED, NOT_AUTHENTIC = 0, 1, 3
IN_FORCE = "ic_card.in_force"  # the emulator's sample person has been out of date since 2020


@pytest.fixture(scope="module")
def issued(tmp_path_factory, authority, offered):
    folder = tmp_path_factory.mktemp("issued")
    issue(authority.key, authority.signer, folder, "SHA256withRSA", access=offered)
    return folder


@pytest.fixture
def files(issued, tmp_path):
    """The files of the genuine card, to be spoiled."""
    return shutil.copytree(issued, tmp_path / "files")


def read(stack, tmp_path, files, root, can=VICC_CAN):
    command = [MRC, "ic-card", "read", "--can", can, "--csca", str(root), "--json"]
    with vicc(stack, tmp_path / "vicc.log", files):
        return subprocess.run(
            command, env=stack.environment, capture_output=True, text=True, timeout=60, check=False
        )


def report_of(done, code):
    assert done.returncode == code, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert report["authentic"] is (code == READ)
    findings = {finding["check"]: finding for finding in report["findings"]}
    return report, {
        name.removeprefix("ic_card.").removeprefix("file."): (
            finding["outcome"],
            finding["reason"],
        )
        for name, finding in findings.items()
        if finding["outcome"] != "passed" and name != IN_FORCE
    }


NO_PROOF = {"chip_authentication": ("undetermined", "no_common_protocol")}


def test_it_is_authentic_and_says_that_it_may_be_a_copy(stack, tmp_path, files, authority):
    report, others = report_of(read(stack, tmp_path, files, authority.csca), READ)
    assert others == NO_PROOF
    assert report["in_force"] == "failed"
    assert report["person"] == {
        "document_number": "T22000129",
        "name": "MUSTERMANN ERIKA",
        "nationality": "D",
        "expiry_date": "201031",
        "full_name": "MUSTERMANN<<ERIKA",
    }
    assert report["files"] == {
        "EF.CardAccess": 182,
        **{
            name: (files / file).stat().st_size
            for name, file in (
                *(("EF.COM", "011E.bin"), ("EF.SOD", "011D.bin")),
                *(("DG1", "0101.bin"), ("DG11", "010B.bin"), ("DG14", "010E.bin")),
            )
        },
    }


def test_a_changed_file_fails_alone(stack, tmp_path, files, authority):
    path = files / "0101.bin"
    path.write_bytes(path.read_bytes().replace(b"MUSTERMANN", b"MUSTERFRAU"))
    report, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert report["person"]["name"] == "MUSTERFRAU ERIKA"
    assert report["in_force"] == "undetermined"
    assert others == {**NO_PROOF, "DG1": ("failed", "hash_mismatch")}


def test_a_touched_signature_fails(stack, tmp_path, files, authority):
    path = files / "011D.bin"
    path.write_bytes(flipped(path.read_bytes(), -5))
    _, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert others["sod"] == ("failed", "sod_signature")


def test_nothing_is_vouched_for_under_a_csca_of_the_same_name(stack, tmp_path, files):
    stranger = make_authority(tmp_path / "stranger")
    _, others = report_of(read(stack, tmp_path, files, stranger.csca), NOT_AUTHENTIC)
    assert {name: outcome for name, (outcome, _) in others.items()} == {
        **dict.fromkeys(("DG1", "DG11", "DG14", "chip_authentication"), "undetermined"),
        "sod": others["sod"][0],
    }
    assert others["sod"][0] in ("failed", "undetermined")


def test_a_file_that_the_sod_lists_must_be_there(stack, tmp_path, files, authority):
    (files / "010B.bin").unlink()
    report, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert report["missing"] == ["DG11"]
    assert others == {**NO_PROOF, "DG11": ("undetermined", "not_read")}


def test_without_dg14_nobody_vouches_for_what_the_card_offers(stack, tmp_path, authority):
    files = tmp_path / "files"
    files.mkdir()
    issue(authority.key, authority.signer, files, "SHA256withRSA")
    _, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert others == {**NO_PROOF, "EF.CardAccess": ("undetermined", "not_read")}


def test_an_offer_that_dg14_does_not_repeat_is_a_downgrade(stack, tmp_path, offered, authority):
    (genuine,) = (
        info for info in decode_security_infos(offered.read_bytes()) if isinstance(info, PaceInfo)
    )
    stronger = PaceInfo(mapping=genuine.mapping, suite=type(genuine.suite)(4), parameter_id=13)
    other, files = tmp_path / "other.bin", tmp_path / "files"
    other.write_bytes(encode_security_infos(stronger))
    files.mkdir()
    issue(authority.key, authority.signer, files, "SHA256withRSA", access=other)
    _, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert others == {**NO_PROOF, "EF.CardAccess": ("failed", "card_access_differs")}


def test_a_wrong_can_is_said_to_be_one(stack, tmp_path, files, authority):
    done = read(stack, tmp_path, files, authority.csca, can="222223")
    assert done.returncode == REFUSED
    assert "wrong_password" in done.stderr


@pytest.fixture
def with_chip_key(tmp_path, offered, authority):
    """Files whose DG14 names a key for Chip Authentication, and that key beside them."""
    files = tmp_path / "proved"
    files.mkdir()
    public = make_chip_key(files / "chip.pk8")
    issue(authority.key, authority.signer, files, "SHA256withRSA", access=offered, chip=public)
    return files


def test_a_chip_that_has_dg14s_key_is_proved(stack, tmp_path, with_chip_key, authority):
    _, others = report_of(read(stack, tmp_path, with_chip_key, authority.csca), READ)
    assert others == {}


def test_a_copy_on_a_chip_with_another_key_fails(stack, tmp_path, with_chip_key, authority):
    make_chip_key(with_chip_key / "chip.pk8")
    _, others = report_of(read(stack, tmp_path, with_chip_key, authority.csca), NOT_AUTHENTIC)
    assert others == {"chip_authentication": ("failed", "chip_authentication")}


def test_a_copy_on_a_chip_that_knows_no_proof_fails(stack, tmp_path, with_chip_key, authority):
    (with_chip_key / "chip.pk8").unlink()
    _, others = report_of(read(stack, tmp_path, with_chip_key, authority.csca), NOT_AUTHENTIC)
    assert others == {"chip_authentication": ("failed", "chip_authentication")}


def test_a_signature_by_openssl_with_pss_is_known(stack, tmp_path, files, authority):
    sign_again(authority, files, tmp_path)
    _, others = report_of(read(stack, tmp_path, files, authority.csca), READ)
    assert others == NO_PROOF


def test_a_touched_signature_with_pss_fails(stack, tmp_path, files, authority):
    sign_again(authority, files, tmp_path)
    path = files / "011D.bin"
    path.write_bytes(flipped(path.read_bytes(), -5))
    _, others = report_of(read(stack, tmp_path, files, authority.csca), NOT_AUTHENTIC)
    assert others["sod"] == ("failed", "sod_signature")
