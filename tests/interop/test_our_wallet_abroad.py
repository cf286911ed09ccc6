"""Our wallet collects from an issuer that nobody here wrote, and answers such a verifier.

The issuer is the server's half of `@openid4vc/openid4vci` and `oauth2`, the verifier that of
`@openid4vc/openid4vp` with `dcql`; cards by `@owf/mdoc` and `@sd-jwt/sd-jwt-vc`. Roots are
exchanged by `mrc trust add`, the strangers' private https authority by MRC_EXTRA_CA.
"""

import contextlib
import json
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mrc.infra.free_ports import find_free_ports
from mrc.infra.settings import Settings
from tests.interop.certificates import (
    DOCUMENT_SIGNER,
    READER,
    TLS_SERVER,
    Stranger,
    make_self_signed,
    make_stranger,
)
from tests.interop.strangers import Installation, Strangers

pytestmark = pytest.mark.xdist_group("our wallet abroad")
PIN = "493817"
DOCTYPE, NAMESPACE = "org.example.library.1", "org.example.library"
VCT = "https://library.example/card"


@dataclass(kw_only=True)
class Abroad:
    """Our wallet's home, and the parties that it meets."""

    home: Installation
    tls: Stranger
    tls_root: Path
    pin_file: Path
    signers: dict[str, Stranger]

    @property
    def strangers(self) -> Strangers:
        return Strangers(tls_root=self.tls_root)

    def wallet(self, *arguments: str) -> Any:
        return self.home.mrc("wallet", "--pin-file", str(self.pin_file), *arguments)

    def serving(self, script: str, **told: Any) -> Any:
        server = {"key": self.tls.key_pem, "certificate": self.tls.pem}
        return self.strangers.serving(script, tls=server, **told)

    def fetch(self, url: str, told: dict[str, Any] | None = None) -> Any:
        """One request to a stranger's server."""
        body = None if told is None else json.dumps(told).encode()
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        trust = ssl.create_default_context(cafile=str(self.tls_root))
        with urllib.request.urlopen(request, context=trust) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory, parts: None) -> Abroad:
    folder = tmp_path_factory.mktemp("abroad")
    tls = make_stranger("Strangers' https", usage=TLS_SERVER, dns_names=["localhost"])
    tls_root = folder / "tls.pem"
    tls_root.write_text(tls.root_pem)
    pin_file = folder / "pin"
    pin_file.touch(mode=0o600)
    pin_file.write_text(PIN)
    settings = Settings(
        home=folder / "home",
        host_name="localhost",
        first_port=find_free_ports(20),
        extra_ca=tls_root,
    )
    signers = {
        "mdoc": make_stranger("Library mdoc", usage=DOCUMENT_SIGNER),
        "sd-jwt": make_stranger("Library SD-JWT"),
        "reader": make_stranger("Shop", usage=READER, dns_names=["localhost"]),
        "self-signed": make_self_signed("Kiosk"),
    }
    home = Installation(settings=settings)
    home.trust("issuer", "library-mdoc", signers["mdoc"].root_pem)
    home.trust("issuer", "library-sd-jwt", signers["sd-jwt"].root_pem)
    home.trust("reader", "shop", signers["reader"].root_pem)
    home.trust("reader", "kiosk", signers["self-signed"].pem)
    made = Abroad(home=home, tls=tls, tls_root=tls_root, pin_file=pin_file, signers=signers)
    made.wallet("activate")
    return made


def _signer(stranger: Stranger) -> dict[str, Any]:
    return {"key": stranger.jwk, "certificate": stranger.pem}


def _issuer(abroad: Abroad, **told: bool) -> Any:
    signers = {
        "documentSigner": _signer(abroad.signers["mdoc"]),
        "sdJwtSigner": _signer(abroad.signers["sd-jwt"]),
    }
    return abroad.serving("issuer", **told, **signers)


@pytest.fixture(scope="module")
def card(abroad: Abroad) -> Any:
    """The library's card, in both formats, collected by our command."""
    with _issuer(abroad) as issuer:
        code = abroad.pin_file.with_name("code")
        code.touch(mode=0o600)
        code.write_text(issuer["txCode"])
        received = abroad.wallet(
            "receive", issuer["link"], "--yes", "--transaction-code-file", str(code)
        )
        notified = abroad.fetch(f"{issuer['url']}/notified")
    assert notified == ["credential_accepted", "credential_accepted"]
    return received


