"""`mrc ic-card` with the CSCA's and the document signer's keys in a SoftHSM token."""

import json
import os
import subprocess
import sys

import pytest

from mrc.formats.jose.jwk import encode_jwk
from mrc.ic_card.personalisation.order import encode_order
from mrc.infra.keys.software import SoftwareSigner
from tests.simulators import token_world
from tests.simulators.ic_card_world import CAN, PIN, order
from tests.simulators.token_world import TokenWorld

pytest.importorskip("pkcs11")
pytestmark = pytest.mark.skipif(not token_world.MODULE.exists(), reason="SoftHSM is not installed")


def mrc(world, *arguments, code=0, mode="practice", typed=None):
    done = subprocess.run(
        [sys.executable, "-m", "mrc", "ic-card", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        input=typed,
        env={**os.environ, **world.environment, "MRC_MODE": mode},
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert token_world.PIN not in done.stdout + done.stderr
    return done


@pytest.fixture
def world(tmp_path):
    return TokenWorld.make(tmp_path / "softhsm")


def ceremony(world, csca):
    mrc(world, "csca", "create", csca, "--token", world.uri("csca"))
    mrc(world, "csca", "signer", csca, "--token", world.uri("ds-2026-1"))
    mrc(world, "csca", "crl", csca)


def prepare(folder):
    signer = SoftwareSigner.generate()
    for name, data in (("officer.pem", signer.to_pem()), ("pin", PIN.encode())):
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
    (folder / "officers.json").write_text(json.dumps({"kim": encode_jwk(signer.public_key)}))
    (folder / "order.json").write_bytes(encode_order(order()))


def personalise(world, folder, **options):
    return mrc(
        world, "personalise", "--card-file", folder / "card.json", "--order", folder / "order.json",
        "--officers", folder / "officers.json", "--job", folder / "job.json",
        "--authority", folder / "csca", "--master-key", folder / "master.key",
        "--pin-file", folder / "pin", "--puk-file", folder / "puk", "--json", **options,
    )  # fmt: skip


def test_a_card_signed_by_a_key_in_a_token_is_authentic_and_no_key_is_in_a_file(world, tmp_path):
    csca = tmp_path / "csca"
    ceremony(world, csca)
    mrc(world, "csca", "master-list", csca)
    prepare(tmp_path)
    mrc(world, "order", tmp_path / "order.json", "--officer", "kim",
        "--key", tmp_path / "officer.pem")  # fmt: skip
    mrc(world, "blank", tmp_path / "card.json", "--master-key", tmp_path / "master.key")
    world.write_pin("000000")
    refused = personalise(world, tmp_path, code=1)
    assert "wrong_pin" in refused.stderr
    assert not (tmp_path / "job.json").exists(), "nothing was begun on the card"
    world.write_pin(token_world.PIN)
    assert json.loads(personalise(world, tmp_path).stdout)["document_number"] == "M12345678"
    options = ("--card-file", tmp_path / "card.json", "--can", CAN, "--csca", csca / "csca.pem")
    assert json.loads(mrc(world, "read", *options, "--json").stdout)["authentic"] is True
    assert {path.suffix for path in csca.iterdir()} == {".pem", ".pkcs11", ".crl", ".ml"}
    assert all(b"PRIVATE" not in path.read_bytes() for path in csca.iterdir())


def test_the_pin_is_typed_where_the_address_names_no_file(world, tmp_path):
    uri = world.uri("csca", pin_file=None)
    done = mrc(world, "csca", "create", tmp_path / "c", "--token", uri,
               typed=f"{token_world.PIN}\n")  # fmt: skip
    assert "PIN of token desk" in done.stderr
    assert (tmp_path / "c" / "csca.pem").exists()


def test_a_pin_in_the_address_is_refused_and_nothing_is_made(world, tmp_path):
    uri = f"pkcs11:token=desk?module-path={token_world.MODULE}&pin-value=9988"
    done = mrc(world, "csca", "create", tmp_path / "c", "--token", uri, code=1)
    assert "9988" not in done.stderr
    assert not (tmp_path / "c").exists()


def test_a_production_desk_signs_with_a_token_only(world, tmp_path):
    ceremony(world, tmp_path / "hard")
    mrc(world, "csca", "signer", tmp_path / "hard", code=1, mode="production")
    mrc(world, "csca", "create", tmp_path / "soft")
    mrc(world, "csca", "signer", tmp_path / "soft")
    for folder, words in (("soft", "software key"), ("hard", "practice")):
        done = mrc(
            world, "personalise", "--reader", "none", "--wait", "0",
            "--order", prepared_order(world, tmp_path), "--officers", tmp_path / "officers.json",
            "--job", tmp_path / "job.json", "--authority", tmp_path / folder,
            "--master-key", master_key(tmp_path), "--puk-file", tmp_path / "puk",
            code=1, mode="production",
        )  # fmt: skip
        assert words in done.stderr


def prepared_order(world, folder):
    prepare(folder)
    path = folder / "order.json"
    mrc(world, "order", path, "--officer", "kim", "--key", folder / "officer.pem")
    return path


def master_key(folder):
    path = folder / "master.key"
    path.write_bytes(bytes(16))
    path.chmod(0o600)
    return path
