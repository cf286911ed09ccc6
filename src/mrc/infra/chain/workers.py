"""The threads that answer JSON-RPC, apart from those that anchor.

Whoever floods the server waits for its own kind: the council's clerk and the publisher have other
threads. A request beyond those that may wait is refused at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mrc.infra.chain.answering import answer_text
from mrc.infra.chain.limits import Deadline, Limit, exceeded
from mrc.infra.chain.rpc import RpcMethods

Result = TypeVar("Result")


class Workers:
    """Answers texts on a few threads, each within its time."""

    def __init__(self, methods: RpcMethods) -> None:
        self._methods = methods
        self._limits = methods.limits
        self._pool = ThreadPoolExecutor(self._limits.workers, thread_name_prefix="ledger-rpc")
        self._unanswered = 0

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def answer(self, body: bytes) -> bytes:
        """The answer's text. Raises `RpcError` where too many wait, or it is not there in time.

        What was begun goes on: a transaction that was not answered may have been sealed.
        """
        if self._unanswered >= self._limits.requests:
            raise exceeded(Limit.REQUESTS, self._limits)
        self._unanswered += 1
        deadline = Deadline.after(self._limits.request_seconds)
        work = asyncio.ensure_future(self.run(lambda: answer_text(self._methods, body, deadline)))
        work.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(deadline.left()):
                return await asyncio.shield(work)
        except TimeoutError as error:
            raise exceeded(Limit.REQUEST_TIME, self._limits) from error

    async def run(self, act: Callable[[], Result]) -> Result:
        """`act` on one of the threads, after what waits already."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, act)

    def _ended(self, work: "asyncio.Future[bytes]") -> None:
        """A thread is free again; nobody may be left to hear of a failure."""
        self._unanswered -= 1
        if not work.cancelled():
            work.exception()
