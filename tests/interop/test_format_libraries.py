"""Strangers' format libraries read what we write and write what we read, forgeries included."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from mrc.formats import base64url, cbor
from mrc.formats.cose.headers import ALG
from mrc.formats.cose.sign1 import check_sign1, decode_sign1, encode_sign1, prepare_sign1
from mrc.formats.jose import jwe, jws
from mrc.formats.jose.jwk import encode_jwk
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.mdoc.issuing import PrepareInput, encode_name_spaces, prepare
from mrc.formats.mdoc.mso import Validity
from mrc.formats.mdoc.presenting import present as present_mdoc
from mrc.formats.mdoc.session_transcript import openid4vp_redirect
from mrc.formats.mdoc.verifying import authenticate_issuer, check_digests, check_validity
from mrc.formats.sd_jwt_vc import issuing as sd_jwt_issuing
from mrc.formats.sd_jwt_vc import presenting as sd_jwt_presenting
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.sd_jwt_vc.verifying import Expectation, check_issued
from mrc.formats.status_list.bits import PublishedList
from mrc.formats.status_list.cwt_token import check_cwt, decode_cwt, prepare_cwt
from mrc.formats.status_list.jwt_token import check_jwt, decode_jwt, prepare_jwt
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.status_list.token import StatusClaims, TrustedStatusList
from mrc.formats.x509.certificate import decode_pem_bundle
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.kernel.errors import MrcError
from mrc.kernel.keys import Algorithm
from tests.interop.certificates import DOCUMENT_SIGNER, Stranger, make_stranger
from tests.interop.strangers import StrangerRefused, Strangers

pytestmark = pytest.mark.xdist_group("format libraries")

DOC_TYPE, NAME_SPACE, VCT = "org.example.card.1", "org.example.card", "urn:example:card:1"
CLAIMS = {"family_name": "Ødegård 홍", "age_over_18": True, "points": 70_000}
EXCHANGE = {
    "clientId": "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk",
    "nonce": "kXw7pQ1mT0e3VvC9s8sYzQ",
    "responseUri": "https://verifier.example/post",
    "jwkThumbprint": None,
}
TRANSCRIPT = openid4vp_redirect(
    client_id=str(EXCHANGE["clientId"]),
    nonce=str(EXCHANGE["nonce"]),
    jwk_thumbprint=None,
    response_uri=str(EXCHANGE["responseUri"]),
)
ISSUER = make_stranger("Card issuer", usage=DOCUMENT_SIGNER)
SD_JWT_ISSUER = make_stranger("Text card issuer")
HOLDER = make_stranger("Holder")
DEVICE = SoftwareSigner.from_pem(HOLDER.key_pem.encode())
VERIFIER = OpensslVerifier()
STATUSES = [0, 1, 2, 3, 0, 0, 2, 1, 3, 3, 0, 1]
STATUS_URI = "https://issuer.example/status/1"
ES256 = (Algorithm.ES256,)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _der(stranger: Stranger) -> bytes:
    return stranger.certificate.public_bytes(serialization.Encoding.DER)


def _signer(stranger: Stranger) -> dict[str, Any]:
    return {"key": stranger.jwk, "certificate": stranger.pem}


def _trust(stranger: Stranger) -> ChainChecker:
    return ChainChecker(anchors=decode_pem_bundle(stranger.root_pem.encode()), verifier=VERIFIER)


def _changed(data: bytes, text: bytes) -> bytes:
    """One letter of a claim changed."""
    at = data.rindex(text)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def our_mdoc() -> bytes:
    now = _now()
    prepared = prepare(
        PrepareInput(
            doc_type=DOC_TYPE,
            name_spaces=encode_name_spaces({NAME_SPACE: CLAIMS}),
            device_key=DEVICE.public_key,
            validity=Validity(signed=now, valid_from=now, valid_until=now + timedelta(days=7)),
            algorithm=Algorithm.ES256,
            status={"status_list": {"idx": 7, "uri": STATUS_URI}},
        ),
        entropy=SystemEntropy(),
    )
    signer = SoftwareSigner.from_pem(ISSUER.key_pem.encode())
    return prepared.finish(signer.sign_now(prepared.to_be_signed), x5chain=[_der(ISSUER)])


@pytest.mark.parametrize("library", ["owf", "animo"])
def test_node_libraries_check_our_mdoc(strangers: Strangers, library: str) -> None:
    issued, anchors = our_mdoc(), [ISSUER.root_pem]
    told = {"library": library, "anchors": anchors}
    found = strangers.node("formats", "checkMdoc", credential=base64url.encode(issued), **told)
    assert found["failed"] == []
    assert set(found["elements"][NAME_SPACE]) == set(CLAIMS)
    forged = base64url.encode(_changed(issued, b"family_name"))
    assert strangers.node("formats", "checkMdoc", credential=forged, **told)["failed"]


def test_pymdoccbor_checks_our_mdoc(strangers: Strangers) -> None:
    issued = our_mdoc()
    told = {"docType": DOC_TYPE, "anchors": [ISSUER.root_pem]}

    def check(data: bytes) -> Any:
        text = base64url.encode(data)
        return strangers.python("oracles", "check_mdoc_pymdoccbor", credential=text, **told)

    found = check(issued)
    assert found == {"valid": True, "elements": {NAME_SPACE: sorted(CLAIMS)}}
    assert check(_changed(issued, b"family_name"))["valid"] is False


async def _our_response() -> str:
    shown = await present_mdoc(
        our_mdoc(),
        doc_type=DOC_TYPE,
        disclose={NAME_SPACE: ["age_over_18"]},
        session_transcript=TRANSCRIPT,
        device_signer=DEVICE,
    )
    return base64url.encode(shown)


@pytest.mark.parametrize("library", ["owf", "animo"])
async def test_node_libraries_check_our_device_response(strangers: Strangers, library: str) -> None:
    shown = await _our_response()
    told = {"library": library, "anchors": [ISSUER.root_pem], "presentation": shown}
    found = strangers.node("formats", "checkResponse", exchange=EXCHANGE, **told)
    assert found["failed"] == []
    assert found["elements"] == {NAME_SPACE: ["age_over_18"]}
    other = {**EXCHANGE, "nonce": "another"}
    assert strangers.node("formats", "checkResponse", exchange=other, **told)["failed"]


async def test_isomdoc_checks_our_device_response(strangers: Strangers) -> None:
    shown = await _our_response()

    def check(transcript: bytes) -> Any:
        told = {"presentation": shown, "transcript": base64url.encode(transcript)}
        return strangers.python("oracles", "check_response_isomdoc", **told)

    assert check(TRANSCRIPT.data) == {"documents": 1}
    with pytest.raises(StrangerRefused, match="InvalidSignature"):
        check(cbor.encode([None, None, ["OpenID4VPHandover", bytes(32)]]))


def _their_mdoc(strangers: Strangers, library: str) -> bytes:
    told = {
        "docType": DOC_TYPE,
        "claims": {NAME_SPACE: CLAIMS},
        "deviceKey": encode_jwk(DEVICE.public_key),
        "signer": _signer(ISSUER),
    }
    if library in ("owf", "animo"):
        text = strangers.node("formats", "issueMdoc", library=library, **told)
    else:
        text = strangers.python("oracles", f"issue_mdoc_{library}", **told)
    return base64url.decode(text)


@pytest.mark.parametrize("library", ["owf", "animo", "isomdoc", "pymdoccbor"])
def test_we_check_their_mdoc(strangers: Strangers, library: str) -> None:
    issued = _their_mdoc(strangers, library)
    decoded = decode_issuer_signed(issued)
    authentic = authenticate_issuer(decoded, trust=_trust(ISSUER), at=_now())
    assert check_digests(decoded, authentic=authentic) == {NAME_SPACE: CLAIMS}
    check_validity(authentic, at=_now())
    assert authentic.mso.doc_type == DOC_TYPE
    assert authentic.mso.device_key == DEVICE.public_key
    forged = decode_issuer_signed(_changed(issued, b"family_name"))
    with pytest.raises(MrcError):
        check_digests(
            forged, authentic=authenticate_issuer(forged, trust=_trust(ISSUER), at=_now())
        )


def our_sd_jwt() -> str:
    source = sd_jwt_issuing.SdJwtVcInput(
        vct=VCT,
        claims={
            **{name: Disclosable(value) for name, value in CLAIMS.items()},
            "address": {"city": Disclosable("서울"), "country": "KR"},
            "nationalities": [Disclosable("NO"), "KR"],
        },
        holder_key=DEVICE.public_key,
        status=None,
        issued_at=_now(),
        expires_at=_now() + timedelta(days=7),
        x5c=[_der(SD_JWT_ISSUER)],
        decoys=3,
    )
    prepared = sd_jwt_issuing.prepare(source, algorithm=Algorithm.ES256, entropy=SystemEntropy())
    signer = SoftwareSigner.from_pem(SD_JWT_ISSUER.key_pem.encode())
    return prepared.finish(signer.sign_now(prepared.signing_input))


async def _our_presentation(*paths: list[str | int | None]) -> str:
    return await sd_jwt_presenting.present(
        sd_jwt.decode(our_sd_jwt()),
        disclose=paths,
        binding=sd_jwt_presenting.KeyBinding(
            audience=str(EXCHANGE["clientId"]), nonce=str(EXCHANGE["nonce"]), issued_at=_now()
        ),
        signer=DEVICE,
    )


async def test_sd_jwt_js_checks_our_sd_jwt(strangers: Strangers) -> None:
    shown = await _our_presentation(["family_name"], ["address", "city"], ["nationalities", 0])
    told = {"anchors": [SD_JWT_ISSUER.root_pem], "exchange": EXCHANGE}
    found = strangers.node("formats", "checkSdJwt", credential=shown, **told)
    assert found["claims"]["family_name"] == CLAIMS["family_name"]
    assert found["claims"]["address"] == {"city": "서울", "country": "KR"}
    assert found["claims"]["nationalities"] == ["NO", "KR"]
    assert "points" not in found["claims"]
    told["exchange"] = {**EXCHANGE, "nonce": "another"}
    with pytest.raises(StrangerRefused, match=r"[Nn]once"):
        strangers.node("formats", "checkSdJwt", credential=shown, **told)


async def test_pypi_sd_jwt_checks_our_sd_jwt(strangers: Strangers) -> None:
    shown = await _our_presentation(["family_name"], ["nationalities", 0])
    told = {
        "key": SD_JWT_ISSUER.jwk,
        "audience": EXCHANGE["clientId"],
        "nonce": EXCHANGE["nonce"],
    }
    with pytest.raises(StrangerRefused, match="Invalid header type|KB-JWT|nonce"):
        strangers.python("oracles", "check_sd_jwt", credential=shown, **{**told, "nonce": "other"})
    found = strangers.python("oracles", "check_sd_jwt", credential=shown, **told)
    assert found["family_name"] == CLAIMS["family_name"]
    assert found["nationalities"] == ["NO", "KR"]


@pytest.mark.parametrize("library", ["sd-jwt-js", "pypi sd-jwt"])
def test_we_check_their_sd_jwt(strangers: Strangers, library: str) -> None:
    told = {
        "claims": CLAIMS,
        "vct": VCT,
        "deviceKey": encode_jwk(DEVICE.public_key),
        "signer": _signer(SD_JWT_ISSUER),
    }
    if library == "sd-jwt-js":
        issued = strangers.node("formats", "issueSdJwt", **told)
    else:
        times = {"iat": int(_now().timestamp()), "exp": int(_now().timestamp()) + 600}
        body = SD_JWT_ISSUER.pem.split("-----")[2].replace("\n", "")
        told |= {"iss": "https://stranger.example", "x5c": [body], **times}
        issued = strangers.python("oracles", "issue_sd_jwt", **told)
    expectation = Expectation(
        vcts=(VCT,),
        issuer_algorithms=ES256,
        trust=X5cTrust(checker=_trust(SD_JWT_ISSUER)),
        binding=None,
        at=_now(),
    )

    def check(text: str) -> Any:
        return check_issued(
            sd_jwt.decode(text),
            expectation=expectation,
            holder_key=DEVICE.public_key,
            verifier=VERIFIER,
        ).claims

    assert {name: check(issued)[name] for name in CLAIMS} == CLAIMS
    header, rest = issued.split(".", 1)
    with pytest.raises(MrcError):
        check(f"{header}.{rest.replace(rest[40], 'A' if rest[40] != 'A' else 'B', 1)}")


def _status_claims() -> StatusClaims:
    published = PublishedList(bits=2, size=len(STATUSES))
    for index, status in enumerate(STATUSES):
        published.set(index, status)
    return StatusClaims(
        uri=STATUS_URI,
        issued_at=_now(),
        expires_at=_now() + timedelta(minutes=10),
        ttl=timedelta(seconds=60),
        bits=2,
        compressed=published.compressed(),
        aggregation_uri=f"{STATUS_URI}/all",
    )


def test_strangers_read_our_status_lists(strangers: Strangers) -> None:
    signer = SoftwareSigner.from_pem(ISSUER.key_pem.encode())
    text = prepare_jwt(_status_claims(), algorithm=Algorithm.ES256, x5c=[_der(ISSUER)])
    token = text.finish(signer.sign_now(text.to_be_signed))
    assert strangers.node("formats", "readStatusJwt", token=token) == STATUSES
    assert strangers.python("oracles", "check_jws", text=token, key=ISSUER.jwk)
    binary = prepare_cwt(_status_claims(), algorithm=Algorithm.ES256, x5chain=[_der(ISSUER)])
    signed = base64url.encode(binary.finish(signer.sign_now(binary.to_be_signed)))
    read = strangers.node("formats", "readStatusCwt", token=signed)
    assert read == {"uri": STATUS_URI, "ttl": 60, "statuses": STATUSES}


@pytest.mark.parametrize("kind", ["Jwt", "Cwt"])
def test_we_read_their_status_lists(strangers: Strangers, kind: str) -> None:
    told = {"uri": STATUS_URI, "statuses": STATUSES, "signer": _signer(ISSUER)}
    token = strangers.node("formats", f"writeStatus{kind}", **told)
    key = SoftwareSigner.from_pem(ISSUER.key_pem.encode()).public_key
    checks = {
        "key": key,
        "expected_algorithms": ES256,
        "expected_uri": STATUS_URI,
        "at": _now(),
        "verifier": VERIFIER,
    }
    read: TrustedStatusList
    if kind == "Jwt":
        read = check_jwt(decode_jwt(token), **checks)
    else:
        read = check_cwt(decode_cwt(base64url.decode(token)), **checks)
    found = [read.get(StatusReference(uri=STATUS_URI, idx=i)) for i in range(len(STATUSES))]
    assert found == STATUSES


def test_jose_libraries_read_our_jws_and_we_theirs(strangers: Strangers) -> None:
    text = jws.sign_now({"typ": "JWT"}, b'{"a":1}', DEVICE)
    assert strangers.python("oracles", "check_jws", text=text, key=HOLDER.jwk) == '{"a":1}'
    header, payload, _ = text.split(".")
    with pytest.raises(StrangerRefused):
        strangers.python("oracles", "check_jws", text=f"{header}.{payload}.AAAA", key=HOLDER.jwk)
    theirs = strangers.python("oracles", "make_jws", payload="hello", key=HOLDER.jwk)
    decoded = jws.decode_compact(theirs)
    jws.check_signature(
        decoded, key=DEVICE.public_key, expected_algorithms=ES256, verifier=VERIFIER
    )
    assert decoded.payload == b"hello"


@pytest.mark.parametrize("encryption", list(jwe.Encryption))
@pytest.mark.parametrize("compress", [False, True])
async def test_jose_libraries_read_our_jwe_and_we_theirs(
    strangers: Strangers, encryption: jwe.Encryption, compress: bool
) -> None:
    agreement = SoftwareKeyAgreement.from_pem(HOLDER.key_pem.encode())
    sender = jwe.Sender(
        key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=OpensslCipher()
    )
    parties = jwe.Parties(apu=b"wallet", apv=b"nonce")
    ours = await jwe.encrypt(
        b"secret",
        recipient=agreement.public_key,
        kid="1",
        encryption=encryption,
        sender=sender,
        compress=compress,
        parties=parties,
    )
    assert strangers.python("oracles", "decrypt_jwe", text=ours, key=HOLDER.jwk) == "secret"
    told = {"plaintext": "secret", "enc": encryption.value, "zip": compress, "key": HOLDER.jwk}
    theirs = jwe.decode(strangers.python("oracles", "encrypt_jwe", **told))
    assert await jwe.decrypt(theirs, agreement, OpensslCipher()) == b"secret"


def test_cose_libraries_read_our_sign1_and_we_theirs(strangers: Strangers) -> None:
    prepared = prepare_sign1(b"hello", protected={ALG: -7}, unprotected={})
    ours = encode_sign1(prepared.finish(DEVICE.sign_now(prepared.to_be_signed)), tagged=True)

    def check(message: bytes) -> Any:
        text = base64url.encode(message)
        return strangers.python("oracles", "check_sign1", message=text, key=HOLDER.jwk)

    assert check(ours) == "hello"
    with pytest.raises(StrangerRefused):
        check(_changed(ours, b"hello"))
    theirs = strangers.python("oracles", "make_sign1", payload="hello", key=HOLDER.jwk)
    read = decode_sign1(base64url.decode(theirs))
    check_sign1(read, key=DEVICE.public_key, expected_algorithms=ES256, verifier=VERIFIER)
    assert read.payload == b"hello"
