"""A card in the field, and the secure messaging that is open with it, if any."""

from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import (
    SHORT_EXPECTED,
    CommandApdu,
    ResponseApdu,
    decode_response,
)
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal.transport import CardTransport
from mrc.kernel.errors import Rejected

_EXTENDED_READ = 4096  # bytes a READ BINARY asks for where long APDUs get through


class StatusError(Rejected):
    """The card answered a command with an error."""

    def __init__(self, command: CommandApdu, sw: int) -> None:
        super().__init__(Reason.STATUS_WORD, "7816-4 5.1.3", f"INS {command.ins:02X}: {sw:04X}")
        self.sw = sw


class CardConnection:
    """Sends commands, protected while `channel` is set. Counts them."""

    def __init__(self, transport: CardTransport, ciphers: SymmetricCiphers) -> None:
        self.transport = transport
        self.ciphers = ciphers
        self.channel: sm.SecureChannel | None = None
        self.sent = 0

    async def connect(self) -> bytes:
        """A fresh card and no session. The answer to reset."""
        self.channel = None
        return await self.transport.connect()

    async def send(self, command: CommandApdu) -> ResponseApdu:
        """The plain response. An error of secure messaging drops the channel."""
        if self.channel is None:
            return decode_response(await self.send_raw(command.encode()))
        channel, self.channel = self.channel, None
        channel, protected = sm.protect_command(channel, self.ciphers, command)
        raw = decode_response(await self.send_raw(protected.encode()))
        self.channel, response = sm.open_response(channel, self.ciphers, raw)
        return response

    async def send_raw(self, command: bytes) -> bytes:
        """Bytes that somebody else has prepared."""
        self.sent += 1
        return await self.transport.transceive(command)

    async def expect(self, command: CommandApdu) -> bytes:
        """The answer's data. Raises `StatusError` unless the card says 9000."""
        response = await self.send(command)
        if not response.ok:
            raise StatusError(command, response.sw)
        return response.data

    @property
    def most_read(self) -> int:
        """How much one READ BINARY may ask for here."""
        if self.transport.extended_length:
            return _EXTENDED_READ
        if self.channel is None:
            return SHORT_EXPECTED
        return sm.most_plain_bytes(self.channel.keys.suite)
