"""JWS: forgeries first, then joserfc as the oracle."""

import hashlib
import hmac
import json

import pytest
from joserfc import jws as oracle
from joserfc.jwk import ECKey

from mrc.formats import base64url
from mrc.formats.jose import jws
from mrc.formats.jose.jwk import decode_jwk, encode_jwk
from mrc.formats.jose.reasons import Reason
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm, Curve, OkpPublicKey
from mrc.kernel.pure_verifier import PureVerifier

SIGNER = SoftwareSigner.generate()
VERIFIER = OpensslVerifier()
ES256 = (Algorithm.ES256,)


def check(text: str, algorithms: tuple[Algorithm, ...] = ES256) -> jws.CompactJws:
    decoded = jws.decode_compact(text)
    jws.check_signature(
        decoded, key=SIGNER.public_key, expected_algorithms=algorithms, verifier=VERIFIER
    )
    return decoded


def reason_of(text: str, algorithms: tuple[Algorithm, ...] = ES256) -> str:
    with pytest.raises(Rejected) as caught:
        check(text, algorithms)
    return caught.value.reason.value


def forge(header: dict[str, object], payload: bytes = b"{}", signature: bytes = b"") -> str:
    return jws.assemble(jws.signing_input(header, payload), signature)


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "ES384", "", None, ["ES256"]])
def test_an_algorithm_that_was_not_asked_for_is_rejected(alg: object) -> None:
    assert reason_of(forge({"alg": alg})) == Reason.ALGORITHM_NOT_EXPECTED


def test_no_algorithm_is_rejected() -> None:
    assert reason_of(forge({})) == Reason.ALGORITHM_NOT_EXPECTED


def test_hmac_keyed_with_the_public_key_is_rejected() -> None:
    message = jws.signing_input({"alg": "HS256"}, b"{}")
    public = json.dumps(encode_jwk(SIGNER.public_key)).encode()
    forged = jws.assemble(message, hmac.digest(public, message, hashlib.sha256))
    assert reason_of(forged) == Reason.ALGORITHM_NOT_EXPECTED


@pytest.mark.parametrize("alg", [Algorithm.ES384, Algorithm.EDDSA, Algorithm.RS256])
def test_an_expected_algorithm_of_another_key_type_is_rejected(alg: Algorithm) -> None:
    assert reason_of(forge({"alg": alg.value}), (alg,)) == Reason.KEY_DOES_NOT_FIT


def test_es256_with_a_brainpool_key_is_rejected() -> None:
    signer = SoftwareSigner.generate(Curve.BRAINPOOL_P256R1)
    decoded = jws.decode_compact(jws.sign_now({}, b"{}", signer))
    with pytest.raises(Rejected) as caught:
        jws.check_signature(
            decoded, key=signer.public_key, expected_algorithms=ES256, verifier=VERIFIER
        )
    assert caught.value.reason is Reason.KEY_DOES_NOT_FIT


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\xff" * 64, bytes(63), bytes(65)])
def test_a_signature_that_does_not_hold_is_rejected(signature: bytes) -> None:
    assert reason_of(forge({"alg": "ES256"}, signature=signature)) == Reason.SIGNATURE_INVALID


def test_a_changed_payload_is_rejected() -> None:
    head, _, signature = jws.sign_now({}, b'{"a":1}', SIGNER).split(".")
    payload = base64url.encode(b'{"a":2}')
    assert reason_of(f"{head}.{payload}.{signature}") == Reason.SIGNATURE_INVALID


def test_a_der_signature_is_rejected() -> None:
    message = jws.signing_input({"alg": "ES256"}, b"{}")
    raw = SIGNER.sign_now(message)
    der = b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:]
    assert reason_of(jws.assemble(message, der)) == Reason.SIGNATURE_INVALID


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], None])
def test_a_critical_extension_is_rejected(crit: object) -> None:
    text = jws.sign_now({"crit": crit, "b64": False}, b"{}", SIGNER)
    assert reason_of(text) == Reason.CRITICAL_NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b", "e30.e30", "e30.e30.AA.AA", "e30=.e30.AA", "e30.e30.AB", "W10.e30.AA"],
)
def test_what_is_not_three_canonical_parts_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        jws.decode_compact(text)


def test_a_header_name_given_twice_is_malformed() -> None:
    header = base64url.encode(b'{"alg":"ES256","alg":"none"}')
    with pytest.raises(Malformed):
        jws.decode_compact(f"{header}.e30.AA")


def test_a_text_over_the_limit_is_malformed() -> None:
    with pytest.raises(Malformed):
        jws.decode_compact(jws.sign_now({}, bytes(300), SIGNER), limit=300)


@pytest.mark.parametrize("typ", [None, "JWT", "kb+jw", "application/jwt", 5])
def test_another_type_is_rejected(typ: object) -> None:
    with pytest.raises(Rejected) as caught:
        jws.check_type({"typ": typ}, expected="kb+jwt")
    assert caught.value.reason is Reason.TYPE_NOT_EXPECTED


@pytest.mark.parametrize("typ", ["kb+jwt", "application/kb+jwt", "KB+JWT"])
def test_the_type_is_a_media_type(typ: str) -> None:
    jws.check_type({"typ": typ}, expected="kb+jwt")


def test_sign_and_sign_now_are_read_by_joserfc() -> None:
    key = ECKey.import_key({**encode_jwk(SIGNER.public_key)})
    now = jws.sign_now({"typ": "x"}, b"payload", SIGNER)
    later = run_inline(jws.sign({"typ": "x"}, b"payload", SIGNER))
    for text in (now, later):
        assert oracle.deserialize_compact(text, key).payload == b"payload"
        assert check(text).payload == b"payload"
        assert check(text).header == {"alg": "ES256", "typ": "x"}


def test_a_header_naming_another_algorithm_is_our_mistake() -> None:
    with pytest.raises(ValueError):
        jws.sign_now({"alg": "ES384"}, b"", SIGNER)


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521"])
def test_joserfc_signatures_hold_with_both_verifiers(crv: str) -> None:
    algorithm = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[crv]
    key = ECKey.generate_key(crv)
    text = oracle.serialize_compact({"alg": algorithm}, b"x", key, algorithms=[algorithm])
    for verifier in (OpensslVerifier(), PureVerifier()):
        jws.check_signature(
            jws.decode_compact(text),
            key=decode_jwk(key.as_dict(private=False)),
            expected_algorithms=[Algorithm(algorithm)],
            verifier=verifier,
        )


def test_an_okp_key_never_fits_es256() -> None:
    with pytest.raises(Rejected):
        jws.check_signature(
            jws.decode_compact(jws.sign_now({}, b"", SIGNER)),
            key=OkpPublicKey(bytes(32)),
            expected_algorithms=ES256,
            verifier=VERIFIER,
        )
