"""Ethereum addresses as arguments."""

import click

from mrc.ledger.headers import Address


class AddressType(click.ParamType[Address]):
    """20 bytes as 0x and hexadecimal digits."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        try:
            data = bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError:
            self.fail("not hexadecimal digits", param, ctx)
        if len(data) != 20:
            self.fail("an address has 20 bytes", param, ctx)
        return Address(data)


ADDRESS = AddressType()
