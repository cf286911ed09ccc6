"""Reading files, with progress, and going on after the card has left the field.

A card that comes back must be opened again. Whether it is the same card is not asked here: all
files must fit one SOD, so a mixture fails passive authentication.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mrc.ic_card import tlv
from mrc.ic_card.apdu import (
    SHORT_EXPECTED,
    CommandApdu,
    ResponseApdu,
    Sw,
    read_binary,
    select_application,
    select_file,
    select_master_file,
)
from mrc.ic_card.lds.files import (
    COM,
    ISSUANCE_AID,
    LDS1_AID,
    RESIDENCE,
    SOD,
    Application,
    FileRef,
    data_group,
)
from mrc.ic_card.lds.sod import decode_sod
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal.connection import CardConnection, StatusError
from mrc.ic_card.terminal.transport import TagLost
from mrc.kernel.errors import Rejected

MAX_FILE = 256 * 1024  # bytes; a card that claims more is not read
MAX_LOSSES = 8  # times a card may leave the field before the reading is given up
_HEAD = 8  # bytes: enough for tag and length
_END_OF_FILE = 0x6282
_WRONG_LE = 0x6C00
_BIOMETRICS_OF_OTHERS = (3, 4)  # need terminal authentication; never asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`read` of `total` bytes of `file`; `position` of `count` files."""

    file: FileRef
    read: int
    total: int
    position: int
    count: int


Opener = Callable[[CardConnection], Awaitable[None]]
Listener = Callable[[Progress], None]


@dataclass(slots=True, kw_only=True)
class Reading:
    """What has been read so far; goes on where it stopped."""

    files: dict[FileRef, bytes] = field(default_factory=dict)
    partial: dict[FileRef, bytes] = field(default_factory=dict)
    missing: set[FileRef] = field(default_factory=set)
    losses: int = 0


async def read_document(
    connection: CardConnection,
    opener: Opener,
    *,
    residence: bool,
    issuance_aid: bytes = ISSUANCE_AID,
    listener: Listener | None = None,
) -> Reading:
    """EF.COM, EF.SOD, every data group of the SOD, and EF.RES where the PIN opened the card.

    `opener` has opened the card before; it is called again after each loss of the tag.
    """
    reading = Reading()
    await read_files(connection, opener, reading, (COM, SOD), issuance_aid, listener)
    numbers = sorted(decode_sod(reading.files[SOD]).hashes) if SOD in reading.files else []
    wanted = [data_group(n) for n in numbers if n not in _BIOMETRICS_OF_OTHERS and 1 <= n <= 16]
    if residence:
        wanted.append(RESIDENCE)
    await read_files(connection, opener, reading, wanted, issuance_aid, listener)
    return reading


async def read_files(
    connection: CardConnection,
    opener: Opener,
    reading: Reading,
    wanted: Sequence[FileRef],
    issuance_aid: bytes = ISSUANCE_AID,
    listener: Listener | None = None,
) -> None:
    """Each of `wanted` into `reading`; a file that is not there is noted as missing."""
    while True:
        try:
            await _read_all(connection, reading, wanted, issuance_aid, listener)
            return
        except TagLost:
            reading.losses += 1
            if reading.losses > MAX_LOSSES:
                raise
            await _reopen(connection, opener)


async def _reopen(connection: CardConnection, opener: Opener) -> None:
    for _ in range(MAX_LOSSES):
        try:
            await connection.connect()
            await opener(connection)
        except TagLost:
            continue
        return
    raise TagLost("the card left the field again and again")


async def _read_all(
    connection: CardConnection,
    reading: Reading,
    wanted: Sequence[FileRef],
    issuance_aid: bytes,
    listener: Listener | None,
) -> None:
    selected: Application | None = None
    for position, file in enumerate(wanted):
        if file in reading.files or file in reading.missing:
            continue
        if file.application is not selected:
            await enter(connection, file.application, issuance_aid)
            selected = file.application

        def report(read: int, total: int, place: int = position, file: FileRef = file) -> None:
            if listener is not None:
                counts = {"position": place + 1, "count": len(wanted)}
                listener(Progress(file=file, read=read, total=total, **counts))

        await _read_file(connection, reading, file, report)


async def enter(
    connection: CardConnection, application: Application, issuance_aid: bytes = ISSUANCE_AID
) -> None:
    match application:
        case Application.MASTER_FILE:
            await connection.expect(select_master_file())
        case Application.LDS1:
            await connection.expect(select_application(LDS1_AID))
        case Application.ISSUANCE:
            await connection.expect(select_application(issuance_aid))


async def _read_file(
    connection: CardConnection,
    reading: Reading,
    file: FileRef,
    report: Callable[[int, int], None],
) -> None:
    command = select_file(file.file_id)
    response = await connection.send(command)
    if response.sw == Sw.FILE_NOT_FOUND:
        reading.missing.add(file)
        return
    if not response.ok:
        raise StatusError(command, response.sw)
    content = reading.partial.get(file, b"")
    if len(content) < _HEAD:
        content = await read_some(connection, 0, min(_HEAD, SHORT_EXPECTED))
    _, length, start = tlv.read_header(content)
    total = start + length
    if total > MAX_FILE:
        raise Rejected(Reason.FILE_TOO_LARGE, "9303-10", f"{file.name} of {total} bytes")
    while len(content) < total:
        size = min(connection.most_read, total - len(content))
        content += await read_some(connection, len(content), size)
        reading.partial[file] = content
        report(min(len(content), total), total)
    reading.files[file] = content[:total]
    reading.partial.pop(file, None)


async def read_some(connection: CardConnection, offset: int, size: int) -> bytes:
    """Up to `size` bytes of the selected file, and at least one. Raises `StatusError`.

    A card may warn with 6282 that the file ended before, or name the length with 6Cxx and be asked
    again (7816-4, 5.1.3).
    """
    command = read_binary(offset, size)
    response = await connection.send(command)
    if response.sw & 0xFF00 == _WRONG_LE and response.sw & 0xFF:
        command = read_binary(offset, response.sw & 0xFF)
        response = await connection.send(command)
    data = _content(command, response)
    if not data:
        raise StatusError(command, response.sw)
    return data


def _content(command: CommandApdu, response: ResponseApdu) -> bytes:
    if not response.ok and response.sw != _END_OF_FILE:
        raise StatusError(command, response.sw)
    if command.ins % 2 == 0:
        return response.data
    return tlv.parse_one(response.data, 0x53)
