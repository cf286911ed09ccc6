"""Signed and encrypted examples of OpenID4VP 1.0 and OpenID4VCI 1.0."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats import base64url
from mrc.formats.jose import jwe, jws, jwt
from mrc.formats.jose.jwk import decode_jwk
from mrc.formats.jose.x5c import find_x5c
from mrc.infra.keys.software import OpensslCipher, OpensslVerifier, SoftwareKeyAgreement
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, PublicKey
from mrc.kernel.pure_verifier import PureVerifier

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return loaded


def key_of(decoded: jws.CompactJws) -> PublicKey:
    chain = find_x5c(decoded.header)
    if chain is None:
        embedded = decoded.header["jwk"]
        assert isinstance(embedded, dict)
        return decode_jwk(embedded)
    public = x509.load_der_x509_certificate(chain[0]).public_key()
    encoding = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return EcPublicKey.from_uncompressed(Curve.P256, public.public_bytes(*encoding))


@pytest.mark.parametrize("name", ["proof-jwt", "signed-issuer-metadata", "wallet-attestation"])
@pytest.mark.parametrize("verifier", [OpensslVerifier(), PureVerifier()], ids=["openssl", "pure"])
def test_openid4vci_signed_examples(name: str, verifier: OpensslVerifier | PureVerifier) -> None:
    vector = load(f"openid4vci/{name}.json")
    decoded = jws.decode_compact(vector["jwt"])
    assert decoded.header == vector["header"]
    assert jwt.decode_claims(decoded) == vector["payload"]
    jws.check_signature(
        decoded, key=key_of(decoded), expected_algorithms=[Algorithm.ES256], verifier=verifier
    )


def test_draft_07_pop_example_does_not_verify() -> None:
    vector = load("openid4vci/client-attestation-draft-07.json")
    key = decode_jwk(vector["client_attestation_payload"]["cnf"]["jwk"])
    with pytest.raises(Rejected):
        jws.check_signature(
            jws.decode_compact(vector["pop"]),
            key=key,
            expected_algorithms=[Algorithm.ES256],
            verifier=OpensslVerifier(),
        )


async def test_openid4vp_8_3_encrypted_response() -> None:
    vector = load("openid4vp/encrypted-response.json")
    private = vector["private_jwk"]
    public = decode_jwk({name: value for name, value in private.items() if name != "d"})
    scalar = int.from_bytes(base64url.decode(private["d"]))
    agreement = SoftwareKeyAgreement(ec.derive_private_key(scalar, ec.SECP256R1()))
    assert agreement.public_key == public
    decoded = jwe.decode(vector["jwe"])
    assert decoded.kid == private["kid"]
    plaintext = await jwe.decrypt(decoded, agreement, OpensslCipher())
    assert json.loads(plaintext) == vector["expected_payload"]
