"""Which evidence about phones the provider of this installation admits, from files of its home.

``trust/device-root/android-*.pem`` and ``apple-*.pem`` are the makers' roots,
``trust/device-root/android-status.json`` Android's status list as fetched by the operator, and
``provider/device-apps.json`` the apps. Without the last no phone counts as hardware. All are read
at start.
"""

from collections.abc import Mapping
from pathlib import Path

from mrc.formats import json_text
from mrc.formats.device_evidence.android import AndroidApp
from mrc.formats.device_evidence.apple import AppleApps
from mrc.formats.device_evidence.chain import DeviceTrust
from mrc.formats.device_evidence.revocation import decode_status_list
from mrc.formats.device_evidence.webauthn import RelyingParty
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.settings import Host, Mode, Settings
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import optional_objects, optional_texts, required_text
from mrc.wallet_provider.evidence import (
    ANDROID,
    APPLE,
    WEBAUTHN,
    AndroidEvidence,
    AppleEvidence,
    PasskeyEvidence,
)
from mrc.wallet_provider.service import EvidenceChecker

WHAT = "device-apps.json"


def evidence_checkers(settings: Settings) -> Mapping[str, EvidenceChecker]:
    """A checker for each kind of evidence that is configured. Raises `Malformed`."""
    party = RelyingParty(
        rp_id=settings.name_of(Host.PHONE), origins=frozenset({settings.url_of(Host.PHONE)})
    )
    checkers: dict[str, EvidenceChecker] = {WEBAUTHN: PasskeyEvidence(relying_party=party)}
    apps = settings.home / "provider" / "device-apps.json"
    if apps.exists():
        members = json_text.decode_object(apps.read_bytes(), WHAT)
        folder = settings.home / "trust"
        checkers[ANDROID] = AndroidEvidence(
            trust=_trust(folder, ANDROID),
            apps=tuple(map(_android_app, optional_objects(members, "android", WHAT))),
        )
        checkers[APPLE] = AppleEvidence(
            trust=_trust(folder, APPLE),
            apps=AppleApps(
                app_ids=optional_texts(members, "apple", WHAT),
                development=settings.mode is Mode.PRACTICE,
            ),
        )
    return checkers


def _trust(folder: Path, maker: str) -> DeviceTrust:
    """One maker's roots: a root of one never vouches for phones of the other."""
    roots = []
    for entry in TrustStore(folder).entries(TrustKind.DEVICE_ROOT):
        if not entry.name.startswith((f"{ANDROID}-", f"{APPLE}-")) or entry.certificate is None:
            raise Malformed("device root", "expected android-NAME.pem or apple-NAME.pem")
        if entry.name.startswith(f"{maker}-"):
            roots.append(entry.certificate)
    listed = folder / TrustKind.DEVICE_ROOT.value / f"{maker}-status.json"
    revoked = decode_status_list(listed.read_bytes()) if listed.exists() else frozenset()
    return DeviceTrust(roots=tuple(roots), verifier=OpensslVerifier(), revoked_serials=revoked)


def _android_app(members: Mapping[str, object]) -> AndroidApp:
    digests = optional_texts(members, "signature_digests", WHAT)
    try:
        raw = frozenset(bytes.fromhex(digest) for digest in digests)
    except ValueError as error:
        raise Malformed(WHAT, "a signature digest is not hexadecimal") from error
    return AndroidApp(package=required_text(members, "package", WHAT), signature_digests=raw)
