"""Keys in a SoftHSM token: each way in which a token, a key or a certificate does not serve."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrc.formats.x509.certificate import encode_pem
from mrc.formats.x509.chain import check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.personalisation.job import decode_job
from mrc.infra.keys.identities import IdentityFiles, IdentityRequest
from mrc.infra.keys.pkcs11_uri import decode_pkcs11_uri
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.infra.keys.token_keys import TokenKeys, Tokens
from mrc.infra.readers.authority import CscaFolder, read_certificates
from mrc.infra.readers.card_file import CardFile
from mrc.kernel.errors import Malformed, Unavailable
from tests.simulators import ic_card_world, token_world
from tests.simulators.ic_card_world import World
from tests.simulators.token_world import TokenWorld, in_own_process, labels

pytest.importorskip("pkcs11")
pytestmark = pytest.mark.skipif(not token_world.MODULE.exists(), reason="SoftHSM is not installed")


@pytest.fixture
def world(tmp_path: Path) -> TokenWorld:
    return TokenWorld.make(tmp_path / "softhsm")


def signed_by_the_folder(world: TokenWorld, folder: Path) -> str:
    signer = CscaFolder(folder, Tokens()).document_signer()
    signature = signer.signer.sign_now(b"SOD")
    held = OpensslVerifier().holds(
        signer.certificate.public_key, signer.signer.algorithm, b"SOD", signature
    )
    return f"{held}"


def test_the_ceremony_leaves_certificates_and_addresses_but_no_key(
    world: TokenWorld, tmp_path: Path
) -> None:
    assert isinstance(in_own_process(world, token_world.ceremony, tmp_path / "c"), str)
    assert in_own_process(world, signed_by_the_folder, tmp_path / "c") == "True"
    assert in_own_process(world, labels) == ["csca", "csca", "ds-1", "ds-1"]
    names = {path.name.partition("-")[0] for path in (tmp_path / "c").iterdir()}
    assert names == {"csca.pem", "csca", "ds.pem", "ds"}
    assert not list((tmp_path / "c").glob("*.key"))
    chain = check_chain(
        read_certificates(tmp_path / "c" / "ds.pem"),
        anchors=read_certificates(tmp_path / "c" / "csca.pem"),
        expected_purpose=Purpose.LDS_DOCUMENT_SIGNER,
        at=token_world.AT + timedelta(days=1),
        verifier=OpensslVerifier(),
    )
    assert chain.leaf.subject.text.startswith("country_name=KR")


def test_a_wrong_pin_is_said_once_and_makes_nothing(world: TokenWorld, tmp_path: Path) -> None:
    world.write_pin("111111")
    kind, words = in_own_process(world, token_world.ceremony, tmp_path / "c")
    assert (kind, "wrong_pin" in words, "111111" in words) == ("Rejected", True, False)
    assert not list((tmp_path / "c").glob("*.pem"))
    world.write_pin(token_world.PIN)
    assert in_own_process(world, labels) == []


def tries_of_a_wrong_pin(world: TokenWorld) -> tuple[int, list[str]]:
    from mrc.infra.keys.pkcs11_tokens import Token
    from mrc.kernel.errors import Rejected

    asked, said = 0, []

    def pin(_: str) -> str:
        nonlocal asked
        asked += 1
        return "111111"

    token = Token(world.uri(pin_file=None), pin)
    for _ in range(3):
        try:
            with token.session():
                pass
        except Rejected as error:
            said.append(str(error.reason))
    return asked, said


def test_a_refused_pin_is_not_sent_again(world: TokenWorld) -> None:
    """Three calls of a server would lock a real token."""
    assert in_own_process(world, tries_of_a_wrong_pin) == (1, ["wrong_pin"] * 3)


def test_a_pin_file_that_others_may_read_is_refused(world: TokenWorld, tmp_path: Path) -> None:
    world.write_pin(token_world.PIN, mode=0o644)
    kind, words = in_own_process(world, token_world.ceremony, tmp_path / "c")
    assert kind == "Unavailable"
    assert "600" in words


def test_a_missing_token_and_a_missing_module_are_named(world: TokenWorld, tmp_path: Path) -> None:
    other = TokenWorld(world.folder, label="elsewhere")
    kind, words = in_own_process(other, token_world.ceremony, tmp_path / "c")
    assert (kind, words) == (
        "Unavailable",
        "token elsewhere: no token of this label is there",
    )
    kind, words = in_own_process(world, open_module, Path("/usr/lib/nothing.so"))
    assert kind == "Unavailable"
    assert words.startswith("PKCS#11 module: ")


def open_module(world: TokenWorld, module: Path) -> None:
    from mrc.infra.keys.pkcs11_tokens import Token

    with Token(world.uri(module=module)).session():
        pass


def test_a_key_that_is_gone_from_the_token_is_missing(world: TokenWorld, tmp_path: Path) -> None:
    in_own_process(world, token_world.ceremony, tmp_path / "c")
    in_own_process(world, token_world.destroy_key, "ds-1")
    kind, words = in_own_process(world, signed_by_the_folder, tmp_path / "c")
    assert (kind, "key_missing" in words) == ("Rejected", True)


def test_a_second_key_of_the_same_label_is_refused_before_anything_is_made(
    world: TokenWorld, tmp_path: Path
) -> None:
    first = in_own_process(world, token_world.ceremony, tmp_path / "c")
    before = (tmp_path / "c" / "ds.pem").read_bytes()
    kind, words = in_own_process(world, token_world.ceremony, tmp_path / "c")
    assert (kind, "label_taken" in words) == ("Rejected", True)
    assert (tmp_path / "c" / "ds.pem").read_bytes() == before
    assert read_certificates(tmp_path / "c" / "ds.pem")[0].fingerprint.hex() == first
    assert in_own_process(world, labels) == ["csca", "csca", "ds-1", "ds-1"]


@pytest.mark.parametrize(
    ("oid", "extractable", "reason"),
    [(token_world.P384, False, "wrong_curve"), (token_world.P256, True, "key_leaves_token")],
)
def test_an_existing_key_that_does_not_serve_is_not_certified(
    world: TokenWorld, tmp_path: Path, oid: str, extractable: bool, reason: str
) -> None:
    in_own_process(world, foreign, "vendor", oid, extractable)
    kind, words = in_own_process(world, certify_existing, tmp_path / "c", "vendor")
    assert (kind, reason in words) == ("Rejected", True)
    assert not (tmp_path / "c" / "ds.pem").exists()
    assert "vendor" in in_own_process(world, labels), "somebody else's key stays"


def foreign(world: TokenWorld, label: str, oid: str, extractable: bool) -> None:
    token_world.make_foreign_key(world, label, oid, extractable=extractable)


def certify_existing(world: TokenWorld, folder: Path, label: str) -> str:
    return token_world.ceremony(world, folder, label, existing=True)


def test_an_existing_key_is_certified_where_it_stands(world: TokenWorld, tmp_path: Path) -> None:
    in_own_process(world, foreign, "vendor", token_world.P256, False)
    assert isinstance(in_own_process(world, certify_existing, tmp_path / "c", "vendor"), str)
    assert in_own_process(world, signed_by_the_folder, tmp_path / "c") == "True"


def test_two_existing_keys_of_one_label_are_ambiguous(world: TokenWorld, tmp_path: Path) -> None:
    in_own_process(world, foreign, "twin", token_world.P256, False)
    in_own_process(world, foreign, "twin", token_world.P256, False)
    kind, words = in_own_process(world, certify_existing, tmp_path / "c", "twin")
    assert (kind, "key_ambiguous" in words) == ("Rejected", True)


def test_a_certificate_of_another_key_is_not_used(world: TokenWorld, tmp_path: Path) -> None:
    """The certificate's file was exchanged: it names no key of ours."""
    in_own_process(world, token_world.ceremony, tmp_path / "c")
    root = ic_card_world.csca()
    other = ic_card_world.document_signer(root).certificate
    (tmp_path / "c" / "ds.pem").write_bytes(encode_pem(other))
    kind, words = in_own_process(world, signed_by_the_folder, tmp_path / "c")
    assert (kind, "key_mismatch" in words) == ("Rejected", True)


