"""Secure Channel Protocol 03 (GlobalPlatform Card Specification 2.3, Amendment D 1.1.2).

The office's channel to a blank card: AES-128, random challenges, security level 33 (C-MAC,
C-DECRYPTION, R-MAC, R-ENCRYPTION). Both ends; a real card speaks the same bytes.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum

from mrc.ic_card.apdu import CommandApdu, ResponseApdu, Sw
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.crypto.suites import pad, unpad
from mrc.ic_card.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected

LEVEL = 0x33
KEY_INFORMATION = bytes((0x01, 0x03, 0x60))  # key version 1, SCP03, random challenge, R-MAC, R-ENC
CHALLENGE_BYTES, SERIAL_BYTES, MAC_BYTES = 8, 10, 8
MOST_DATA = 239  # plain bytes that fit a short command: 255 less the MAC, whole blocks, padding
_SECURED = 0x04  # class bit of GlobalPlatform's secure messaging
_CLAUSE = "GP Amendment D 6.2"


class _Derivation(IntEnum):
    CARD_CRYPTOGRAM = 0x00
    HOST_CRYPTOGRAM = 0x01
    S_ENC = 0x04
    S_MAC = 0x06
    S_RMAC = 0x07


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportKeys:
    """The static keys of one blank card. Hidden in `repr`."""

    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)


def derive_transport_keys(ciphers: SymmetricCiphers, master: bytes, serial: bytes) -> TransportKeys:
    """The keys of the card with `serial` from an office's master key (NIST SP 800-108, CMAC)."""
    return TransportKeys(
        encryption=_derive(ciphers, master, 0xE1, serial, 16),
        mac=_derive(ciphers, master, 0xE2, serial, 16),
    )


