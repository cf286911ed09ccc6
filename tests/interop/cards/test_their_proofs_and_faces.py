"""Active Authentication and portraits of strangers' cards in our reader.

virtualsmartcard plays the card, Bouncy Castle signs, JMRTD writes DG2, DG14, DG15 and the SOD.
"""

import io
import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from PIL import Image, ImageDraw

from mrc.ic_card.lds.face import ImageType, decode_dg2
from tests.interop.cards.abroad import make_chip_key
from tests.interop.cards.parts import (
    VICC_CAN,
    active_authentication,
    issue,
    vicc,
)
from tests.simulators.pcsc_stack import MRC

ACTIVE = "ic_card.active_authentication"
SHA_384 = "0.4.0.127.0.7.1.1.4.1.4"  # ecdsa-plain-SHA384 of TR-03111
SHA_512 = "0.4.0.127.0.7.1.1.4.1.5"
SMALL, LARGE = (
    (lambda: rsa.generate_private_key(65537, 1536)),
    (  # answers short, and extended
        lambda: rsa.generate_private_key(65537, 2048)
    ),
)
P256, BRAINPOOL = (
    lambda: ec.generate_private_key(ec.SECP256R1()),
    lambda: ec.generate_private_key(ec.BrainpoolP384R1()),
)
KINDS = {
    "RSA, SHA-1, trailer BC": (SMALL, "RSA/SHA-1/implicit", None),
    "RSA, SHA-1, trailer 33CC": (SMALL, "RSA/SHA-1", None),
    "RSA, SHA-256": (LARGE, "RSA/SHA-256", None),
    "RSA, SHA-384": (LARGE, "RSA/SHA-384", None),
    "RSA, SHA-512": (LARGE, "RSA/SHA-512", None),
    "ECDSA, plain": (P256, "SHA256withPLAIN-ECDSA", None),
    "ECDSA, DER, SHA-384": (BRAINPOOL, "SHA384withECDSA", SHA_384),
    "ECDSA, plain, SHA-512": (BRAINPOOL, "SHA512withPLAIN-ECDSA", SHA_512),
}


@pytest.fixture
def card(tmp_path, authority, offered):
    """Makes the files of a card: `card(jpeg=…, active=…)`."""

    def make(**wanted):
        folder = tmp_path / "card"
        folder.mkdir()
        issue(
            authority.key, authority.signer, folder, "SHA256withRSA", access=offered, **wanted
        )  # fmt: skip
        return folder

    return make


def read(stack, tmp_path, files, authority, *options, code=0):
    command = [MRC, "ic-card", "read", "--can", VICC_CAN, "--csca", str(authority.csca), "--json"]
    with vicc(stack, tmp_path / "vicc.log", files):
        done = subprocess.run(
            [*command, *map(str, options)],
            env=stack.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout), done.stderr


def outcome(report, check):
    found = {finding["check"]: finding["outcome"] for finding in report["findings"]}
    return found.get(check)


def with_signer(card, tmp_path, kind):
    """A card whose chip signs with a key of that kind, and the key's file."""
    make_key, algorithm, named = KINDS[kind]
    key = tmp_path / "active.pk8"
    wanted = {"active": make_chip_key(key, make_key())}
    if named is not None:
        wanted["active_algorithm"] = named
    files = card(**wanted)
    (files / "active.json").write_text(json.dumps(active_authentication(key, algorithm)))
    return files, key


@pytest.mark.parametrize("kind", KINDS)
def test_their_chip_proves_itself(stack, tmp_path, authority, card, kind):
    files, _ = with_signer(card, tmp_path, kind)
    report, _ = read(stack, tmp_path, files, authority)
    assert outcome(report, ACTIVE) == "passed"
    assert outcome(report, "ic_card.file.DG15") == "passed"
    assert report["authentic"] is True


@pytest.mark.parametrize("kind", ["RSA, SHA-256", "ECDSA, plain"])
def test_a_copy_whose_chip_has_another_key_fails(stack, tmp_path, authority, card, kind):
    files, key = with_signer(card, tmp_path, kind)
    make_chip_key(key, KINDS[kind][0]())
    report, _ = read(stack, tmp_path, files, authority, code=3)
    assert outcome(report, ACTIVE) == "failed"
    assert outcome(report, "ic_card.file.DG15") == "passed"


@pytest.mark.parametrize("kind", ["RSA, SHA-256", "ECDSA, plain"])
def test_a_copy_that_plays_back_an_answer_fails(stack, tmp_path, authority, card, kind):
    files, _ = with_signer(card, tmp_path, kind)
    genuine = json.loads((files / "active.json").read_text())
    recorded = subprocess.run(
        genuine, input=bytes(8).hex() + "\n", capture_output=True, text=True, check=True, timeout=60
    ).stdout
    (files / "active.json").write_text(json.dumps(["sh", "-c", f"read _; echo {recorded}"]))
    report, _ = read(stack, tmp_path, files, authority, code=3)
    assert outcome(report, ACTIVE) == "failed"


