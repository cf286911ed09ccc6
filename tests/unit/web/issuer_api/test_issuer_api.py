"""The endpoints over HTTP: statuses, header fields and error codes as the standards spell them."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.aggregation import decode_aggregation
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.issuer.cards import Order
from mrc.issuer.records import OfferState
from mrc.protocols.oauth import par, pkce
from mrc.protocols.oauth.metadata import decode_metadata as decode_server
from mrc.protocols.openid4vci.credential import (
    DeferredRequest,
    Notification,
    NotificationEvent,
    decode_credential_response,
    encode_credential_request,
    encode_deferred_request,
    encode_notification,
)
from mrc.protocols.openid4vci.metadata import check_signed_metadata, decode_metadata
from mrc.protocols.openid4vci.nonce import decode_nonce
from mrc.protocols.openid4vci.offer import OfferReference, decode_offer, decode_offer_link
from mrc.protocols.openid4vci.token import (
    AuthorizationCodeTokenRequest,
    PreAuthorizedTokenRequest,
    decode_token_response,
    encode_token_request,
)
from mrc.web.issuer_api.app import make_app
from mrc.web.issuer_api.limits import RateLimits
from tests.simulators.issuing import HOLDER, ISSUER, MDOC, WALLET, Phone, World
from tests.simulators.pki import practice_pki
from tests.unit.web.issuer_api.conftest import Site, WorldClock

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
ORIGIN = {"origin": "https://wallet.localhost:8443"}


async def redeem(site: Site, phone: Phone) -> httpx2.Response:
    made = await site.world.offer()
    reference = decode_offer_link(made.link)
    assert isinstance(reference, OfferReference)
    offer = decode_offer((await site.client.get(reference.credential_offer_uri)).content)
    assert offer.pre_authorized is not None
    body = encode_token_request(
        PreAuthorizedTokenRequest(
            pre_authorized_code=offer.pre_authorized.pre_authorized_code, tx_code=made.tx_code
        )
    )
    answer = await site.client.post(
        "/token", content=body, headers=FORM | ORIGIN | {"DPoP": await phone.proof("token")}
    )
    if answer.status_code == 200:
        phone.token = decode_token_response(answer.content)
    return answer


async def credential(site: Site, phone: Phone, body: bytes, **headers: str) -> httpx2.Response:
    access = await phone.access("credential")
    sent = {"authorization": access.authorization or "", "DPoP": access.dpop or ""}
    return await site.client.post("/credential", content=body, headers=JSON | sent | headers)


async def test_a_wallet_collects_over_http(site: Site) -> None:
    phone = Phone(world=site.world)
    token = await redeem(site, phone)
    assert token.status_code == 200
    assert token.headers["cache-control"] == "no-store"
    assert token.headers["dpop-nonce"]
    nonce = await site.client.post("/nonce")
    assert (nonce.status_code, nonce.headers["cache-control"]) == (200, "no-store")
    request = await phone.request(nonce=decode_nonce(nonce.content))
    answer = await credential(site, phone, encode_credential_request(request))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    issued = decode_credential_response(answer.content)
    note = Notification(
        notification_id=getattr(issued, "notification_id", ""), event=NotificationEvent.ACCEPTED
    )
    access = await phone.access("notification")
    sent = {"authorization": access.authorization or "", "DPoP": access.dpop or ""}
    done = await site.client.post(
        "/notification", content=encode_notification(note), headers=JSON | sent
    )
    assert (done.status_code, done.content) == (204, b"")


async def test_metadata_is_ready_bytes_with_a_tag_and_a_signed_form(site: Site) -> None:
    url = "/.well-known/openid-credential-issuer"
    plain = await site.client.get(url)
    metadata = decode_metadata(json.loads(plain.content), expected_issuer=ISSUER)
    assert metadata.configurations[MDOC].doctype == "kr.go.moj.residence.1"
    assert metadata.configurations[MDOC].credential_signing_alg_values_supported == (-7,)
    again = await site.client.get(url, headers={"if-none-match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    signed = await site.client.get(url, headers={"accept": "application/jwt"})
    assert signed.headers["content-type"] == "application/jwt"
    read = check_signed_metadata(
        signed.text,
        expected_issuer=ISSUER,
        signer_key=practice_pki().sd_jwt_issuer.signer.public_key,
        at=site.world.now,
        verifier=OpensslVerifier(),
    )
    assert read == metadata
    server = await site.client.get("/.well-known/oauth-authorization-server")
    found = decode_server(json.loads(server.content), expected_issuer=ISSUER)
    assert found.token_endpoint == f"{ISSUER}/token"
    assert found.pre_authorized_grant_anonymous_access_supported is True


async def test_preflight_and_exposed_headers(site: Site) -> None:
    asked = "authorization,content-type,dpop,oauth-client-attestation,oauth-client-attestation-pop"
    preflight = await site.client.request(
        "OPTIONS",
        "/credential",
        headers=ORIGIN
        | {"access-control-request-method": "POST", "access-control-request-headers": asked},
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    refused = await redeem(site, Phone(world=site.world))
    exposed = refused.headers["access-control-expose-headers"]
    assert "DPoP-Nonce" in exposed
    assert "WWW-Authenticate" in exposed


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        (b"grant_type=password", {}, 400, "unsupported_grant_type"),
        (b"", {}, 400, "invalid_request"),
        (b"grant_type=a&grant_type=b", {}, 400, "invalid_request"),
        (b"grant_type=refresh_token&refresh_token=x", {}, 400, "invalid_grant"),
        (b"grant_type=refresh_token&refresh_token=x", {"DPoP": "x"}, 400, "invalid_dpop_proof"),
        (
            b"grant_type=refresh_token&refresh_token=x",
            {"OAuth-Client-Attestation": "x", "OAuth-Client-Attestation-PoP": "y"},
            401,
            "invalid_client",
        ),
        (b"{}", {"content-type": "application/json"}, 400, "invalid_request"),
    ],
)
async def test_token_errors(
    site: Site, body: bytes, headers: dict[str, str], status: int, error: str
) -> None:
    answer = await site.client.post("/token", content=body, headers=FORM | headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["dpop-nonce"]


async def test_a_missing_dpop_nonce_is_asked_for_at_both_kinds_of_endpoint(site: Site) -> None:
    phone = Phone(world=site.world)
    proof = await phone.proof("token", nonce=None)
    answer = await site.client.post(
        "/token",
        content=b"grant_type=refresh_token&refresh_token=x",
        headers=FORM | {"DPoP": proof},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
    await redeem(site, phone)
    assert phone.token is not None
    proof = await phone.proof("credential", phone.token.access_token, nonce=None)
    answer = await credential(site, phone, b"{}", DPoP=proof)
    assert answer.status_code == 401
    assert 'error="use_dpop_nonce"' in answer.headers["www-authenticate"]
    assert answer.headers["dpop-nonce"]


async def test_two_dpop_headers_are_refused(site: Site) -> None:
    phone = Phone(world=site.world)
    twice = [("DPoP", await phone.proof("token")), ("DPoP", await phone.proof("token"))]
    answer = await site.client.post(
        "/token", content=b"grant_type=x", headers=[*FORM.items(), *twice]
    )
    assert answer.json()["error"] in ("invalid_dpop_proof", "unsupported_grant_type")
    answer = await site.client.post("/credential", content=b"{}", headers=[*JSON.items(), *twice])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_dpop_proof")


async def test_resource_errors(site: Site) -> None:
    phone = Phone(world=site.world)
    nothing = await site.client.post("/credential", content=b"{}", headers=JSON)
    assert (nothing.status_code, nothing.json()["error"]) == (401, "invalid_token")
    assert nothing.headers["www-authenticate"].startswith("DPoP ")
    await redeem(site, phone)
    for body, headers, error in (
        (b"{}", {}, "invalid_credential_request"),
        (b"{", {}, "invalid_credential_request"),
        (b"{}", {"content-type": "text/plain"}, "invalid_credential_request"),
        (b"x.y", {"content-type": "application/jwt"}, "invalid_credential_request"),
        (b'{"credential_configuration_id":"x"}', {}, "unknown_credential_configuration"),
        (b'{"credential_configuration_id":"residence_mdoc"}', {}, "invalid_proof"),
    ):
        answer = await credential(site, phone, body, **headers)
        assert (answer.status_code, answer.json()["error"]) == (400, error), body
        assert answer.headers["content-type"] == "application/json"


async def test_an_oversize_body_is_refused(site: Site) -> None:
    phone = Phone(world=site.world)
    await redeem(site, phone)
    answer = await credential(site, phone, b" " * (1 << 20) + b"{}")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_credential_request")


async def test_deferred_issue_answers_202(site: Site) -> None:
    phone = Phone(world=site.world)
    await redeem(site, phone)
    site.world.source.wait = timedelta(seconds=7)
    body = encode_credential_request(await phone.request())
    answer = await credential(site, phone, body)
    assert (answer.status_code, answer.json()["interval"]) == (202, 7)
    site.world.source.wait = None
    ask = DeferredRequest(transaction_id=answer.json()["transaction_id"])
    access = await phone.access("deferred_credential")
    sent = {"authorization": access.authorization or "", "DPoP": access.dpop or ""}
    done = await site.client.post(
        "/deferred_credential", content=encode_deferred_request(ask), headers=JSON | sent
    )
    assert (done.status_code, len(done.json()["credentials"])) == (200, 3)


async def test_status_lists_in_both_forms_with_aggregation(site: Site) -> None:
    phone = Phone(world=site.world)
    await redeem(site, phone)
    await phone.collect()
    listed = decode_aggregation((await site.client.get("/status")).content)
    answer = await site.client.get(listed[0], headers=ORIGIN)
    assert answer.headers["content-type"] == jwt_token.MEDIA_TYPE
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await site.client.get(listed[0], headers=tag)).status_code == 304
    order = Order(holder=HOLDER, actor="officer-1", reason="lost")
    await site.world.issuer.cards.lock(order, now=site.world.now)
    assert (await site.client.get(listed[0], headers=tag)).status_code == 200
    cwt = await site.client.get(listed[0], headers={"accept": cwt_token.MEDIA_TYPE})
    assert cwt.headers["content-type"] == cwt_token.MEDIA_TYPE
    assert cwt_token.decode_cwt(cwt.content).claims.uri == listed[0]
    assert (await site.client.get("/status/unknown")).status_code == 404
    assert (await site.client.get(listed[0] + "?time=1")).status_code == 501


async def test_an_unknown_offer_is_not_found(site: Site) -> None:
    assert (await site.client.get("/offers/unknown")).status_code == 404


async def test_one_address_is_braked(world: World) -> None:
    site = Site.of(world, RateLimits(secrets=2, work=0))
    answers = [await site.client.post("/token", content=b"", headers=FORM) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    world.now += timedelta(minutes=1)
    assert (await site.client.post("/token", content=b"", headers=FORM)).status_code == 400


class Fields(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name"):
            self.values[found["name"] or ""] = found.get("value") or ""


class Browser:
    """A HAIP wallet with the holder's browser."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.phone = Phone(world=site.world, attested=True)
        self.verifier = pkce.make_verifier(SystemEntropy())

    async def send(self, path: str, body: bytes) -> httpx2.Response:
        headers = await self.phone.headers(path)
        sent = {
            "DPoP": headers.dpop or "",
            "OAuth-Client-Attestation": headers.attestation or "",
            "OAuth-Client-Attestation-PoP": headers.pop or "",
        }
        return await self.site.client.post(f"/{path}", content=body, headers=FORM | sent)

    async def push(self, **changes: str | None) -> httpx2.Response:
        request = par.AuthorizationRequest(
            client_id=WALLET,
            response_type="code",
            redirect_uri="https://wallet.example/cb",
            scope=MDOC,
            state="st",
            code_challenge=pkce.challenge_of(self.verifier),
            code_challenge_method="S256",
        )
        changed = replace(request, **changes)  # type: ignore[arg-type]
        return await self.send("par", par.encode_authorization_request(changed))

    async def submit(self, request_uri: str, tx_code: str) -> httpx2.Response:
        query = {"client_id": WALLET, "request_uri": request_uri}
        page = await self.site.client.get("/authorize", params=query)
        assert page.status_code == 200
        assert "script" not in page.headers["content-security-policy"]
        fields = Fields(page.text).values | {"tx_code": tx_code}
        return await self.site.client.post("/authorize", data=fields)

    async def token(self, code: str, verifier: str | None = None) -> httpx2.Response:
        request = AuthorizationCodeTokenRequest(
            code=code,
            code_verifier=verifier or self.verifier,
            redirect_uri="https://wallet.example/cb",
            client_id=WALLET,
        )
        return await self.send("token", encode_token_request(request))


