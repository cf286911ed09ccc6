"""Chip Authentication version 1 (ICAO Doc 9303-11, 6.2), ECDH: messages and new session keys.

The terminal knows the chip is genuine only when a response authenticates under the new keys.
"""

from mrc.ic_card import der, tlv
from mrc.ic_card.apdu import CommandApdu, Ins
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys
from mrc.ic_card.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationKey,
    SecurityInfo,
)
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.kernel.errors import Rejected

_SET_KAT, _SET_AT = 0xA6, 0xA4
_CLAUSE = "9303-11 6.2"


def choose(
    infos: tuple[SecurityInfo, ...],
) -> tuple[ChipAuthenticationInfo, ChipAuthenticationKey]:
    """The chip's strongest suite and the key that belongs to it.

    Some documents lack the info: then 3DES is meant (6.2.2.1).
    """
    keys = [info for info in infos if isinstance(info, ChipAuthenticationKey)]
    offers = [info for info in infos if isinstance(info, ChipAuthenticationInfo)]
    if not keys:
        raise Rejected(Reason.NO_COMMON_PROTOCOL, _CLAUSE, "no chip authentication key")
    if not offers:
        return ChipAuthenticationInfo(suite=CipherSuite.TRIPLE_DES), keys[0]
    best = max(offers, key=lambda offer: offer.suite)
    for key in keys:
        if best.key_id is None or key.key_id == best.key_id:
            return best, key
    raise Rejected(Reason.NO_COMMON_PROTOCOL, _CLAUSE, "no key with the info's identifier")


def commands(info: ChipAuthenticationInfo, ephemeral: bytes) -> tuple[CommandApdu, ...]:
    """MSE:Set KAT for 3DES, MSE:Set AT and GENERAL AUTHENTICATE for AES (6.2.4)."""
    key_id = b"" if info.key_id is None else tlv.encode(0x84, _minimal(info.key_id))
    if info.suite is CipherSuite.TRIPLE_DES:
        data = tlv.encode(0x91, ephemeral) + key_id
        return (CommandApdu(0, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, _SET_KAT, data),)
    data = tlv.encode(0x80, der.encode_oid(info.oid)) + key_id
    return (
        CommandApdu(0, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, _SET_AT, data),
        CommandApdu(
            0, Ins.GENERAL_AUTHENTICATE, 0, 0, tlv.encode(0x7C, tlv.encode(0x80, ephemeral)), 256
        ),
    )


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1)


def new_channel(suite: CipherSuite, shared_secret: bytes) -> SecureChannel:
    """The channel that holds from the next command on (6.2.4.2)."""
    return SecureChannel(keys=SessionKeys.derive(suite, shared_secret), counter=0)
