"""Keys and certificates in files, and the folder of trusted roots."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrc.formats.x509.certificate import encode_pem
from mrc.formats.x509.chain import check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.infra.keys.identities import LEAF_DAYS, IdentityFiles, IdentityRequest
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.errors import Malformed

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SIGNER = IdentityRequest(
    name="document-signer", purpose=Purpose.DOCUMENT_SIGNER, common_name="Practice DS"
)
pytestmark = pytest.mark.filterwarnings("ignore:.*a software key was made:UserWarning")


def files(folder: Path, at: datetime = AT) -> IdentityFiles:
    return IdentityFiles(folder, organization="Practice", uri="https://issuer.localhost", at=at)


def test_a_made_identity_is_announced_and_verifies_under_its_root(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="a software key was made"):
        root = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    leaf = files(tmp_path).leaf(SIGNER, issuer=root)
    trusted = check_chain(
        [leaf.certificate],
        anchors=[root.certificate],
        expected_purpose=Purpose.DOCUMENT_SIGNER,
        at=AT,
        verifier=OpensslVerifier(),
    )
    assert trusted.leaf.public_key == leaf.signer.public_key


def test_the_same_identity_is_found_again(tmp_path: Path) -> None:
    first = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    second = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    assert first.certificate.der == second.certificate.der


def test_a_certificate_that_ran_out_is_made_anew(tmp_path: Path) -> None:
    root = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    first = files(tmp_path).leaf(SIGNER, issuer=root)
    later = files(tmp_path, AT + timedelta(days=LEAF_DAYS)).leaf(SIGNER, issuer=root)
    assert later.certificate.not_after > first.certificate.not_after


def test_a_key_without_its_certificate_is_made_anew(tmp_path: Path) -> None:
    first = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    (tmp_path / "iaca.der").unlink()
    second = files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    assert second.certificate.public_key != first.certificate.public_key


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    (tmp_path / "iaca.key").chmod(0o644)
    with pytest.raises(PermissionError):
        files(tmp_path).root("iaca", Purpose.IACA_ROOT, "Practice IACA")


def test_a_root_is_added_listed_and_removed(tmp_path: Path) -> None:
    root = files(tmp_path / "keys").root("iaca", Purpose.IACA_ROOT, "Practice IACA")
    store = TrustStore(tmp_path / "trust")
    before = store.version()
    store.add(TrustKind.ISSUER, "practice", encode_pem(root.certificate))
    assert store.version() != before
    assert [entry.name for entry in store.entries(TrustKind.ISSUER)] == ["practice"]
    assert store.certificates(TrustKind.READER) == []
    assert store.remove(TrustKind.ISSUER, "practice")
    assert not store.remove(TrustKind.ISSUER, "practice")


@pytest.mark.parametrize("data", [b"", b"{}", b"-----BEGIN CERTIFICATE-----\nAA==\n"])
def test_what_is_no_root_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Malformed):
        TrustStore(tmp_path).add(TrustKind.ISSUER, "practice", data)


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    jwk = b'{"kty":"EC","crv":"P-256","x":"","y":""}'
    with pytest.raises(Malformed):
        TrustStore(tmp_path / "trust").add(TrustKind.ISSUER, "../../escape", jwk)
