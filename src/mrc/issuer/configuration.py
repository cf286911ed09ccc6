"""What an issuer is configured to do. One frozen object; half-made ones are refused."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from mrc.formats.catalogue.card_types import CardDefinition, CardType
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.protocols.openid4vci.configuration import DC_SD_JWT, MSO_MDOC, KeyAttestationsRequired


class Requirement(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class CredentialFormat(StrEnum):
    MDOC = MSO_MDOC
    SD_JWT = DC_SD_JWT


_SUFFIXES = {CredentialFormat.MDOC: "mdoc", CredentialFormat.SD_JWT: "sd_jwt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCredential:
    """One configuration: a card type in one format. Its id is its scope too (HAIP 4.1)."""

    definition: CardDefinition
    format: CredentialFormat

    @property
    def id(self) -> str:
        return f"{self.definition.card_type.value}_{_SUFFIXES[self.format]}"

    @property
    def identifier(self) -> str:
        """The `credential_identifier` of the one data set that a token may have."""
        return f"{self.id}.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long each thing holds."""

    offer: timedelta = timedelta(minutes=3)
    pushed_request: timedelta = timedelta(minutes=5)
    authorization_code: timedelta = timedelta(minutes=1)
    access_token: timedelta = timedelta(minutes=15)
    refresh_token: timedelta = timedelta(days=365)
    nonce: timedelta = timedelta(minutes=5)
    copy: timedelta = timedelta(days=14)
    deferred: timedelta = timedelta(days=30)
    signed_metadata: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPolicy:
    """How lists are made and published. `publish_renewal_needed` only where a refusal is right."""

    list_size: int = 100_000
    decoys: int = 256
    reserve: int = 64
    ttl: timedelta = timedelta(minutes=1)
    token_lifetime: timedelta = timedelta(hours=1)
    publish_renewal_needed: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.decoys < self.list_size or self.reserve < 1:
            raise ValueError("a status list needs more entries than decoys, and a reserve")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerConfiguration:
    """An issuer's identity, offers and demands.

    `haip` is the one setting that makes every demand of OpenID4VC HAIP 1.0: attestations with
    `x5c`, DPoP, PAR and the authorization code flow only.
    """

    credential_issuer: str
    name: Mapping[str, str]
    cards: Sequence[CardDefinition]
    formats: Sequence[CredentialFormat] = tuple(CredentialFormat)
    haip: bool = False
    wallet_attestation_wanted: Requirement = Requirement.OPTIONAL
    key_attestation_wanted: Requirement = Requirement.OPTIONAL
    attestation_challenges: bool = False
    attesters: TrustedAttesters = field(default_factory=TrustedAttesters)
    key_attestation_levels: KeyAttestationsRequired = field(default_factory=KeyAttestationsRequired)
    accept_draft_key_attestations: bool = False
    dpop_wanted: Requirement = Requirement.OPTIONAL
    encryption_required: bool = False
    batch_size: int = 8
    tx_code_length: int = 6
    tx_code_tries: int = 5
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    status: StatusPolicy = field(default_factory=StatusPolicy)

    def __post_init__(self) -> None:
        if not self.credential_issuer.startswith("https://") or self.credential_issuer[-1] == "/":
            raise ValueError("the credential issuer is an https URL without a slash at the end")
        if not self.cards or not self.formats or self.batch_size < 2:
            raise ValueError("an issuer needs a card, a format and batches of two at least")
        if self.tx_code_length < 4 or not 1 <= self.tx_code_tries <= 10:
            raise ValueError("a transaction code needs four digits and one to ten tries")

    @property
    def wallet_attestation(self) -> Requirement:
        return Requirement.REQUIRED if self.haip else self.wallet_attestation_wanted

    @property
    def key_attestation(self) -> Requirement:
        return Requirement.REQUIRED if self.haip else self.key_attestation_wanted

    @property
    def dpop(self) -> Requirement:
        return Requirement.REQUIRED if self.haip else self.dpop_wanted

    @property
    def offered(self) -> dict[str, OfferedCredential]:
        """Every configuration by its id."""
        every = (
            OfferedCredential(definition=card, format=kind)
            for card in self.cards
            for kind in self.formats
        )
        return {one.id: one for one in every}

    def configurations_of(self, card_type: CardType) -> tuple[str, ...]:
        offered = self.offered.items()
        return tuple(name for name, one in offered if one.definition.card_type is card_type)

    def endpoint(self, path: str) -> str:
        """The URL of one of the issuer's endpoints; `path` as in `web/issuer_api`."""
        return f"{self.credential_issuer}/{path}"


class IssuerSecrets:
    """Keys derived from the one secret that all processes of an issuer share."""

    __slots__ = ("_seed",)

    def __init__(self, seed: bytes) -> None:
        if len(seed) < 32:
            raise ValueError("the issuer's secret needs 32 bytes")
        self._seed = seed

    def __repr__(self) -> str:
        return "IssuerSecrets()"

    def mint(self, purpose: NoncePurpose, lifetime: timedelta) -> NonceMint:
        return NonceMint(self._seed, purpose, lifetime)

    def derive(self, purpose: str, *parts: bytes) -> bytes:
        """32 bytes bound to `purpose` and `parts`."""
        message = b"".join(len(part).to_bytes(4) + part for part in (purpose.encode(), *parts))
        return hmac.digest(self._seed, message, "sha256")


def digest_of(secret: str) -> bytes:
    """How a secret of high entropy is kept and found."""
    return hashlib.sha256(secret.encode()).digest()
