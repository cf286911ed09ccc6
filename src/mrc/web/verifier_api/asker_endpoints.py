"""The management API: ask, follow, read the outcome; and the issuer's word that a list changed."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from mrc.formats import json_text
from mrc.kernel.ports import Clock
from mrc.protocols.dcql.members import as_strings, get_member
from mrc.verifier.service import Verifier
from mrc.verifier.transactions import Stage, TransactionId
from mrc.web.verifier_api.documents import (
    decode_asking,
    encode_asked,
    encode_outcome,
    encode_purpose,
)
from mrc.web.verifier_api.doors import NO_STORE, read_body

MAX_BODY = 256 * 1024  # bytes; a long query is a few thousand
MAX_URIS = 1000  # lists named in one word of change
POLL_SECONDS = 0.2  # how often a stream of events looks; a holder sees no delay
QUIET_SECONDS = 15  # after which a comment keeps proxies from closing the stream

_LAST = (Stage.FINISHED, Stage.EXPIRED)


class AskerEndpoints:
    """`drop_list` forgets one status list and says whether there was a copy."""

    def __init__(self, verifier: Verifier, clock: Clock, drop_list: Callable[[str], bool]) -> None:
        self._verifier = verifier
        self._clock = clock
        self._drop_list = drop_list

    async def purposes(self, _: Request) -> Response:
        known = self._verifier.profile.purposes.values()
        return JSONResponse([encode_purpose(purpose) for purpose in known])

    async def ask(self, request: Request) -> Response:
        body = await read_body(request, limit=MAX_BODY)
        asking = decode_asking(json_text.decode_object(body, "request"))
        asked = await self._verifier.ask(asking, now=self._clock.now())
        return JSONResponse(encode_asked(asked), 201, headers=NO_STORE)

    async def stage(self, request: Request) -> Response:
        stage = await self._verifier.stage(_id(request), now=self._clock.now())
        return JSONResponse({"id": _id(request), "stage": stage.value}, headers=NO_STORE)

    async def outcome(self, request: Request) -> Response:
        """200 with the outcome, 202 while there is none."""
        outcome = await self._verifier.outcome(
            _id(request),
            response_code=request.query_params.get("response_code"),
            now=self._clock.now(),
        )
        if outcome is None:
            return JSONResponse({"decision": "pending"}, 202, headers=NO_STORE)
        return JSONResponse(encode_outcome(outcome), headers=NO_STORE)

    async def events(self, request: Request) -> Response:
        """Server-sent events: one `stage` for each step, until the last."""
        transaction_id = _id(request)
        await self._verifier.stage(transaction_id, now=self._clock.now())
        headers = NO_STORE | {"x-accel-buffering": "no"}
        return StreamingResponse(
            self._stages(transaction_id), media_type="text/event-stream", headers=headers
        )

    async def _stages(self, transaction_id: TransactionId) -> AsyncIterator[str]:
        told, quiet = None, 0.0
        while told not in _LAST:
            stage = await self._verifier.stage(transaction_id, now=self._clock.now())
            if stage is not told:
                told, quiet = stage, 0.0
                yield f'event: stage\ndata: {{"stage":"{stage.value}"}}\n\n'
                continue
            await asyncio.sleep(POLL_SECONDS)
            quiet += POLL_SECONDS
            if quiet >= QUIET_SECONDS:
                quiet = 0.0
                yield ": waiting\n\n"

    async def status_changed(self, request: Request) -> Response:
        """The issuer's push: forget these lists, the next check fetches them anew."""
        body = json_text.decode_object(await read_body(request, limit=MAX_BODY), "change")
        uris = as_strings(get_member(body, "uris", "change"), "uris", limit=MAX_URIS)
        dropped = [self._drop_list(uri) for uri in uris]
        return JSONResponse({"dropped": sum(dropped)})


def _id(request: Request) -> TransactionId:
    return TransactionId(request.path_params["transaction_id"])
