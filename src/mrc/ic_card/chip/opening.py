"""PACE on the chip, with the retry counters of PIN and PUK (Doc 9303-11 4.4, TR-03110-3 B.1).

A try is taken off and written down **before** the nonce goes out, and given back only after the
token has been checked: an abandoned attempt, or a power cut, costs one.
"""

from dataclasses import replace
from typing import assert_never

from mrc.ic_card import bac, der, pace, tlv
from mrc.ic_card.apdu import CHAINING, CommandApdu, ResponseApdu, Sw
from mrc.ic_card.chip.host import Host
from mrc.ic_card.chip.session import (
    Access,
    PaceAgreed,
    PaceMapped,
    PaceNonceSent,
    PaceSelected,
    Refused,
)
from mrc.ic_card.chip.state import SUITE, SUSPENDED, LifeCycle
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys
from mrc.ic_card.domain_parameters import by_number, decode_point, encode_point
from mrc.ic_card.pace import PaceDo, Password
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.kernel.curves import DomainParameters, multiply
from mrc.kernel.errors import Rejected

_MECHANISM, _PASSWORD, _PARAMETERS = 0x80, 0x83, 0x84


def _curve(host: Host) -> DomainParameters:
    return by_number(host.state.profile.parameter_id)


def set_authentication_template(host: Host, command: CommandApdu) -> ResponseApdu:
    """MSE:Set AT (9303-11 4.4.4.1). Answers 63Cx while tries of the PIN or PUK are missing."""
    fields = tlv.parse_map(command.data)
    info = host.state.profile.pace_info
    if fields.get(_MECHANISM) != der.encode_oid(info.oid):
        raise Refused(Sw.WRONG_DATA)
    if fields.get(_PARAMETERS, bytes([info.parameter_id])) != bytes([info.parameter_id]):
        raise Refused(Sw.WRONG_DATA)
    number = int.from_bytes(fields.get(_PASSWORD, b""))
    if number not in set(Password) or Password(number) not in host.state.password_keys:
        raise Refused(Sw.REFERENCE_NOT_FOUND)
    password = Password(number)
    host.session.pace = PaceSelected(password=password)
    left, most = _tries(host, password)
    return ResponseApdu(Sw.OK if left == most else Sw.TRIES_LEFT | min(left, 15))


def _tries(host: Host, password: Password) -> tuple[int, int]:
    state = host.state
    match password:
        case Password.PIN:
            return state.pin_left, state.profile.pin_tries
        case Password.PUK:
            return state.puk_left, state.profile.puk_tries
        case Password.CAN | Password.MRZ:
            return 0, 0  # no counter: nobody can lock a card from outside
    assert_never(password)


def general_authenticate(host: Host, command: CommandApdu) -> ResponseApdu:
    """The four steps of PACE. An error anywhere ends the attempt."""
    stage, host.session.pace = host.session.pace, None
    last = not command.cla & CHAINING
    if stage is None or last is not isinstance(stage, PaceAgreed):
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    objects = pace.decode_dynamic(command.data)
    match stage:
        case PaceSelected():
            return _send_nonce(host, stage, objects)
        case PaceNonceSent():
            return _map(host, stage, objects)
        case PaceMapped():
            return _agree(host, stage, objects)
        case PaceAgreed():
            return _check_token(host, stage, objects)
    assert_never(stage)


def _only(objects: dict[int, bytes], tag: PaceDo) -> bytes:
    if set(objects) != {tag}:
        raise Refused(Sw.WRONG_DATA)
    return objects[tag]


def _send_nonce(host: Host, stage: PaceSelected, objects: dict[int, bytes]) -> ResponseApdu:
    if objects:
        raise Refused(Sw.WRONG_DATA)
    _take_try(host, stage.password)
    nonce = host.entropy.token(pace.NONCE_BYTES)
    key = host.state.password_keys[stage.password]
    host.session.pace = PaceNonceSent(password=stage.password, nonce=nonce)
    sealed = pace.encrypt_nonce(host.ciphers, SUITE, key, nonce)
    return _answer((PaceDo.ENCRYPTED_NONCE, sealed))


def _take_try(host: Host, password: Password) -> None:
    state = host.state
    if password is Password.PIN:
        if state.pin_left == 0 or state.life_cycle is LifeCycle.BLOCKED:
            raise Refused(Sw.BLOCKED)
        if state.pin_left <= SUSPENDED and host.session.opened_by is not Password.CAN:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        host.save(replace(state, pin_left=state.pin_left - 1))
    elif password is Password.PUK:
        if state.puk_left == 0:
            raise Refused(Sw.BLOCKED)
        host.save(replace(state, puk_left=state.puk_left - 1))


def _map(host: Host, stage: PaceNonceSent, objects: dict[int, bytes]) -> ResponseApdu:
    curve = _curve(host)
    other = decode_point(curve, _only(objects, PaceDo.MAP_TERMINAL))
    private = pace.draw_scalar(curve, host.entropy)
    own = multiply(curve, private, curve.generator)
    if own is None or own == other:
        raise Refused(Sw.AUTHENTICATION_FAILED)
    shared = pace.agree(curve, private, other)
    generator = pace.map_generic(curve, stage.nonce, shared)
    host.session.pace = PaceMapped(password=stage.password, generator=generator)
    return _answer((PaceDo.MAP_CHIP, encode_point(curve, own)))


