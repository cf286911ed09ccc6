"""Batches of commands that the server wraps ahead, and their answers opened in order.

The counters of secure messaging are known in advance, so one round trip carries many APDUs. The
phone sees opaque bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrc.ic_card import secure_messaging as sm
from mrc.ic_card import tlv
from mrc.ic_card.apdu import (
    CommandApdu,
    Ins,
    ResponseApdu,
    Sw,
    decode_response,
    read_binary,
    read_short_id,
    select_application,
    select_file,
    select_master_file,
)
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.lds.files import (
    CARD_ACCESS,
    COM,
    LDS1_AID,
    RESIDENCE,
    SOD,
    Application,
    FileRef,
    data_group,
)
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.kernel.errors import Malformed, Rejected

MAX_FILE = 64 * 1024  # bytes; a card cannot make the server ask for more
_EXTENDED_CHUNK = 4096
_DATA_GROUPS = (1, 2, 11, 12, 13, 14, 15)
FILES = (CARD_ACCESS, COM, SOD, *map(data_group, _DATA_GROUPS), RESIDENCE)
"""What a card of ours may hold, grouped by application."""
_CLAUSE = "IC-CARD 5.4"


@dataclass(frozen=True, slots=True)
class Ask:
    """One command, and the file and place its answer's data belongs to."""

    command: CommandApdu
    file: FileRef | None = None
    offset: int = 0


def chunk_bytes(channel: SecureChannel, *, extended_length: bool) -> int:
    return _EXTENDED_CHUNK if extended_length else sm.most_plain_bytes(channel.keys.suite)


def first_asks(chunk: int, issuance_aid: bytes) -> list[Ask]:
    """The beginning of every file; small files are whole with that."""
    asks: list[Ask] = []
    application: Application | None = None
    for file in FILES:
        if file.application is not application:
            application = file.application
            asks.append(Ask(_enter(application, issuance_aid)))
        asks.append(Ask(read_short_id(file.short_id, chunk), file))
    return asks


def _enter(application: Application, issuance_aid: bytes) -> CommandApdu:
    match application:
        case Application.MASTER_FILE:
            return select_master_file()
        case Application.LDS1:
            return select_application(LDS1_AID)
        case Application.ISSUANCE:
            return select_application(issuance_aid)


def second_asks(
    heads: Mapping[FileRef, bytes], context: bytes, chunk: int, issuance_aid: bytes
) -> list[Ask]:
    """The rest of every file, then the issuance signature over `context`."""
    asks: list[Ask] = []
    application = Application.ISSUANCE  # where the first batch ended
    for file in sorted(heads, key=lambda ref: (-ref.application, ref.file_id)):
        total = total_bytes(heads[file])
        if len(heads[file]) >= total:
            continue
        if file.application is not application:
            application = file.application
            asks.append(Ask(_enter(application, issuance_aid)))
        asks += _rest(file, len(heads[file]), total, chunk)
    if application is not Application.ISSUANCE:
        asks.append(Ask(_enter(Application.ISSUANCE, issuance_aid)))
    asks.append(Ask(CommandApdu(0, Ins.INTERNAL_AUTHENTICATE, 0, 0, context, 256)))
    return asks


def total_bytes(head: bytes) -> int:
    _, length, start = tlv.read_header(head)
    if start + length > MAX_FILE:
        raise Rejected(Reason.FILE_TOO_LARGE, _CLAUSE, f"{start + length} bytes")
    return start + length


def _rest(file: FileRef, offset: int, total: int, chunk: int) -> list[Ask]:
    asks = [Ask(select_file(file.file_id))]
    while offset < total:
        size = min(chunk, total - offset)
        asks.append(Ask(read_binary(offset, size), file, offset))
        offset += size
    return asks


def wrap(
    channel: SecureChannel, ciphers: SymmetricCiphers, asks: Sequence[Ask]
) -> tuple[SecureChannel, list[bytes]]:
    """The protected commands, and the channel after all their answers."""
    wrapped = []
    for ask in asks:
        channel, command = sm.protect_command(channel, ciphers, ask.command)
        wrapped.append(command.encode())
        channel = SecureChannel(keys=channel.keys, counter=channel.counter + 1)  # its response
    return channel, wrapped


def unwrap(
    channel: SecureChannel,
    ciphers: SymmetricCiphers,
    asks: Sequence[Ask],
    answers: Sequence[bytes],
) -> list[ResponseApdu]:
    """The answers, each authenticated. Raises `Rejected` at the first that is not or is missing."""
    if len(answers) != len(asks):
        detail = f"{len(answers)} of {len(asks)}"
        raise Rejected(Reason.ANSWERS_MISSING, _CLAUSE, detail)
    opened = []
    for answer in answers:
        awaiting = SecureChannel(keys=channel.keys, counter=channel.counter + 1)  # its command
        try:
            channel, response = sm.open_response(awaiting, ciphers, decode_response(answer))
        except Malformed as error:
            raise Rejected(Reason.SECURE_MESSAGING, _CLAUSE, "no response APDU") from error
        opened.append(response)
    return opened


def collect(
    asks: Sequence[Ask], responses: Sequence[ResponseApdu], heads: Mapping[FileRef, bytes]
) -> dict[FileRef, bytes]:
    """Files from their pieces. A file that is not there stays out; any other error is fatal."""
    files = dict(heads)
    for ask, response in zip(asks, responses, strict=True):
        if ask.file is not None and ask.offset == 0 and response.sw == Sw.FILE_NOT_FOUND:
            continue
        if not response.ok:
            detail = f"INS {ask.command.ins:02X}: {response.sw:04X}"
            raise Rejected(Reason.STATUS_WORD, _CLAUSE, detail)
        if ask.file is not None:
            data = response.data
            if ask.command.ins == Ins.READ_BINARY_ODD:
                data = tlv.parse_one(data, 0x53)
            before = files.get(ask.file, b"")
            if len(before) != ask.offset:
                raise Rejected(Reason.ANSWERS_MISSING, _CLAUSE, f"a gap in {ask.file.name}")
            files[ask.file] = before + data
    return files
