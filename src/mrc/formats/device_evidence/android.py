"""Android Key Attestation: this key lives in the secure hardware of a phone in good order.

developer.android.com, "Verify hardware-backed key pairs with key attestation". Not judged: patch
levels, and whether the key asks for the screen lock (`noAuthRequired`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats.device_evidence.chain import DeviceTrust, TrustedPath, check_device_chain
from mrc.formats.device_evidence.key_description import (
    OID,
    ApplicationId,
    BootState,
    KeyDescription,
    RootOfTrust,
    SecurityLevel,
    decode_key_description,
)
from mrc.formats.device_evidence.reasons import Reason
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import EcPublicKey

CLAUSE = "Android key attestation"
SIGN, VERIFY = 2, 3
GENERATED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidApp:
    """An app by its package name and the SHA-256 digests of its signing certificates."""

    package: str
    signature_digests: frozenset[bytes]


def check_android_attestation(
    chain: Sequence[bytes],
    *,
    trust: DeviceTrust,
    apps: Sequence[AndroidApp],
    expected_key: EcPublicKey,
    expected_challenge: bytes,
    at: datetime,
) -> KeyDescription:
    """What the phone says of `expected_key`. Raises `Malformed` and `Rejected`.

    1. The chain leads to a root. 2. The leaf, and no other certificate, carries the extension.
    3. It is about the expected key and challenge. 4. Hardware made the key and keeps it, for
    signing alone. 5. The phone is locked and its system verified. 6. One of `apps` asked.
    """
    path = check_device_chain(chain, trust=trust, at=at)  # 1
    description = _description(path)  # 2
    if path[0].public_key != expected_key:  # 3
        raise Rejected(Reason.KEY, CLAUSE)
    if description.challenge != expected_challenge:
        raise Rejected(Reason.CHALLENGE, CLAUSE)
    _check_key(description)  # 4
    _check_boot(description.root_of_trust)  # 5
    _check_app(description.application_id, apps)  # 6
    return description


def _description(path: TrustedPath) -> KeyDescription:
    """An extension further up belongs to another key: one that then signed the leaf itself."""
    if any(OID in issuer.extensions for issuer in path[1:]):
        raise Rejected(Reason.EXTENSION_MISPLACED, CLAUSE)
    extension = path[0].extensions.get(OID)
    if extension is None:
        raise Rejected(Reason.EXTENSION_MISSING, CLAUSE)
    return decode_key_description(extension.value)


def _check_key(description: KeyDescription) -> None:
    if SecurityLevel.SOFTWARE in (description.attestation_level, description.key_level):
        raise Rejected(Reason.SECURITY_LEVEL, CLAUSE)
    if SIGN not in description.purposes or not description.purposes <= {SIGN, VERIFY}:
        raise Rejected(Reason.KEY_PURPOSE, CLAUSE, f"purposes {sorted(description.purposes)}")
    if description.origin != GENERATED:
        raise Rejected(Reason.KEY_ORIGIN, CLAUSE, f"origin {description.origin}")


def _check_boot(root: RootOfTrust | None) -> None:
    if root is None or root.boot_state is not BootState.VERIFIED:
        raise Rejected(Reason.BOOT_STATE, CLAUSE)
    if not root.device_locked:
        raise Rejected(Reason.DEVICE_UNLOCKED, CLAUSE)


def _check_app(stated: ApplicationId | None, apps: Sequence[AndroidApp]) -> None:
    """Exactly one package: another of the same owner could use the key as well."""
    for app in apps:
        if (
            stated is not None
            and stated.packages == {app.package}
            and stated.signature_digests
            and stated.signature_digests <= app.signature_digests
        ):
            return
    raise Rejected(Reason.APP, CLAUSE)