def test_an_address_that_leads_to_another_key_is_not_used(
    world: TokenWorld, tmp_path: Path
) -> None:
    """The address's file was exchanged: the key signs, and not under the certificate."""
    in_own_process(world, token_world.ceremony, tmp_path / "c")
    (csca,) = (tmp_path / "c").glob("csca-*.pkcs11")
    (signer,) = (tmp_path / "c").glob("ds-*.pkcs11")
    signer.write_bytes(csca.read_bytes())
    kind, words = in_own_process(world, signed_by_the_folder, tmp_path / "c")
    assert (kind, "key_mismatch" in words) == ("Rejected", True)


def office_of(folder: Path) -> World:
    csca = CscaFolder(folder, Tokens())
    office = World()
    office.signer = csca.document_signer()
    office.trust = CscaTrust(production=False, anchors=[csca.root()])
    return office


def take_the_token_out_midway(world: TokenWorld, folder: Path) -> tuple[str, str, int]:
    """The token leaves after the login and before the SOD."""
    office = office_of(folder)
    chip = CardFile.create(folder / "card.json", ic_card_world.blank_state())
    world.take_out()
    try:
        asyncio.run(office.make(chip))
    except Unavailable as error:
        (folder / "job").write_bytes(office.jobs.last)
        return error.what, error.detail, office.jobs.load().step.value
    return "made", "", 0


