"""The phone as a pipe between the server and a card that the holder has opened (IC-CARD 5.4).

The phone opens the card with the PIN, reads DG14 under its own keys and starts chip
authentication; from then on it forwards bytes that it cannot read.
"""

from collections.abc import Sequence

from mrc.ic_card.apdu import Ins, decode_command, decode_response
from mrc.ic_card.lds.files import data_group
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.reading import Reading, read_files
from mrc.kernel.errors import Rejected

_STARTS_CHIP_AUTHENTICATION = (Ins.MANAGE_SECURITY_ENVIRONMENT, Ins.GENERAL_AUTHENTICATE)


async def read_chip_key(connection: CardConnection) -> bytes:
    """DG14, under the phone's own keys. Raises `Rejected` where the card has none."""
    reading = Reading()

    async def give_up(_: CardConnection) -> None:
        raise Rejected(Reason.SESSION_CLOSED, "IC-CARD 5.4", "the card left; start again")

    await read_files(connection, give_up, reading, [data_group(14)])
    if data_group(14) not in reading.files:
        raise Rejected(Reason.FILE_MISSING, "IC-CARD 5.4", "DG14")
    return reading.files[data_group(14)]


async def forward_first(
    connection: CardConnection, plain: Sequence[bytes], wrapped: Sequence[bytes]
) -> list[bytes]:
    """Start chip authentication for the server, then forward its first batch.

    Only the two commands that chip authentication needs are wrapped for the server: it gets no
    others under the phone's keys.
    """
    commands = [decode_command(raw) for raw in plain]
    if any(command.ins not in _STARTS_CHIP_AUTHENTICATION for command in commands):
        raise Rejected(Reason.CHIP_AUTHENTICATION, "IC-CARD 5.4", "the server asks for more")
    for command in commands:
        await connection.expect(command)
    connection.channel = None  # the new keys are the server's
    return await forward(connection, wrapped)


async def forward(connection: CardConnection, wrapped: Sequence[bytes]) -> list[bytes]:
    """The card's answers, in order. Stops where the card ends the session."""
    answers = []
    for command in wrapped:
        answer = await connection.send_raw(command)
        answers.append(answer)
        if not decode_response(answer).data:  # a bare status word: secure messaging is over
            break
    return answers
