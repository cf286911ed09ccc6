"""Loading a blank card under its transport keys (IC-CARD 5.3). Gone once the card is locked.

GlobalPlatform's INITIALIZE UPDATE, EXTERNAL AUTHENTICATE and SET STATUS; ISO/IEC 7816-4 and -8
for the rest. Nothing here answers on a card that has its transport keys no more.
"""

import hashlib
from dataclasses import replace

from mrc.ic_card import scp03, tlv
from mrc.ic_card.apdu import CommandApdu, Ins, ResponseApdu, Sw
from mrc.ic_card.chip.files import extended_length_information
from mrc.ic_card.chip.host import Host
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.session import Refused, Session
from mrc.ic_card.chip.state import LifeCycle
from mrc.ic_card.domain_parameters import by_number
from mrc.ic_card.lds.files import (
    ATR_INFO,
    CARD_ACCESS,
    COM,
    LDS1_AID,
    SOD,
    Application,
    FileRef,
    data_group,
)
from mrc.ic_card.lds.security_infos import encode_security_infos
from mrc.ic_card.pace import Password
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Curve, EcPublicKey

MAX_FILE = 64 * 1024  # bytes; the largest portrait is a third of it
MAKE, READ = 0x80, 0x81  # P1 of GENERATE ASYMMETRIC KEY PAIR (7816-8, 5.1)
BAC_SEED = 0x10  # PUT DATA: not a PACE password, the key seed of BAC
_REQUIRED = (CARD_ACCESS, COM, SOD, data_group(1), data_group(13), data_group(14))
_SECRETS = (Password.CAN, Password.PIN, Password.PUK)


def initialize_update(host: Host, keys: scp03.TransportKeys, command: CommandApdu) -> ResponseApdu:
    if len(command.data) != scp03.CHALLENGE_BYTES:
        raise Refused(Sw.WRONG_LENGTH)
    challenge = host.entropy.token(scp03.CHALLENGE_BYTES)
    handshake = scp03.shake_hands(host.ciphers, keys, command.data, challenge)
    host.session.handshake, host.session.loading = handshake, None
    body = host.state.serial + scp03.KEY_INFORMATION + challenge + handshake.card_cryptogram
    return ResponseApdu(Sw.OK, body)


def authenticate(host: Host, command: CommandApdu) -> ResponseApdu:
    handshake, host.session.handshake = host.session.handshake, None
    if handshake is None:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    try:
        host.session.loading = scp03.check_authenticate(host.ciphers, handshake, command)
    except Rejected as error:
        raise Refused(Sw.AUTHENTICATION_FAILED) from error
    return ResponseApdu(Sw.OK)


async def process_loading(host: Host, command: CommandApdu) -> ResponseApdu:
    """One protected command. A wrong MAC ends the channel."""
    channel = host.session.loading
    if channel is None:
        raise Refused(Sw.SECURITY_NOT_SATISFIED)
    try:
        channel, plain = scp03.open_command(channel, host.ciphers, command)
    except Rejected as error:
        host.session = Session()
        raise Refused(Sw.SECURITY_NOT_SATISFIED) from error
    host.session.loading = channel
    response = await _dispatch(host, plain)
    return scp03.protect_response(channel, host.ciphers, response)


async def _dispatch(host: Host, command: CommandApdu) -> ResponseApdu:
    match command.ins:
        case Ins.SET_STATUS:
            return _set_status(host, command)
        case Ins.GET_DATA:
            return _get_data(host, command)
        case _ if host.state.life_cycle is not LifeCycle.INITIALISED:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        case Ins.SELECT:
            return _select(host, command)
        case Ins.GENERATE_KEY:
            return await _key(host, command)
        case Ins.UPDATE_BINARY_ODD:
            return _update(host, command)
        case Ins.PUT_DATA:
            return _put_secret(host, command)
        case _:
            raise Refused(Sw.INS_UNSUPPORTED)


def _set_status(host: Host, command: CommandApdu) -> ResponseApdu:
    """One step forward: initialise, lock, or end a card that is not wanted."""
    state = host.state
    match (state.life_cycle, command.p2):
        case (LifeCycle.MANUFACTURED, LifeCycle.INITIALISED):
            host.save(state.advanced(LifeCycle.INITIALISED))
        case (LifeCycle.INITIALISED, LifeCycle.PERSONALISED):
            _check_complete(host)
            # the keys go in the same write as the step: no moment has one without the other
            locked = state.advanced(LifeCycle.PERSONALISED)
            host.save(replace(locked, transport_keys=None))
        case (LifeCycle.MANUFACTURED | LifeCycle.INITIALISED, LifeCycle.ENDED):
            ended = state.advanced(LifeCycle.ENDED)
            host.save(replace(ended, transport_keys=None, files={}, password_keys={}))
        case _:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    return ResponseApdu(Sw.OK)


