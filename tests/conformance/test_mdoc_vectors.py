"""ISO/IEC 18013-5 Annex D, third parties' mdocs, OpenID4VP 1.0 handovers."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mrc.formats import base64url, cbor
from mrc.formats.cose.cose_key import decode_key
from mrc.formats.cose.mac0 import read_mac0, to_be_maced
from mrc.formats.cose.sign1 import check_sign1, decode_sign1, to_be_signed
from mrc.formats.mdoc.device_authentication import device_authentication_bytes, e_mac_key
from mrc.formats.mdoc.device_request import (
    decode_device_request,
    reader_authentication_bytes,
)
from mrc.formats.mdoc.device_response import decode_device_response
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.mso import decode_mso
from mrc.formats.mdoc.session_transcript import (
    SessionTranscript,
    iso_dc_api,
    openid4vp_dc_api,
    openid4vp_redirect,
    proximity,
)
from mrc.formats.mdoc.verifying import (
    ALGORITHMS,
    AuthenticMso,
    authenticate_device,
    authenticate_issuer,
    check_digests,
    shared_secret_for,
    verify_device_response,
)
from mrc.formats.x509.certificate import decode_certificate, decode_pem_bundle
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.curves import multiply
from mrc.kernel.findings import Outcome, worst
from mrc.kernel.keys import Curve, EcPublicKey
from mrc.kernel.pure_verifier import PureVerifier

VECTORS = Path(__file__).parents[1] / "vectors"
ANNEX_D_TIME = datetime(2021, 6, 1, tzinfo=UTC)
PURE = PureVerifier()


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return found


def trust(der_hex: str) -> ChainChecker:
    anchor = decode_certificate(bytes.fromhex(der_hex))
    return ChainChecker(anchors=[anchor], verifier=OpensslVerifier())


ISSUER_AUTH = load("iso18013-5/annex-d-issuer-auth.json")
DEVICE_MAC = load("iso18013-5/annex-d-device-mac.json")
RESPONSES = load("iso18013-5/annex-d-request-response.json")
SESSION = load("iso18013-5/annex-d-session-encryption.json")
ACCEPT_REJECT = load("iso18013-5/accept-reject.json")


class VectorAgreement:
    """The published reader key of Annex D, computed with the kernel's arithmetic."""

    def __init__(self, jwk: dict[str, str]) -> None:
        self.scalar = int(jwk["d_hex"], 16)
        x, y = (bytes.fromhex(jwk[name].rjust(64, "0")) for name in ("x_hex", "y_hex"))
        self.public_key = EcPublicKey(Curve.P256, x, y)

    async def shared_secret(self, peer: EcPublicKey) -> bytes:
        point = (int.from_bytes(peer.x), int.from_bytes(peer.y))
        shared = multiply(Curve.P256.parameters, self.scalar, point)
        assert shared is not None
        return shared[0].to_bytes(32)


def test_18013_5_d_5_2_issuer_auth() -> None:
    message = decode_sign1(bytes.fromhex(ISSUER_AUTH["issuer_auth_cose_sign1_hex"]))
    assert message.x5chain == (bytes.fromhex(ISSUER_AUTH["ds_certificate_der_hex"]),)
    assert message.payload is not None
    built = to_be_signed(message.protected, message.payload)
    assert built.hex() == ISSUER_AUTH["sig_structure_hex"]
    key = decode_certificate(message.x5chain[0]).public_key
    assert key is not None
    check_sign1(message, key=key, expected_algorithms=ALGORITHMS, verifier=PURE)


def test_18013_5_d_5_2_mobile_security_object() -> None:
    message = decode_sign1(bytes.fromhex(ISSUER_AUTH["issuer_auth_cose_sign1_hex"]))
    assert message.payload is not None
    mso, derived = decode_mso(message.payload), ISSUER_AUTH["derived"]
    assert mso.doc_type == derived["docType"]
    assert mso.digest_algorithm.value == derived["digestAlgorithm"]
    for name, moment in (("signed", mso.validity.signed), ("validUntil", mso.validity.valid_until)):
        assert f"{moment:%Y-%m-%dT%H:%M:%SZ}" == derived["validity"][name]
    for case in derived["digests"]:
        digest = mso.value_digests[case["namespace"]][case["digestID"]]
        assert digest.hex() == case["sha256_hex"]
        if case["issuer_signed_item_bytes_hex"]:
            item = cbor.decode(bytes.fromhex(case["issuer_signed_item_bytes_hex"]))
            assert isinstance(item, cbor.Embedded)
            assert hashlib.sha256(item.encoded).digest() == digest


