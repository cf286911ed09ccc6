"""The carrier's JSON APIs: one request, its token, and what an answer means.

CAMARA Commonalities 0.6. A refusal with a code is `Rejected`; no answer, a server's error, a full
quota and a refused token are `Unavailable`: nothing was said about the line.
"""

import re

from mrc.formats import json_text
from mrc.infra.carrier.calls import BoundedHttp
from mrc.infra.carrier.reasons import CarrierCode
from mrc.infra.carrier.tokens import TokenSource
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse

CLAUSE = "CAMARA Commonalities 0.6, errors"
_CODE = re.compile(r"[A-Z0-9_.]{1,80}")  # what may be repeated in an error's detail
TOO_MANY_REQUESTS = 429


class CarrierApi:
    def __init__(self, root: str, http: BoundedHttp, tokens: TokenSource) -> None:
        self._root = root
        self._http = http
        self._tokens = tokens

    async def post(self, path: str, body: dict[str, object], *, scope: str) -> dict[str, object]:
        """The answer to a two-legged call, tried again once with a new token where it was refused.

        Raises `Unavailable`, `Rejected` with a `CarrierCode`, `Malformed`.
        """
        token = await self._tokens.token(scope)
        answer = await self._send(path, body, token)
        if answer.status == 401:
            self._tokens.forget(scope)
            answer = await self._send(path, body, await self._tokens.token(scope))
        return _decoded(answer)

    async def post_for_phone(
        self, path: str, body: dict[str, object], *, scope: str, operator_token: str
    ) -> dict[str, object]:
        """The answer to a three-legged call, about the phone that got `operator_token`."""
        token = await self._tokens.token_of_operator(operator_token, scope)
        return _decoded(await self._send(path, body, token))

    async def _send(self, path: str, body: dict[str, object], token: str) -> HttpResponse:
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "accept": "application/json",
        }
        request = HttpRequest(
            method="POST", url=self._root + path, headers=headers, body=json_text.encode(body)
        )
        return await self._http.send(request)


def _decoded(answer: HttpResponse) -> dict[str, object]:
    if answer.status == 200:
        return json_text.decode_object(answer.body, "carrier's answer")
    if answer.status >= 500 or answer.status in (401, TOO_MANY_REQUESTS):
        raise Unavailable("the carrier", f"status {answer.status}")
    if not 400 <= answer.status < 500:
        raise Malformed("carrier's answer", f"status {answer.status}")
    code = json_text.decode_object(answer.body, "carrier's error").get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise Malformed("carrier's error", "no code")
    known = CarrierCode(code) if code in set(CarrierCode) else CarrierCode.OTHER
    raise Rejected(known, CLAUSE, code)
