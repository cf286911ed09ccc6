"""The provider's evidence policy as read from an installation's files."""

from pathlib import Path

import pytest

from mrc.formats.x509.certificate import encode_pem
from mrc.infra.settings import Settings
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.errors import Malformed
from mrc.wallet_provider.evidence import AndroidEvidence, AppleEvidence, PasskeyEvidence
from mrc.wiring.device_evidence import evidence_checkers
from tests.simulators.phone_makers import android_maker, apple_maker, root_of

APPS = """{
  "android": [{"package": "kr.example.mobileid", "signature_digests": ["00ff"]}],
  "apple": ["TEAM123456.kr.example.mobileid"]
}"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def write_apps(settings: Settings, text: str = APPS) -> None:
    (settings.home / "provider").mkdir()
    (settings.home / "provider" / "device-apps.json").write_text(text)


def trust(settings: Settings, name: str, pem: bytes) -> None:
    TrustStore(settings.home / "trust").add(TrustKind.DEVICE_ROOT, name, pem)


def test_without_apps_only_passkeys_of_the_phones_own_origin_count(settings: Settings) -> None:
    checkers = evidence_checkers(settings)
    assert set(checkers) == {"webauthn"}
    assert isinstance(checkers["webauthn"], PasskeyEvidence)
    assert checkers["webauthn"].relying_party.origins == {"https://phone.localhost:8452"}


def test_each_makers_roots_count_for_that_maker_alone(settings: Settings) -> None:
    write_apps(settings)
    trust(settings, "android-1", encode_pem(root_of(android_maker())))
    trust(settings, "apple-1", encode_pem(root_of(apple_maker())))
    listed = settings.home / "trust" / "device-root" / "android-status.json"
    listed.write_text('{"entries": {"ab": {"status": "SUSPENDED"}}}')
    checkers = evidence_checkers(settings)
    android, apple = checkers["android"], checkers["apple"]
    assert isinstance(android, AndroidEvidence)
    assert isinstance(apple, AppleEvidence)
    assert android.trust.roots == (root_of(android_maker()),)
    assert android.trust.revoked_serials == {0xAB}
    assert apple.trust.roots == (root_of(apple_maker()),)
    assert android.apps[0].signature_digests == {b"\x00\xff"}


def test_a_root_of_no_maker_stops_the_start(settings: Settings) -> None:
    write_apps(settings)
    trust(settings, "somebody", encode_pem(root_of(android_maker())))
    with pytest.raises(Malformed):
        evidence_checkers(settings)


@pytest.mark.parametrize(
    "text",
    ["[]", '{"android": [{"package": "a", "signature_digests": ["zz"]}]}', '{"android": [{}]}'],
)
def test_odd_apps_stop_the_start(settings: Settings, text: str) -> None:
    write_apps(settings, text)
    with pytest.raises(Malformed):
        evidence_checkers(settings)
