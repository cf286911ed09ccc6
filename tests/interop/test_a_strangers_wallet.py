"""A wallet that nobody here wrote collects from our issuer and shows to our verifier.

`@openid4vc/openid4vci`, `openid4vp` and `oauth2`, `@owf/mdoc` or `@animo-id/mdoc`, `@sd-jwt/sd-jwt-vc`
and `dcql`: pre-authorized code with transaction code, DPoP, with and without attestations.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from mrc.wiring.installation import AUTHORITY, CARRIER, VERIFIER
from tests.interop.certificates import Stranger, make_stranger
from tests.interop.strangers import STUDENT, Installation, StrangerRefused, make_installation

FORMATS = ("mso_mdoc", "dc+sd-jwt")
pytestmark = pytest.mark.xdist_group("a stranger's wallet")


@pytest.fixture(scope="module")
def provider() -> Stranger:
    return make_stranger("Stranger wallet provider")


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, parts: None, provider: Stranger
) -> Iterator[Installation]:
    """Counter, issuer and verifier; a stranger's wallet provider is admitted by key and by root."""
    made = make_installation(tmp_path_factory.mktemp("town"))
    made.trust("wallet-provider", "stranger-key", provider.public_jwk)
    made.trust("wallet-provider", "stranger-root", provider.root_pem)
    with made.running(CARRIER, AUTHORITY, VERIFIER):
        yield made


def _collect(town: Installation, registrant: str = STUDENT, **told: Any) -> dict[str, Any]:
    offer = town.offer(registrant)
    collected: dict[str, Any] = town.strangers.node(
        "wallet", "collect", link=offer["link"], txCode=offer["transaction_code"], **told
    )
    return collected


def _by_key(provider: Stranger) -> dict[str, Any]:
    return {"key": provider.jwk}


def _by_chain(provider: Stranger) -> dict[str, Any]:
    return {"key": provider.jwk, "chain": [provider.pem]}


@pytest.fixture(scope="module")
def cards(town: Installation) -> dict[str, Any]:
    """Both formats, collected without any attestation."""
    collected = _collect(town)
    assert collected["version"] == "V1"
    assert collected["tokenType"] == "DPoP"
    return {card["format"]: card for card in collected["cards"]}


def test_both_formats_are_collected_and_hold_before_their_own_libraries(
    town: Installation, cards: dict[str, Any]
) -> None:
    assert set(cards) == set(FORMATS)
    root = town.root_of("issuer", "authority")
    for mdoc in ("owf", "animo"):
        found = town.strangers.node(
            "wallet", "check", cards=list(cards.values()), issuers=[root], mdoc=mdoc
        )
        assert [one["failed"] for one in found if "failed" in one] == [[], []]
        assert all(one["typ"] == "dc+sd-jwt" for one in found if "claims" in one)


@pytest.mark.parametrize("proof", ["jwt", "attested jwt", "attestation"])
@pytest.mark.parametrize("named", [_by_key, _by_chain])
def test_an_admitted_providers_wallet_collects_with_attestations(
    town: Installation, provider: Stranger, proof: str, named: Any
) -> None:
    collected = _collect(town, "P-LONG-NAME", provider=named(provider), proof=proof)
    assert [len(card["credentials"]) for card in collected["cards"]] == [2, 2]


def test_an_unknown_providers_wallet_is_refused(town: Installation) -> None:
    unknown = make_stranger("Nobody's wallet provider")
    with pytest.raises(StrangerRefused, match="invalid_client"):
        _collect(town, "P-PERMANENT", provider=_by_key(unknown))


@pytest.fixture(scope="module")
def reader_root(town: Installation) -> str:
    return town.root_of("reader", "practice-askers")


def _show(town: Installation, root: str, card: Any, told: dict[str, Any], **wishes: Any) -> Any:
    asked = town.ask(**wishes)
    shown = town.strangers.node(
        "wallet", "present", link=asked["link"], cards=[card], anchors=[root], **told
    )
    return shown, town.outcome(asked)


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
@pytest.mark.parametrize(
    ("format_", "mdoc"), [("mso_mdoc", "owf"), ("mso_mdoc", "animo"), ("dc+sd-jwt", "owf")]
)
def test_a_card_shown_is_valid(
    town: Installation, reader_root: str, cards: dict[str, Any], format_: str, mdoc: str, mode: str
) -> None:
    wishes = {"purpose": "stay", "response_mode": mode}
    shown, outcome = _show(town, reader_root, cards[format_], {"mdoc": mdoc}, **wishes)
    assert shown["version"] == 100
    assert shown["mode"] == mode
    assert shown["status"] == 200
    assert outcome["decision"] == "valid", outcome


@pytest.mark.parametrize("prefix", ["x509_hash", "x509_san_dns"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_way_of_asking_is_understood(
    town: Installation, reader_root: str, cards: dict[str, Any], prefix: str, method: str
) -> None:
    wishes = {"purpose": "age-19", "client_id_prefix": prefix, "request_uri_method": method}
    shown, outcome = _show(town, reader_root, cards["dc+sd-jwt"], {}, **wishes)
    assert shown["prefix"] == prefix
    assert outcome["decision"] == "valid", outcome


def test_locked_cards_are_not_valid_and_found_ones_are_again(
    town: Installation, reader_root: str
) -> None:
    collected = _collect(town, "P-ONE-NAME")["cards"]
    town.desk("/cards/lock", "P-ONE-NAME", reason="lost on the bus")
    for card in collected:
        _, outcome = _show(town, reader_root, card, {}, purpose="age-19")
        assert outcome["decision"] == "not_valid"
        assert "status_locked" in {finding["reason"] for finding in outcome["findings"]}
    town.desk("/cards/unlock", "P-ONE-NAME", reason="the person is here with the phone")
    for card in collected:
        assert _show(town, reader_root, card, {}, purpose="age-19")[1]["decision"] == "valid"
