"""How far the making of one card has come; written down after each step, so that it can go on.

The PIN and the PUK are never in it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from mrc.formats import json_text
from mrc.ic_card.lds.files import Application, FileRef
from mrc.ic_card.personalisation.order import Order, decode_order, encode_order
from mrc.kernel.errors import Malformed


class Step(IntEnum):
    """The step that has been reached; what was done before it is done."""

    ORDERED = 0
    KEYS_MADE = 1
    SIGNED = 2
    LOADED = 3
    LOCKING = 4
    """The lock command is about to go out: it may or may not have arrived."""
    ACTIVE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    order: Order
    step: Step = Step.ORDERED
    serial: bytes = b""
    keys: Mapping[int, bytes] = field(default_factory=dict)
    """Public keys of the chip by slot, uncompressed."""
    files: Mapping[FileRef, bytes] = field(default_factory=dict, repr=False)


class JobStore(Protocol):
    async def save(self, job: Job) -> None:
        """Durable before it returns."""


def encode_job(job: Job) -> bytes:
    return json_text.encode(
        {
            "order": base64.b64encode(encode_order(job.order)).decode(),
            "step": job.step.value,
            "serial": job.serial.hex(),
            "keys": {str(slot): key.hex() for slot, key in job.keys.items()},
            "files": {
                f"{ref.application.value}:{ref.file_id:04x}": base64.b64encode(data).decode()
                for ref, data in job.files.items()
            },
        }
    )


def decode_job(data: bytes) -> Job:
    raw = json_text.decode(data)
    try:
        if not isinstance(raw, dict):
            raise TypeError("an object expected")
        return Job(
            order=decode_order(base64.b64decode(raw["order"])),
            step=Step(raw["step"]),
            serial=bytes.fromhex(raw["serial"]),
            keys={int(slot): bytes.fromhex(key) for slot, key in raw["keys"].items()},
            files={_ref(name): base64.b64decode(text) for name, text in raw["files"].items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Malformed("personalisation job") from error


def _ref(name: str) -> FileRef:
    application, file_id = name.split(":")
    return FileRef(Application(int(application)), int(file_id, 16))
