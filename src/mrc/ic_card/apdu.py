"""Command and response APDUs (ISO/IEC 7816-4:2020, 5.1 to 5.3), short and extended."""

from dataclasses import dataclass, replace
from enum import IntEnum

from mrc.ic_card import tlv
from mrc.kernel.errors import Malformed

SHORT_DATA = 255  # bytes of a short command's data field
SHORT_EXPECTED = 256
EXTENDED_EXPECTED = 65536
CHAINING = 0x10  # class bit: not the last command of a chain
SECURED = 0x0C  # class bits: secure messaging, header authenticated


class Sw(IntEnum):
    """Status words (ISO/IEC 7816-4, table 6)."""

    OK = 0x9000
    WRONG_LENGTH = 0x6700
    CHAINING_UNSUPPORTED = 0x6884
    SECURITY_NOT_SATISFIED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    SM_OBJECT_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INS_UNSUPPORTED = 0x6D00
    CLA_UNSUPPORTED = 0x6E00
    MEMORY_FAILURE = 0x6581
    AUTHENTICATION_FAILED = 0x6300
    TRIES_LEFT = 0x63C0
    """63Cx: x tries left."""


class Ins(IntEnum):
    ACTIVATE = 0x44
    GENERATE_KEY = 0x47
    INITIALIZE_UPDATE = 0x50
    EXTERNAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    GENERAL_AUTHENTICATE = 0x86
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    READ_BINARY = 0xB0
    READ_BINARY_ODD = 0xB1
    GET_DATA = 0xCA
    UPDATE_BINARY_ODD = 0xD7
    PUT_DATA = 0xDA
    MANAGE_SECURITY_ENVIRONMENT = 0x22
    RESET_RETRY_COUNTER = 0x2C
    SET_STATUS = 0xF0


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """`expected` is Ne: None for no answer data, 256 or 65536 for "as much as there is"."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def extended(self) -> bool:
        return len(self.data) > SHORT_DATA or (self.expected or 0) > SHORT_EXPECTED

    def encode(self) -> bytes:
        return self._extended_form() if self.extended else self._short_form()

    def _short_form(self) -> bytes:
        body = bytes([len(self.data)]) + self.data if self.data else b""
        tail = b"" if self.expected is None else bytes([self.expected % SHORT_EXPECTED])
        return self.header + body + tail

    def _extended_form(self) -> bytes:
        body = b"\x00" + len(self.data).to_bytes(2) + self.data if self.data else b""
        if self.expected is None:
            return self.header + body
        le = (self.expected % EXTENDED_EXPECTED).to_bytes(2)
        return self.header + body + (le if self.data else b"\x00" + le)

    def chained(self, more: bool) -> "CommandApdu":
        return replace(self, cla=self.cla | CHAINING if more else self.cla & ~CHAINING)


def with_header(header: bytes, data: bytes, expected: int | None) -> CommandApdu:
    cla, ins, p1, p2 = header
    return CommandApdu(cla, ins, p1, p2, data, expected)


def decode_command(raw: bytes) -> CommandApdu:
    """Any of the four cases, short or extended. Raises `Malformed` for wrong lengths."""
    if len(raw) < 4:
        raise Malformed("command APDU", "shorter than a header")
    header, body = raw[:4], raw[4:]
    data, expected = _decode_body(body)
    return with_header(header, data, expected)


def _decode_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_EXPECTED
    if body[0]:
        return _split(body[1:], body[0], 1, SHORT_EXPECTED)
    if len(body) == 3:
        return b"", int.from_bytes(body[1:]) or EXTENDED_EXPECTED
    if len(body) < 4:
        raise Malformed("command APDU", "wrong length field")
    return _split(body[3:], int.from_bytes(body[1:3]), 2, EXTENDED_EXPECTED)


def _split(rest: bytes, length: int, le_bytes: int, most: int) -> tuple[bytes, int | None]:
    data, tail = rest[:length], rest[length:]
    if length == 0 or len(data) != length or len(tail) not in (0, le_bytes):
        raise Malformed("command APDU", "the length field does not fit")
    return data, (int.from_bytes(tail) or most) if tail else None


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    sw: int
    data: bytes = b""

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2)

    @property
    def ok(self) -> bool:
        return self.sw == Sw.OK


def decode_response(raw: bytes) -> ResponseApdu:
    if len(raw) < 2:
        raise Malformed("response APDU", "shorter than a status word")
    return ResponseApdu(int.from_bytes(raw[-2:]), raw[:-2])


def select_application(aid: bytes) -> CommandApdu:
    return CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, aid)


def select_file(file_id: int) -> CommandApdu:
    return CommandApdu(0x00, Ins.SELECT, 0x02, 0x0C, file_id.to_bytes(2))


def select_master_file() -> CommandApdu:
    return CommandApdu(0x00, Ins.SELECT, 0x00, 0x0C, b"\x3f\x00")


def read_short_id(short_id: int, size: int) -> CommandApdu:
    """READ BINARY from the start of the file with this short identifier, which is selected."""
    return CommandApdu(0x00, Ins.READ_BINARY, 0x80 | short_id, 0x00, b"", size)


def read_binary(offset: int, size: int) -> CommandApdu:
    """READ BINARY of the selected file; the odd instruction beyond 32767 (7816-4, 11.3.3)."""
    if offset < 0x8000:
        return CommandApdu(0x00, Ins.READ_BINARY, offset >> 8, offset & 0xFF, b"", size)
    place = tlv.encode(0x54, offset.to_bytes((offset.bit_length() + 7) // 8))
    wrapped = min(size + 4, EXTENDED_EXPECTED) if size > SHORT_EXPECTED else min(size + 4, 256)
    return CommandApdu(0x00, Ins.READ_BINARY_ODD, 0x00, 0x00, place, wrapped)
