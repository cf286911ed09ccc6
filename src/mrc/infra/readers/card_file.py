"""The emulated card's memory: one file with state and keys, replaced atomically.

For practice and tests: the private keys of a genuine chip never stand in a file.
"""

import fcntl
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import CardState, decode_state, encode_state
from mrc.infra.files import SECRET_MODE, read_secret, write_secret
from mrc.infra.keys.software import SoftwareKeyAgreement, SoftwareSigner
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.keys import Curve, EcPublicKey

_CURVES: dict[Curve, ec.EllipticCurve] = {
    Curve.P256: ec.SECP256R1(),
    Curve.BRAINPOOL_P256R1: ec.BrainpoolP256R1(),
}


class SoftwareChip:
    """`ChipStorage` and `ChipKeys` in memory; `CardFile` makes them durable."""

    def __init__(
        self, state: CardState, keys: dict[KeySlot, ec.EllipticCurvePrivateKey] | None = None
    ) -> None:
        self._state = state
        self._keys = dict(keys or {})

    def __repr__(self) -> str:
        return f"SoftwareChip({self._state.life_cycle.name})"

    def load(self) -> CardState:
        return self._state

    def save(self, state: CardState) -> None:
        self._write(state, self._keys)
        self._state = state

    def _write(self, state: CardState, keys: dict[KeySlot, ec.EllipticCurvePrivateKey]) -> None:
        """Nothing to do in memory."""

    def find_public_key(self, slot: KeySlot) -> EcPublicKey | None:
        return SoftwareKeyAgreement(self._keys[slot]).public_key if slot in self._keys else None

    async def make_key(self, slot: KeySlot, curve: Curve) -> EcPublicKey:
        if slot in self._keys:
            raise ValueError("the slot holds a key")
        keys = {**self._keys, slot: ec.generate_private_key(_CURVES[curve])}
        self._write(self._state, keys)
        self._keys = keys
        return SoftwareKeyAgreement(keys[slot]).public_key

    async def shared_secret(self, slot: KeySlot, peer: EcPublicKey) -> bytes:
        return await SoftwareKeyAgreement(self._keys[slot]).shared_secret(peer)

    async def sign(self, slot: KeySlot, message: bytes) -> bytes:
        return SoftwareSigner(self._keys[slot]).sign_now(message)


class CardFile(SoftwareChip):
    """A card whose memory is one JSON file of mode 600."""

    def __init__(
        self,
        path: Path,
        state: CardState,
        keys: dict[KeySlot, ec.EllipticCurvePrivateKey] | None = None,
    ) -> None:
        super().__init__(state, keys)
        self._path = path
        self._lock = _lock(path)

    def close(self) -> None:
        """Let others use the file."""
        os.close(self._lock)
        self._lock = -1

    @classmethod
    def create(cls, path: Path, state: CardState) -> "CardFile":
        """A new card. `FileExistsError` where there is a file: a card is never overwritten."""
        path.touch(mode=SECRET_MODE, exist_ok=False)
        card = cls(path, state)
        card.save(state)
        return card

    @classmethod
    def open(cls, path: Path) -> "CardFile":
        """Raises `Malformed` for a file that is no card, `Unavailable` for none."""
        state, keys = _read(path)
        card = cls(path, state, keys)
        # read again under the lock: the file may have changed just before
        card._state, card._keys = _read(path)
        return card

    def _write(self, state: CardState, keys: dict[KeySlot, ec.EllipticCurvePrivateKey]) -> None:
        """All or nothing, flushed to the disk before it returns."""
        document = {
            **encode_state(state),
            "keys": {str(slot.value): _dump_key(key) for slot, key in keys.items()},
        }
        try:
            write_secret(self._path, json.dumps(document).encode())
        except OSError as error:
            raise Unavailable("card file", str(error)) from error


def _read(path: Path) -> tuple[CardState, dict[KeySlot, ec.EllipticCurvePrivateKey]]:
    try:
        raw = json.loads(read_secret(path))
        keys = {KeySlot(int(slot)): _load_key(text) for slot, text in raw.pop("keys").items()}
    except OSError as error:
        raise Unavailable("card file", str(error)) from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Malformed("card file") from error
    return decode_state(json.dumps(raw)), keys


def _lock(path: Path) -> int:
    """One process at a time: two would give each other old PIN counters back."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, SECRET_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Unavailable("card file", "another process is this card") from error
    return lock


def _dump_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _load_key(text: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("an elliptic curve key expected")
    return key
