"""The event loop of a server process: uvloop where it is installed, else asyncio's own.

asyncio keeps TLS in Python, uvloop in C.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
try:
    import uvloop
except ImportError:
    pass
else:
    _new_loop = uvloop.new_event_loop


def run_server(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)
