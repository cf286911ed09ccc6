"""What a chip remembers without power. An immutable value: each change is a new one, saved whole."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.lds.files import ISSUANCE_AID, Application, FileRef
from mrc.ic_card.lds.security_infos import Mapping as PaceMapping
from mrc.ic_card.lds.security_infos import PaceInfo
from mrc.ic_card.pace import Password
from mrc.ic_card.scp03 import TransportKeys
from mrc.kernel.errors import Malformed

SUITE = CipherSuite.AES_128
SUSPENDED = 1  # tries left at which the PIN waits for the CAN (TR-03110-2, 3.3)


class LifeCycle(IntEnum):
    """Only forward, each step one command. Value: GlobalPlatform's state byte (11.1.1)."""

    MANUFACTURED = 0x01
    INITIALISED = 0x07
    PERSONALISED = 0x0F
    ACTIVE = 0x1F
    BLOCKED = 0x7F
    ENDED = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipProfile:
    """What differs between kinds of card; fixed when the blank is made."""

    parameter_id: int = 12
    pin_tries: int = 5
    puk_tries: int = 10
    bac: bool = False
    issuance_aid: bytes = ISSUANCE_AID
    atr: bytes = bytes.fromhex("3B8880014D52432D3030303179")
    """Equal on all cards, or it would track them."""

    @property
    def pace_info(self) -> PaceInfo:
        return PaceInfo(
            mapping=PaceMapping.ECDH_GENERIC, suite=SUITE, parameter_id=self.parameter_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    serial: bytes
    profile: ChipProfile
    life_cycle: LifeCycle = LifeCycle.MANUFACTURED
    transport_keys: TransportKeys | None = field(default=None, repr=False)
    files: Mapping[FileRef, bytes] = field(default_factory=dict, repr=False)
    password_keys: Mapping[Password, bytes] = field(default_factory=dict, repr=False)
    bac_seed: bytes = field(default=b"", repr=False)
    pin_left: int = 0
    puk_left: int = 0
    signature_counter: int = 0

    def advanced(self, life_cycle: LifeCycle) -> "CardState":
        """The next life. `ValueError` for a step back: that is our mistake, never a command's."""
        if life_cycle <= self.life_cycle:
            raise ValueError("the life cycle only moves forward")
        return replace(self, life_cycle=life_cycle)


def blank(serial: bytes, transport_keys: TransportKeys, profile: ChipProfile) -> CardState:
    """A card as it comes from the factory."""
    return CardState(
        serial=serial,
        profile=profile,
        transport_keys=transport_keys,
        pin_left=profile.pin_tries,
        puk_left=profile.puk_tries,
    )


def encode_state(state: CardState) -> dict[str, object]:
    """Plain values for a JSON document. Holds secrets: the file is mode 600."""
    keys, profile = state.transport_keys, state.profile
    return {
        "serial": state.serial.hex(),
        "life_cycle": state.life_cycle.value,
        "transport_keys": None if keys is None else [keys.encryption.hex(), keys.mac.hex()],
        "files": {
            f"{ref.application.value}:{ref.file_id:04x}": base64.b64encode(content).decode()
            for ref, content in state.files.items()
        },
        "password_keys": {str(p.value): key.hex() for p, key in state.password_keys.items()},
        "bac_seed": state.bac_seed.hex(),
        "pin_left": state.pin_left,
        "puk_left": state.puk_left,
        "signature_counter": state.signature_counter,
        "profile": {
            "parameter_id": profile.parameter_id,
            "pin_tries": profile.pin_tries,
            "puk_tries": profile.puk_tries,
            "bac": profile.bac,
            "issuance_aid": profile.issuance_aid.hex(),
            "atr": profile.atr.hex(),
        },
    }


def decode_state(text: str | bytes) -> CardState:
    """Raises `Malformed`: a state that does not read is never taken for a fresh one."""
    try:
        return _decode(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed("card state") from error


def _decode(raw: dict[str, object]) -> CardState:
    # json.loads gives plain values; anything of another shape ends in an error caught above
    fields: dict[str, dict[str, str]] = raw  # type: ignore[assignment]
    keys = raw["transport_keys"]
    return CardState(
        serial=bytes.fromhex(str(raw["serial"])),
        life_cycle=LifeCycle(_int(raw["life_cycle"])),
        transport_keys=None if keys is None else _transport_keys(keys),
        files={_ref(name): base64.b64decode(text) for name, text in fields["files"].items()},
        password_keys={
            Password(int(name)): bytes.fromhex(key) for name, key in fields["password_keys"].items()
        },
        bac_seed=bytes.fromhex(str(raw["bac_seed"])),
        pin_left=_int(raw["pin_left"]),
        puk_left=_int(raw["puk_left"]),
        signature_counter=_int(raw["signature_counter"]),
        profile=_profile(fields["profile"]),
    )


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a number expected")
    return value


def _ref(name: str) -> FileRef:
    application, file_id = name.split(":")
    return FileRef(Application(int(application)), int(file_id, 16))


def _transport_keys(value: object) -> TransportKeys:
    if not isinstance(value, list):
        raise TypeError("a list expected")
    encryption, mac = value
    return TransportKeys(encryption=bytes.fromhex(encryption), mac=bytes.fromhex(mac))


def _profile(raw: Mapping[str, object]) -> ChipProfile:
    return ChipProfile(
        parameter_id=_int(raw["parameter_id"]),
        pin_tries=_int(raw["pin_tries"]),
        puk_tries=_int(raw["puk_tries"]),
        bac=raw["bac"] is True,
        issuance_aid=bytes.fromhex(str(raw["issuance_aid"])),
        atr=bytes.fromhex(str(raw["atr"])),
    )