async def test_18013_5_d_5_3_device_mac() -> None:
    transcript = cbor.decode(bytes.fromhex(SESSION["session_transcript_bytes_hex"]))
    assert isinstance(transcript, cbor.Embedded)
    session = SessionTranscript(transcript.data)
    assert session.tagged.hex() == SESSION["session_transcript_bytes_hex"]
    reader = VectorAgreement(DEVICE_MAC["e_reader_key"])
    x, y = (DEVICE_MAC["s_device_key"][name].rjust(64, "0") for name in ("x_hex", "y_hex"))
    device = decode_key({1: 2, -1: 1, -2: bytes.fromhex(x), -3: bytes.fromhex(y)})
    assert isinstance(device, EcPublicKey)
    key = e_mac_key(await reader.shared_secret(device), session)
    assert key.hex() == DEVICE_MAC["derived"]["e_mac_key_hex"]
    payload = device_authentication_bytes(session, "org.iso.18013.5.1.mDL", cbor.Embedded(b"\xa0"))
    assert payload.hex() == DEVICE_MAC["device_authentication_bytes_hex"]
    auth = cbor.decode_as(dict, bytes.fromhex(DEVICE_MAC["device_auth_cbor_hex"]), what="auth")
    mac = read_mac0(auth["deviceMac"])
    assert to_be_maced(mac.protected, payload).hex() == DEVICE_MAC["mac_structure_hex"]
    assert mac.tag.hex() == DEVICE_MAC["derived"]["tag_hex"]


def test_18013_5_9_1_5_1_the_transcript_is_built_of_what_was_received() -> None:
    embedded = cbor.decode(bytes.fromhex(SESSION["session_transcript_bytes_hex"]))
    assert isinstance(embedded, cbor.Embedded)
    parts = cbor.decode_as(list, embedded.data, what="SessionTranscript")
    built = proximity(
        device_engagement=parts[0].encoded, e_reader_key=parts[1].encoded, handover=parts[2]
    )
    assert built.data == embedded.data


async def test_18013_5_d_4_1_2_the_whole_response() -> None:
    embedded = cbor.decode(bytes.fromhex(SESSION["session_transcript_bytes_hex"]))
    assert isinstance(embedded, cbor.Embedded)
    response = decode_device_response(bytes.fromhex(RESPONSES["device_response_hex"]))
    agreement = VectorAgreement(DEVICE_MAC["e_reader_key"])
    secret = await shared_secret_for(response.documents[0], agreement=agreement)
    assert secret is not None
    verdict = verify_device_response(
        response,
        trust=trust(ISSUER_AUTH["iaca_certificate_der_hex"]),
        session_transcript=SessionTranscript(embedded.data),
        at=ANNEX_D_TIME,
        shared_secrets={0: secret},
    )
    assert worst(verdict.findings) is Outcome.PASSED, verdict.findings
    assert len(verdict.documents[0].disclosed["org.iso.18013.5.1"]) == 6


REASONS = {
    "other-transcript": "device_signature",
    "element-value-changed": "digest_mismatch",
    "issuer-signature-broken": "issuer_signature",
    "doctype-mismatch": "doc_type_differs",
    "mso-expired": "signed_outside_certificate_validity",
    "untrusted-issuer": "issuer_unknown",
    "device-signed-not-authorized": "device_element_not_authorized",
}


@pytest.mark.parametrize("case", ACCEPT_REJECT["cases"], ids=lambda case: case["case"])
def test_18013_5_9_3_accept_and_reject(case: dict[str, str]) -> None:
    given = ACCEPT_REJECT["openid4vp"]
    built = openid4vp_redirect(
        client_id=given["client_id"],
        nonce=given["nonce"],
        jwk_thumbprint=None,
        response_uri=given["response_uri"],
    )
    transcript = SessionTranscript(bytes.fromhex(case["session_transcript_hex"]))
    assert (transcript == built) is (case["case"] != "other-transcript")
    verdict = verify_device_response(
        bytes.fromhex(case["device_response_hex"]),
        trust=trust(ACCEPT_REJECT["iaca_certificate_der_hex"]),
        session_transcript=transcript,
        at=datetime.fromisoformat(ACCEPT_REJECT["at_time"]),
    )
    reasons = [f.reason for f in verdict.findings if f.outcome is Outcome.FAILED]
    if case["expected"] == "accept":
        assert worst(verdict.findings) is Outcome.PASSED
    else:
        assert reasons == [REASONS[case["case"]]]


def authentic_by_signer(name: str, issued: Any) -> AuthenticMso:
    """The file trusts the signer's certificate itself: only the signature is checked."""
    (signer,) = decode_pem_bundle(load(name)["trusted_certificate_pem"].encode())
    assert issued.issuer_auth.x5chain[0] == signer.der
    assert signer.public_key is not None
    check_sign1(
        issued.issuer_auth,
        key=signer.public_key,
        expected_algorithms=ALGORITHMS,
        verifier=OpensslVerifier(),
    )
    mso = decode_mso(issued.issuer_auth.payload)
    return AuthenticMso(mso=mso, issuer=None)  # type: ignore[arg-type]


