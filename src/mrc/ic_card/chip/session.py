"""What a chip knows while it has power, and how a command is refused."""

from dataclasses import dataclass, field
from enum import IntEnum

from mrc.ic_card.apdu import CommandApdu
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys
from mrc.ic_card.lds.files import Application, FileRef
from mrc.ic_card.pace import Password
from mrc.ic_card.scp03 import Handshake, Scp03Channel
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.kernel.curves import Point


class Refused(Exception):
    """A command is answered with `sw` and nothing else. Never leaves the chip."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class Access(IntEnum):
    """What has been proved in this session, by which secret it was opened."""

    NONE = 0
    READING = 1
    """CAN or MRZ, or BAC: the LDS files."""
    PIN = 2
    """The holder is here: EF.RES and the issuance key too."""
    PUK = 3
    """May unblock the PIN; reads nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSelected:
    """MSE:Set AT named a password."""

    password: Password


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceNonceSent:
    password: Password
    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceMapped:
    password: Password
    generator: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceAgreed:
    password: Password
    keys: SessionKeys
    own: Point
    other: Point


PaceStage = PaceSelected | PaceNonceSent | PaceMapped | PaceAgreed


@dataclass(slots=True)
class Session:
    """Lost at reset, at power loss and at the first error of secure messaging."""

    channel: SecureChannel | None = None
    next_channel: SecureChannel | None = None
    """Takes over after the response to the current command."""
    access: Access = Access.NONE
    opened_by: Password | None = None
    signature_left: bool = False
    application: Application = Application.MASTER_FILE
    selected: FileRef | None = None
    pace: PaceStage | None = None
    chip_authentication: CipherSuite | None = None
    bac_challenge: bytes = field(default=b"", repr=False)
    chain: CommandApdu | None = None
    handshake: Handshake | None = None
    loading: Scp03Channel | None = None
