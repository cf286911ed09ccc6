"""Making the copies of a card: both formats, each prepared, then signed once.

Every copy has a device key and a status index of its own. The times in all copies of an hour are
the same, so that they do not tell which copies were made together (OpenID4VCI 1.0, 15.4.1); never
earlier than the signer's certificate, because the MSO's `signed` must lie within it (ISO/IEC
18013-5, 9.3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from mrc.formats import base64url
from mrc.formats.catalogue.values import claim_tree, name_spaces
from mrc.formats.mdoc import issuing as mdoc
from mrc.formats.mdoc.mso import Validity
from mrc.formats.sd_jwt_vc import issuing as sd_jwt
from mrc.formats.status_list.reference import StatusReference, encode_status
from mrc.formats.x509.certificate import Certificate
from mrc.issuer.configuration import CredentialFormat, OfferedCredential
from mrc.issuer.ports import CardData
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import Entropy, Signer

_SHORTEST = timedelta(minutes=5)  # a copy that would end sooner is not worth giving


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedSigner:
    """A signing key with its certificates, leaf first, without the root."""

    signer: Signer = field(repr=False)
    chain: tuple[Certificate, ...]

    def __post_init__(self) -> None:
        if not self.chain or self.chain[0].public_key != self.signer.public_key:
            raise ValueError("the first certificate is not the signer's")

    @property
    def ders(self) -> tuple[bytes, ...]:
        return tuple(link.der for link in self.chain)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySigners:
    """One key per purpose (ARCHITECTURE, X.509)."""

    mdoc: CertifiedSigner
    sd_jwt: CertifiedSigner
    entropy: Entropy = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """Which copies to make: one for each key and status reference, in order."""

    credential: OfferedCredential
    data: CardData
    keys: Sequence[EcPublicKey]
    references: Sequence[StatusReference]
    lifetime: timedelta
    at: datetime

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.references) or not self.keys:
            raise ValueError("a copy needs a key and a status reference")

    @property
    def hour(self) -> datetime:
        return self.at.replace(minute=0, second=0, microsecond=0)

    @property
    def expires_at(self) -> datetime:
        """The end of the copies: their lifetime, or the end of the right itself if sooner."""
        return min(self.hour + self.lifetime, self.data.valid_until)

    @property
    def worth_giving(self) -> bool:
        return self.expires_at >= self.at + _SHORTEST


async def make_copies(order: CopyOrder, signers: CopySigners) -> tuple[str, ...]:
    """The credentials as OpenID4VCI carries them (A.2.4, A.3.4)."""
    match order.credential.format:
        case CredentialFormat.MDOC:
            return await _make_mdocs(order, signers)
        case CredentialFormat.SD_JWT:
            return await _make_sd_jwts(order, signers)
    assert_never(order.credential.format)


async def _make_mdocs(order: CopyOrder, signers: CopySigners) -> tuple[str, ...]:
    definition, signer = order.credential.definition, signers.mdoc
    encoded = mdoc.encode_name_spaces(name_spaces(definition, order.data.values))
    begin = max(order.hour, signer.chain[0].not_before)
    validity = Validity(signed=begin, valid_from=begin, valid_until=order.expires_at)
    made = []
    for key, reference in zip(order.keys, order.references, strict=True):
        copy = mdoc.PrepareInput(
            doc_type=definition.doctype,
            name_spaces=encoded,
            device_key=key,
            validity=validity,
            algorithm=signer.signer.algorithm,
            status=encode_status(reference),
        )
        prepared = mdoc.prepare(copy, entropy=signers.entropy)
        signature = await signer.signer.sign(prepared.to_be_signed)
        made.append(base64url.encode(prepared.finish(signature, x5chain=signer.ders)))
    return tuple(made)


async def _make_sd_jwts(order: CopyOrder, signers: CopySigners) -> tuple[str, ...]:
    definition, signer = order.credential.definition, signers.sd_jwt
    encoded = sd_jwt.encode_claims(claim_tree(definition, order.data.values))
    made = []
    for key, reference in zip(order.keys, order.references, strict=True):
        source = sd_jwt.SdJwtVcInput(
            vct=definition.vct,
            claims=encoded,
            holder_key=key,
            status=reference,
            expires_at=order.expires_at,
            issued_at=max(order.hour, signer.chain[0].not_before),
            x5c=signer.ders,
        )
        prepared = sd_jwt.prepare(
            source, algorithm=signer.signer.algorithm, entropy=signers.entropy
        )
        made.append(prepared.finish(await signer.signer.sign(prepared.signing_input)))
    return tuple(made)
