"""Answering with an mdoc: chosen elements, signed or MACed by the device key.

ISO/IEC 18013-5:2021, 8.3.2.1.2.2 and 9.1.3. The issuer's bytes are passed on as they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrc.formats import cbor
from mrc.formats.cose.headers import ALG, ALGORITHM_NUMBERS
from mrc.formats.cose.mac0 import make_mac0
from mrc.formats.cose.sign1 import PreparedSign1, prepare_sign1
from mrc.formats.mdoc.device_authentication import (
    EMPTY_NAME_SPACES,
    device_authentication_bytes,
    e_mac_key,
)
from mrc.formats.mdoc.device_response import encode_device_response
from mrc.formats.mdoc.issuer_signed import IssuerSigned, decode_issuer_signed
from mrc.formats.mdoc.reasons import Reason
from mrc.formats.mdoc.session_transcript import SessionTranscript
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import KeyAgreement, Signer

Disclose = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDocument:
    """A document but for the device's signature (r||s over `to_be_signed`)."""

    doc_type: str
    issuer_signed: dict[str, object]
    signature: PreparedSign1

    @property
    def to_be_signed(self) -> bytes:
        return self.signature.to_be_signed

    def finish(self, signature: bytes) -> bytes:
        """The encoded Document."""
        auth: dict[str, object] = {"deviceSignature": self.signature.finish(signature).value}
        return _document(self.doc_type, self.issuer_signed, auth)


def prepare_document(
    issuer_signed: bytes,
    *,
    doc_type: str,
    disclose: Disclose,
    session_transcript: SessionTranscript,
    algorithm: Algorithm,
) -> PreparedDocument:
    """What the device key has to sign for this answer. Raises `Rejected` for an element not held."""
    payload = device_authentication_bytes(session_transcript, doc_type, EMPTY_NAME_SPACES)
    return PreparedDocument(
        doc_type=doc_type,
        issuer_signed=_chosen(decode_issuer_signed(issuer_signed), disclose),
        signature=prepare_sign1(
            payload, protected={ALG: ALGORITHM_NUMBERS[algorithm]}, unprotected={}, detached=True
        ),
    )


async def present(
    issuer_signed: bytes,
    *,
    doc_type: str,
    disclose: Disclose,
    session_transcript: SessionTranscript,
    device_signer: Signer,
) -> bytes:
    """A DeviceResponse of one document with the chosen elements and a device signature."""
    prepared = prepare_document(
        issuer_signed,
        doc_type=doc_type,
        disclose=disclose,
        session_transcript=session_transcript,
        algorithm=device_signer.algorithm,
    )
    document = prepared.finish(await device_signer.sign(prepared.to_be_signed))
    return encode_device_response([document])


async def mac_document(
    issuer_signed: bytes,
    *,
    doc_type: str,
    disclose: Disclose,
    session_transcript: SessionTranscript,
    device_agreement: KeyAgreement,
    e_reader_key: EcPublicKey,
) -> bytes:
    """An encoded Document with a device MAC (9.1.3.5). A key that MACs must never sign."""
    secret = await device_agreement.shared_secret(e_reader_key)
    payload = device_authentication_bytes(session_transcript, doc_type, EMPTY_NAME_SPACES)
    mac = make_mac0(payload, key=e_mac_key(secret, session_transcript), detached=True)
    chosen = _chosen(decode_issuer_signed(issuer_signed), disclose)
    return _document(doc_type, chosen, {"deviceMac": mac.value})


def _document(doc_type: str, issuer_signed: dict[str, object], auth: dict[str, object]) -> bytes:
    return cbor.encode(
        {
            "docType": doc_type,
            "issuerSigned": issuer_signed,
            "deviceSigned": {"nameSpaces": EMPTY_NAME_SPACES, "deviceAuth": auth},
        }
    )


def _chosen(held: IssuerSigned, disclose: Disclose) -> dict[str, object]:
    name_spaces: dict[str, object] = {}
    for name_space, elements in disclose.items():
        items = {item.element_identifier: item for item in held.name_spaces.get(name_space, ())}
        if missing := [element for element in elements if element not in items]:
            raise Rejected(Reason.ELEMENT_NOT_HELD, "18013-5 8.3.2.1.2.2", ", ".join(missing))
        if elements:
            name_spaces[name_space] = [items[element].item_bytes for element in elements]
    chosen: dict[str, object] = {"nameSpaces": name_spaces} if name_spaces else {}
    return {**chosen, "issuerAuth": held.issuer_auth.value}
