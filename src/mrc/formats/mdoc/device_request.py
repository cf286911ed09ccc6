"""DeviceRequest and mdoc reader authentication (ISO/IEC 18013-5:2021, 8.3.2.1.2.1 and 9.1.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose import reasons as cose_reasons
from mrc.formats.cose.headers import ALG, ALGORITHM_NUMBERS, X5CHAIN, encode_x5chain
from mrc.formats.cose.sign1 import PreparedSign1, Sign1, check_sign1, prepare_sign1, read_sign1
from mrc.formats.mdoc.reasons import Reason
from mrc.formats.mdoc.session_transcript import SessionTranscript
from mrc.formats.mdoc.verifying import ALGORITHMS
from mrc.formats.x509.chain import TrustedChain
from mrc.formats.x509.profiles import Purpose
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Algorithm
from mrc.kernel.ports import SignatureVerifier

MAX_DOC_REQUESTS = 8  # each costs the holder's phone a signature check and a line to read
_HEAD = b"\x83" + cbor.encode("ReaderAuthentication")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocRequest:
    """One document asked for: per namespace and element, whether the reader will keep it.

    `items_request_bytes` as received, tag 24 included: the reader's signature is over them.
    """

    doc_type: str
    name_spaces: Mapping[str, Mapping[str, bool]]
    items_request_bytes: cbor.Embedded
    reader_auth: Sign1 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    version: str
    doc_requests: tuple[DocRequest, ...]


def decode_device_request(data: bytes) -> DeviceRequest:
    """Raises `Malformed`. Members of the second edition are passed over."""
    what = "DeviceRequest"
    request = cbor.decode_as(dict, data, what=what)
    version = cbor.member(str, request, "version", what)
    if not version.startswith("1."):
        raise Malformed(what, "a version other than 1.x")
    asked = cbor.member(list, request, "docRequests", what)
    if not 0 < len(asked) <= MAX_DOC_REQUESTS:
        raise Malformed(what, f"expected 1 to {MAX_DOC_REQUESTS} documents")
    return DeviceRequest(version=version, doc_requests=tuple(map(_doc_request, asked)))


def _doc_request(value: object) -> DocRequest:
    what = "ItemsRequest"
    asked = cbor.expect(dict, value, "DocRequest")
    embedded = cbor.member(cbor.Embedded, asked, "itemsRequest", "DocRequest")
    items = cbor.decode_as(dict, embedded.data, what=what)
    reader_auth = asked.get("readerAuth")
    name_spaces: dict[str, dict[str, bool]] = {}
    for name, elements in cbor.member(dict, items, "nameSpaces", what).items():
        name_spaces[cbor.expect(str, name, what)] = {
            cbor.expect(str, element, what): cbor.expect(bool, retain, what)
            for element, retain in cbor.expect(dict, elements, what).items()
        }
    return DocRequest(
        doc_type=cbor.member(str, items, "docType", what),
        name_spaces=name_spaces,
        items_request_bytes=embedded,
        reader_auth=None if reader_auth is None else read_sign1(reader_auth),
    )


def encode_items_request(
    doc_type: str, name_spaces: Mapping[str, Mapping[str, bool]]
) -> cbor.Embedded:
    """ItemsRequestBytes; the flag says whether the reader intends to retain the element."""
    spaces = {name: dict(elements) for name, elements in name_spaces.items()}
    return cbor.Embedded(cbor.encode({"docType": doc_type, "nameSpaces": spaces}))


def encode_device_request(asked: Sequence[tuple[cbor.Embedded, Sign1 | None]]) -> bytes:
    """Each entry: ItemsRequestBytes and, where the reader says who it is, its signature."""
    requests = [
        {"itemsRequest": items, **({"readerAuth": auth.value} if auth is not None else {})}
        for items, auth in asked
    ]
    return cbor.encode({"version": "1.0", "docRequests": requests})


def reader_authentication_bytes(
    session_transcript: SessionTranscript, items_request_bytes: cbor.Embedded
) -> bytes:
    """ReaderAuthenticationBytes, the detached payload (9.1.4.3)."""
    body = b"".join((_HEAD, session_transcript.data, items_request_bytes.encoded))
    return cbor.Embedded(body).encoded


def prepare_reader_auth(
    session_transcript: SessionTranscript,
    items_request_bytes: cbor.Embedded,
    *,
    algorithm: Algorithm,
    x5chain: Sequence[bytes],
) -> PreparedSign1:
    """What the reader's key has to sign; `x5chain` with the reader's certificate first."""
    return prepare_sign1(
        reader_authentication_bytes(session_transcript, items_request_bytes),
        protected={ALG: ALGORITHM_NUMBERS[algorithm]},
        unprotected={X5CHAIN: encode_x5chain(tuple(x5chain))},
        detached=True,
    )


def check_reader_auth(
    asked: DocRequest,
    *,
    session_transcript: SessionTranscript,
    reader: TrustedChain,
    verifier: SignatureVerifier,
) -> None:
    """Raise `Rejected` unless the trusted reader signed this request in this exchange (9.1.4).

    `reader` comes of checking ``asked.reader_auth.x5chain`` for `Purpose.READER`. A request
    without a signature is the caller's to judge.
    """
    if reader.purpose is not Purpose.READER:
        raise ValueError("a chain that was checked for another purpose")
    if asked.reader_auth is None or asked.reader_auth.x5chain[:1] != (reader.leaf.der,):
        raise Rejected(Reason.READER_AUTH_MISSING, "18013-5 9.1.4")
    payload = reader_authentication_bytes(session_transcript, asked.items_request_bytes)
    try:
        check_sign1(
            asked.reader_auth,
            key=reader.leaf_key,
            expected_algorithms=ALGORITHMS,
            verifier=verifier,
            detached_payload=payload,
        )
    except Rejected as error:
        if error.reason is not cose_reasons.Reason.SIGNATURE:
            raise
        raise Rejected(Reason.READER_SIGNATURE, "18013-5 9.1.4.4") from error
