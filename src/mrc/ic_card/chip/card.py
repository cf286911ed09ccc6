"""The software card: APDU bytes in, APDU bytes out.

ICAO Doc 9303-10 and -11 for what foreign readers see, TR-03110 for the PIN, and an issuance
application of our own (IC-CARD 5.1). The host drives power and transport.
"""

from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import (
    CHAINING,
    SECURED,
    CommandApdu,
    Ins,
    ResponseApdu,
    Sw,
    decode_command,
    with_header,
)
from mrc.ic_card.chip import files, loading, opening, proving
from mrc.ic_card.chip.host import Host
from mrc.ic_card.chip.ports import ChipKeys, ChipStorage
from mrc.ic_card.chip.session import Refused, Session
from mrc.ic_card.chip.state import CardState, LifeCycle
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.kernel.errors import Malformed
from mrc.kernel.ports import Entropy

MAX_CHAINED = 65536  # bytes that a chain of commands may carry
_GLOBAL_PLATFORM, _GLOBAL_PLATFORM_SECURED = 0x80, 0x84
_CLASSES = (0x00, _GLOBAL_PLATFORM, _GLOBAL_PLATFORM_SECURED)  # but for the chaining bit
_OPEN_LIVES = (LifeCycle.PERSONALISED, LifeCycle.ACTIVE, LifeCycle.BLOCKED)
_PACE, _CHIP_AUTHENTICATION = (0xC1, 0xA4), (0x41, 0xA4)


class Card:
    """A chip under power. `process` never raises for what a terminal sent."""

    def __init__(
        self,
        *,
        storage: ChipStorage,
        keys: ChipKeys,
        ciphers: SymmetricCiphers,
        entropy: Entropy,
    ) -> None:
        self._host = Host(
            storage=storage,
            keys=keys,
            ciphers=ciphers,
            entropy=entropy,
            state=storage.load(),
            session=Session(),
        )

    @property
    def state(self) -> CardState:
        return self._host.state

    @property
    def atr(self) -> bytes:
        """The answer to reset. Asking for it resets nothing."""
        return self._host.state.profile.atr

    def reset(self) -> bytes:
        """Power on or reset: a new session; the answer to reset."""
        self._host.session = Session()
        return self.atr

    async def process(self, raw: bytes) -> bytes:
        """The response to one command APDU."""
        try:
            command = decode_command(raw)
        except Malformed:
            self._end_session()
            return ResponseApdu(Sw.WRONG_LENGTH).encode()
        if command.cla & SECURED == SECURED and command.cla & 0xE0 == 0:
            return (await self._secured(command)).encode()
        if self._host.session.channel is not None:
            # a plain command inside a session: somebody else is talking, and is a stranger
            self._end_session()
        response = await self._answer(command)
        self._switch()
        return response.encode()

    def _end_session(self) -> None:
        self._host.session = Session()

    def _switch(self) -> None:
        """New keys hold from the next command on."""
        session = self._host.session
        if session.next_channel is not None:
            session.channel, session.next_channel = session.next_channel, None

    async def _secured(self, command: CommandApdu) -> ResponseApdu:
        """9303-11 9.8: any error of secure messaging ends the session, in plain."""
        session, ciphers = self._host.session, self._host.ciphers
        if session.channel is None:
            return ResponseApdu(Sw.SM_OBJECT_INCORRECT)
        try:
            channel, plain = sm.open_command(session.channel, ciphers, command)
        except sm.SecureMessagingError:
            self._end_session()
            return ResponseApdu(Sw.SM_OBJECT_INCORRECT)
        response = await self._answer(plain)
        session.channel, protected = sm.protect_response(channel, ciphers, plain.ins, response)
        self._switch()
        return protected

    async def _answer(self, command: CommandApdu) -> ResponseApdu:
        try:
            if command.cla & ~CHAINING not in _CLASSES:
                raise Refused(Sw.CLA_UNSUPPORTED)
            whole = self._unchain(command)
            return ResponseApdu(Sw.OK) if whole is None else await self._dispatch(whole)
        except Refused as refusal:
            return ResponseApdu(refusal.sw)
        except Malformed:
            return ResponseApdu(Sw.WRONG_DATA)

    def _unchain(self, command: CommandApdu) -> CommandApdu | None:
        """The whole command once its last part is here (7816-4, 5.3.3).

        Another command drops what was begun. PACE answers every link of its chain, so GENERAL
        AUTHENTICATE passes as it is.
        """
        session = self._host.session
        before, session.chain = session.chain, None
        if command.ins == Ins.GENERAL_AUTHENTICATE:
            return command
        if before is not None and before.header == command.chained(more=True).header:
            if len(before.data) + len(command.data) > MAX_CHAINED:
                raise Refused(Sw.CHAINING_UNSUPPORTED)
            joined = before.data + command.data
            command = with_header(command.header, joined, command.expected)
        if command.cla & CHAINING:
            session.chain = command
            return None
        return command

    async def _dispatch(self, command: CommandApdu) -> ResponseApdu:
        host = self._host
        if command.cla & ~CHAINING:
            return await self._load(command)
        if host.state.life_cycle not in _OPEN_LIVES:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        return await self._serve(command)

    async def _load(self, command: CommandApdu) -> ResponseApdu:
        host = self._host
        transport_keys = host.state.transport_keys
        if transport_keys is None:
            raise Refused(Sw.INS_UNSUPPORTED)
        if command.cla == _GLOBAL_PLATFORM and command.ins == Ins.INITIALIZE_UPDATE:
            return loading.initialize_update(host, transport_keys, command)
        if command.cla == _GLOBAL_PLATFORM_SECURED and command.ins == Ins.EXTERNAL_AUTHENTICATE:
            return loading.authenticate(host, command)
        if command.cla == _GLOBAL_PLATFORM_SECURED:
            return await loading.process_loading(host, command)
        raise Refused(Sw.SECURITY_NOT_SATISFIED)

    async def _serve(self, command: CommandApdu) -> ResponseApdu:
        host = self._host
        match command.ins:
            case Ins.SELECT:
                return files.select(host, command)
            case Ins.READ_BINARY | Ins.READ_BINARY_ODD:
                return files.read_binary(host, command)
            case Ins.MANAGE_SECURITY_ENVIRONMENT:
                return self._manage(command)
            case Ins.GENERAL_AUTHENTICATE:
                if host.session.chip_authentication is not None:
                    return await proving.general_authenticate(host, command)
                return opening.general_authenticate(host, command)
            case Ins.INTERNAL_AUTHENTICATE:
                return await proving.internal_authenticate(host, command)
            case Ins.RESET_RETRY_COUNTER:
                return opening.reset_retry_counter(host, command)
            case Ins.GET_CHALLENGE:
                return opening.get_challenge(host, command)
            case Ins.EXTERNAL_AUTHENTICATE:
                return opening.external_authenticate(host, command)
            case Ins.ACTIVATE:
                return proving.activate(host, command)
            case Ins.GET_DATA if (command.p1, command.p2) == (0x01, 0x01):
                return proving.life_cycle(host)
            case _:
                raise Refused(Sw.INS_UNSUPPORTED)

    def _manage(self, command: CommandApdu) -> ResponseApdu:
        session = self._host.session
        session.pace = session.chip_authentication = None
        if (command.p1, command.p2) == _PACE:
            return opening.set_authentication_template(self._host, command)
        if (command.p1, command.p2) == _CHIP_AUTHENTICATION:
            return proving.set_template(self._host, command)
        raise Refused(Sw.WRONG_P1_P2)
