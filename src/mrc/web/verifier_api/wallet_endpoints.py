"""OpenID4VP's endpoints: the request object by GET and POST (5.7, 5.10), the response (8.2)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Clock
from mrc.protocols.openid4vp.form import MEDIA_TYPE as FORM
from mrc.protocols.openid4vp.invocation import (
    MAX_POST,
    REQUEST_OBJECT_TYPE,
    RequestUriPost,
    decode_request_uri_post,
)
from mrc.protocols.openid4vp.response import MAX_BODY, encode_receipt
from mrc.verifier.service import Verifier
from mrc.verifier.transactions import RequestId
from mrc.web.verifier_api.doors import NO_STORE, read_body


class WalletEndpoints:
    def __init__(self, verifier: Verifier, clock: Clock) -> None:
        self._verifier = verifier
        self._clock = clock

    async def get_request(self, request: Request) -> Response:
        return await self._request_object(request, None)

    async def post_request(self, request: Request) -> Response:
        _check_form(request)
        body = await read_body(request, limit=MAX_POST)
        return await self._request_object(request, decode_request_uri_post(body))

    async def _request_object(self, request: Request, post: RequestUriPost | None) -> Response:
        text = await self._verifier.request_object(
            _request_id(request), post, now=self._clock.now()
        )
        return Response(text, media_type=REQUEST_OBJECT_TYPE, headers=NO_STORE)

    async def post_response(self, request: Request) -> Response:
        _check_form(request)
        body = await read_body(request, limit=MAX_BODY)
        receipt = await self._verifier.receive(_request_id(request), body, now=self._clock.now())
        return JSONResponse(encode_receipt(receipt), headers=NO_STORE)


def _request_id(request: Request) -> RequestId:
    return RequestId(request.path_params["request_id"])


def _check_form(request: Request) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != FORM:
        raise Malformed("content type", f"expected {FORM}")
