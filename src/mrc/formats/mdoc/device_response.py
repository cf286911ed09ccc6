"""DeviceResponse (ISO/IEC 18013-5:2021, 8.3.2.1.2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose.mac0 import Mac0, read_mac0
from mrc.formats.cose.sign1 import Sign1, read_sign1
from mrc.formats.mdoc.issuer_signed import IssuerSigned, read_issuer_signed
from mrc.kernel.errors import Malformed

STATUS_OK = 0
MAX_DOCUMENTS = 8  # a wallet answers for a card or two; each costs the reader several signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSigned:
    """`name_spaces_bytes` as received. At most one of signature and MAC; neither is kept too,
    so that the check for it can say that it lacks."""

    name_spaces_bytes: cbor.Embedded
    name_spaces: Mapping[str, Mapping[str, object]]
    device_signature: Sign1 | None
    device_mac: Mac0 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    doc_type: str
    issuer_signed: IssuerSigned
    device_signed: DeviceSigned | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceResponse:
    """`document_errors`: per refused docType the error code."""

    version: str
    documents: tuple[Document, ...]
    document_errors: tuple[Mapping[str, int], ...]
    status: int


def decode_device_response(data: bytes) -> DeviceResponse:
    """Raises `Malformed`."""
    what = "DeviceResponse"
    response = cbor.decode_as(dict, data, what=what)
    version = cbor.member(str, response, "version", what)
    if not version.startswith("1."):
        raise Malformed(what, "a version other than 1.x")
    documents = cbor.expect(list, response.get("documents", []), "documents")
    if len(documents) > MAX_DOCUMENTS:
        raise Malformed(what, f"more than {MAX_DOCUMENTS} documents")
    errors = cbor.expect(list, response.get("documentErrors", []), "documentErrors")
    return DeviceResponse(
        version=version,
        documents=tuple(_document(document) for document in documents),
        document_errors=tuple(_error(error) for error in errors),
        status=cbor.member(int, response, "status", what),
    )


def _document(value: object) -> Document:
    what = "Document"
    document = cbor.expect(dict, value, what)
    signed = document.get("deviceSigned")
    return Document(
        doc_type=cbor.member(str, document, "docType", what),
        issuer_signed=read_issuer_signed(document.get("issuerSigned")),
        device_signed=None if signed is None else _device_signed(signed),
    )


def _device_signed(value: object) -> DeviceSigned:
    what = "DeviceSigned"
    signed = cbor.expect(dict, value, what)
    auth = cbor.expect(dict, signed.get("deviceAuth", {}), "DeviceAuth")
    if {"deviceSignature", "deviceMac"} <= auth.keys():
        raise Malformed("DeviceAuth", "a signature and a MAC")
    embedded = cbor.member(cbor.Embedded, signed, "nameSpaces", what)
    signature, mac = auth.get("deviceSignature"), auth.get("deviceMac")
    return DeviceSigned(
        name_spaces_bytes=embedded,
        name_spaces=_name_spaces(embedded),
        device_signature=None if signature is None else read_sign1(signature),
        device_mac=None if mac is None else read_mac0(mac),
    )


def _name_spaces(embedded: cbor.Embedded) -> dict[str, dict[str, object]]:
    what = "DeviceNameSpaces"
    found: dict[str, dict[str, object]] = {}
    for name, elements in cbor.decode_as(dict, embedded.data, what=what).items():
        items = cbor.expect(dict, elements, what).items()
        found[cbor.expect(str, name, what)] = {
            cbor.expect(str, element, what): value for element, value in items
        }
    return found


def _error(value: object) -> dict[str, int]:
    what = "DocumentError"
    return {
        cbor.expect(str, doc_type, what): cbor.expect(int, code, what)
        for doc_type, code in cbor.expect(dict, value, what).items()
    }


def encode_device_response(documents: Sequence[bytes], *, status: int = STATUS_OK) -> bytes:
    """A response around encoded documents; none where `status` is not 0 (8.3.2.1.2.3)."""
    if status != STATUS_OK and documents:
        raise ValueError("a response with an error carries no documents")
    body: dict[str, object] = {"version": "1.0"}
    if documents:
        body["documents"] = [cbor.Encoded(document) for document in documents]
    return cbor.encode({**body, "status": status})