async def authorized(browser: Browser) -> str:
    made = await browser.site.world.offer()
    grant = made.offer.authorization_code
    assert grant is not None
    pushed = await browser.push(issuer_state=grant.issuer_state)
    assert pushed.status_code == 201
    wrong = await browser.submit(pushed.json()["request_uri"], "000000")
    assert wrong.status_code == (200 if made.tx_code != "000000" else 303)
    done = await browser.submit(pushed.json()["request_uri"], made.tx_code or "")
    assert done.status_code == 303
    members = par.decode_redirect(
        done.headers["location"], expected_state="st", expected_issuer=ISSUER
    )
    assert "tx_code" not in done.headers["location"]
    state = await browser.site.world.issuer.offers.progress(made.id, now=browser.site.world.now)
    assert state is OfferState.REDEEMED
    return members["code"]


async def test_haip_collects_by_the_authorization_code_flow(world: World) -> None:
    haip = world.again(haip=True)
    browser = Browser(Site.of(haip))
    answer = await browser.token(await authorized(browser))
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")


async def test_a_code_serves_once_and_only_with_its_verifier(world: World) -> None:
    browser = Browser(Site.of(world.again(haip=True)))
    code = await authorized(browser)
    wrong = await browser.token(code, pkce.make_verifier(SystemEntropy()))
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert (await browser.token(code)).json()["error"] == "invalid_grant"


