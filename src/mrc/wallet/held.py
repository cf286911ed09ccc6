"""The wallet's cards as a DCQL query may look at them (OpenID4VP 1.0, section 6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from mrc.formats import base64url
from mrc.formats.jose.x5c import find_x5c
from mrc.formats.mdoc.issuer_signed import decode_issuer_signed
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.x509.certificate import decode_certificate
from mrc.protocols.dcql.matching import HeldCredential
from mrc.protocols.dcql.query import AuthorityType
from mrc.wallet.holdings import Card, CardState, Copy, Format

SHOWABLE = frozenset({CardState.USABLE, CardState.RENEWAL_NEEDED})


def is_showable(card: Card, *, at: datetime) -> bool:
    """Neither locked nor cancelled as far as the wallet knows, and not expired."""
    return card.state in SHOWABLE and at <= card.valid_until


def held_credentials(cards: Sequence[Card], *, at: datetime) -> Sequence[HeldCredential]:
    """One entry per showable card and format that has an unused copy left."""
    return [
        _held(card, format_, card.unused(format_)[0])
        for card in cards
        if is_showable(card, at=at)
        for format_ in card.types
        if card.unused(format_)
    ]


def held_id(card: Card, format_: Format) -> str:
    return f"{card.id}:{format_.value}"


def _held(card: Card, format_: Format, copy: Copy) -> HeldCredential:
    claims = card.claims[format_.value]
    if not isinstance(claims, Mapping):
        raise ValueError("a card's claims are kept by format")
    return HeldCredential(
        id=held_id(card, format_),
        format=format_.value,
        types=(card.types[format_],),
        claims=claims,
        authorities={AuthorityType.AKI: frozenset(_key_identifiers(format_, copy))},
    )


def _key_identifiers(format_: Format, copy: Copy) -> Sequence[str]:
    """The AuthorityKeyIdentifier of every certificate of the chain (6.1.1.1), base64url."""
    match format_:
        case Format.MSO_MDOC:
            data = base64url.decode(copy.credential)
            chain = list(decode_issuer_signed(data).issuer_auth.x5chain or ())
        case Format.SD_JWT_VC:
            chain = find_x5c(sd_jwt.decode(copy.credential).jws.header) or []
        case _:
            assert_never(format_)
    found = [decode_certificate(der).authority_key_identifier for der in chain]
    return [base64url.encode(identifier) for identifier in found if identifier is not None]
