"""Access tokens of the carrier: signed client assertions, kept until shortly before they end.

CAMARA Security and Interoperability Profile r4.2 (private_key_jwt, RFC 7523; client credentials,
RFC 6749 section 4.4; JWT bearer, RFC 7523 section 2.1).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mrc.formats import base64url, json_text
from mrc.formats.jose import jwk, jws
from mrc.infra.carrier.calls import BoundedHttp
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Clock, Entropy, HttpRequest, Signer
from mrc.protocols.oauth.members import encode_form, optional_integer, required_text

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PURPOSE = "dpv:FraudPreventionAndDetection"  # exactly one purpose goes with each request
ASSERTION_LIFE = timedelta(seconds=120)  # the profile allows 300; clocks differ
EARLY = timedelta(seconds=20)  # a token is not used in its last seconds
CLOCK_ALLOWANCE = timedelta(seconds=5)  # `iat` later than the carrier's clock is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierClient:
    """Who we are to the carrier."""

    client_id: str
    token_endpoint: str
    signer: Signer = field(repr=False)


class TokenSource:
    """Tokens for scopes. One request at a time: a busy counter asks once, not once a person."""

    def __init__(
        self, client: CarrierClient, http: BoundedHttp, clock: Clock, entropy: Entropy
    ) -> None:
        self._client = client
        self._http = http
        self._clock = clock
        self._entropy = entropy
        self._kept: dict[str, tuple[str, datetime]] = {}
        self._asking = asyncio.Lock()

    async def token(self, scope: str) -> str:
        """A two-legged token. Raises `Unavailable`, also where the carrier refuses us."""
        async with self._asking:
            kept = self._kept.get(scope)
            if kept is not None and kept[1] > self._clock.now():
                return kept[0]
            asked = self._clock.now()
            form = {
                "grant_type": "client_credentials",
                "scope": f"{PURPOSE} {scope}",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": await self._assertion({"sub": self._client.client_id}),
            }
            token, seconds = await self._ask(form)
            self._kept[scope] = (token, asked + timedelta(seconds=seconds) - EARLY)
            return token

    def forget(self, scope: str) -> None:
        """The carrier did not accept the token: the next one is asked for anew."""
        self._kept.pop(scope, None)

    async def token_of_operator(self, operator_token: str, scope: str) -> str:
        """A three-legged token for the phone that holds `operator_token` (TS.43). Never kept."""
        claims = {"sub": f"operatortoken:{operator_token}", "scope": f"{PURPOSE} {scope}"}
        form = {"grant_type": JWT_BEARER, "assertion": await self._assertion(claims)}
        return (await self._ask(form))[0]

    async def _assertion(self, claims: Mapping[str, str]) -> str:
        issued = self._clock.now() - CLOCK_ALLOWANCE
        signer = self._client.signer
        header = {"typ": "JWT", "kid": base64url.encode(jwk.thumbprint(signer.public_key))}
        payload = {
            "iss": self._client.client_id,
            **claims,
            "aud": self._client.token_endpoint,
            "iat": int(issued.timestamp()),
            "exp": int((issued + ASSERTION_LIFE).timestamp()),
            "jti": base64url.encode(self._entropy.token(16)),
        }
        return await jws.sign(header, json_text.encode(payload), signer)

    async def _ask(self, form: Mapping[str, str]) -> tuple[str, int]:
        request = HttpRequest(
            method="POST",
            url=self._client.token_endpoint,
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "accept": "application/json",
            },
            body=encode_form(form),
        )
        answer = await self._http.send(request)
        if answer.status != 200:
            raise Unavailable("the carrier's token endpoint", f"status {answer.status}")
        what = "token answer"
        body = json_text.decode_object(answer.body, what)
        if required_text(body, "token_type", what).lower() != "bearer":
            raise Malformed(what, "not a bearer token")
        seconds = optional_integer(body, "expires_in", what)
        return required_text(body, "access_token", what), 0 if seconds is None else seconds
