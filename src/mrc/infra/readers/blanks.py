"""Blank cards: the office's transport key, and emulated blanks for practice."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mrc.ic_card import scp03
from mrc.ic_card.chip.state import ChipProfile, blank
from mrc.infra.files import read_secret, write_secret
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Entropy

_KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key from which every blank's transport keys are derived; a `TransportKeySource`."""

    _key: bytes = field(repr=False)

    @classmethod
    def make(cls, path: Path, entropy: Entropy) -> "MasterKey":
        write_secret(path, entropy.token(_KEY_BYTES))
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> "MasterKey":
        """Raises `Unavailable` where there is none, `Malformed` for a file that is none."""
        try:
            key = read_secret(path)
        except OSError as error:
            raise Unavailable("master key", str(error)) from error
        if len(key) != _KEY_BYTES:
            raise Malformed("master key", f"{_KEY_BYTES} bytes expected")
        return cls(key)

    async def find_keys(self, serial: bytes) -> scp03.TransportKeys:
        return self.keys_of(serial)

    def keys_of(self, serial: bytes) -> scp03.TransportKeys:
        return scp03.derive_transport_keys(OpensslCiphers(), self._key, serial)


def make_blank(path: Path, key: MasterKey, profile: ChipProfile, entropy: Entropy) -> bytes:
    """A blank emulated card in `path`, as from the factory; its serial number."""
    serial = entropy.token(scp03.SERIAL_BYTES)
    CardFile.create(path, blank(serial, key.keys_of(serial), profile)).close()
    return serial
