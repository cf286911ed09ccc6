"""What the issuer needs from outside besides its store: card data, clocks are passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from mrc.formats.catalogue.card_types import CardType
from mrc.issuer.records import HolderReference
from mrc.kernel.ports import Cipher, Entropy, KeyMaker, SignatureVerifier


@dataclass(frozen=True, slots=True, kw_only=True)
class CardData:
    """What a card shall say: values by claim key of the catalogue, and when it must end.

    `valid_until` is the end of the right itself (the permitted stay): no copy outlives it.
    """

    values: Mapping[str, object] = field(repr=False)
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """The data is not ready: ask again after `interval`."""

    interval: timedelta


class CardDataSource(Protocol):
    async def card_data(
        self, holder: HolderReference, card_type: CardType, *, at: datetime
    ) -> CardData | NotYet:
        """Raises `Forbidden` where the holder may not have the card now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the host supplies: randomness, verification, encryption."""

    entropy: Entropy
    verifier: SignatureVerifier
    key_maker: KeyMaker
    cipher: Cipher
