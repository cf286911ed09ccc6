"""Our wallet collects by authorization code, with a real browser between it and the issuer.

Two issuers: that of strangers (`@openid4vc/oauth2` and `openid4vci` 0.4.6: PAR, PKCE, DPoP-bound
code, `iss`), and our own in HAIP mode. The browser is Debian's chromium; it comes back to the
address that the command listens on (RFC 8252, 7.3).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from mrc.infra.free_ports import find_free_ports
from mrc.infra.settings import Settings
from mrc.wiring.installation import AUTHORITY, CARRIER, PROVIDER
from tests.interop.browsing import Said, receive_in_browser
from tests.interop.certificates import DOCUMENT_SIGNER, TLS_SERVER, make_stranger
from tests.interop.strangers import STUDENT, Installation, Strangers, make_installation

pytestmark = pytest.mark.xdist_group("our wallet in a browser")
PIN = "493817"


def _pin_file(folder: Path) -> str:
    path = folder / "pin"
    path.touch(mode=0o600)
    path.write_text(PIN)
    return str(path)


class Abroad:
    """Our wallet's home, and a library of strangers whose page asks the holder."""

    def __init__(self, folder: Path) -> None:
        self.tls = make_stranger("Library https", usage=TLS_SERVER, dns_names=["localhost"])
        self.tls_root = folder / "tls.pem"
        self.tls_root.write_text(self.tls.root_pem)
        self.settings = Settings(
            home=folder / "home",
            host_name="localhost",
            first_port=find_free_ports(20),
            extra_ca=self.tls_root,
        )
        self.signers = {
            "documentSigner": make_stranger("Library mdoc", usage=DOCUMENT_SIGNER),
            "sdJwtSigner": make_stranger("Library SD-JWT"),
        }
        self.home = Installation(settings=self.settings)
        for name, signer in self.signers.items():
            self.home.trust("issuer", name.lower(), signer.root_pem)
        self.pin_file = _pin_file(folder)
        self.home.mrc("wallet", "--pin-file", self.pin_file, "activate")

    def receive(self, answer: str) -> Said:
        """The offer of a library that wants a yes on its page; the holder presses `answer`."""
        signers = {
            name: {"key": signer.jwk, "certificate": signer.pem}
            for name, signer in self.signers.items()
        }
        tls = {"key": self.tls.key_pem, "certificate": self.tls.pem}
        strangers = Strangers(tls_root=self.tls_root)

        def press(page: Page) -> None:
            assert page.get_by_role("heading").inner_text() == "Card for reader-7?"
            page.get_by_role("button", name=answer).click()
            page.get_by_text("Go back to the wallet.").wait_for()

        with strangers.serving("issuer", browser=True, tls=tls, **signers) as library:
            arguments = ["--pin-file", self.pin_file, "receive", library["link"], "--yes"]
            return receive_in_browser(self.settings, [*arguments, "--client-id", "reader-7"], press)


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory, parts: None) -> Abroad:
    return Abroad(tmp_path_factory.mktemp("in-a-browser"))


def test_a_strangers_card_is_collected_after_a_yes_on_its_page(abroad: Abroad) -> None:
    said = abroad.receive("Yes")
    assert said.code == 0, said.errors
    assert said.value["name"] == "Library card"
    assert said.value["unused_copies"] == {"mso_mdoc": 3, "dc+sd-jwt": 3}


def test_after_a_no_on_its_page_nothing_is_collected(abroad: Abroad) -> None:
    before = abroad.home.mrc("wallet", "--pin-file", abroad.pin_file, "cards")
    said = abroad.receive("No")
    assert said.code == 1
    assert "access_denied" in said.errors
    assert abroad.home.mrc("wallet", "--pin-file", abroad.pin_file, "cards") == before
    assert abroad.home.mrc("wallet", "--pin-file", abroad.pin_file, "pending") == []


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, parts: None) -> Iterator[Installation]:
    made = make_installation(tmp_path_factory.mktemp("haip-browser"), haip=True)
    with made.running(CARRIER, PROVIDER, AUTHORITY):
        yield made


def test_our_own_office_in_haip_mode_asks_on_its_page(town: Installation, tmp_path: Path) -> None:
    """A wrong code first; then the one from the text message."""
    pin_file = _pin_file(tmp_path)
    town.mrc("wallet", "--pin-file", pin_file, "activate")
    offer = town.offer(STUDENT)
    right = offer["transaction_code"]
    wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"

    def enter(page: Page) -> None:
        page.locator("#tx_code").fill(wrong)
        page.get_by_role("button").click()
        page.get_by_role("alert").wait_for()
        page.locator("#tx_code").fill(right)
        page.get_by_role("button").click()
        page.get_by_text("Go back to the wallet.").wait_for()

    arguments = ["--pin-file", pin_file, "receive", offer["link"], "--yes"]
    said = receive_in_browser(town.settings, arguments, enter)
    assert said.code == 0, said.errors
    assert said.value["state"] == "usable"
    assert set(said.value["unused_copies"]) == {"mso_mdoc", "dc+sd-jwt"}
