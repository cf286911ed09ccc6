"""Whether this phone can carry cards: one key, one signature, one record, each really done.

Shown under "about this phone" and used by tests of every host: the answer says which port failed.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mrc.kernel.errors import MrcError
from mrc.kernel.ports import SignatureVerifier
from mrc.wallet.ports import KeyStore, RecordStore

RECORD = "check/last"
MESSAGE = b"can this phone sign?"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCheck:
    keys: KeyStore
    records: RecordStore
    verifier: SignatureVerifier

    async def respond(self, _: Request) -> Response:
        outcome = {
            "signs": await self._tried(self._signs),
            "stores": await self._tried(self._stores),
        }
        status = 200 if all(value == "yes" for value in outcome.values()) else 503
        return Response(json.dumps(outcome), status, media_type="application/json")

    async def _tried(self, act: Callable[[], Awaitable[bool]]) -> str:
        try:
            return "yes" if await act() else "no"
        except MrcError as error:
            return str(error)

    async def _signs(self) -> bool:
        (key_id,) = await self.keys.create(1)
        try:
            signer = await self.keys.signer(key_id)
            signature = await signer.sign(MESSAGE)
            return self.verifier.holds(signer.public_key, signer.algorithm, MESSAGE, signature)
        finally:
            await self.keys.forget([key_id])

    async def _stores(self) -> bool:
        await self.records.commit({RECORD: MESSAGE})
        kept = await self.records.read(RECORD)
        await self.records.commit({RECORD: None})
        return kept == MESSAGE and await self.records.read(RECORD) is None