def test_a_strangers_card_is_collected_in_both_formats(card: Any) -> None:
    assert card["name"] == "Library card"
    assert card["unused_copies"] == {"mso_mdoc": 3, "dc+sd-jwt": 3}


@contextlib.contextmanager
def _shop_of(abroad: Abroad, reader: Stranger) -> Iterator[str]:
    issuers = [abroad.signers["mdoc"].root_pem, abroad.signers["sd-jwt"].root_pem]
    with abroad.serving("verifier", reader=_signer(reader), issuers=issuers) as told:
        yield told["url"]


@pytest.fixture(scope="module")
def shop(abroad: Abroad, card: Any) -> Iterator[str]:
    with _shop_of(abroad, abroad.signers["reader"]) as url:
        yield url


MDOC_QUERY = {
    "credentials": [
        {
            "id": "library",
            "format": "mso_mdoc",
            "meta": {"doctype_value": DOCTYPE},
            "claims": [{"path": [NAMESPACE, "branch"]}],
        }
    ]
}
SD_JWT_QUERY = {
    "credentials": [
        {
            "id": "library",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [VCT]},
            "claims": [{"path": ["branch"]}],
        }
    ]
}


def _answer(
    abroad: Abroad, shop: str, query: dict[str, Any], *, registered: bool = True, **wishes: Any
) -> Any:
    asked = abroad.fetch(f"{shop}/ask", {"query": query, **wishes})
    shown = abroad.wallet("present", asked["link"], "--yes")
    assert shown["outcome"] == "shared"
    assert shown["registered"] is registered
    outcome = abroad.fetch(f"{shop}/outcome/{asked['id']}")
    return outcome["presentations"]["library"], outcome


def test_a_strangers_verifier_accepts_our_mdoc_answer(abroad: Abroad, shop: str) -> None:
    found, outcome = _answer(abroad, shop, MDOC_QUERY)
    assert outcome["encrypted"] is True
    assert found["failed"] == []
    assert found["elements"] == {NAMESPACE: ["branch"]}


def test_a_strangers_verifier_accepts_our_sd_jwt_answer(abroad: Abroad, shop: str) -> None:
    wishes = {"mode": "direct_post", "prefix": "x509_san_dns", "method": "post"}
    found, outcome = _answer(abroad, shop, SD_JWT_QUERY, **wishes)
    assert outcome["encrypted"] is False
    assert found["keyBinding"] is True
    assert found["claims"]["branch"] == "Söul 서울"
    assert "holder" not in found["claims"]


def test_a_pinned_self_signed_asker_is_registered(abroad: Abroad, card: Any) -> None:
    with _shop_of(abroad, abroad.signers["self-signed"]) as kiosk:
        found, _ = _answer(abroad, kiosk, MDOC_QUERY)
    assert found["failed"] == []


@pytest.mark.parametrize(
    "reader", [make_self_signed("Stall"), make_stranger("Street", usage=READER)]
)
def test_an_unknown_asker_may_ask_but_is_not_registered(
    abroad: Abroad, card: Any, reader: Stranger
) -> None:
    with _shop_of(abroad, reader) as stall:
        found, _ = _answer(abroad, stall, SD_JWT_QUERY, registered=False)
    assert found["keyBinding"] is True


def test_an_issuer_of_bearer_tokens_without_batches_or_notifications_will_do(
    abroad: Abroad,
) -> None:
    with _issuer(abroad, plain=True) as issuer:
        received = abroad.wallet("receive", issuer["link"], "--yes")
    assert received["unused_copies"] == {"mso_mdoc": 1, "dc+sd-jwt": 1}
    abroad.wallet("remove", received["id"])


def test_an_issuer_that_is_out_of_order_may_be_asked_again(abroad: Abroad) -> None:
    with _issuer(abroad, plain=True, broken=True) as issuer:
        pin = ("--pin-file", str(abroad.pin_file))
        done = abroad.home.run("wallet", *pin, "receive", issuer["link"], "--yes")
    assert done.returncode == 1
    assert "credential endpoint: status 500" in done.stderr


def test_a_verifier_that_names_only_fully_specified_algorithms_is_answered(
    abroad: Abroad, shop: str
) -> None:
    found, _ = _answer(abroad, shop, MDOC_QUERY, algorithms=[-9, -51, -19])
    assert found["failed"] == []
