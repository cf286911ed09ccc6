"""Apple App Attest: a genuine copy of our app, on a genuine Apple device, gave this challenge.

developer.apple.com, "Validating Apps That Connect to Your Server", Verify the attestation. The
attested key signs only App Attest's own assertions, so it is never the wallet's key: the caller
puts the wallet's key into the challenge. The receipt, which Apple's servers judge, is not used.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats import cbor
from mrc.formats.device_evidence import der
from mrc.formats.device_evidence.authenticator_data import (
    AttestationObject,
    AuthenticatorData,
    decode_attestation_object,
)
from mrc.formats.device_evidence.chain import DeviceTrust, check_device_chain
from mrc.formats.device_evidence.reasons import Reason
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey

CLAUSE = "Apple App Attest"
FORMAT = "apple-appattest"
NONCE_EXTENSION = "1.2.840.113635.100.8.2"
PRODUCTION = b"appattest".ljust(16, b"\x00")
DEVELOPMENT = b"appattestdevelop"

_NONCE_TAG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleApps:
    """Apps by their ids (team, dot, bundle); `development` admits copies under development."""

    app_ids: tuple[str, ...]
    development: bool


def check_app_attest(
    encoded: bytes,
    *,
    trust: DeviceTrust,
    apps: AppleApps,
    expected_key_id: bytes,
    expected_challenge: bytes,
    at: datetime,
) -> None:
    """Raise `Malformed` or `Rejected` unless an app of `apps` attests the challenge.

    The steps are those of Apple's page: 1. The chain leads to a root. 2. to 4. The leaf's nonce is
    over the data and the challenge. 5. The key id is the hash of the leaf's key. 6. The app. 7. The
    key is new. 8. The environment. 9. The credential id is the key id.
    """
    attestation = decode_attestation_object(encoded)
    if attestation.format != FORMAT:
        raise Malformed("App Attest", "another attestation format")
    leaf = check_device_chain(_x5c(attestation), trust=trust, at=at)[0]  # 1
    data = attestation.data
    nonce = hashlib.sha256(data.encoded + hashlib.sha256(expected_challenge).digest()).digest()
    if _nonce(leaf) != nonce:  # 2 to 4
        raise Rejected(Reason.CHALLENGE, CLAUSE)
    _check_key(leaf, data, expected_key_id)  # 5, 9
    if data.rp_id_hash not in {hashlib.sha256(app.encode()).digest() for app in apps.app_ids}:  # 6
        raise Rejected(Reason.APP, CLAUSE)
    if data.counter != 0:  # 7
        raise Rejected(Reason.COUNTER, CLAUSE, f"counter {data.counter}")
    if data.aaguid != PRODUCTION and not (apps.development and data.aaguid == DEVELOPMENT):  # 8
        raise Rejected(Reason.ENVIRONMENT, CLAUSE)


def _x5c(attestation: AttestationObject) -> Sequence[bytes]:
    chain = cbor.member(list, attestation.statement, "x5c", "App Attest")
    return [cbor.expect(bytes, der_bytes, "App Attest x5c") for der_bytes in chain]


def _nonce(leaf: Certificate) -> bytes:
    """``SEQUENCE { [1] EXPLICIT OCTET STRING }``."""
    extension = leaf.extensions.get(NONCE_EXTENSION)
    if extension is None:
        raise Rejected(Reason.EXTENSION_MISSING, CLAUSE)
    what = "App Attest nonce"
    members = der.members_of(der.read_one(extension.value, what), der.SEQUENCE, what)
    if len(members) != 1 or (members[0].tag_class, members[0].tag) != (der.CONTEXT, _NONCE_TAG):
        raise Malformed(what, "expected [1] alone")
    return der.content_of(der.read_one(members[0].content, what), der.OCTET_STRING, what)


def _check_key(leaf: Certificate, data: AuthenticatorData, expected_key_id: bytes) -> None:
    key = leaf.public_key
    if not isinstance(key, EcPublicKey) or data.credential_key != key:
        raise Rejected(Reason.KEY, CLAUSE, "the certificate's key is not the credential's")
    if hashlib.sha256(key.uncompressed).digest() != expected_key_id:
        raise Rejected(Reason.KEY, CLAUSE, "the key id is of another key")
    if data.credential_id != expected_key_id:
        raise Rejected(Reason.KEY, CLAUSE, "the credential id is of another key")
