"""HAIP mode before a wallet that nobody here wrote: PAR, PKCE, the page, attestations with x5c.

OpenID4VC HAIP 1.0. The client is `@openid4vc/openid4vci` and `oauth2` 0.4.6.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from mrc.wiring.installation import AUTHORITY, CARRIER, VERIFIER
from tests.interop.certificates import Stranger, make_stranger
from tests.interop.strangers import Installation, StrangerRefused, make_installation

pytestmark = pytest.mark.xdist_group("haip")


@pytest.fixture(scope="module")
def provider() -> Stranger:
    return make_stranger("Stranger wallet provider")


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, parts: None, provider: Stranger
) -> Iterator[Installation]:
    made = make_installation(tmp_path_factory.mktemp("haip"), haip=True)
    made.trust("wallet-provider", "stranger-root", provider.root_pem)
    made.trust("wallet-provider", "stranger-key", provider.public_jwk)
    with made.running(CARRIER, AUTHORITY, VERIFIER):
        yield made


def _authorize(town: Installation, vouching: Stranger, **told: Any) -> dict[str, Any]:
    offer = town.offer("P-LONG-NAME")
    named = {"key": vouching.jwk, "chain": [vouching.pem]}
    asked = {"provider": named, "proof": "attestation", "haip": True, **told}
    link, code = offer["link"], offer["transaction_code"]
    authorized: dict[str, Any] = town.strangers.node(
        "wallet", "authorize", link=link, txCode=code, **asked
    )
    return authorized


@pytest.mark.parametrize("proof", ["attestation", "attested jwt"])
def test_an_attested_wallet_collects_by_authorization_code_and_shows(
    town: Installation, provider: Stranger, proof: str
) -> None:
    authorized = _authorize(town, provider, proof=proof)
    assert authorized["state"] == "back-again"
    assert "request_uri=" in authorized["pushed"]
    cards = authorized["cards"]
    assert {card["format"] for card in cards} == {"mso_mdoc", "dc+sd-jwt"}
    reader = town.root_of("reader", "practice-askers")
    for card in cards:
        asked = town.ask(purpose="age-19")
        shown = town.strangers.node(
            "wallet", "present", link=asked["link"], cards=[card], anchors=[reader]
        )
        assert shown["mode"] == "direct_post.jwt"
        assert shown["prefix"] == "x509_hash"
        assert town.outcome(asked)["decision"] == "valid"


def test_a_wallet_without_attestation_is_refused(town: Installation, provider: Stranger) -> None:
    with pytest.raises(StrangerRefused, match="invalid_client"):
        _authorize(town, provider, provider=None, proof="jwt")


def test_a_provider_known_by_a_bare_key_is_refused(town: Installation, provider: Stranger) -> None:
    with pytest.raises(StrangerRefused, match="invalid_client"):
        _authorize(town, provider, provider={"key": provider.jwk})


def test_the_client_reads_in_our_metadata_that_keys_must_be_attested(
    town: Installation, provider: Stranger
) -> None:
    with pytest.raises(StrangerRefused, match="requires key attestations"):
        _authorize(town, provider, proof="jwt")


def test_key_attestations_of_the_draft_type_are_refused(
    town: Installation, provider: Stranger
) -> None:
    with pytest.raises(StrangerRefused, match="invalid_proof"):
        _authorize(town, provider, haip=False)