def test_interop_issuer_signed_with_long_map_heads() -> None:
    name = "iso18013-5/interop-bdr-issuer-signed.json"
    vector = load(name)
    data = base64url.decode(vector["issuer_signed_b64url"])
    assert data.startswith(b"\xb9\x00\x02")
    issued = decode_issuer_signed(data)
    authentic = authentic_by_signer(name, issued)
    disclosed = check_digests(issued, authentic=authentic)
    expected = vector["expected"]
    assert authentic.mso.doc_type == expected["docType"]
    assert sorted(e for ns in disclosed.values() for e in ns) == expected["elements"]
    until = authentic.mso.validity.valid_until
    assert f"{until:%Y-%m-%dT%H:%M:%SZ}" == expected["validity"]["validUntil"]


def test_interop_device_signature() -> None:
    name = "iso18013-5/interop-device-signature-1.json"
    vector = load(name)
    (document,) = decode_device_response(bytes.fromhex(vector["device_response_hex"])).documents
    assert document.device_signed is not None
    transcript = SessionTranscript(bytes.fromhex(vector["session_transcript_hex"]))
    payload = device_authentication_bytes(
        transcript, document.doc_type, document.device_signed.name_spaces_bytes
    )
    assert payload.hex() == vector["derived"]["device_authentication_bytes_hex"]
    authentic = authentic_by_signer(name, document.issuer_signed)
    disclosed = check_digests(document.issuer_signed, authentic=authentic)
    assert sum(map(len, disclosed.values())) == vector["expected"]["issuer_signed_items"]
    authenticate_device(
        document,
        authentic=authentic,
        session_transcript=transcript,
        verifier=OpensslVerifier(),
    )


def test_18013_5_second_edition_status_in_the_mso() -> None:
    vector = load("iso18013-5/mso-with-status.json")
    issued = decode_issuer_signed(bytes.fromhex(vector["issuer_signed_hex"]))
    authentic = authenticate_issuer(
        issued,
        trust=trust(vector["iaca_certificate_der_hex"]),
        at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    assert authentic.mso.status == {"status_list": vector["expected"]}
    assert check_digests(issued, authentic=authentic)


def test_openid4vp_b_2_6_1_redirect_handover() -> None:
    vector = load("openid4vp/mdoc-handover-redirect.json")
    built = openid4vp_redirect(
        client_id=vector["client_id"],
        nonce=vector["nonce"],
        jwk_thumbprint=bytes.fromhex(vector["derived"]["jwk_thumbprint_hex"]),
        response_uri=vector["response_uri"],
    )
    assert built.data.hex() == vector["session_transcript_hex"]


def test_openid4vp_b_2_6_2_dc_api_handover() -> None:
    vector = load("openid4vp/mdoc-handover-dc-api.json")
    built = openid4vp_dc_api(
        origin=vector["origin"],
        nonce=vector["nonce"],
        jwk_thumbprint=bytes.fromhex(vector["derived"]["jwk_thumbprint_hex"]),
    )
    assert built.data.hex() == vector["session_transcript_hex"]


def test_18013_7_annex_c_transcript() -> None:
    vector = load("iso18013-7/annex-c-hpke.json")
    built = iso_dc_api(encryption_info=vector["encryptionInfoB64"], origin=vector["origin"])
    assert built.data.hex() == vector["derived"]["session_transcript_hex"]


def annex_d_transcript() -> SessionTranscript:
    embedded = cbor.decode(bytes.fromhex(SESSION["session_transcript_bytes_hex"]))
    assert isinstance(embedded, cbor.Embedded)
    return SessionTranscript(embedded.data)


def test_18013_5_d_4_1_1_the_request_and_its_reader() -> None:
    request = decode_device_request(bytes.fromhex(RESPONSES["device_request_hex"]))
    (asked,) = request.doc_requests
    assert asked.items_request_bytes.data.hex() == RESPONSES["items_request_hex"]
    assert asked.doc_type == "org.iso.18013.5.1.mDL"
    assert asked.name_spaces["org.iso.18013.5.1"]["portrait"] is False
    assert asked.reader_auth is not None
    leaf = decode_certificate(asked.reader_auth.x5chain[0])
    assert leaf.public_key is not None
    assert leaf.extended_key_usage == frozenset({"1.0.18013.5.1.6"})
    check_sign1(
        asked.reader_auth,
        key=leaf.public_key,
        expected_algorithms=ALGORITHMS,
        verifier=PURE,
        detached_payload=reader_authentication_bytes(
            annex_d_transcript(), asked.items_request_bytes
        ),
    )