def test_a_copy_that_does_not_answer_fails(stack, tmp_path, authority, card):
    files, _ = with_signer(card, tmp_path, "RSA, SHA-256")
    (files / "active.json").unlink()
    report, _ = read(stack, tmp_path, files, authority, code=3)
    assert outcome(report, ACTIVE) == "failed"


# DG2


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    drawn = Image.new("RGB", (240, 320), "white")
    ImageDraw.Draw(drawn).ellipse((60, 60, 180, 220), fill="tan", outline="black")
    made = {}
    for name, form, options in (
        ("jpeg", "JPEG", {"quality": 80}),
        ("jpeg2000", "JPEG2000", {"quality_mode": "rates", "quality_layers": [20]}),
        ("codestream", "JPEG2000", {"no_jp2": True}),
    ):
        data = io.BytesIO()
        drawn.save(data, form, **options)
        made[name] = folder / name
        made[name].write_bytes(data.getvalue())
    return made


@pytest.mark.parametrize(
    ("field", "name"), [("jpeg", "jpeg"), ("jpeg2000", "jpeg2000"), ("jpeg2000", "codestream")]
)
def test_their_portrait_is_written_as_it_came(
    stack, tmp_path, authority, card, pictures, field, name
):
    files = card(**{field: pictures[name]})
    out, portrait = tmp_path / "out", tmp_path / "portrait"
    report, _ = read(stack, tmp_path, files, authority, "--out", out, "--picture", portrait)
    assert report["authentic"] is True
    assert portrait.read_bytes() == pictures[name].read_bytes()
    face = decode_dg2((out / "0102.bin").read_bytes())
    assert (face.width, face.height) == Image.open(portrait).size == (240, 320)
    assert face.image_type is (ImageType.JPEG if field == "jpeg" else ImageType.JPEG2000)


def test_of_two_faces_the_first_is_taken(stack, tmp_path, authority, card, pictures):
    files = card(jpeg=pictures["jpeg"], jpeg2000=pictures["jpeg2000"])
    portrait = tmp_path / "portrait"
    read(stack, tmp_path, files, authority, "--picture", portrait)
    assert portrait.read_bytes() == pictures["jpeg"].read_bytes()


@pytest.mark.parametrize(
    ("form", "name"),
    [("JPEG", "jpeg"), ("JPEG2000_LOSSY", "jpeg2000"), ("JPEG2000_LOSSLESS", "codestream")],
)
@pytest.mark.parametrize("size", [(240, 320), (0, 0)], ids=["sized", "without a size"])
def test_their_portrait_in_the_newer_record_is_written_too(
    stack, tmp_path, authority, card, pictures, form, name, size
):
    named = f"{form},{pictures[name]}" + (",sized" if any(size) else "")
    files = card(iso39794=named)
    out, portrait = tmp_path / "out", tmp_path / "portrait"
    report, _ = read(stack, tmp_path, files, authority, "--out", out, "--picture", portrait)
    assert report["authentic"] is True
    assert portrait.read_bytes() == pictures[name].read_bytes()
    face = decode_dg2((out / "0102.bin").read_bytes())
    assert (face.width, face.height) == size
    assert face.image_type is (ImageType.JPEG if form == "JPEG" else ImageType.JPEG2000)


def test_a_portrait_of_raw_pixels_does_not_hide_the_verdict(
    stack, tmp_path, authority, card, pictures
):
    files = card(iso39794=f"UNKNOWN,{pictures['jpeg']}")
    portrait = tmp_path / "portrait"
    report, said = read(stack, tmp_path, files, authority, "--picture", portrait)
    assert report["authentic"] is True
    assert outcome(report, "ic_card.file.DG2") == "passed"
    assert "no portrait: face record: image format 0" in said
    assert not portrait.exists()


def test_an_exchanged_portrait_fails(stack, tmp_path, authority, card, pictures):
    files = card(jpeg=pictures["jpeg"])
    other = shutil.copytree(files, tmp_path / "other")
    issue(
        authority.key, authority.signer, other, "SHA256withRSA", jpeg2000=pictures["jpeg2000"]
    )  # fmt: skip
    shutil.copy(other / "0102.bin", files / "0102.bin")
    report, _ = read(stack, tmp_path, files, authority, code=3)
    assert outcome(report, "ic_card.file.DG2") == "failed"
    assert outcome(report, "ic_card.file.DG1") == "passed"