def _derive(
    ciphers: SymmetricCiphers, key: bytes, constant: int, context: bytes, size: int
) -> bytes:
    """The KDF of 4.1.5: one CMAC block is all that 128 bits need."""
    label = bytes(11) + bytes([constant])
    return ciphers.aes_cmac(key, label + b"\x00" + (8 * size).to_bytes(2) + b"\x01" + context)[
        :size
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """Session keys and both cryptograms, before either side has believed the other."""

    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    response_mac: bytes = field(repr=False)
    card_cryptogram: bytes
    host_cryptogram: bytes


def shake_hands(
    ciphers: SymmetricCiphers, keys: TransportKeys, host_challenge: bytes, card_challenge: bytes
) -> Handshake:
    context = host_challenge + card_challenge
    mac = _derive(ciphers, keys.mac, _Derivation.S_MAC, context, 16)
    return Handshake(
        encryption=_derive(ciphers, keys.encryption, _Derivation.S_ENC, context, 16),
        mac=mac,
        response_mac=_derive(ciphers, keys.mac, _Derivation.S_RMAC, context, 16),
        card_cryptogram=_derive(ciphers, mac, _Derivation.CARD_CRYPTOGRAM, context, 8),
        host_cryptogram=_derive(ciphers, mac, _Derivation.HOST_CRYPTOGRAM, context, 8),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scp03Channel:
    """One end of an open channel; each act returns the channel after it."""

    handshake: Handshake
    chain: bytes = bytes(16)
    counter: int = 0


def authenticate_command(
    ciphers: SymmetricCiphers, handshake: Handshake
) -> tuple[Scp03Channel, CommandApdu]:
    """EXTERNAL AUTHENTICATE (7.1.2), the first command with a C-MAC."""
    plain = CommandApdu(0x80, 0x82, LEVEL, 0x00, handshake.host_cryptogram)
    return _add_mac(Scp03Channel(handshake=handshake), ciphers, plain)


def check_authenticate(
    ciphers: SymmetricCiphers, handshake: Handshake, command: CommandApdu
) -> Scp03Channel:
    """The chip's side. Raises `Rejected` unless MAC, cryptogram and level are right."""
    channel, plain = _strip_mac(Scp03Channel(handshake=handshake), ciphers, command)
    if plain.data != handshake.host_cryptogram or command.p1 != LEVEL:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, _CLAUSE, "host cryptogram or level")
    return channel


def protect_command(
    channel: Scp03Channel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[Scp03Channel, CommandApdu]:
    """6.2.6, then 6.2.4: encrypt the data, then MAC the whole command."""
    channel = replace(channel, counter=channel.counter + 1)
    if command.data:
        secret = ciphers.encrypt_aes_cbc(
            channel.handshake.encryption, _iv(channel, ciphers, 0x00), pad(command.data, 16)
        )
        command = replace(command, data=secret)
    return _add_mac(channel, ciphers, command)


def open_command(
    channel: Scp03Channel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[Scp03Channel, CommandApdu]:
    channel, plain = _strip_mac(channel, ciphers, command)
    channel = replace(channel, counter=channel.counter + 1)
    if not plain.data:
        return channel, plain
    return channel, replace(plain, data=_decrypt(channel, ciphers, 0x00, plain.data))


def protect_response(
    channel: Scp03Channel, ciphers: SymmetricCiphers, response: ResponseApdu
) -> ResponseApdu:
    """6.2.7 and 6.2.5. An error goes out as its bare status word (6.2.5)."""
    if response.sw != Sw.OK:
        return ResponseApdu(response.sw)
    data = response.data
    if data:
        iv = _iv(channel, ciphers, 0x80)
        data = ciphers.encrypt_aes_cbc(channel.handshake.encryption, iv, pad(data, 16))
    return ResponseApdu(response.sw, data + _response_mac(channel, ciphers, data, response.sw))


def open_response(
    channel: Scp03Channel, ciphers: SymmetricCiphers, response: ResponseApdu
) -> ResponseApdu:
    """The plain answer. An error status word is not protected and says nothing for certain."""
    if response.sw != Sw.OK:
        return ResponseApdu(response.sw)
    data, mac = response.data[:-MAC_BYTES], response.data[-MAC_BYTES:]
    if mac != _response_mac(channel, ciphers, data, response.sw):
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, _CLAUSE, "the MAC of a response")
    return ResponseApdu(response.sw, _decrypt(channel, ciphers, 0x80, data) if data else b"")


def _iv(channel: Scp03Channel, ciphers: SymmetricCiphers, first: int) -> bytes:
    block = bytes([first]) + channel.counter.to_bytes(15)
    return ciphers.encrypt_aes_cbc(channel.handshake.encryption, bytes(16), block)


def _decrypt(channel: Scp03Channel, ciphers: SymmetricCiphers, first: int, data: bytes) -> bytes:
    if len(data) % 16:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, _CLAUSE, "whole blocks expected")
    iv = _iv(channel, ciphers, first)
    try:
        return unpad(ciphers.decrypt_aes_cbc(channel.handshake.encryption, iv, data))
    except Malformed as error:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, _CLAUSE, "padding") from error


def _mac_input(command: CommandApdu, data: bytes) -> bytes:
    cla = command.cla | _SECURED
    header = bytes((cla, command.ins, command.p1, command.p2, len(data) + MAC_BYTES))
    return header + data


def _add_mac(
    channel: Scp03Channel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[Scp03Channel, CommandApdu]:
    if len(command.data) + MAC_BYTES > 255:
        raise ValueError("more data than a short command holds")
    chain = ciphers.aes_cmac(
        channel.handshake.mac, channel.chain + _mac_input(command, command.data)
    )
    data = command.data + chain[:MAC_BYTES]
    secured = replace(command, cla=command.cla | _SECURED, data=data)
    return replace(channel, chain=chain), secured


def _strip_mac(
    channel: Scp03Channel, ciphers: SymmetricCiphers, command: CommandApdu
) -> tuple[Scp03Channel, CommandApdu]:
    data, mac = command.data[:-MAC_BYTES], command.data[-MAC_BYTES:]
    chain = ciphers.aes_cmac(channel.handshake.mac, channel.chain + _mac_input(command, data))
    if mac != chain[:MAC_BYTES]:
        raise Rejected(Reason.TRANSPORT_AUTHENTICATION, _CLAUSE, "the MAC of a command")
    plain = replace(command, cla=command.cla & ~_SECURED, data=data)
    return replace(channel, chain=chain), plain


def _response_mac(channel: Scp03Channel, ciphers: SymmetricCiphers, data: bytes, sw: int) -> bytes:
    key = channel.handshake.response_mac
    return ciphers.aes_cmac(key, channel.chain + data + sw.to_bytes(2))[:MAC_BYTES]
