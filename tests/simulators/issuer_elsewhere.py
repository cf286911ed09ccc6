"""An issuer with an authorization server that a test can make say anything, in memory.

Its pages are not there: a test is the browser and writes the answer that comes back.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrc.protocols.openid4vci.offer import (
    AuthorizationCodeGrant,
    CredentialOffer,
    offer_link,
)

LIBRARY = {
    "format": "dc+sd-jwt",
    "vct": "https://library.example/card",
    "scope": "library",
    "cryptographic_binding_methods_supported": ["jwk"],
    "credential_signing_alg_values_supported": ["ES256"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    "credential_metadata": {"display": [{"name": "Library card", "locale": "en"}]},
}


@dataclass(kw_only=True)
class IssuerElsewhere:
    """`server` and `configuration` change what the metadata say (None takes a member away)."""

    name: str
    server: dict[str, Any] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    pushed: list[dict[str, str]] = field(default_factory=list)
    tokens: list[dict[str, str]] = field(default_factory=list)
    push_answer: tuple[int, dict[str, Any]] | None = None
    token_answer: tuple[int, dict[str, Any]] | None = None

    @property
    def url(self) -> str:
        return f"https://{self.name}"

    @property
    def link(self) -> str:
        offer = CredentialOffer(
            credential_issuer=self.url,
            credential_configuration_ids=("library",),
            authorization_code=AuthorizationCodeGrant(issuer_state="counter 7"),
        )
        return offer_link(offer)

    def app(self) -> Starlette:
        wellknown = "/.well-known"
        return Starlette(
            routes=[
                Route(f"{wellknown}/openid-credential-issuer", self._issuer),
                Route(f"{wellknown}/oauth-authorization-server", self._server),
                Route("/par", self._push, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def answer(self, redirect_uri: str, **members: str) -> str:
        """What the browser comes back with."""
        return f"{redirect_uri}?{urlencode({'iss': self.url, **members})}"

    async def _issuer(self, _: Request) -> Response:
        return JSONResponse(
            {
                "credential_issuer": self.url,
                "credential_endpoint": f"{self.url}/credential",
                "credential_configurations_supported": {
                    "library": _without_none(LIBRARY | self.configuration)
                },
            }
        )

    async def _server(self, _: Request) -> Response:
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "pushed_authorization_request_endpoint": f"{self.url}/par",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "dpop_signing_alg_values_supported": ["ES256"],
        }
        return JSONResponse(_without_none(usual | self.server))

    async def _push(self, request: Request) -> Response:
        self.pushed.append(await _form(request))
        status, body = self.push_answer or (
            201,
            {"request_uri": "urn:ietf:params:oauth:request_uri:one", "expires_in": 60},
        )
        return JSONResponse(body, status)

    async def _token(self, request: Request) -> Response:
        self.tokens.append(await _form(request))
        status, body = self.token_answer or (
            200,
            {"access_token": "token", "token_type": "DPoP", "scope": "library"},
        )
        return JSONResponse(body, status)


async def _form(request: Request) -> dict[str, str]:
    parsed = parse_qs((await request.body()).decode(), keep_blank_values=True)
    return {name: value for name, (value,) in parsed.items()}


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
