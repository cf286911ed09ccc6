"""The functions of `host.mjs`, as Python sees them.

`Host` is given by the worker; values cross as bytes, numbers and strings. A JavaScript error
becomes `HostError`, so that no foreign exception leaves this package.
"""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from mrc.kernel.errors import Unavailable


class Buffer(Protocol):
    """A JavaScript typed array as Pyodide shows it."""

    def to_bytes(self) -> bytes: ...


class Host(Protocol):
    """The exports of `host.mjs`."""

    def createSigningKeys(self, count: int) -> Awaitable[Any]: ...
    def publicKey(self, key_id: str) -> Awaitable[Buffer]: ...
    def hasKey(self, key_id: str) -> Awaitable[bool]: ...
    def keyIds(self) -> Awaitable[Any]: ...
    def forgetKeys(self, ids: Any) -> Awaitable[None]: ...
    def sign(self, key_id: str, message: Any) -> Awaitable[Buffer]: ...
    def createPassingKey(self, for_agreement: bool) -> Awaitable[str]: ...
    def dropPassingKey(self, key_id: str) -> bool: ...
    def agree(self, key_id: str, peer: Any) -> Awaitable[Buffer]: ...
    def seal(self, key: Any, iv: Any, plaintext: Any, aad: Any) -> Awaitable[Buffer]: ...
    def open(self, key: Any, iv: Any, sealed: Any, aad: Any) -> Awaitable[Buffer]: ...
    def pbkdf2(self, password: Any, salt: Any, iterations: int) -> Awaitable[Buffer]: ...
    def mix(self, data: Any) -> Awaitable[Buffer]: ...
    def readRecord(self, name: str) -> Awaitable[Buffer | None]: ...
    def recordNames(self, prefix: str) -> Awaitable[Any]: ...
    def commitRecords(self, names: Any, values: Any) -> Awaitable[None]: ...
    def send(self, method: str, url: str, headers: Any, body: Any) -> Awaitable[Any]: ...


async def taken(buffer: Awaitable[Buffer], what: str) -> bytes:
    """The bytes of a promised typed array. Raises `Unavailable` where the browser refuses."""
    from pyodide.ffi import JsException

    try:
        return (await buffer).to_bytes()
    except JsException as error:
        raise Unavailable(what, str(error)) from error


async def done(promise: Awaitable[Any], what: str) -> Any:
    """What a promise brings. Raises `Unavailable` where the browser refuses."""
    from pyodide.ffi import JsException

    try:
        return await promise
    except JsException as error:
        raise Unavailable(what, str(error)) from error


def js_bytes(data: bytes) -> Any:
    """A JavaScript typed array with a copy of `data`."""
    from pyodide.ffi import to_js

    return to_js(data)


def js_list(values: Sequence[Any]) -> Any:
    from pyodide.ffi import to_js

    return to_js(list(values))


def js_headers(values: dict[str, str]) -> Any:
    from js import Object
    from pyodide.ffi import to_js

    return to_js(values, dict_converter=Object.fromEntries)
