"""Secure messaging of ICAO Doc 9303-11, 9.8: both ends, 3DES and AES.

The send sequence counter goes up before every command and before every response. Any error ends
the session: the caller drops the object and its keys.
"""

from dataclasses import dataclass, replace

from mrc.ic_card import tlv
from mrc.ic_card.apdu import SECURED, CommandApdu, ResponseApdu, with_header
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.crypto.suites import (
    CipherSuite,
    SessionKeys,
    compute_padded_mac,
    decrypt,
    encrypt,
    pad,
    unpad,
)
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

_CRYPTOGRAM, _CRYPTOGRAM_ODD, _LE, _MAC, _STATUS = 0x87, 0x85, 0x97, 0x8E, 0x99
_CLAUSE = "9303-11 9.8"


class SecureMessagingError(Rejected):
    """A message did not authenticate or was built wrongly; the session is over."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.SECURE_MESSAGING, _CLAUSE, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureChannel:
    """One end of a session: keys and counter. Each act returns the channel after it.

    An immutable value, so a server can write it down between two requests and can prepare a
    whole batch ahead: the counters of a batch are known in advance.
    """

    keys: SessionKeys
    counter: int

    def _bumped(self) -> "SecureChannel":
        return replace(self, counter=self.counter + 1)

    @property
    def _ssc(self) -> bytes:
        size = self.keys.suite.block_bytes
        return (self.counter % (1 << 8 * size)).to_bytes(size)

    def _iv(self, ciphers: SymmetricCiphers) -> bytes:
        if self.keys.suite is CipherSuite.TRIPLE_DES:
            return bytes(8)
        return ciphers.encrypt_aes_cbc(self.keys.encryption, bytes(16), self._ssc)

    def _encrypt(self, ciphers: SymmetricCiphers, data: bytes) -> bytes:
        suite = self.keys.suite
        padded = pad(data, suite.block_bytes)
        return encrypt(ciphers, suite, self.keys.encryption, self._iv(ciphers), padded)

    def _decrypt(self, ciphers: SymmetricCiphers, cryptogram: bytes) -> bytes:
        suite = self.keys.suite
        if not cryptogram or len(cryptogram) % suite.block_bytes:
            raise SecureMessagingError("the cryptogram is not whole blocks")
        iv = self._iv(ciphers)
        try:
            return unpad(decrypt(ciphers, suite, self.keys.encryption, iv, cryptogram))
        except Malformed as error:
            raise SecureMessagingError("the padding of a cryptogram") from error

    def _mac_of(self, ciphers: SymmetricCiphers, header: bytes, objects: bytes) -> bytes:
        block = self.keys.suite.block_bytes
        head = pad(header, block) if header else b""
        tail = pad(objects, block) if objects else b""  # no block of padding alone
        return compute_padded_mac(ciphers, self.keys, self._ssc + head + tail)


def protect_command(
    channel: SecureChannel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[SecureChannel, CommandApdu]:
    """9.8.4: the protected command, and the channel that awaits its response."""
    channel = channel._bumped()
    header = bytes((command.cla | SECURED, command.ins, command.p1, command.p2))
    objects = b""
    if command.data:
        objects = _cryptogram_object(command.ins, channel._encrypt(ciphers, command.data))
    if command.expected is not None:
        size = 2 if command.extended else 1
        objects += tlv.encode(_LE, (command.expected % (1 << 8 * size)).to_bytes(size))
    mac = channel._mac_of(ciphers, header, objects)
    data = objects + tlv.encode(_MAC, mac)
    expected = 65536 if command.extended or len(data) > 255 else 256
    return channel, with_header(header, data, expected)


def _cryptogram_object(ins: int, cryptogram: bytes) -> bytes:
    if ins % 2:
        return tlv.encode(_CRYPTOGRAM_ODD, cryptogram)
    return tlv.encode(_CRYPTOGRAM, b"\x01" + cryptogram)


def open_command(
    channel: SecureChannel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[SecureChannel, CommandApdu]:
    """The chip's side: the plain command, its MAC checked before anything is deciphered."""
    channel = channel._bumped()
    objects = _objects(command.data)
    mac = objects.pop(_MAC, b"")
    if set(objects) - {_CRYPTOGRAM, _CRYPTOGRAM_ODD, _LE}:
        raise SecureMessagingError("an unknown data object")
    if not command.data.endswith(tlv.encode(_MAC, mac)) or len(mac) != 8:
        raise SecureMessagingError("no MAC at the end")
    protected = command.data[: -len(tlv.encode(_MAC, mac))]
    if channel._mac_of(ciphers, command.header, protected) != mac:
        raise SecureMessagingError("the MAC of a command")
    data = _open_data(channel, ciphers, objects, odd=bool(command.ins % 2))
    le = objects.get(_LE)
    if le is not None and len(le) not in (1, 2):
        raise SecureMessagingError("Le of one or two bytes expected")
    expected = None if le is None else int.from_bytes(le) or (1 << 8 * len(le))
    return channel, CommandApdu(
        command.cla & ~SECURED, command.ins, command.p1, command.p2, data, expected
    )