def _check_complete(host: Host) -> None:
    state = host.state
    slots = (KeySlot.CHIP_AUTHENTICATION, KeySlot.ISSUANCE)
    complete = (
        all(file in state.files for file in _REQUIRED)
        and all(secret in state.password_keys for secret in _SECRETS)
        and all(host.keys.find_public_key(slot) is not None for slot in slots)
        and state.files[CARD_ACCESS] == encode_security_infos(state.profile.pace_info)
    )
    if not complete:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)


def _get_data(host: Host, command: CommandApdu) -> ResponseApdu:
    """0101: the life cycle; 0102: what is loaded, so that an interrupted tool can go on."""
    match (command.p1, command.p2):
        case (0x01, 0x01):
            return ResponseApdu(Sw.OK, bytes([host.state.life_cycle]))
        case (0x01, 0x02):
            digest = hashlib.sha256()
            for ref in sorted(host.state.files, key=lambda ref: (ref.application, ref.file_id)):
                digest.update(bytes([ref.application]) + ref.file_id.to_bytes(2))
                digest.update(hashlib.sha256(host.state.files[ref]).digest())
            return ResponseApdu(Sw.OK, digest.digest())
        case (0x01, 0x03):
            return ResponseApdu(Sw.OK, bytes([host.state.profile.parameter_id]))
        case _:
            raise Refused(Sw.REFERENCE_NOT_FOUND)


def _select(host: Host, command: CommandApdu) -> ResponseApdu:
    applications = {
        b"\x3f\x00": Application.MASTER_FILE,
        LDS1_AID: Application.LDS1,
        host.state.profile.issuance_aid: Application.ISSUANCE,
    }
    if command.data not in applications:
        raise Refused(Sw.FILE_NOT_FOUND)
    host.session.application = applications[command.data]
    return ResponseApdu(Sw.OK)


async def _key(host: Host, command: CommandApdu) -> ResponseApdu:
    """Make a key, or tell the public half of one that is there."""
    if command.p2 not in set(KeySlot):
        raise Refused(Sw.REFERENCE_NOT_FOUND)
    slot = KeySlot(command.p2)
    known = host.keys.find_public_key(slot)
    if command.p1 == MAKE and known is None:
        known = await host.keys.make_key(slot, _kernel_curve(host))
    elif command.p1 != READ or known is None:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED if known else Sw.REFERENCE_NOT_FOUND)
    return ResponseApdu(Sw.OK, _encode_key(known))


def _kernel_curve(host: Host) -> Curve:
    parameters = by_number(host.state.profile.parameter_id)
    return next(curve for curve in Curve if curve.parameters is parameters)


def _encode_key(key: EcPublicKey) -> bytes:
    return tlv.encode(0x7F49, tlv.encode(0x86, key.uncompressed))


def _update(host: Host, command: CommandApdu) -> ResponseApdu:
    """UPDATE BINARY by file identifier; offset 0 starts the file anew."""
    fields = tlv.parse_map(command.data)
    if set(fields) != {0x54, 0x53}:
        raise Refused(Sw.WRONG_DATA)
    ref = FileRef(host.session.application, (command.p1 << 8) | command.p2)
    offset, data = int.from_bytes(fields[0x54]), fields[0x53]
    before = b"" if offset == 0 else host.state.files.get(ref, b"")
    if offset != len(before) or offset + len(data) > MAX_FILE:
        raise Refused(Sw.WRONG_OFFSET)
    files = {**host.state.files, ref: before + data}
    files.setdefault(ATR_INFO, extended_length_information())
    host.save(replace(host.state, files=files))
    return ResponseApdu(Sw.OK)


def _put_secret(host: Host, command: CommandApdu) -> ResponseApdu:
    """The key of a PACE password, or BAC's seed where the profile allows BAC."""
    if command.p1 != 0x01 or len(command.data) != 16:
        raise Refused(Sw.WRONG_DATA)
    if command.p2 == BAC_SEED and host.state.profile.bac:
        host.save(replace(host.state, bac_seed=command.data))
        return ResponseApdu(Sw.OK)
    if command.p2 not in set(Password):
        raise Refused(Sw.REFERENCE_NOT_FOUND)
    secrets = {**host.state.password_keys, Password(command.p2): command.data}
    host.save(replace(host.state, password_keys=secrets))
    return ResponseApdu(Sw.OK)
