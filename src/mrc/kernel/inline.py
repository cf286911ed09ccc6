"""Driving a coroutine that never waits.

A server whose ports answer at once can run the same `async` code as a browser without a task:
`run_inline` steps the coroutine and takes its result.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_inline(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result. Raises `ValueError` where it waited for anything."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    coroutine.close()
    raise ValueError("a coroutine that must not wait did wait")