async def test_a_code_is_bound_to_the_keys_that_pushed(world: World) -> None:
    browser = Browser(Site.of(world.again(haip=True)))
    code = await authorized(browser)
    thief = Browser(browser.site)
    thief.verifier = browser.verifier
    assert (await thief.token(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "http://wallet.example/cb"}, "invalid_request"),
        ({"dpop_jkt": "other"}, "invalid_request"),
        ({"client_id": "https://other.example"}, "invalid_client"),
    ],
)
async def test_pushed_requests_that_are_refused(
    world: World, change: dict[str, str | None], error: str
) -> None:
    answer = await Browser(Site.of(world.again(haip=True))).push(**change)
    assert answer.json()["error"] == error


async def test_nobody_authorizes_without_an_offer(world: World) -> None:
    browser = Browser(Site.of(world.again(haip=True)))
    pushed = await browser.push()
    query = {"client_id": WALLET, "request_uri": pushed.json()["request_uri"]}
    answer = await browser.site.client.get("/authorize", params=query)
    assert answer.status_code == 303
    found = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (found["error"], found["state"], found["iss"]) == (["access_denied"], ["st"], [ISSUER])
    stranger = await browser.site.client.get("/authorize", params=query | {"client_id": "x"})
    assert stranger.status_code == 400


