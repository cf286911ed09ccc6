"""Opening a card: PACE with CAN, MRZ, PIN or PUK, and BAC where it was switched on.

The PIN's tries are asked before each attempt; the last one is never spent by accident. The PIN
stays here: it is neither sent to the card nor kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mrc.ic_card import bac, der, pace, tlv
from mrc.ic_card.apdu import (
    CHAINING,
    SHORT_EXPECTED,
    CommandApdu,
    Ins,
    ResponseApdu,
    Sw,
    select_application,
    select_file,
    select_master_file,
)
from mrc.ic_card.crypto.suites import SessionKeys
from mrc.ic_card.domain_parameters import BY_NUMBER, by_number, decode_point, encode_point
from mrc.ic_card.lds.files import CARD_ACCESS, LDS1_AID
from mrc.ic_card.lds.security_infos import Mapping, PaceInfo, decode_security_infos
from mrc.ic_card.mrz import MrzKey
from mrc.ic_card.pace import PaceDo, Password
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.ic_card.terminal.connection import CardConnection, StatusError
from mrc.ic_card.terminal.reading import read_some
from mrc.kernel.curves import DomainParameters, Point, multiply
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.ports import Entropy

_SUPPORTED = (Mapping.ECDH_GENERIC, Mapping.ECDH_INTEGRATED)  # in order of preference
_CLAUSE = "9303-11 4.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A password and what was typed or printed. Hidden in `repr`."""

    password: Password
    secret: bytes = field(repr=False)


def credential(password: Password, typed: str) -> Credential:
    """CAN, PIN or PUK as typed."""
    return Credential(password=password, secret=typed.encode())


def mrz_credential(key: MrzKey) -> Credential:
    return Credential(password=Password.MRZ, secret=key.secret)


async def read_card_access(connection: CardConnection) -> bytes:
    """EF.CardAccess in plain, before any application is selected (9303-11 4.2)."""
    response = await connection.send(select_master_file())
    if not response.ok:  # chips without a selectable master file start there anyway
        await connection.send(CommandApdu(0, Ins.SELECT, 0, 0x0C))
    await connection.expect(select_file(CARD_ACCESS.file_id))
    head = await read_some(connection, 0, SHORT_EXPECTED)
    _, length, start = tlv.read_header(head)
    while len(head) < start + length:
        head += await read_some(connection, len(head), start + length - len(head))
    return head[: start + length]


def choose_pace(card_access: bytes) -> PaceInfo:
    """What we and the card both speak; generic mapping and strong ciphers first."""
    offers = [info for info in decode_security_infos(card_access) if isinstance(info, PaceInfo)]
    return _best(offers)


def _best(offers: Iterable[PaceInfo]) -> PaceInfo:
    fitting = [
        info
        for info in offers
        if info.parameter_id in BY_NUMBER
        and info.mapping in _SUPPORTED
        and (info.mapping is Mapping.ECDH_GENERIC or info.suite.value == 2)
    ]
    if not fitting:
        raise Rejected(Reason.NO_COMMON_PROTOCOL, _CLAUSE, "no PACE that this terminal speaks")
    return max(fitting, key=lambda info: (-_SUPPORTED.index(info.mapping), info.suite))


async def ask_tries(connection: CardConnection, info: PaceInfo, password: Password) -> int | None:
    """Tries left of PIN or PUK; None while all are there. Costs nothing."""
    response = await connection.send(_set_template(info, password))
    if response.sw & 0xFFF0 == Sw.TRIES_LEFT:
        return response.sw & 0x0F
    _check(response, _set_template(info, password))
    return None


def _set_template(info: PaceInfo, password: Password) -> CommandApdu:
    data = tlv.encode(0x80, der.encode_oid(info.oid)) + tlv.encode(0x83, bytes([password]))
    return CommandApdu(0, Ins.MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4, data)


def _check(response: ResponseApdu, command: CommandApdu) -> None:
    if not response.ok:
        raise StatusError(command, response.sw)


