"""`mrc ic-card` from the CSCA ceremony to an authentic card, without PC/SC."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mrc.formats.jose.jwk import encode_jwk
from mrc.ic_card.personalisation.order import encode_order
from mrc.infra.keys.software import SoftwareSigner
from tests.simulators.ic_card_world import CAN, PIN, order

MRC = str(Path(sys.executable).parent / "mrc")


def mrc(*arguments, code=0, mode="practice"):
    done = subprocess.run(
        [MRC, "ic-card", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MRC_MODE": mode},
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


def secret(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with everything the front desk needs, and one active card."""
    folder = tmp_path_factory.mktemp("desk")
    mrc("csca", "create", folder / "csca")
    mrc("csca", "signer", folder / "csca")
    mrc("csca", "crl", folder / "csca")
    mrc("csca", "master-list", folder / "csca")
    officer = SoftwareSigner.generate()
    secret(folder / "officer.pem", officer.to_pem().decode())
    (folder / "officers.json").write_text(json.dumps({"kim": encode_jwk(officer.public_key)}))
    (folder / "order.json").write_bytes(encode_order(order()))
    mrc("order", folder / "order.json", "--officer", "kim", "--key", folder / "officer.pem")
    secret(folder / "pin", PIN)
    mrc("blank", folder / "card.json", "--master-key", folder / "master.key", "--bac")
    made = personalise(folder)
    assert json.loads(made.stdout)["document_number"] == "M12345678"
    return folder


def personalise(folder, code=0):
    return mrc(
        "personalise", "--card-file", folder / "card.json", "--order", folder / "order.json",
        "--officers", folder / "officers.json", "--job", folder / "job.json",
        "--authority", folder / "csca", "--master-key", folder / "master.key",
        "--pin-file", folder / "pin", "--puk-file", folder / "puk", "--bac", "--json", code=code,
    )  # fmt: skip


def read(folder, *options, code=0):
    csca = folder / "csca" / "csca.pem"
    return mrc("read", "--card-file", folder / "card.json", "--csca", csca, *options, code=code)


def test_an_authentic_card_exits_with_zero_and_its_files_are_written(desk, tmp_path):
    done = read(desk, "--can", CAN, "--out", tmp_path / "o", "--picture", tmp_path / "p", "--json")
    report = json.loads(done.stdout)
    assert report["authentic"] is True
    assert {path.name for path in (tmp_path / "o").iterdir()} >= {
        "0101.bin", "0102.bin", "011D.bin", "011E.bin", "011C.bin",
    }  # fmt: skip
    assert (tmp_path / "p").read_bytes() == order().face.image


def test_a_card_in_force_says_so_and_the_stricter_question_exits_with_zero_too(desk):
    report = json.loads(read(desk, "--can", CAN, "--in-force", "--json").stdout)
    assert report["in_force"] == "passed"
    assert report["findings"][-1]["check"] == "ic_card.in_force"


@pytest.fixture
def expired(desk, tmp_path):
    """A folder with a card of the same office whose last day is over."""
    folder = Path(shutil.copytree(desk, tmp_path / "desk"))
    for made in ("card.json", "job.json", "puk"):
        (folder / made).unlink()
    over = replace(order(), zone=replace(order().zone, expiry_date="260101"))
    (folder / "order.json").write_bytes(encode_order(over))
    mrc("order", folder / "order.json", "--officer", "kim", "--key", folder / "officer.pem")
    mrc("blank", folder / "card.json", "--master-key", folder / "master.key", "--bac")
    personalise(folder)
    return folder


def test_an_expired_card_is_authentic_not_in_force_and_told_apart_on_request(expired):
    report = json.loads(read(expired, "--can", CAN, "--json").stdout)
    assert (report["authentic"], report["in_force"]) == (True, "failed")
    assert report["findings"][-1]["reason"] == "card_expired"
    assert read(expired, "--can", CAN, "--in-force", code=4).stdout.endswith(
        "authentic\nNOT in force\n"
    )


def test_of_a_card_nobody_vouches_for_it_is_not_known_whether_it_is_in_force(desk):
    arguments = ("read", "--card-file", desk / "card.json", "--can", CAN, "--in-force")
    done = mrc(*arguments, code=3)
    assert done.stdout.endswith("could not find out whether it is in force\n")


def test_the_residence_file_is_read_with_the_pin(desk):
    report = json.loads(read(desk, "--pin-file", desk / "pin", "--json").stdout)
    assert "EF.RES" in report["files"]
    assert report["authentic"] is True


def test_the_zone_opens_the_card_too(desk):
    options = ("--document-number", "M12345678", "--birth", "900412", "--expiry", "310101")
    read(desk, *options)


def test_without_a_trusted_root_the_card_is_not_authentic(desk):
    mrc("read", "--card-file", desk / "card.json", "--can", CAN, code=3)


def test_a_revoked_signer_is_not_authentic(desk, tmp_path):
    folder = tmp_path / "csca"
    folder.mkdir()
    for path in (desk / "csca").iterdir():
        target = folder / path.name
        target.write_bytes(path.read_bytes())
        target.chmod(path.stat().st_mode)
    from mrc.infra.readers.authority import read_certificates

    serial = read_certificates(folder / "ds.pem")[0].serial
    mrc("csca", "revoke", folder, f"{serial:x}")
    read(desk, "--can", CAN, "--crl", folder / "csca.crl", code=3)


def test_a_wrong_can_is_one_line_and_exit_one(desk):
    done = read(desk, "--can", "000000", code=1)
    assert "wrong_password" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_secret_is_printed(desk):
    done = read(desk, "--pin-file", desk / "pin")
    assert PIN not in done.stdout + done.stderr


def test_a_finished_job_tells_that_the_card_is_active_again(desk):
    """Called once more the command reads the card back and says the same."""
    assert json.loads(personalise(desk).stdout)["document_number"] == "M12345678"


def test_tries_are_shown(desk):
    assert "PIN: all tries left" in mrc("tries", "--card-file", desk / "card.json").stdout


def test_a_pin_file_that_others_may_read_is_refused(desk, tmp_path):
    loose = tmp_path / "pin"
    loose.write_text(PIN)
    loose.chmod(0o644)
    assert "600" in read(desk, "--pin-file", loose, code=1).stderr


def test_a_practice_csca_is_refused_in_production(desk, tmp_path):
    done = mrc(
        "personalise", "--card-file", desk / "card.json", "--order", desk / "order.json",
        "--officers", desk / "officers.json", "--job", tmp_path / "job.json",
        "--authority", desk / "csca", "--master-key", desk / "master.key",
        "--pin-file", desk / "pin", "--puk-file", tmp_path / "puk", "--production", code=1,
    )  # fmt: skip
    assert "practice" in done.stderr
    assert "Traceback" not in done.stderr


def test_stand_ins_are_refused_in_production(desk, tmp_path):
    refused = (
        ("emulate", desk / "card.json"),
        ("blank", tmp_path / "b", "--master-key", tmp_path / "m"),
        ("csca", "create", tmp_path / "csca"),
        ("read", "--card-file", desk / "card.json", "--can", CAN),
    )
    for arguments in refused:
        done = mrc(*arguments, code=1, mode="production")
        assert "refused in production" in done.stderr


def test_the_tries_left_are_shown_before_the_pin_is_typed(desk):
    done = read(desk, "--pin-file", desk / "pin")
    assert "PIN: all tries left" in done.stderr


def test_bac_reads_a_card_that_was_made_with_it(desk):
    options = ("--document-number", "M12345678", "--birth", "900412", "--expiry", "310101")
    read(desk, "--access", "bac", *options)
