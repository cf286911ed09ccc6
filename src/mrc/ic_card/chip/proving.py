"""Chip Authentication, Active Authentication and the issuance signature, on the chip."""

from dataclasses import replace

from mrc.ic_card import active_authentication, chip_authentication, der, tlv
from mrc.ic_card import issuance_signature as issuance
from mrc.ic_card.apdu import CommandApdu, ResponseApdu, Sw
from mrc.ic_card.chip.host import Host
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.session import Access, Refused
from mrc.ic_card.chip.state import SUITE, LifeCycle
from mrc.ic_card.lds.files import Application
from mrc.ic_card.lds.security_infos import ChipAuthenticationInfo
from mrc.kernel.keys import EcPublicKey

_COUNTER_LIMIT = (1 << 8 * issuance.COUNTER_BYTES) - 1


def set_template(host: Host, command: CommandApdu) -> ResponseApdu:
    """MSE:Set AT for Chip Authentication (9303-11 6.2.4.1); one key, so no reference."""
    _check_session(host)
    fields = tlv.parse_map(command.data)
    if set(fields) != {0x80} or fields[0x80] != der.encode_oid(_info().oid):
        raise Refused(Sw.WRONG_DATA)
    host.session.chip_authentication = SUITE
    return ResponseApdu(Sw.OK)


def _info() -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(suite=SUITE)


def _check_session(host: Host) -> None:
    if host.session.channel is None or host.session.access not in (Access.READING, Access.PIN):
        raise Refused(Sw.SECURITY_NOT_SATISFIED)


async def general_authenticate(host: Host, command: CommandApdu) -> ResponseApdu:
    """9303-11 6.2.4.2, after `set_template` in this session. The new keys hold from the next
    command on."""
    suite, host.session.chip_authentication = host.session.chip_authentication, None
    own = host.keys.find_public_key(KeySlot.CHIP_AUTHENTICATION)
    if suite is None or own is None:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    encoded = tlv.parse_one(tlv.parse_one(command.data, 0x7C), 0x80)
    peer = EcPublicKey.from_uncompressed(own.curve, encoded)
    if peer == own:
        raise Refused(Sw.AUTHENTICATION_FAILED)  # our own point sent back
    secret = await host.keys.shared_secret(KeySlot.CHIP_AUTHENTICATION, peer)
    host.session.next_channel = chip_authentication.new_channel(suite, secret)
    return ResponseApdu(Sw.OK, tlv.encode(0x7C))


async def internal_authenticate(host: Host, command: CommandApdu) -> ResponseApdu:
    """In LDS1 Active Authentication, in the issuance application the issuance signature."""
    if host.session.application is Application.LDS1:
        return await _active(host, command.data)
    if host.session.application is Application.ISSUANCE:
        return await _issuance(host, command.data)
    raise Refused(Sw.CONDITIONS_NOT_SATISFIED)


async def _active(host: Host, challenge: bytes) -> ResponseApdu:
    _check_session(host)
    if host.keys.find_public_key(KeySlot.ACTIVE_AUTHENTICATION) is None:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    if len(challenge) != active_authentication.CHALLENGE_BYTES:
        raise Refused(Sw.WRONG_DATA)
    return ResponseApdu(Sw.OK, await host.keys.sign(KeySlot.ACTIVE_AUTHENTICATION, challenge))


async def _issuance(host: Host, context: bytes) -> ResponseApdu:
    """One signature per PIN entry; the counter is written down before the key is used."""
    state, session = host.state, host.session
    if session.access is not Access.PIN or not session.signature_left:
        raise Refused(Sw.SECURITY_NOT_SATISFIED)
    if state.life_cycle is not LifeCycle.ACTIVE or state.signature_counter >= _COUNTER_LIMIT:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    if len(context) != issuance.CONTEXT_BYTES:
        raise Refused(Sw.WRONG_DATA)
    counter = state.signature_counter + 1
    session.signature_left = False
    host.save(replace(state, signature_counter=counter))
    message = issuance.signed_message(context, counter)
    signature = await host.keys.sign(KeySlot.ISSUANCE, message)
    answer = issuance.IssuanceSignature(counter=counter, signature=signature)
    return ResponseApdu(Sw.OK, answer.encode())


def activate(host: Host, command: CommandApdu) -> ResponseApdu:
    """ACTIVATE, once, with the holder's PIN: the card has been read back (IC-CARD 5.3, step 6)."""
    if host.session.access is not Access.PIN:
        raise Refused(Sw.SECURITY_NOT_SATISFIED)
    if (command.p1, command.p2, command.data) != (0, 0, b""):
        raise Refused(Sw.WRONG_P1_P2)
    if host.state.life_cycle is not LifeCycle.PERSONALISED:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    host.save(host.state.advanced(LifeCycle.ACTIVE))
    return ResponseApdu(Sw.OK)


def life_cycle(host: Host) -> ResponseApdu:
    """GET DATA 0101: only for whoever has opened the card."""
    if host.session.access not in (Access.READING, Access.PIN):
        raise Refused(Sw.SECURITY_NOT_SATISFIED)
    return ResponseApdu(Sw.OK, bytes([host.state.life_cycle]))