async def open_with_pin(
    connection: CardConnection,
    info: PaceInfo,
    pin: str,
    *,
    entropy: Entropy,
    can: str | None = None,
    last_try_agreed: bool = False,
) -> None:
    """A PIN session. Raises `Rejected` before any try is spent where it should not be.

    1. Ask the tries. 2. Blocked: only the PUK or the office helps. 3. One left: the card wants
    the CAN first, and the holder must have agreed to spend it. 4. PACE with the PIN.
    """
    left = await ask_tries(connection, info, Password.PIN)  # 1
    if left == 0:  # 2
        raise Rejected(Reason.PIN_BLOCKED, "TR-03110-2 3.3", "no tries left")
    if left == 1:  # 3
        if not last_try_agreed:
            raise Rejected(Reason.LAST_TRY, "TR-03110-2 3.3", "one try left")
        if can is None:
            raise Rejected(Reason.PIN_SUSPENDED, "TR-03110-2 3.3", "the CAN is needed first")
        await run_pace(connection, info, credential(Password.CAN, can), entropy=entropy)
    await run_pace(connection, info, credential(Password.PIN, pin), entropy=entropy)  # 4


async def run_pace(
    connection: CardConnection, info: PaceInfo, secret: Credential, *, entropy: Entropy
) -> None:
    """The protocol of 9303-11 4.4.1, steps numbered as there; afterwards the channel is open.

    Raises `Rejected` with `WRONG_PASSWORD` where the tokens do not fit.
    """
    curve = by_number(info.parameter_id)
    command = _set_template(info, secret.password)
    response = await connection.send(command)
    if not response.ok and response.sw & 0xFFF0 != Sw.TRIES_LEFT:
        raise StatusError(command, response.sw)
    sealed = await _step(connection, PaceDo.ENCRYPTED_NONCE)  # 1
    key = pace.password_key(info.suite, secret.secret)
    nonce = pace.decrypt_nonce(connection.ciphers, info.suite, key, sealed)  # 2
    generator = await _map(connection, info, curve, nonce, entropy)  # 3.a
    private = pace.draw_scalar(curve, entropy)
    own = _times(curve, private, generator)
    other = decode_point(
        curve,
        await _step(connection, PaceDo.KEY_CHIP, PaceDo.KEY_TERMINAL, encode_point(curve, own)),
    )  # 3.b
    pace.check_not_reflected(own, other)  # 3.c
    shared = pace.secret_of(curve, pace.agree(curve, private, other))
    keys = SessionKeys.derive(info.suite, shared)  # 3.d
    await _exchange_tokens(connection, info, keys, (own, other))  # 3.e
    connection.channel = SecureChannel(keys=keys, counter=0)


def _times(curve: DomainParameters, scalar: int, point: Point) -> Point:
    product = multiply(curve, scalar, point)
    if product is None:
        raise Malformed("EC point", "infinity")
    return product


async def _step(
    connection: CardConnection, answer: PaceDo, tag: PaceDo | None = None, value: bytes = b""
) -> bytes:
    """One link of the chain of GENERAL AUTHENTICATE commands."""
    data = pace.encode_dynamic(*([] if tag is None else [(tag, value)]))
    command = CommandApdu(CHAINING, Ins.GENERAL_AUTHENTICATE, 0, 0, data, SHORT_EXPECTED)
    objects = pace.decode_dynamic(await _pin_aware(connection, command))
    if answer not in objects:
        raise Malformed("PACE", f"object {answer:02X} is missing")
    return objects[answer]


async def _pin_aware(connection: CardConnection, command: CommandApdu) -> bytes:
    response = await connection.send(command)
    if response.sw == Sw.BLOCKED:
        raise Rejected(Reason.PIN_BLOCKED, "TR-03110-3 B.1", "the password is blocked")
    if response.sw == Sw.CONDITIONS_NOT_SATISFIED:
        raise Rejected(Reason.PIN_SUSPENDED, "TR-03110-3 B.1", "the CAN is needed first")
    _check(response, command)
    return response.data


