"""The wallet's HTTP: DPoP and client attestation put on requests, nonces learnt, asked again once.

RFC 9449 sections 8 and 9, draft-ietf-oauth-attestation-based-client-auth section 6. Each server's
nonces are remembered by origin for as long as this object lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Clock, Entropy, HttpClient, HttpRequest, HttpResponse, Signer
from mrc.protocols.oauth import client_attestation, dpop
from mrc.protocols.openid4vci.token import BEARER
from mrc.wallet.server_time import ServerTime

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedClient:
    """What the wallet provider vouches for: the shared client id, and this instance's key."""

    client_id: str
    attestation: str = field(repr=False)
    instance: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationServer:
    """Where client attestations are challenged: the issuer identifier and its endpoint."""

    issuer: str
    challenge_endpoint: str | None


class WalletNetwork:
    """Sends the wallet's requests. Raises `Unavailable` where nobody answers."""

    def __init__(self, http: HttpClient, clock: Clock, entropy: Entropy) -> None:
        self._http = http
        self._time = ServerTime(clock)
        self._entropy = entropy
        self._dpop_nonces: dict[str, str] = {}
        self._challenges: dict[str, str] = {}

    def time_at(self, url: str) -> datetime:
        """By which a proof for the server at `url` is dated."""
        return self._time.at(url)

    async def get(self, url: str, accept: str) -> HttpResponse:
        return await self._send(HttpRequest(method="GET", url=url, headers={"accept": accept}))

    async def post(self, url: str, body: bytes, kind: str) -> HttpResponse:
        headers = {"content-type": kind, "accept": JSON}
        return await self._send(HttpRequest(method="POST", url=url, headers=headers, body=body))

    async def _send(self, request: HttpRequest) -> HttpResponse:
        answer = await self._http.send(request)
        self._time.heard(request.url, answer.headers)
        return answer

    async def post_to_server(
        self,
        url: str,
        body: bytes,
        *,
        server: AuthorizationServer,
        key: Signer,
        client: AttestedClient | None,
    ) -> HttpResponse:
        """A form sent to an authorization server's endpoint with DPoP and client attestation."""
        answer = await self._send_to_server(url, body, server, key, client)
        if _asks_again(answer, "use_dpop_nonce", "use_attestation_challenge"):
            return await self._send_to_server(url, body, server, key, client)
        return answer

    async def post_with_token(
        self, url: str, body: bytes, kind: str, *, token: str, key: Signer | None
    ) -> HttpResponse:
        """A request to a protected resource with a DPoP-bound token (RFC 9449, 7).

        Without `key` the token is a bearer's (RFC 6750, 2.1).
        """
        answer = await self._send_with_token(url, body, kind, token, key)
        if answer.status == 401 and "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
            return await self._send_with_token(url, body, kind, token, key)
        return answer

    async def _send_to_server(
        self,
        url: str,
        body: bytes,
        server: AuthorizationServer,
        key: Signer,
        client: AttestedClient | None,
    ) -> HttpResponse:
        headers = {"content-type": FORM, "accept": JSON}
        headers[dpop.HEADER] = await self._proof("POST", url, key, token=None)
        if client is not None:
            headers |= await self._attestation(server, client)
        return await self._sent(url, body, headers)

    async def _send_with_token(
        self, url: str, body: bytes, kind: str, token: str, key: Signer | None
    ) -> HttpResponse:
        headers = {"content-type": kind, "accept": f"{JSON}, application/jwt"}
        if key is None:
            headers["authorization"] = f"{BEARER} {token}"
        else:
            headers[dpop.HEADER] = await self._proof("POST", url, key, token=token)
            headers["authorization"] = f"{dpop.TOKEN_TYPE} {token}"
        return await self._sent(url, body, headers)

    async def _sent(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpResponse:
        answer = await self._send(HttpRequest(method="POST", url=url, headers=headers, body=body))
        nonce = answer.headers.get(dpop.NONCE_HEADER.lower())
        challenge = answer.headers.get(client_attestation.CHALLENGE_HEADER.lower())
        if nonce:
            self._dpop_nonces[_origin(url)] = nonce
        if challenge:
            self._challenges[_origin(url)] = challenge
        return answer

    async def _proof(self, method: str, url: str, key: Signer, *, token: str | None) -> str:
        request = dpop.DpopRequest(
            method=method, url=url, access_token=token, nonce=self._dpop_nonces.get(_origin(url))
        )
        now = self.time_at(url)
        return await dpop.make_proof(request, signer=key, now=now, entropy=self._entropy)

    async def _attestation(
        self, server: AuthorizationServer, client: AttestedClient
    ) -> dict[str, str]:
        pop = await client_attestation.make_pop(
            client_id=client.client_id,
            audience=server.issuer,
            challenge=await self._challenge(server),
            signer=client.instance,
            now=self.time_at(server.issuer),
            entropy=self._entropy,
        )
        return {
            client_attestation.ATTESTATION_HEADER: client.attestation,
            client_attestation.POP_HEADER: pop,
        }

    async def _challenge(self, server: AuthorizationServer) -> str | None:
        """The challenge last heard of, used once, else a new one from the endpoint."""
        known = self._challenges.pop(_origin(server.issuer), None)
        if known is not None or server.challenge_endpoint is None:
            return known
        answer = await self.post(server.challenge_endpoint, b"", FORM)
        members = json_text.decode_object(answer.body, "attestation challenge")
        challenge = members.get("attestation_challenge")
        if answer.status != 200 or not isinstance(challenge, str):
            raise Malformed("attestation challenge", f"status {answer.status}")
        return challenge


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _asks_again(answer: HttpResponse, *codes: str) -> bool:
    if answer.status not in (400, 401):
        return False
    try:
        members = json_text.decode_object(answer.body, "error answer")
    except Malformed:
        return False
    return members.get("error") in codes
