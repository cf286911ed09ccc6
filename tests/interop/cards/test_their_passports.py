"""A stranger's passport with Basic Access Control in our reader, where that is asked for.

virtualsmartcard plays the passport, with 3DES and retail MACs of its own; JMRTD makes the files.
"""

import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.interop.cards.abroad import make_chip_key
from tests.interop.cards.parts import active_authentication, issue, passport
from tests.simulators.ic_card_scene import flipped
from tests.simulators.pcsc_stack import MRC

NUMBER, BIRTH, EXPIRY = "C01X00T47", "640812", "361031"
PROOF = "ic_card.active_authentication"


@pytest.fixture(scope="module")
def issued(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("issued")
    key = folder / "active.pk8"
    public = make_chip_key(key, rsa.generate_private_key(65537, 1024))
    wanted = {"passport": NUMBER, "active": public}
    issue(authority.key, authority.signer, folder, "SHA256withRSA", **wanted)
    program = active_authentication(key, "RSA/SHA-1/implicit")
    (folder / "active.json").write_text(json.dumps(program))
    return folder


@pytest.fixture
def files(issued, tmp_path):
    return shutil.copytree(issued, tmp_path / "files")


def read(stack, tmp_path, files, authority, code=0, access="bac", **changes):
    told = {"number": NUMBER, "birth": BIRTH, "expiry": EXPIRY, **changes}
    zone = ["--document-number", told["number"], "--birth", told["birth"]]
    zone += ["--expiry", told["expiry"]]
    command = [MRC, "ic-card", "read", "--access", access, *zone, "--csca", str(authority.csca)]
    with passport(stack, tmp_path / "passport.log", files):
        done = subprocess.run(
            [*command, "--json", "--in-force"],
            env=stack.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == code, done.stderr + done.stdout
    return done


def findings(done):
    report = json.loads(done.stdout)
    return {finding["check"]: finding["outcome"] for finding in report["findings"]}


def test_it_is_authentic_proved_and_in_force(stack, tmp_path, files, authority):
    done = read(stack, tmp_path, files, authority)
    report = json.loads(done.stdout)
    assert set(findings(done).values()) == {"passed"}
    assert PROOF in findings(done)
    assert report["person"]["name"] == "MUSTERMANN ERIKA"
    assert report["person"]["document_number"] == NUMBER
    assert set(report["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG11", "DG15"}


def test_many_sessions_are_read_whatever_the_counter_begins_with(stack, tmp_path, files, authority):
    for _ in range(5):
        read(stack, tmp_path, files, authority)


@pytest.mark.parametrize(
    "changes", [{"number": "C01X00T48"}, {"birth": "640813"}, {"expiry": "361030"}]
)
def test_who_does_not_know_the_zone_is_not_let_in(stack, tmp_path, files, authority, changes):
    done = read(stack, tmp_path, files, authority, code=1, **changes)
    assert "wrong_password" in done.stderr


def test_without_being_asked_our_reader_does_not_fall_back_to_bac(
    stack, tmp_path, files, authority
):
    done = read(stack, tmp_path, files, authority, code=1, access="pace")
    assert "wrong_password" not in done.stderr
    assert not done.stdout


def test_a_changed_file_fails_alone(stack, tmp_path, files, authority):
    path = files / "010B.bin"
    path.write_bytes(path.read_bytes().replace(b"BERLIN", b"BERNIN"))
    done = read(stack, tmp_path, files, authority, code=3)
    failed = {check for check, outcome in findings(done).items() if outcome == "failed"}
    assert failed == {"ic_card.file.DG11"}


def test_a_touched_signature_fails(stack, tmp_path, files, authority):
    path = files / "011D.bin"
    path.write_bytes(flipped(path.read_bytes(), -5))
    done = read(stack, tmp_path, files, authority, code=3)
    assert findings(done)["ic_card.sod"] == "failed"
    assert findings(done)["ic_card.in_force"] == "undetermined"


def test_a_copy_on_another_chip_fails(stack, tmp_path, files, authority):
    key = tmp_path / "other.pk8"
    make_chip_key(key, rsa.generate_private_key(65537, 1024))
    program = active_authentication(key, "RSA/SHA-1/implicit")
    (files / "active.json").write_text(json.dumps(program))
    done = read(stack, tmp_path, files, authority, code=3)
    assert findings(done)[PROOF] == "failed"