async def _map(
    connection: CardConnection,
    info: PaceInfo,
    curve: DomainParameters,
    nonce: bytes,
    entropy: Entropy,
) -> Point:
    if info.mapping is Mapping.ECDH_INTEGRATED:
        return await _map_integrated(connection, curve, nonce, entropy)
    private = pace.draw_scalar(curve, entropy)
    own = _times(curve, private, curve.generator)
    answer = await _step(connection, PaceDo.MAP_CHIP, PaceDo.MAP_TERMINAL, encode_point(curve, own))
    other = decode_point(curve, answer)
    pace.check_not_reflected(own, other)
    return pace.map_generic(curve, nonce, pace.agree(curve, private, other))


async def _map_integrated(
    connection: CardConnection, curve: DomainParameters, nonce: bytes, entropy: Entropy
) -> Point:
    own = entropy.token(pace.NONCE_BYTES)
    data = pace.encode_dynamic((PaceDo.MAP_TERMINAL, own))
    command = CommandApdu(CHAINING, Ins.GENERAL_AUTHENTICATE, 0, 0, data, SHORT_EXPECTED)
    await connection.expect(command)  # 9303-11 4.4.4.2: the answer's object is empty or absent
    return pace.map_integrated(connection.ciphers, curve, nonce, own)


async def _exchange_tokens(
    connection: CardConnection, info: PaceInfo, keys: SessionKeys, points: tuple[Point, Point]
) -> None:
    curve, (own, other) = by_number(info.parameter_id), points
    token = pace.authentication_token(connection.ciphers, keys, info.oid, curve, other)
    data = pace.encode_dynamic((PaceDo.TOKEN_TERMINAL, token))
    command = CommandApdu(0, Ins.GENERAL_AUTHENTICATE, 0, 0, data, SHORT_EXPECTED)
    response = await connection.send(command)
    if not response.ok:
        raise Rejected(Reason.WRONG_PASSWORD, _CLAUSE, f"the card says {response.sw:04X}")
    expected = pace.authentication_token(connection.ciphers, keys, info.oid, curve, own)
    if pace.decode_dynamic(response.data).get(PaceDo.TOKEN_CHIP) != expected:
        raise Rejected(Reason.WRONG_PASSWORD, _CLAUSE, "the card's token does not fit")


async def unblock_pin(
    connection: CardConnection, info: PaceInfo, puk: str, *, entropy: Entropy
) -> None:
    """All tries back, with the PUK. The PIN stays what it was."""
    await run_pace(connection, info, credential(Password.PUK, puk), entropy=entropy)
    await connection.expect(CommandApdu(0, Ins.RESET_RETRY_COUNTER, 0x03, Password.PIN))


async def open_with_bac(
    connection: CardConnection, key: MrzKey, *, allowed: bool, entropy: Entropy
) -> None:
    """Basic Access Control, for old foreign cards. Raises `Rejected` unless `allowed`."""
    if not allowed:
        raise Rejected(Reason.BAC_OFF, "9303-11 4.3", "BAC was not switched on")
    await connection.expect(select_application(LDS1_AID))
    challenge = await connection.expect(
        CommandApdu(0, Ins.GET_CHALLENGE, 0, 0, b"", bac.CHALLENGE_BYTES)
    )
    secrets = bac.BacSecrets(
        own_challenge=entropy.token(bac.CHALLENGE_BYTES),
        other_challenge=challenge,
        own_key=entropy.token(bac.KEY_BYTES),
    )
    keys = bac.document_keys(key)
    sealed = bac.seal(connection.ciphers, keys, secrets)
    command = CommandApdu(0, Ins.EXTERNAL_AUTHENTICATE, 0, 0, sealed, bac.MESSAGE_BYTES)
    response = await connection.send(command)
    if not response.ok:
        raise Rejected(Reason.WRONG_PASSWORD, "9303-11 4.3", f"the card says {response.sw:04X}")
    other = bac.open_sealed(connection.ciphers, keys, secrets, response.data)
    connection.channel = bac.session_channel(
        secrets.own_key, other, challenge, secrets.own_challenge
    )
