"""Receiving by authorization code: mix-ups and thefts first, then the way itself."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mrc.formats import base64url
from mrc.formats.jose.jwk import thumbprint
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.protocols.oauth import pkce
from mrc.protocols.oauth.reasons import Reason as OAuthReason
from mrc.wallet.authorizing import BegunAuthorization
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.reasons import Reason
from tests.simulators.ic_issuance_world import IcPhone, ic_world
from tests.simulators.issuer_elsewhere import IssuerElsewhere

BACK = "http://127.0.0.1:49152/only-this-request"


@dataclass(kw_only=True)
class Scene:
    """A wallet between an honest issuer and another one."""

    phone: IcPhone
    opened: OpenWallet
    library: IssuerElsewhere
    attacker: IssuerElsewhere

    async def begin(self, issuer: IssuerElsewhere | None = None) -> BegunAuthorization:
        chosen = self.library if issuer is None else issuer
        offered = await self.opened.receiving.look_at(chosen.link)
        return await self.opened.authorizing.begin(offered, redirect_uri=BACK, client_id="a-wallet")

    async def keys(self) -> int:
        return len(await self.phone.mobile_id._host.keys.known())

    async def refused(self, begun: BegunAuthorization, answer: str) -> Any:
        """Refused before any code goes anywhere, and the request's key is forgotten."""
        before = await self.keys()
        with pytest.raises((Rejected, Malformed)) as caught:
            await self.opened.authorizing.finish(begun, answer)
        assert self.library.tokens == self.attacker.tokens == []
        assert await self.keys() == before - 1
        return getattr(caught.value, "reason", Malformed)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with ic_world(tmp_path) as world:
        phone = await world.phone()
        library = IssuerElsewhere(name="library.example")
        attacker = IssuerElsewhere(name="attacker.example")
        others = {one.name: one.app() for one in (library, attacker)}
        phone.network.apps = {**phone.network.apps, **others}
        yield Scene(phone=phone, opened=await phone.wallet(), library=library, attacker=attacker)


# Mix-up: one server's code at another.


async def test_a_code_of_another_server_is_not_passed_on(scene: Scene) -> None:
    """RFC 9207, 2.4: the browser comes back from the library although the attacker was asked."""
    begun = await scene.begin(scene.attacker)
    answer = scene.library.answer(BACK, code="the library's", state=begun.state)
    assert await scene.refused(begun, answer) is OAuthReason.ISSUER_MISMATCH


async def test_an_attacker_who_names_the_librarys_page_as_its_own_gets_no_code(
    scene: Scene,
) -> None:
    """RFC 9700, 4.4.1: metadata of the attacker, page of the library, token endpoint of its own."""
    scene.attacker.server["authorization_endpoint"] = f"{scene.library.url}/authorize"
    begun = await scene.begin(scene.attacker)
    assert begun.url.startswith(f"{scene.library.url}/authorize?")
    answer = scene.library.answer(BACK, code="the library's", state=begun.state)
    assert await scene.refused(begun, answer) is OAuthReason.ISSUER_MISMATCH


@pytest.mark.parametrize("iss", ["https://library.example/", "https://LIBRARY.example", ""])
async def test_iss_is_compared_letter_by_letter(scene: Scene, iss: str) -> None:
    begun = await scene.begin()
    answer = scene.library.answer(BACK, code="c", state=begun.state, iss=iss)
    assert await scene.refused(begun, answer) is OAuthReason.ISSUER_MISMATCH


async def test_an_answer_without_iss_is_refused(scene: Scene) -> None:
    begun = await scene.begin()
    answer = f"{BACK}?code=c&state={begun.state}"
    assert await scene.refused(begun, answer) is OAuthReason.ISSUER_MISMATCH


async def test_an_error_of_another_server_is_not_believed_either(scene: Scene) -> None:
    begun = await scene.begin()
    answer = scene.attacker.answer(BACK, error="access_denied", state=begun.state)
    assert await scene.refused(begun, answer) is OAuthReason.ISSUER_MISMATCH


async def test_a_server_that_calls_itself_another_is_refused(scene: Scene) -> None:
    """RFC 8414, 3.3: metadata under the attacker's name that say they are the library's."""
    scene.attacker.server["issuer"] = scene.library.url
    with pytest.raises(Rejected) as caught:
        await scene.begin(scene.attacker)
    assert caught.value.reason is OAuthReason.ISSUER_MISMATCH


# Another request's answer.


@pytest.mark.parametrize("state", ["", "guessed", "x" * 43])
async def test_an_answer_to_no_request_of_ours_is_refused(scene: Scene, state: str) -> None:
    """RFC 6749, 10.12: a page that sends the browser here with the attacker's own code."""
    begun = await scene.begin()
    answer = scene.library.answer(BACK, code="the attacker's", state=state)
    assert await scene.refused(begun, answer) is OAuthReason.CLIENT_MISMATCH


async def test_the_answer_to_another_request_of_ours_is_refused(scene: Scene) -> None:
    one, other = await scene.begin(), await scene.begin()
    answer = scene.library.answer(BACK, code="c", state=other.state)
    assert await scene.refused(one, answer) is OAuthReason.CLIENT_MISMATCH


@pytest.mark.parametrize("twice", ["code=b", "state=other", "iss=https://attacker.example"])
async def test_a_member_that_comes_twice_is_refused(scene: Scene, twice: str) -> None:
    """RFC 6749, 3.1: which of the two counts would be anybody's guess."""
    begun = await scene.begin()
    answer = scene.library.answer(BACK, code="a", state=begun.state)
    for order in (f"{answer}&{twice}", f"{BACK}?{twice}&{answer.partition('?')[2]}"):
        begun = await scene.begin()
        fitting = order.replace(parse_qs(urlsplit(answer).query)["state"][0], begun.state)
        assert await scene.refused(begun, fitting) is Malformed


