"""Requests: who asks, for what, in which exchange."""

from collections.abc import Callable
from typing import Any

import pytest

from mrc.formats import cbor
from mrc.formats.cbor import Embedded
from mrc.formats.mdoc.device_request import (
    DocRequest,
    check_reader_auth,
    decode_device_request,
    encode_device_request,
    encode_items_request,
    prepare_reader_auth,
)
from mrc.formats.mdoc.reasons import Reason
from mrc.formats.mdoc.session_transcript import SessionTranscript, iso_dc_api
from mrc.formats.x509.chain import ChainChecker, TrustedChain
from mrc.formats.x509.profiles import Purpose
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.mdocs import COMMON, DOC_TYPE, TRANSCRIPT
from tests.simulators.pki import NOW, Identity, make_leaf, practice_pki

PKI = practice_pki()
ITEMS = encode_items_request(DOC_TYPE, {COMMON: {"family_name": False, "portrait": True}})
OTHER = iso_dc_api(encryption_info="x", origin="https://other")


def ask(
    reader: Identity = PKI.reader,
    *,
    signed: Embedded = ITEMS,
    transcript: SessionTranscript = TRANSCRIPT,
    der: bytes | None = None,
) -> DocRequest:
    prepared = prepare_reader_auth(
        transcript, signed, algorithm=reader.signer.algorithm, x5chain=[der or reader.der]
    )
    auth = prepared.finish(reader.signer.sign_now(prepared.to_be_signed))
    (asked,) = decode_device_request(encode_device_request([(ITEMS, auth)])).doc_requests
    return asked


def trusted(asked: DocRequest, purpose: Purpose = Purpose.READER) -> TrustedChain:
    checker = ChainChecker(anchors=[PKI.reader_ca.certificate], verifier=OpensslVerifier())
    assert asked.reader_auth is not None
    return checker.check(asked.reader_auth.x5chain, expected_purpose=purpose, at=NOW)


def check(asked: DocRequest, reader: TrustedChain) -> None:
    check_reader_auth(
        asked, session_transcript=TRANSCRIPT, reader=reader, verifier=OpensslVerifier()
    )


def test_a_registered_reader_is_known_by_its_signature() -> None:
    asked = ask()
    check(asked, trusted(asked))
    assert asked.name_spaces == {COMMON: {"family_name": False, "portrait": True}}


STRANGER = make_leaf(Purpose.READER, "Another asker", issuer=PKI.reader_ca)
MORE = encode_items_request(DOC_TYPE, {COMMON: {"birth_date": True}})
FORGERIES: dict[str, tuple[Callable[[], DocRequest], Reason]] = {
    "another exchange": (lambda: ask(transcript=OTHER), Reason.READER_SIGNATURE),
    "another request": (lambda: ask(signed=MORE), Reason.READER_SIGNATURE),
    "a borrowed certificate": (
        lambda: ask(STRANGER, der=PKI.reader.der),
        Reason.READER_SIGNATURE,
    ),
    "another reader than was checked": (lambda: ask(STRANGER), Reason.READER_AUTH_MISSING),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_9_1_4_a_forged_request_is_refused(case: str) -> None:
    make, reason = FORGERIES[case]
    with pytest.raises(Rejected) as caught:
        check(make(), trusted(ask()))
    assert caught.value.reason is reason


def test_a_request_without_a_signature_proves_nobody() -> None:
    (asked,) = decode_device_request(encode_device_request([(ITEMS, None)])).doc_requests
    with pytest.raises(Rejected) as caught:
        check(asked, trusted(ask()))
    assert caught.value.reason is Reason.READER_AUTH_MISSING


def test_a_chain_of_another_purpose_is_our_own_mistake() -> None:
    checker = ChainChecker(anchors=[PKI.iaca.certificate], verifier=OpensslVerifier())
    chain = checker.check(
        [PKI.document_signer.der], expected_purpose=Purpose.DOCUMENT_SIGNER, at=NOW
    )
    with pytest.raises(ValueError):
        check(ask(), chain)


ONE = {"itemsRequest": ITEMS}
WRONG: dict[str, Any] = {
    "another version": {"version": "2.0", "docRequests": [ONE]},
    "nothing asked": {"version": "1.0", "docRequests": []},
    "too much asked": {"version": "1.0", "docRequests": [ONE] * 9},
    "items that are not wrapped": {"version": "1.0", "docRequests": [{"itemsRequest": {}}]},
    "no type": {
        "version": "1.0",
        "docRequests": [{"itemsRequest": Embedded(cbor.encode({"nameSpaces": {}}))}],
    },
    "a flag as number": {
        "version": "1.0",
        "docRequests": [
            {"itemsRequest": Embedded(cbor.encode({"docType": "d", "nameSpaces": {"n": {"e": 1}}}))}
        ],
    },
    "a signature as bytes": {"version": "1.0", "docRequests": [{**ONE, "readerAuth": b""}]},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_is_malformed(case: str) -> None:
    with pytest.raises(Malformed):
        decode_device_request(cbor.encode(WRONG[case]))