async def test_an_issuer_may_live_below_a_path(world: World) -> None:
    below = Site.of(world.again(credential_issuer=f"{ISSUER}/tenant"))
    answer = await below.client.get("/.well-known/openid-credential-issuer/tenant")
    metadata = decode_metadata(answer.json(), expected_issuer=f"{ISSUER}/tenant")
    assert metadata.nonce_endpoint == f"{ISSUER}/tenant/nonce"
    assert (await below.client.post("/tenant/nonce")).status_code == 200
    server = await below.client.get("/.well-known/oauth-authorization-server/tenant")
    assert server.json()["token_endpoint"] == f"{ISSUER}/tenant/token"


async def test_challenges_are_served_where_they_are_demanded(world: World) -> None:
    site = Site.of(world.again(attestation_challenges=True))
    answer = await site.client.post("/challenge")
    assert answer.json()["attestation_challenge"]
    assert answer.headers["cache-control"] == "no-store"
    refused = await site.client.post("/token", content=b"", headers=FORM)
    assert refused.headers["oauth-client-attestation-challenge"]
    assert (await Site.of(world).client.post("/challenge")).status_code == 404


async def test_what_has_run_out_is_forgotten_while_the_app_runs(world: World) -> None:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    world.now += timedelta(days=1)
    app = make_app(world.issuer, clock=WorldClock(world=world))
    async with app.router.lifespan_context(app):
        for _ in range(20):
            await asyncio.sleep(0.01)
    assert await world.issuer.purge(now=world.now) == 0