def _open_data(
    channel: SecureChannel, ciphers: SymmetricCiphers, objects: dict[int, bytes], *, odd: bool
) -> bytes:
    if odd and _CRYPTOGRAM_ODD in objects:
        return channel._decrypt(ciphers, objects[_CRYPTOGRAM_ODD])
    if _CRYPTOGRAM not in objects:
        return b""
    value = objects[_CRYPTOGRAM]
    if value[:1] != b"\x01":
        raise SecureMessagingError("padding indicator 01 expected")
    return channel._decrypt(ciphers, value[1:])


def protect_response(
    channel: SecureChannel, ciphers: SymmetricCiphers, ins: int, response: ResponseApdu
) -> tuple[SecureChannel, ResponseApdu]:
    """9.8.5: the protected response; the status word is inside the MAC."""
    channel = channel._bumped()
    objects = b""
    if response.data:
        objects = _cryptogram_object(ins, channel._encrypt(ciphers, response.data))
    objects += tlv.encode(_STATUS, response.sw.to_bytes(2))
    mac = channel._mac_of(ciphers, b"", objects)
    return channel, ResponseApdu(response.sw, objects + tlv.encode(_MAC, mac))


def open_response(
    channel: SecureChannel, ciphers: SymmetricCiphers, response: ResponseApdu
) -> tuple[SecureChannel, ResponseApdu]:
    """The plain response. Raises `SecureMessagingError` unless data and status authenticate."""
    channel = channel._bumped()
    if not response.data:
        raise SecureMessagingError(f"a plain answer {response.sw:04X}")
    objects = _objects(response.data)
    mac, status = objects.pop(_MAC, b""), objects.get(_STATUS, b"")
    tail = tlv.encode(_MAC, mac)
    if len(mac) != 8 or not response.data.endswith(tail):
        raise SecureMessagingError("no MAC at the end")
    if channel._mac_of(ciphers, b"", response.data[: -len(tail)]) != mac:
        raise SecureMessagingError("the MAC of a response")
    if len(status) != 2 or int.from_bytes(status) != response.sw:
        raise SecureMessagingError("the status word outside differs from the one inside")
    data = _open_data(channel, ciphers, objects, odd=_CRYPTOGRAM_ODD in objects)
    return channel, ResponseApdu(int.from_bytes(status), data)


def _objects(data: bytes) -> dict[int, bytes]:
    try:
        return tlv.parse_map(data)
    except Malformed as error:
        raise SecureMessagingError("the data objects do not decode") from error


def most_plain_bytes(suite: CipherSuite) -> int:
    """How much data fits in a short protected response: 223 with AES, 231 with 3DES."""
    block = suite.block_bytes
    room = 256 - 10 - 4  # without DO 8E and DO 99
    # DO 87 has tag, two length bytes from 128 on, and the padding indicator
    return (room - 4) // block * block - 1