@pytest.mark.parametrize("members", [{}, {"code": ""}])
async def test_an_answer_without_a_code_is_none(scene: Scene, members: dict[str, str]) -> None:
    begun = await scene.begin()
    answer = scene.library.answer(BACK, state=begun.state, **members)
    assert await scene.refused(begun, answer) is Malformed


async def test_no_means_no(scene: Scene) -> None:
    begun = await scene.begin()
    answer = scene.library.answer(BACK, error="access_denied", state=begun.state)
    assert await scene.refused(begun, answer) is Reason.ISSUER_REFUSED


# Servers that cannot do it safely are refused before a browser opens.


@pytest.mark.parametrize(
    ("lacking", "clause"),
    [
        ({"authorization_response_iss_parameter_supported": None}, "RFC 9207 3"),
        ({"authorization_response_iss_parameter_supported": False}, "RFC 9207 3"),
        ({"code_challenge_methods_supported": None}, "RFC 9700 2.1.1"),
        ({"code_challenge_methods_supported": ["plain"]}, "RFC 9700 2.1.1"),
        ({"pushed_authorization_request_endpoint": None}, "RFC 9126 5"),
        ({"authorization_endpoint": None}, "RFC 9126 5"),
        ({"authorization_endpoint": "http://library.example/authorize"}, "RFC 6749 3.1"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "RFC 6749 3.1"),
        ({"authorization_endpoint": "file:///etc/passwd"}, "RFC 6749 3.1"),
        ({"authorization_endpoint": "https://library.example/a#b"}, "RFC 6749 3.1"),
    ],
)
async def test_a_server_that_lacks_a_protection(
    scene: Scene, lacking: dict[str, Any], clause: str
) -> None:
    scene.library.server |= lacking
    with pytest.raises(Rejected) as caught:
        await scene.begin()
    assert (caught.value.reason, caught.value.clause) == (Reason.ISSUER_UNSUPPORTED, clause)
    assert scene.library.pushed == []
    assert await scene.keys() == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, {"error": "invalid_request"}), Rejected),
        ((503, {"error": "temporarily_unavailable"}), Unavailable),
        ((201, {"request_uri": "urn:x"}), Malformed),
        ((201, {"request_uri": "urn:x", "expires_in": 0}), Malformed),
    ],
)
async def test_a_push_that_fails_leaves_no_key(
    scene: Scene, answer: tuple[int, dict[str, Any]], expected: type[Exception]
) -> None:
    scene.library.push_answer = answer
    with pytest.raises(expected):
        await scene.begin()
    assert await scene.keys() == 0


async def test_a_code_that_the_server_refuses_leaves_no_key(scene: Scene) -> None:
    begun = await scene.begin()
    scene.library.token_answer = (400, {"error": "invalid_grant"})
    answer = scene.library.answer(BACK, code="stale", state=begun.state)
    with pytest.raises(Rejected) as caught:
        await scene.opened.authorizing.finish(begun, answer)
    assert caught.value.reason is Reason.ISSUER_REFUSED
    assert await scene.keys() == 0


# And the way itself.


async def test_everything_that_binds_the_code_is_pushed_and_nothing_stands_in_the_address(
    scene: Scene,
) -> None:
    begun = await scene.begin()
    (pushed,) = scene.library.pushed
    key = await scene.phone.mobile_id._host.keys.signer(begun.token_key)
    assert pushed == {
        "client_id": "a-wallet",
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "library",
        "state": begun.state,
        "code_challenge": pkce.challenge_of(begun.verifier),
        "code_challenge_method": "S256",
        "issuer_state": "counter 7",
        "dpop_jkt": base64url.encode(thumbprint(key.public_key)),
    }
    query = parse_qs(urlsplit(begun.url).query)
    assert query == {
        "client_id": ["a-wallet"],
        "request_uri": ["urn:ietf:params:oauth:request_uri:one"],
    }


async def test_the_code_goes_with_its_verifier_to_the_server_that_was_asked(scene: Scene) -> None:
    begun = await scene.begin()
    answer = scene.library.answer(BACK, code="a code", state=begun.state)
    pending = await scene.opened.authorizing.finish(begun, answer)
    assert scene.library.tokens == [
        {
            "grant_type": "authorization_code",
            "code": "a code",
            "code_verifier": begun.verifier,
            "redirect_uri": BACK,
            "client_id": "a-wallet",
        }
    ]
    assert (pending.access_token, pending.token_key) == ("token", begun.token_key)
    assert [batch.configuration_id for batch in pending.batches] == ["library"]


async def test_two_requests_share_nothing(scene: Scene) -> None:
    one, other = await scene.begin(), await scene.begin()
    assert one.state != other.state
    assert one.verifier != other.verifier
    assert one.token_key != other.token_key


async def test_without_scopes_the_configurations_are_named(scene: Scene) -> None:
    scene.library.configuration["scope"] = None
    await scene.begin()
    (pushed,) = scene.library.pushed
    assert "scope" not in pushed
    (detail,) = json.loads(pushed["authorization_details"])
    assert detail == {"type": "openid_credential", "credential_configuration_id": "library"}


async def test_secrets_are_not_printed(scene: Scene) -> None:
    begun = await scene.begin()
    assert begun.state not in repr(begun)
    assert begun.verifier not in repr(begun)
