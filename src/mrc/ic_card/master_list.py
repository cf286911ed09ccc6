"""CSCA master lists (ICAO Doc 9303-12, 8): a signed set of country signing certificates.

Ours is signed under our own CSCA by the document signer's kind of certificate; others' are read
for the roots of foreign cards, after somebody has decided to trust their signer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.ic_card import cms, der, tlv
from mrc.kernel.errors import Malformed

CSCA_MASTER_LIST = "2.23.136.1.1.2"
_CLAUSE = "9303-12 8"


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterList:
    """What a list says; nothing of it is checked yet."""

    certificates: tuple[Certificate, ...]
    signed: cms.SignedData


def decode_master_list(data: bytes) -> MasterList:
    signed = cms.decode_signed_data(data, expected_content_type=CSCA_MASTER_LIST)
    members = der.children(signed.content, der.SEQUENCE)
    if len(members) != 2 or der.expect_integer(members[0]) != 0:
        raise Malformed("CscaMasterList", "version 0 and a set expected")
    certificates = tlv.parse(der.expect(members[1], der.SET))
    return MasterList(
        certificates=tuple(
            decode_certificate(tlv.encode(item.tag, item.value)) for item in certificates
        ),
        signed=signed,
    )


def prepare_master_list(
    roots: Sequence[Certificate], *, signer_chain: Sequence[Certificate]
) -> cms.PreparedSignedData:
    """`roots`, to be signed by the key of `signer_chain`'s first certificate.

    The signer's CSCA is in the chain, as 9303-12, 8.1 asks.
    """
    listed = tlv.encode(der.SET, *sorted(root.der for root in roots))
    return cms.prepare_signed_data(
        tlv.encode(der.SEQUENCE, der.integer(0), listed),
        content_type=CSCA_MASTER_LIST,
        certificates=[certificate.der for certificate in signer_chain],
    )
