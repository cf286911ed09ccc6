"""The office's commands to a blank card, all inside SCP03."""

from mrc.ic_card import scp03, tlv
from mrc.ic_card.apdu import CommandApdu, Ins, ResponseApdu, Sw, decode_response
from mrc.ic_card.chip.loading import BAC_SEED, MAKE, READ
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import LifeCycle
from mrc.ic_card.lds.files import ISSUANCE_AID, LDS1_AID, Application, FileRef
from mrc.ic_card.pace import Password
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal.connection import CardConnection, StatusError
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Entropy

_CHUNK = 224  # bytes of a file in one command, so that offset, tags and padding fit too
_SECURED = 0x80


async def read_serial(
    connection: CardConnection, challenge: bytes
) -> tuple[bytes, bytes, bytes] | None:
    """INITIALIZE UPDATE: serial, card challenge, card cryptogram. None for a locked card."""
    command = CommandApdu(0x80, Ins.INITIALIZE_UPDATE, 0, 0, challenge, 256)
    response = await connection.send(command)
    if response.sw == Sw.INS_UNSUPPORTED:
        return None
    head = scp03.SERIAL_BYTES + len(scp03.KEY_INFORMATION)
    if not response.ok or len(response.data) != head + 16:
        raise StatusError(command, response.sw)
    data = response.data
    return data[: scp03.SERIAL_BYTES], data[head : head + 8], data[head + 8 :]


async def open_blank(
    connection: CardConnection,
    keys: scp03.TransportKeys,
    *,
    entropy: Entropy,
    issuance_aid: bytes = ISSUANCE_AID,
) -> "BlankCard":
    """Mutual authentication. Raises `Rejected` where the card does not know its keys."""
    challenge = entropy.token(scp03.CHALLENGE_BYTES)
    answer = await read_serial(connection, challenge)
    if answer is None:
        raise Rejected(Reason.CARD_NOT_BLANK, "IC-CARD 5.3", "the card is locked")
    _, card_challenge, cryptogram = answer
    handshake = scp03.shake_hands(connection.ciphers, keys, challenge, card_challenge)
    if handshake.card_cryptogram != cryptogram:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, "GP Amendment D 6.2", "card cryptogram")
    channel, command = scp03.authenticate_command(connection.ciphers, handshake)
    raw = decode_response(await connection.send_raw(command.encode()))
    if not raw.ok:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, "GP Amendment D 6.2", f"{raw.sw:04X}")
    return BlankCard(connection, channel, issuance_aid)


class BlankCard:
    """A card that is being loaded."""

    def __init__(
        self, connection: CardConnection, channel: scp03.Scp03Channel, issuance_aid: bytes
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._issuance_aid = issuance_aid

    async def _send(self, ins: int, p1: int, p2: int, data: bytes = b"") -> ResponseApdu:
        ciphers = self._connection.ciphers
        plain = CommandApdu(_SECURED, ins, p1, p2, data, 256)
        self._channel, command = scp03.protect_command(self._channel, ciphers, plain)
        raw = decode_response(await self._connection.send_raw(command.encode()))
        return scp03.open_response(self._channel, ciphers, raw)

    async def _expect(self, ins: int, p1: int, p2: int, data: bytes = b"") -> bytes:
        response = await self._send(ins, p1, p2, data)
        if not response.ok:
            raise StatusError(CommandApdu(_SECURED, ins, p1, p2), response.sw)
        return response.data

    async def life_cycle(self) -> LifeCycle:
        return LifeCycle(int.from_bytes(await self._expect(Ins.GET_DATA, 0x01, 0x01)))

    async def parameter_id(self) -> int:
        """The number of the domain parameters that the chip makes its keys on."""
        return int.from_bytes(await self._expect(Ins.GET_DATA, 0x01, 0x03))

    async def set_status(self, life_cycle: LifeCycle) -> None:
        await self._expect(Ins.SET_STATUS, 0x80, life_cycle)

    async def key(self, slot: KeySlot) -> bytes:
        """The public key in `slot`, made now if there is none."""
        response = await self._send(Ins.GENERATE_KEY, READ, slot)
        if response.sw == Sw.REFERENCE_NOT_FOUND:
            data = await self._expect(Ins.GENERATE_KEY, MAKE, slot)
        elif response.ok:
            data = response.data
        else:
            raise StatusError(CommandApdu(_SECURED, Ins.GENERATE_KEY, READ, slot), response.sw)
        key = tlv.find(tlv.parse(tlv.parse_one(data, 0x7F49)), 0x86)
        if key is None:
            raise Malformed("public key of the chip")
        return key

    async def enter(self, application: Application) -> None:
        names = {
            Application.MASTER_FILE: b"\x3f\x00",
            Application.LDS1: LDS1_AID,
            Application.ISSUANCE: self._issuance_aid,
        }
        await self._expect(Ins.SELECT, 0x04, 0x0C, names[application])

    async def load(self, file: FileRef, content: bytes) -> None:
        """The whole file, from its start."""
        for offset in range(0, len(content), _CHUNK):
            data = tlv.encode(0x54, offset.to_bytes(3)) + tlv.encode(
                0x53, content[offset : offset + _CHUNK]
            )
            await self._expect(Ins.UPDATE_BINARY_ODD, file.file_id >> 8, file.file_id & 0xFF, data)

    async def put_secret(self, password: Password, key: bytes) -> None:
        await self._expect(Ins.PUT_DATA, 0x01, password, key)

    async def put_bac_seed(self, seed: bytes) -> None:
        """Switch BAC on; only a blank whose profile allows it takes the seed."""
        await self._expect(Ins.PUT_DATA, 0x01, BAC_SEED, seed)
