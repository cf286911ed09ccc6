"""What stands on a ledger, as arguments: addresses and streams."""

from collections.abc import Callable
from typing import TypeVar

import click

from mrc.ledger.headers import Address
from mrc.ledger.statements import StreamId

T = TypeVar("T")


class HexadecimalType(click.ParamType[T]):
    """So many bytes as 0x and hexadecimal digits."""

    def __init__(self, name: str, size: int, make: Callable[[bytes], T]) -> None:
        self.name = name
        self._size = size
        self._make = make

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> T:
        try:
            data = bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError:
            self.fail("not hexadecimal digits", param, ctx)
        if len(data) != self._size:
            self.fail(f"this has {len(data)} bytes, expected {self._size}", param, ctx)
        return self._make(data)


ADDRESS = HexadecimalType("address", 20, Address)
STREAM = HexadecimalType("stream", 32, StreamId)
