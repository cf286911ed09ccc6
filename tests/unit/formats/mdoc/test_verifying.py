"""The bad responses: one way to cheat each, refused for its own reason and by its own check.

The first sixteen are those that other implementations accept now and then (see the project's
speed claims); the rest are ours.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from mrc.formats import cbor
from mrc.formats.cbor import Embedded
from mrc.formats.cose.reasons import Reason as CoseReason
from mrc.formats.cose.sign1 import prepare_sign1
from mrc.formats.mdoc.device_authentication import device_authentication_bytes
from mrc.formats.mdoc.device_response import decode_device_response, encode_device_response
from mrc.formats.mdoc.mso import KeyAuthorizations, Validity
from mrc.formats.mdoc.presenting import mac_document, prepare_document, present
from mrc.formats.mdoc.reasons import Reason
from mrc.formats.mdoc.session_transcript import SessionTranscript, openid4vp_redirect
from mrc.formats.mdoc.verifying import (
    CHECKS,
    ResponseVerdict,
    shared_secret_for,
    verify_device_response,
)
from mrc.formats.x509.chain import ChainChecker
from mrc.formats.x509.reasons import Reason as X509Reason
from mrc.infra.keys.software import OpensslVerifier, SoftwareKeyAgreement, SoftwareSigner
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Outcome, worst
from mrc.kernel.keys import Curve
from mrc.kernel.pure_verifier import PureVerifier
from tests.simulators.forger import Forgery, forge, good_root
from tests.simulators.mdocs import (
    COMMON,
    DOC_TYPE,
    DOMESTIC,
    ELEMENTS,
    TRANSCRIPT,
    VALIDITY,
    issue_mdoc,
)
from tests.simulators.pki import NOW, practice_pki

PKI = practice_pki()
DEVICE = SoftwareSigner.generate()
DISCLOSE = {COMMON: ["family_name", "age_over_18"], DOMESTIC: ["status_of_stay"]}
TRUST = ChainChecker(anchors=[PKI.iaca.certificate], verifier=OpensslVerifier())
ISSUED = issue_mdoc(DEVICE.public_key)
OTHER = openid4vp_redirect(
    client_id="x509_hash:other", nonce="n", jwk_thumbprint=None, response_uri="https://other/"
)


def answer(
    issued: bytes = ISSUED,
    *,
    signer: SoftwareSigner = DEVICE,
    transcript: SessionTranscript = TRANSCRIPT,
    doc_type: str = DOC_TYPE,
) -> bytes:
    coroutine = present(
        issued,
        doc_type=doc_type,
        disclose=DISCLOSE,
        session_transcript=transcript,
        device_signer=signer,
    )
    return asyncio.run(coroutine)


GOOD = answer()


def verify(
    response: bytes, *, at: datetime = NOW, trust: ChainChecker = TRUST, **more: Any
) -> ResponseVerdict:
    return verify_device_response(
        response, trust=trust, session_transcript=TRANSCRIPT, at=at, **more
    )


def changed(change: Callable[[dict[str, Any]], object], response: bytes = GOOD) -> bytes:
    """The response after `change` to its only document."""
    value: Any = cbor.decode(response)
    change(value["documents"][0])
    return cbor.encode(value)


def items(document: dict[str, Any], name_space: str = COMMON) -> list[Embedded]:
    found: list[Embedded] = document["issuerSigned"]["nameSpaces"][name_space]
    return found


def set_item(document: dict[str, Any], **changes: object) -> None:
    item: Any = cbor.decode(items(document)[0].data)
    items(document)[0] = Embedded(cbor.encode({**item, **changes}))


def flip_issuer_signature(document: dict[str, Any]) -> None:
    auth = document["issuerSigned"]["issuerAuth"]
    auth[3] = auth[3][:-1] + bytes((auth[3][-1] ^ 1,))


def flip_device_signature(document: dict[str, Any]) -> None:
    auth = document["deviceSigned"]["deviceAuth"]["deviceSignature"]
    auth[3] = auth[3][:-1] + bytes((auth[3][-1] ^ 1,))


def unsign(document: dict[str, Any]) -> None:
    document["deviceSigned"]["deviceAuth"] = {}


def move_name_space(document: dict[str, Any]) -> None:
    spaces = document["issuerSigned"]["nameSpaces"]
    spaces["kr.go.moj.other.1"] = spaces.pop(DOMESTIC)


def twice(document: dict[str, Any]) -> None:
    items(document).append(items(document)[0])


def valid(**changes: datetime) -> Validity:
    return Validity(
        signed=changes.get("signed", VALIDITY.signed),
        valid_from=changes.get("valid_from", VALIDITY.valid_from),
        valid_until=changes.get("valid_until", VALIDITY.valid_until),
    )


def signed_under(signer: Forgery, *chain: bytes) -> bytes:
    return answer(issue_mdoc(DEVICE.public_key, signer=signer.signer, x5chain=chain))


FORGED_ROOT = good_root("Practice IACA")
LEAF = Forgery()
UNDER_STRANGERS = good_root("Strangers")
ANCHORED = good_root("Anchored")
ANCHORED_TRUST = ChainChecker(anchors=[forge(ANCHORED)], verifier=OpensslVerifier())


def under_anchor(**changes: Any) -> bytes:
    signer = Forgery(**changes)
    return signed_under(signer, forge(signer, signed_by=ANCHORED).der)


def under_leaf() -> bytes:
    signer, leaf = Forgery(name="Deeper"), Forgery(name="Leaf")
    chain = (forge(signer, signed_by=leaf).der, forge(leaf, signed_by=ANCHORED).der)
    return signed_under(signer, *chain)


SHIFT = timedelta(days=400)
BAD: dict[str, tuple[Callable[[], bytes], str, Any]] = {
    "1 issuer signature": (
        lambda: changed(flip_issuer_signature),
        "issuer_signature",
        Reason.ISSUER_SIGNATURE,
    ),
    "2 element value": (
        lambda: changed(lambda d: set_item(d, elementValue="PARK")),
        "digests",
        Reason.DIGEST_MISMATCH,
    ),
    "3 unknown digest id": (
        lambda: changed(lambda d: set_item(d, digestID=99)),
        "digests",
        Reason.DIGEST_UNKNOWN,
    ),
    "4 device signature wrong": (
        lambda: changed(flip_device_signature),
        "device_auth",
        Reason.DEVICE_SIGNATURE,
    ),
    "5 device signature missing": (
        lambda: changed(unsign),
        "device_auth",
        Reason.DEVICE_AUTH_MISSING,
    ),
    "6 other session transcript": (
        lambda: answer(transcript=OTHER),
        "device_auth",
        Reason.DEVICE_SIGNATURE,
    ),
    "7 namespace not in the MSO": (
        lambda: changed(move_name_space),
        "digests",
        Reason.NAMESPACE_UNKNOWN,
    ),
    "8 MSO expired": (
        lambda: answer(
            issue_mdoc(DEVICE.public_key, validity=valid(valid_until=NOW - timedelta(seconds=1)))
        ),
        "validity",
        Reason.EXPIRED,
    ),
    "9 MSO not yet valid": (
        lambda: answer(
            issue_mdoc(DEVICE.public_key, validity=valid(valid_from=NOW + timedelta(seconds=1)))
        ),
        "validity",
        Reason.NOT_YET_VALID,
    ),
    "10 docType differs": (
        lambda: answer(doc_type="org.iso.18013.5.1.mDL"),
        "doc_type",
        Reason.DOC_TYPE,
    ),
    "11 issuer not trusted": (
        lambda: signed_under(LEAF, forge(LEAF, signed_by=UNDER_STRANGERS).der),
        "issuer_chain",
        X509Reason.ISSUER_UNKNOWN,
    ),
    "12 same-name forgery": (
        lambda: signed_under(LEAF, forge(LEAF, signed_by=FORGED_ROOT).der),
        "issuer_chain",
        X509Reason.ISSUER_SIGNATURE,
    ),
    "13 expired issuer certificate": (
        lambda: under_anchor(end=NOW - timedelta(seconds=1)),
        "issuer_chain",
        X509Reason.EXPIRED,
    ),
    "14 issuer certificate signed by a leaf": (under_leaf, "issuer_chain", X509Reason.NOT_A_CA),
    "15 issuer certificate without the usage": (
        lambda: under_anchor(extended=None),
        "issuer_chain",
        X509Reason.EXTENDED_KEY_USAGE,
    ),
    "16 one element twice": (lambda: changed(twice), "digests", Reason.ELEMENT_TWICE),
    "another device": (
        lambda: answer(signer=SoftwareSigner.generate()),
        "device_auth",
        Reason.DEVICE_SIGNATURE,
    ),
    "no device part at all": (
        lambda: changed(lambda d: d.pop("deviceSigned")),
        "device_auth",
        Reason.DEVICE_AUTH_MISSING,
    ),
    "no certificate": (
        lambda: changed(lambda d: d["issuerSigned"]["issuerAuth"][1].clear()),
        "issuer_chain",
        Reason.X5CHAIN_MISSING,
    ),
    "a certificate that does not decode": (
        lambda: changed(lambda d: d["issuerSigned"]["issuerAuth"][1].update({33: b"\x30"})),
        "issuer_chain",
        Reason.MALFORMED,
    ),
    "the issuer's algorithm is none of ours": (
        lambda: changed(
            lambda d: d["issuerSigned"]["issuerAuth"].__setitem__(0, b"\xa1\x01\x38\x24")
        ),
        "issuer_signature",
        CoseReason.ALGORITHM,
    ),
    "the MSO left out": (
        lambda: changed(lambda d: d["issuerSigned"]["issuerAuth"].__setitem__(2, None)),
        "issuer_signature",
        CoseReason.PAYLOAD,
    ),
    "the device's payload attached": (
        lambda: changed(
            lambda d: d["deviceSigned"]["deviceAuth"]["deviceSignature"].__setitem__(2, b"x")
        ),
        "device_auth",
        CoseReason.PAYLOAD,
    ),
    "salt changed": (
        lambda: changed(lambda d: set_item(d, random=bytes(24))),
        "digests",
        Reason.DIGEST_MISMATCH,
    ),
    "an item under another namespace": (
        lambda: changed(lambda d: items(d).extend(items(d, DOMESTIC))),
        "digests",
        Reason.DIGEST_UNKNOWN,
    ),
    "signed before the certificate began": (
        lambda: answer(
            issue_mdoc(DEVICE.public_key, validity=valid(signed=VALIDITY.signed - SHIFT))
        ),
        "validity",
        Reason.SIGNED_OUTSIDE_CERTIFICATE,
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_18013_5_9_3_a_bad_response_is_refused(case: str) -> None:
    make, check, reason = BAD[case]
    needs_own_root = check == "issuer_chain" and case[:2] in {"13", "14", "15"}
    verdict = verify(make(), trust=ANCHORED_TRUST if needs_own_root else TRUST)
    failures = [f for f in verdict.findings if f.outcome is Outcome.FAILED]
    by_check = {finding.check: finding.reason for finding in failures}
    assert by_check.pop(f"mdoc.{check}") == reason.value
    assert not by_check
    (document,) = verdict.documents
    assert [finding.check for finding in document.findings] == [name for name, _ in CHECKS]
    if check != "validity":
        assert not document.disclosed


def test_a_good_response_passes_every_check() -> None:
    verdict = verify(GOOD)
    assert worst(verdict.findings) is Outcome.PASSED
    (document,) = verdict.documents
    assert document.disclosed == {
        COMMON: {"family_name": "HONG", "age_over_18": True},
        DOMESTIC: {"status_of_stay": "E-7"},
    }
    assert document.authentic is not None
    assert document.authentic.mso.status is None


def test_pure_python_finds_the_same() -> None:
    trust = ChainChecker(anchors=[PKI.iaca.certificate], verifier=PureVerifier())
    assert verify(GOOD, trust=trust).findings == verify(GOOD).findings


@pytest.mark.parametrize("curve", [Curve.P384, Curve.P521])
def test_devices_with_other_curves(curve: Curve) -> None:
    device = SoftwareSigner.generate(curve)
    response = answer(issue_mdoc(device.public_key), signer=device)
    assert worst(verify(response).findings) is Outcome.PASSED


@pytest.mark.parametrize("at", [VALIDITY.valid_from, VALIDITY.valid_until])
def test_both_ends_of_the_validity_count(at: datetime) -> None:
    assert worst(verify(GOOD, at=at).findings) is Outcome.PASSED


def test_nothing_is_checked_under_an_issuer_that_is_not_authentic() -> None:
    verdict = verify(changed(flip_issuer_signature))
    later = [f for f in verdict.documents[0].findings if f.outcome is Outcome.UNDETERMINED]
    assert [finding.check for finding in later] == [name for name, _ in CHECKS[2:]]
    assert verdict.documents[0].authentic is None


def test_a_signature_with_long_heads_is_hashed_as_it_came() -> None:
    """Senders with b9 0002 for a map of two exist: their digests are over those bytes."""

    def lengthen(document: dict[str, Any]) -> None:
        first = items(document)[0]
        items(document)[0] = Embedded(
            first.data, b"\xd8\x18\x59" + len(first.data).to_bytes(2) + first.data
        )

    verdict = verify(changed(lengthen))
    reasons = {finding.check: finding.reason for finding in verdict.findings}
    assert reasons["mdoc.digests"] == Reason.DIGEST_MISMATCH.value


def test_an_error_status_and_an_empty_response_are_failures() -> None:
    for response, reason in (
        (encode_device_response([], status=10), Reason.RESPONSE_STATUS),
        (encode_device_response([]), Reason.DOCUMENT_MISSING),
    ):
        (finding,) = verify(response).findings
        assert finding.reason == reason.value
    with pytest.raises(ValueError):
        encode_device_response([GOOD], status=10)


def with_device_elements(authorizations: KeyAuthorizations | None) -> bytes:
    issued = issue_mdoc(DEVICE.public_key, key_authorizations=authorizations)
    spaces = Embedded(cbor.encode({"own": {"place": "Seoul"}}))
    payload = device_authentication_bytes(TRANSCRIPT, DOC_TYPE, spaces)
    prepared = prepare_sign1(payload, protected={1: -7}, unprotected={}, detached=True)
    signature = prepared.finish(DEVICE.sign_now(prepared.to_be_signed)).value

    def vouch(document: dict[str, Any]) -> None:
        auth = {"deviceSignature": signature}
        document["deviceSigned"] = {"nameSpaces": spaces, "deviceAuth": auth}

    return changed(vouch, answer(issued))


@pytest.mark.parametrize(
    ("authorizations", "reason"),
    [
        (None, Reason.DEVICE_ELEMENT.value),
        (
            KeyAuthorizations(data_elements={"own": frozenset({"other"})}),
            "device_element_not_authorized",
        ),
        (KeyAuthorizations(data_elements={"own": frozenset({"place"})}), None),
        (KeyAuthorizations(name_spaces=frozenset({"own"}), data_elements={}), None),
    ],
)
def test_9_1_2_4_a_device_vouches_only_for_what_it_may(
    authorizations: KeyAuthorizations | None, reason: str | None
) -> None:
    verdict = verify(with_device_elements(authorizations))
    assert {f.check: f.reason for f in verdict.findings}["mdoc.device_auth"] == reason
    vouched = verdict.documents[0].vouched
    assert vouched == ({} if reason else {"own": {"place": "Seoul"}})


async def test_9_1_3_5_device_macs() -> None:
    device, reader = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    document = await mac_document(
        issue_mdoc(device.public_key),
        doc_type=DOC_TYPE,
        disclose=DISCLOSE,
        session_transcript=TRANSCRIPT,
        device_agreement=device,
        e_reader_key=reader.public_key,
    )
    response = encode_device_response([document])

    async def reason(agreement: SoftwareKeyAgreement | None, data: bytes = response) -> str | None:
        decoded = decode_device_response(data)
        secrets = {}
        if agreement is not None:
            secret = await shared_secret_for(decoded.documents[0], agreement=agreement)
            assert secret is not None
            secrets = {0: secret}
        verdict = verify(data, shared_secrets=secrets)
        return {f.check: f.reason for f in verdict.findings}["mdoc.device_auth"]

    assert await reason(reader) is None
    assert await reason(SoftwareKeyAgreement.generate()) == Reason.DEVICE_MAC.value
    assert await reason(None) == Reason.DEVICE_MAC_UNEXPECTED.value

    def as_signature(document: dict[str, Any]) -> None:
        auth = document["deviceSigned"]["deviceAuth"]
        auth["deviceSignature"] = auth.pop("deviceMac")

    assert await reason(None, changed(as_signature, response)) == CoseReason.ALGORITHM.value
    other = SoftwareKeyAgreement.generate(Curve.P384)
    with pytest.raises(Malformed, match="curve"):
        await shared_secret_for(decode_device_response(response).documents[0], agreement=other)
    good = decode_device_response(GOOD).documents[0]
    assert await shared_secret_for(good, agreement=reader) is None


def test_an_element_that_is_not_held_cannot_be_shown() -> None:
    for disclose in ({COMMON: ["shoe_size"]}, {"no.such": ["family_name"]}):
        with pytest.raises(Rejected) as caught:
            prepare_document(
                ISSUED,
                doc_type=DOC_TYPE,
                disclose=disclose,
                session_transcript=TRANSCRIPT,
                algorithm=DEVICE.algorithm,
            )
        assert caught.value.reason is Reason.ELEMENT_NOT_HELD


def test_an_answer_without_elements_still_proves_the_card() -> None:
    prepared = prepare_document(
        ISSUED,
        doc_type=DOC_TYPE,
        disclose={COMMON: []},
        session_transcript=TRANSCRIPT,
        algorithm=DEVICE.algorithm,
    )
    document = prepared.finish(DEVICE.sign_now(prepared.to_be_signed))
    verdict = verify(encode_device_response([document, document]))
    assert worst(verdict.findings) is Outcome.PASSED
    assert [document.disclosed for document in verdict.documents] == [{}, {}]
    assert set(ELEMENTS) == {COMMON, DOMESTIC}
