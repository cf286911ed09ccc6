"""Basic Access Control (ICAO Doc 9303-11, 4.3). For foreign cards and development only: off by
default on both ends, because the MRZ's entropy is too small to resist an eavesdropper.
"""

from dataclasses import dataclass, field

from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys, compute_mac
from mrc.ic_card.mrz import MrzKey
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.kernel.errors import Rejected

CHALLENGE_BYTES, KEY_BYTES, MESSAGE_BYTES = 8, 16, 40
_CLAUSE = "9303-11 4.3"


def document_keys(key: MrzKey) -> SessionKeys:
    """K_Enc and K_MAC from the printed fields (9.7.2)."""
    return SessionKeys.derive(CipherSuite.TRIPLE_DES, key.secret[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class BacSecrets:
    """What one side draws and what it heard."""

    own_challenge: bytes
    other_challenge: bytes
    own_key: bytes = field(repr=False)


def seal(ciphers: SymmetricCiphers, keys: SessionKeys, secrets: BacSecrets) -> bytes:
    """E(own || other || K) || MAC: EXTERNAL AUTHENTICATE's data, and its response."""
    plain = secrets.own_challenge + secrets.other_challenge + secrets.own_key
    cryptogram = ciphers.encrypt_des_cbc(keys.encryption, bytes(8), plain)
    return cryptogram + compute_mac(ciphers, keys, cryptogram)


def open_sealed(
    ciphers: SymmetricCiphers, keys: SessionKeys, secrets: BacSecrets, message: bytes
) -> bytes:
    """The other side's key. Checks the MAC, then both challenges."""
    cryptogram, mac = message[:-8], message[-8:]
    if len(message) != MESSAGE_BYTES or compute_mac(ciphers, keys, cryptogram) != mac:
        raise Rejected(Reason.WRONG_PASSWORD, _CLAUSE, "the MAC does not fit")
    plain = ciphers.decrypt_des_cbc(keys.encryption, bytes(8), cryptogram)
    if plain[:16] != secrets.other_challenge + secrets.own_challenge:
        raise Rejected(Reason.WRONG_PASSWORD, _CLAUSE, "a challenge does not fit")
    return plain[16:]


def session_channel(terminal_key: bytes, chip_key: bytes, rnd_ic: bytes, rnd_ifd: bytes) -> (
    SecureChannel
):  # fmt: skip
    """Session keys from both halves; the counter from both challenges (4.3.3, 9.8.6.3)."""
    seed = bytes(a ^ b for a, b in zip(terminal_key, chip_key, strict=True))
    keys = SessionKeys.derive(CipherSuite.TRIPLE_DES, seed)
    return SecureChannel(keys=keys, counter=int.from_bytes(rnd_ic[4:] + rnd_ifd[4:]))
