"""The files of a card from its order and the chip's public keys (IC-CARD 5.1), and their SOD."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mrc.formats.x509.certificate import Certificate
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.domain_parameters import by_number, decode_point
from mrc.ic_card.lds import data_groups as dg
from mrc.ic_card.lds.face import encode_dg2
from mrc.ic_card.lds.files import CARD_ACCESS, COM, RESIDENCE, SOD, FileRef, data_group
from mrc.ic_card.lds.public_keys import ChipKey
from mrc.ic_card.lds.residence import encode_residence
from mrc.ic_card.lds.security_infos import (
    ECDSA_PLAIN_SHA256,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationKey,
    PaceInfo,
    encode_security_infos,
)
from mrc.ic_card.lds.security_infos import (
    Mapping as PaceMapping,
)
from mrc.ic_card.lds.sod import prepare_sod
from mrc.ic_card.personalisation.order import Order
from mrc.kernel.ports import Signer

_SUITE = CipherSuite.AES_128


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSigner:
    """The key that signs SODs, in a token or in software, and its certificate."""

    signer: Signer
    certificate: Certificate


def build_files(
    order: Order, keys: Mapping[int, bytes], *, parameter_id: int
) -> dict[FileRef, bytes]:
    """Everything but the SOD."""
    pace = PaceInfo(mapping=PaceMapping.ECDH_GENERIC, suite=_SUITE, parameter_id=parameter_id)
    residence = encode_residence(order.residence)
    groups = _data_groups(order, keys, pace, hashlib.sha256(residence).digest())
    files = {data_group(number): content for number, content in groups.items()}
    files[CARD_ACCESS] = encode_security_infos(pace)
    files[RESIDENCE] = residence
    files[COM] = dg.encode_com(dg.Com(data_groups=tuple(sorted(groups))))
    return files


def _data_groups(
    order: Order, keys: Mapping[int, bytes], pace: PaceInfo, residence_hash: bytes
) -> dict[int, bytes]:
    curve = by_number(pace.parameter_id)
    public = {KeySlot(slot): ChipKey(curve, decode_point(curve, key)) for slot, key in keys.items()}
    groups = {
        1: dg.encode_dg1(order.zone),
        11: dg.encode_dg11(dg.AdditionalPersonalDetails(full_name=order.full_name)),
        12: dg.encode_dg12(
            dg.AdditionalDocumentDetails(authority=order.authority, issued=order.issued)
        ),
        13: dg.encode_dg13(
            dg.IssuanceBinding(
                issuance_key=public[KeySlot.ISSUANCE],
                residence_hash=residence_hash,
                profile=order.profile,
            )
        ),
        14: dg.encode_dg14(
            pace,
            ChipAuthenticationInfo(suite=_SUITE),
            ChipAuthenticationKey(key=public[KeySlot.CHIP_AUTHENTICATION]),
            ActiveAuthenticationInfo(signature_algorithm=ECDSA_PLAIN_SHA256),
        ),
        15: dg.encode_dg15(public[KeySlot.ACTIVE_AUTHENTICATION]),
    }
    if order.face is not None:
        groups[2] = encode_dg2(order.face)
    return groups


async def add_sod(files: Mapping[FileRef, bytes], signer: DocumentSigner) -> dict[FileRef, bytes]:
    """`files` and the SOD over their data groups, signed once."""
    hashes = {
        ref.file_id & 0xFF: hashlib.sha256(content).digest()
        for ref, content in files.items()
        if ref.application == COM.application and ref != COM
    }
    prepared = prepare_sod(hashes, signer.certificate.der)
    signature = await signer.signer.sign(prepared.to_be_signed)
    return {**files, SOD: prepared.finish(signature)}
