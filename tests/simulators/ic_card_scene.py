"""One office, one active card, and the issuer's server that judges it; and a forger's tools."""

from dataclasses import replace

import pytest

from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.lds.files import (
    CARD_ACCESS,
)
from mrc.ic_card.terminal import reading
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.errors import Rejected
from mrc.kernel.inline import run_inline
from tests.simulators.ic_card_world import (
    MemoryRegister,
    Phone,
    World,
    blank_state,
    connect,
    dialogue,
    open_can,
    open_pin,
)

_MADE = {}


def active_card(profile=None):
    """A fresh copy of an active card; one is made for all tests."""
    if profile not in _MADE:
        chip, _ = run_inline(World().make(SoftwareChip(blank_state(profile))))
        _MADE[profile] = (chip.load(), chip._keys)
    return SoftwareChip(*_MADE[profile])


def with_state(chip, **changes):
    """The same chip in a state that nobody could bring it into with commands."""
    return SoftwareChip(replace(chip.load(), **changes), chip._keys)


async def sw(connection, command):
    return (await connection.send(command)).sw


class Scene:
    """An office, an active card of it, the register that knows it, and the issuer's server."""

    def __init__(self, world, chip, record):
        self.world, self.chip, self.record = world, chip, record
        self.register = MemoryRegister()
        self.register.add(record)
        self.server = dialogue(world, self.register)

    async def phone(self, chip=None, *, pin=True, **options):
        connection = await connect(chip or self.chip)
        await (open_pin(connection) if pin else open_can(connection))
        return Phone(connection, options.pop("server", self.server), **options)


def flipped(data, place):
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


async def refused(awaitable):
    with pytest.raises(Rejected) as caught:
        await awaitable
    return caught.value.reason


def with_files(chip, **changes):
    """The same chip with other files: a forger writes what the chip itself never would."""
    files = {**chip.load().files, **changes.pop("files", {})}
    return SoftwareChip(replace(chip.load(), files=files), changes.pop("keys", chip._keys))


async def new_keys(chip):
    """A blank chip's own keys in place of the copied card's."""
    forged = SoftwareChip(chip.load())
    for slot in KeySlot:
        await forged.make_key(slot, "P-256")
    return forged


async def read_all(chip):
    connection = await connect(chip)
    await open_pin(connection)
    read = await reading.read_document(connection, open_pin, residence=True)
    return {**read.files, CARD_ACCESS: chip.load().files[CARD_ACCESS]}


def outcome_of(findings, name):
    return next(f.outcome for f in findings if f.check == f"ic_card.file.{name}")