def _agree(host: Host, stage: PaceMapped, objects: dict[int, bytes]) -> ResponseApdu:
    curve = _curve(host)
    other = decode_point(curve, _only(objects, PaceDo.KEY_TERMINAL))
    private = pace.draw_scalar(curve, host.entropy)
    own = multiply(curve, private, stage.generator)
    if own is None or own == other:
        raise Refused(Sw.AUTHENTICATION_FAILED)
    secret = pace.secret_of(curve, pace.agree(curve, private, other))
    host.session.pace = PaceAgreed(
        password=stage.password, keys=SessionKeys.derive(SUITE, secret), own=own, other=other
    )
    return _answer((PaceDo.KEY_CHIP, encode_point(curve, own)))


def _check_token(host: Host, stage: PaceAgreed, objects: dict[int, bytes]) -> ResponseApdu:
    curve, oid = _curve(host), host.state.profile.pace_info.oid
    expected = pace.authentication_token(host.ciphers, stage.keys, oid, curve, stage.own)
    if _only(objects, PaceDo.TOKEN_TERMINAL) != expected:
        _note_failure(host, stage.password)
    token = pace.authentication_token(host.ciphers, stage.keys, oid, curve, stage.other)
    _open(host, stage)
    return _answer((PaceDo.TOKEN_CHIP, token))


def _note_failure(host: Host, password: Password) -> None:
    left, most = _tries(host, password)
    if password is Password.PUK and left == 0:
        host.save(host.state.advanced(LifeCycle.BLOCKED))
    raise Refused(Sw.TRIES_LEFT | min(left, 15) if most else Sw.AUTHENTICATION_FAILED)


def _open(host: Host, stage: PaceAgreed) -> None:
    """The password was right: tries restored, a new session in place of any old one."""
    state, session = host.state, host.session
    if stage.password is Password.PIN:
        host.save(replace(state, pin_left=state.profile.pin_tries))
    elif stage.password is Password.PUK:
        host.save(replace(state, puk_left=state.profile.puk_tries))
    session.next_channel = SecureChannel(keys=stage.keys, counter=0)
    session.opened_by = stage.password
    session.signature_left = stage.password is Password.PIN
    session.access = {
        Password.MRZ: Access.READING,
        Password.CAN: Access.READING,
        Password.PIN: Access.PIN,
        Password.PUK: Access.PUK,
    }[stage.password]


def _answer(*objects: tuple[PaceDo, bytes]) -> ResponseApdu:
    return ResponseApdu(Sw.OK, pace.encode_dynamic(*objects))


def reset_retry_counter(host: Host, command: CommandApdu) -> ResponseApdu:
    """Unblock the PIN in a PUK session (TR-03110-3 B.8). It sets no new PIN: that is a write."""
    if host.session.access is not Access.PUK or host.state.life_cycle is LifeCycle.BLOCKED:
        raise Refused(Sw.SECURITY_NOT_SATISFIED)
    if (command.p1, command.p2, command.data) != (0x03, Password.PIN, b""):
        raise Refused(Sw.WRONG_P1_P2)
    host.save(replace(host.state, pin_left=host.state.profile.pin_tries))
    return ResponseApdu(Sw.OK)


def get_challenge(host: Host, command: CommandApdu) -> ResponseApdu:
    _check_bac_on(host)
    if command.expected != bac.CHALLENGE_BYTES:
        raise Refused(Sw.WRONG_LENGTH)
    host.session.bac_challenge = host.entropy.token(bac.CHALLENGE_BYTES)
    return ResponseApdu(Sw.OK, host.session.bac_challenge)


def external_authenticate(host: Host, command: CommandApdu) -> ResponseApdu:
    """BAC's mutual authentication (9303-11 4.3); only where the profile switched it on."""
    _check_bac_on(host)
    challenge, host.session.bac_challenge = host.session.bac_challenge, b""
    if not challenge or len(command.data) != bac.MESSAGE_BYTES:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    keys = SessionKeys.derive(CipherSuite.TRIPLE_DES, host.state.bac_seed)
    try:
        terminal_challenge, terminal_key = _open_bac(host, keys, challenge, command.data)
    except Rejected as error:
        raise Refused(Sw.AUTHENTICATION_FAILED) from error
    own_key = host.entropy.token(bac.KEY_BYTES)
    host.session.next_channel = bac.session_channel(
        terminal_key, own_key, challenge, terminal_challenge
    )
    host.session.access, host.session.opened_by = Access.READING, Password.MRZ
    answer = bac.BacSecrets(
        own_challenge=challenge, other_challenge=terminal_challenge, own_key=own_key
    )
    return ResponseApdu(Sw.OK, bac.seal(host.ciphers, keys, answer))


def _open_bac(
    host: Host, keys: SessionKeys, challenge: bytes, message: bytes
) -> tuple[bytes, bytes]:
    """The terminal's challenge, which only its message tells, and its key."""
    plain = host.ciphers.decrypt_des_cbc(keys.encryption, bytes(8), message[:32])
    secrets = bac.BacSecrets(own_challenge=challenge, other_challenge=plain[:8], own_key=b"")
    return plain[:8], bac.open_sealed(host.ciphers, keys, secrets, message)


def _check_bac_on(host: Host) -> None:
    if not host.state.profile.bac or not host.state.bac_seed:
        raise Refused(Sw.INS_UNSUPPORTED)
