"""The provider's use cases. Every dependency is a port or a value; time is passed in.

An attestation carries the client id that all instances share and never anything that names one
(OpenID4VCI 1.0, 15.4.4): issuers learn that a genuine wallet asks, not which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mrc.formats import base64url
from mrc.formats.jose.jwk import thumbprint
from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import Entropy, SignatureVerifier, Signer
from mrc.protocols.oauth.client_attestation import ClientAttestation, make_attestation
from mrc.protocols.oauth.nonces import NonceMint
from mrc.protocols.openid4vci.key_attestation import KeyAttestation, make_key_attestation
from mrc.protocols.wallet_provider import messages
from mrc.protocols.wallet_provider.messages import Evidence, Level, Registration
from mrc.protocols.wallet_provider.reasons import Reason
from mrc.wallet_provider.levels import LEVELS, LevelPolicy
from mrc.wallet_provider.store import Instance, InstanceStore

CLAUSE = "wallet provider policy"


class EvidenceChecker(Protocol):
    """Judges one kind of evidence."""

    @property
    def level(self) -> Level: ...

    def check(
        self, evidence: Evidence, *, instance_key: EcPublicKey, challenge: str, at: datetime
    ) -> None:
        """Raise `Malformed` or `Rejected` unless the evidence binds this key to this challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProfile:
    """`url` is the audience of every request; `client_id` is shared by all instances."""

    url: str
    client_id: str
    wallet_name: str
    wallet_link: str
    chain: Sequence[Certificate]
    practice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletProviderService:
    profile: ProviderProfile
    signer: Signer = field(repr=False)
    challenges: NonceMint
    store: InstanceStore
    checkers: Mapping[str, EvidenceChecker]
    verifier: SignatureVerifier
    entropy: Entropy

    def challenge(self, *, now: datetime) -> str:
        return self.challenges.mint(now=now, entropy=self.entropy)

    async def register(self, token: str, *, now: datetime) -> Instance:
        """Admit an instance whose evidence holds. Raises `Malformed` or `Rejected`."""
        registration = messages.check_registration(
            token, expected_audience=self.profile.url, at=now, verifier=self.verifier
        )
        known = self.challenges.check(registration.challenge, at=now)
        self._check_evidence(registration, now)
        instance = Instance(
            key_id=key_id_of(registration.instance_key),
            level=registration.level,
            evidence_kind=None if registration.evidence is None else registration.evidence.kind,
            registered_at=now,
        )
        kept = await self.store.register(
            instance, challenge=known.digest, challenge_expires_at=known.expires_at
        )
        if not kept:
            raise Rejected(Reason.CHALLENGE_USED, CLAUSE)
        return instance

    async def attest(self, token: str, *, now: datetime) -> str:
        """A client attestation for a registered instance. Raises `Malformed` or `Rejected`."""
        order = messages.check_order(
            token, expected_audience=self.profile.url, at=now, verifier=self.verifier
        )
        _, policy = await self._admitted(order.instance_key, order.challenge, now)
        attestation = ClientAttestation(
            client_id=self.profile.client_id,
            instance_key=order.instance_key,
            issued_at=now,
            expires_at=now + policy.lifetime,
            issuer=self.profile.url,
            wallet_name=self.profile.wallet_name,
            wallet_link=self.profile.wallet_link,
        )
        return await make_attestation(
            attestation, signer=self.signer, chain=self.profile.chain, kid=None
        )

    async def attest_keys(self, token: str, *, now: datetime) -> str:
        """A key attestation for keys that the instance holds. Raises `Malformed` or `Rejected`."""
        order = messages.check_key_order(
            token, expected_audience=self.profile.url, at=now, verifier=self.verifier
        )
        _, policy = await self._admitted(order.instance_key, order.challenge, now)
        attestation = KeyAttestation(
            attested_keys=order.keys,
            issued_at=now,
            expires_at=now + policy.lifetime,
            nonce=order.c_nonce,
            issuer=self.profile.url,
            key_storage=policy.key_storage,
            user_authentication=policy.user_authentication,
        )
        return await make_key_attestation(
            attestation, signer=self.signer, chain=self.profile.chain, kid=None
        )

    async def revoke(self, key_id: str, *, now: datetime) -> None:
        """End an instance: its next attestation is refused, the last one runs out."""
        if not await self.store.revoke(key_id, at=now):
            raise Rejected(Reason.INSTANCE_UNKNOWN, CLAUSE)

    def _check_evidence(self, registration: Registration, now: datetime) -> None:
        """The level claimed is the level proven; software proves nothing and is for practice."""
        policy = LEVELS[registration.level]
        if policy.practice_only:
            if not self.profile.practice:
                raise Rejected(Reason.LEVEL_NOT_ADMITTED, CLAUSE, registration.level.value)
            return
        evidence = registration.evidence
        if evidence is None:
            raise Rejected(Reason.EVIDENCE_MISSING, CLAUSE)
        checker = self.checkers.get(evidence.kind)
        if checker is None or checker.level is not registration.level:
            raise Rejected(Reason.EVIDENCE_REFUSED, CLAUSE, "not evidence of that level")
        checker.check(
            evidence,
            instance_key=registration.instance_key,
            challenge=registration.challenge,
            at=now,
        )

    async def _admitted(
        self, key: EcPublicKey, challenge: str, now: datetime
    ) -> tuple[Instance, LevelPolicy]:
        known = self.challenges.check(challenge, at=now)
        instance = await self.store.find(key_id_of(key))
        if instance is None:
            raise Rejected(Reason.INSTANCE_UNKNOWN, CLAUSE)
        if instance.revoked_at is not None:
            raise Rejected(Reason.INSTANCE_REVOKED, CLAUSE)
        if not await self.store.use_challenge(known.digest, expires_at=known.expires_at):
            raise Rejected(Reason.CHALLENGE_USED, CLAUSE)
        return instance, LEVELS[instance.level]


def key_id_of(key: EcPublicKey) -> str:
    return base64url.encode(thumbprint(key))
