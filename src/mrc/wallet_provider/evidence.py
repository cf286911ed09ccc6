"""What the provider asks of each kind of evidence. Policies are frozen values; no I/O.

Members of the evidence, each in base64url unless said otherwise: ``android`` has ``x5c`` (standard
base64, leaf first), ``apple`` has ``keyId`` and ``attestationObject``, ``webauthn`` has
``clientDataJSON`` and ``attestationObject``.

Android attests the instance's key itself, so its challenge is the provider's text as it is. The
other two attest a key of their own; `bound_challenge` puts the instance's key into the challenge.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mrc.formats import base64url
from mrc.formats.device_evidence.android import AndroidApp, check_android_attestation
from mrc.formats.device_evidence.apple import AppleApps, check_app_attest
from mrc.formats.device_evidence.chain import DeviceTrust
from mrc.formats.device_evidence.webauthn import RelyingParty, check_passkey_registration
from mrc.formats.jose.jwk import thumbprint
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import EcPublicKey
from mrc.protocols.oauth.members import optional_texts, required_text
from mrc.protocols.wallet_provider.messages import Evidence, Level

ANDROID, APPLE, WEBAUTHN = "android", "apple", "webauthn"


def bound_challenge(instance_key: EcPublicKey, challenge: str) -> bytes:
    """SHA-256 over the key's RFC 7638 thumbprint and the provider's challenge.

    Without the key, evidence of a genuine phone would admit any key that came with it.
    """
    return hashlib.sha256(thumbprint(instance_key) + challenge.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidEvidence:
    """An `EvidenceChecker` for Android Key Attestation of the instance's key."""

    trust: DeviceTrust
    apps: tuple[AndroidApp, ...]

    @property
    def level(self) -> Level:
        return Level.HARDWARE

    def check(
        self, evidence: Evidence, *, instance_key: EcPublicKey, challenge: str, at: datetime
    ) -> None:
        chain = optional_texts(evidence.members, "x5c", "android evidence")
        check_android_attestation(
            [_der(text) for text in chain],
            trust=self.trust,
            apps=self.apps,
            expected_key=instance_key,
            expected_challenge=challenge.encode(),
            at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleEvidence:
    """An `EvidenceChecker` for App Attest: a genuine app vouches for the instance's key."""

    trust: DeviceTrust
    apps: AppleApps

    @property
    def level(self) -> Level:
        return Level.HARDWARE

    def check(
        self, evidence: Evidence, *, instance_key: EcPublicKey, challenge: str, at: datetime
    ) -> None:
        check_app_attest(
            _binary(evidence.members, "attestationObject"),
            trust=self.trust,
            apps=self.apps,
            expected_key_id=_binary(evidence.members, "keyId"),
            expected_challenge=bound_challenge(instance_key, challenge),
            at=at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyEvidence:
    """An `EvidenceChecker` for a passkey made for the instance's key."""

    relying_party: RelyingParty

    @property
    def level(self) -> Level:
        return Level.PASSKEY

    def check(
        self, evidence: Evidence, *, instance_key: EcPublicKey, challenge: str, at: datetime
    ) -> None:
        check_passkey_registration(
            _binary(evidence.members, "clientDataJSON"),
            _binary(evidence.members, "attestationObject"),
            relying_party=self.relying_party,
            expected_challenge=bound_challenge(instance_key, challenge),
        )


def _binary(members: Mapping[str, object], name: str) -> bytes:
    return base64url.decode(required_text(members, name, "evidence"))


def _der(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("android evidence", "x5c is not base64") from error