def go_on_with_the_card(world: TokenWorld, folder: Path) -> str:
    job = decode_job((folder / "job").read_bytes())
    _, record = asyncio.run(office_of(folder).make(CardFile.open(folder / "card.json"), job))
    return record.document_number


def test_a_token_taken_out_midway_stops_the_card_and_the_card_goes_on_later(
    world: TokenWorld, tmp_path: Path
) -> None:
    in_own_process(world, token_world.ceremony, tmp_path / "c")
    what, detail, step = in_own_process(world, take_the_token_out_midway, tmp_path / "c")
    assert (what, step) == ("token desk", 1), "keys are made on the chip, nothing is signed"
    assert detail.startswith("it does not answer (ObjectHandleInvalid)")
    world.put_back()
    assert in_own_process(world, go_on_with_the_card, tmp_path / "c") == "M12345678"


def ceremony_killed(world: TokenWorld, folder: Path) -> None:
    csca = CscaFolder(folder, Tokens())
    csca.create(
        practice=True, entropy=SystemEntropy(), at=token_world.AT,
        place=TokenKeys(tokens=csca.tokens, address=world.uri("csca"), entropy=SystemEntropy()),
    )  # fmt: skip
    place = TokenKeys(tokens=csca.tokens, address=world.uri("ds-1"), entropy=SystemEntropy())
    place.certify(csca._file("ds"), lambda _: os._exit(9))


def test_what_a_killed_ceremony_left_in_the_token_is_destroyed_by_the_next(
    world: TokenWorld, tmp_path: Path
) -> None:
    assert in_own_process(world, ceremony_killed, tmp_path / "c") is None
    assert in_own_process(world, labels) == ["csca", "csca", "ds-1", "ds-1"]
    assert not (tmp_path / "c" / "ds.pem").exists()
    assert isinstance(in_own_process(world, token_world.ceremony, tmp_path / "c"), str)
    assert in_own_process(world, labels) == ["csca", "csca", "ds-1", "ds-1"]
    assert in_own_process(world, signed_by_the_folder, tmp_path / "c") == "True"
    assert not (tmp_path / "c" / "ds.making").exists()


def issuer_identities(world: TokenWorld, folder: Path) -> tuple[str, str]:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    place = TokenKeys(tokens=Tokens(), address=world.uri(), entropy=SystemEntropy())
    files = IdentityFiles(folder, organization="P", uri="https://i.localhost", at=at, place=place)
    root = files.root("iaca", Purpose.IACA_ROOT, "IACA")
    wish = IdentityRequest(
        name="document-signer", purpose=Purpose.DOCUMENT_SIGNER, common_name="DS"
    )
    leaf = files.leaf(wish, issuer=root)
    signed = leaf.signer.sign_now(b"MSO")
    assert OpensslVerifier().holds(leaf.certificate.public_key, leaf.signer.algorithm, b"MSO", signed)  # fmt: skip
    return root.certificate.fingerprint.hex(), leaf.certificate.fingerprint.hex()


@pytest.mark.filterwarnings("error")
def test_an_issuers_keys_live_in_the_token_and_are_found_again(
    world: TokenWorld, tmp_path: Path
) -> None:
    first = in_own_process(world, issuer_identities, tmp_path / "keys")
    assert in_own_process(world, issuer_identities, tmp_path / "keys") == first
    assert not list((tmp_path / "keys").glob("*.key"))
    assert len(in_own_process(world, labels)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "file:/etc/token",
        "pkcs11:token=a",
        "pkcs11:?module-path=/m.so",
        "pkcs11:token=a;token=b?module-path=/m.so",
        "pkcs11:token=a;serial=1?module-path=/m.so",
        "pkcs11:token=a?module-path=/m.so&pin-value=1234",
        "pkcs11:token=a?module-path=/m.so&pin-source=%7Ccat%20/pin",
        "pkcs11:token=a?module-path=/m.so&pin-source=pin",
    ],
)
def test_an_address_that_does_not_serve_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode_pkcs11_uri(text)
    assert "1234" not in str(refused.value)


def test_an_address_survives_writing_and_reading(world: TokenWorld) -> None:
    address = world.uri("DS 1; of 2026 & 한국").of_key("DS 1; of 2026 & 한국", bytes(range(16)))
    assert decode_pkcs11_uri(str(address)) == address


def test_a_file_uri_with_an_empty_host_is_a_path() -> None:
    text = "pkcs11:token=a?module-path=/m.so&pin-source=file:///run/pin"
    assert decode_pkcs11_uri(text).pin_file == Path("/run/pin")
