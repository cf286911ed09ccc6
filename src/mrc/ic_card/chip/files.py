"""SELECT and READ BINARY, and who may read which file."""

from mrc.ic_card import tlv
from mrc.ic_card.apdu import (
    EXTENDED_EXPECTED,
    SHORT_EXPECTED,
    CommandApdu,
    Ins,
    ResponseApdu,
    Sw,
)
from mrc.ic_card.chip.host import Host
from mrc.ic_card.chip.session import Access, Refused
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.lds.files import ATR_INFO, CARD_ACCESS, LDS1_AID, Application, FileRef
from mrc.ic_card.secure_messaging import most_plain_bytes

_OPEN = frozenset({CARD_ACCESS, ATR_INFO})
_BY_AID, _BY_MASTER, _BY_FILE = 0x04, 0x00, 0x02
_NO_ANSWER = 0x0C
_OFFSET, _DATA = 0x54, 0x53
_SM_ROOM_EXTENDED = 64  # bytes that secure messaging adds at most, rounded up


def may_read(host: Host, file: FileRef) -> bool:
    """The access rules of the card (IC-CARD 5.1), for every file there could be."""
    access = host.session.access
    match file.application:
        case Application.MASTER_FILE:
            return file in _OPEN
        case Application.LDS1:
            return access in (Access.READING, Access.PIN)
        case Application.ISSUANCE:
            return access is Access.PIN


def select(host: Host, command: CommandApdu) -> ResponseApdu:
    if command.p1 == _BY_AID:
        _select_application(host, command.data)
    elif command.data in (b"", b"\x3f\x00") and command.p1 == _BY_MASTER:
        _enter(host, Application.MASTER_FILE)
    elif command.p1 in (_BY_MASTER, _BY_FILE) and len(command.data) == 2:
        _find(host, FileRef(host.session.application, int.from_bytes(command.data)))
    else:
        raise Refused(Sw.WRONG_P1_P2)
    if command.p2 & _NO_ANSWER == _NO_ANSWER:
        return ResponseApdu(Sw.OK)
    return ResponseApdu(Sw.OK, tlv.encode(0x6F, _control_information(host)))


def _control_information(host: Host) -> bytes:
    file = host.session.selected
    if file is None:
        return b""
    size = len(host.state.files[file]).to_bytes(3)
    return tlv.encode(0x80, size) + tlv.encode(0x83, file.file_id.to_bytes(2))


def _select_application(host: Host, aid: bytes) -> None:
    if aid == LDS1_AID:
        _enter(host, Application.LDS1)
    elif aid == host.state.profile.issuance_aid:
        _enter(host, Application.ISSUANCE)
    else:
        raise Refused(Sw.FILE_NOT_FOUND)


def _enter(host: Host, application: Application) -> None:
    host.session.application, host.session.selected = application, None


def _find(host: Host, file: FileRef) -> bytes:
    """The content, selected. The right comes first: a stranger learns no file's existence."""
    if not may_read(host, file):
        known = file.application is not Application.MASTER_FILE
        raise Refused(Sw.SECURITY_NOT_SATISFIED if known else Sw.FILE_NOT_FOUND)
    if file not in host.state.files:
        raise Refused(Sw.FILE_NOT_FOUND)
    host.session.selected = file
    return host.state.files[file]


def read_binary(host: Host, command: CommandApdu) -> ResponseApdu:
    content, offset = _locate(host, command)
    if command.expected is None:
        raise Refused(Sw.WRONG_LENGTH)
    odd = command.ins == Ins.READ_BINARY_ODD
    if offset > len(content) or (offset == len(content) and content):
        raise Refused(Sw.WRONG_OFFSET)
    room = _room(host, command.expected) - (4 if odd else 0)
    data = content[offset : offset + room]
    return ResponseApdu(Sw.OK, tlv.encode(_DATA, data) if odd else data)


def _locate(host: Host, command: CommandApdu) -> tuple[bytes, int]:
    """Content and offset, by short identifier, by odd instruction, or in the selected file."""
    if command.ins == Ins.READ_BINARY_ODD:
        place = tlv.parse_one(command.data, _OFFSET)
        return _addressed(host, (command.p1 << 8) | command.p2), int.from_bytes(place)
    if command.p1 & 0x80:
        return _addressed(host, command.p1 & 0x1F), command.p2
    return _addressed(host, 0), (command.p1 << 8) | command.p2


def _addressed(host: Host, short_id: int) -> bytes:
    if short_id == 0:
        if host.session.selected is None:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        return _find(host, host.session.selected)
    application = host.session.application
    return _find(host, FileRef(application, 0x0100 + short_id))


def _room(host: Host, expected: int) -> int:
    """How much may be answered so that the protected response still fits."""
    channel = host.session.channel
    if channel is None:
        return expected
    if expected > SHORT_EXPECTED:
        return min(expected, EXTENDED_EXPECTED - 1 - _SM_ROOM_EXTENDED)
    suite: CipherSuite = channel.keys.suite
    return min(expected, most_plain_bytes(suite))


def extended_length_information() -> bytes:
    """EF.ATR/INFO: extended length is supported, up to these buffers (7816-4, 12.7.1)."""
    most = tlv.encode(0x02, (0xFFFF).to_bytes(2))
    return tlv.encode(0x7F66, most, most)
