"""Secure messaging from a partner who has the keys and breaks the form (Doc 9303-11, 9.8)."""

import pytest

from mrc.ic_card import bac, pace, scp03, tlv
from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import CommandApdu, ResponseApdu
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys, compute_mac
from mrc.ic_card.reasons import Reason
from mrc.kernel.curves import P256, multiply
from mrc.kernel.errors import Malformed, Rejected
from tests.simulators.ic_card_world import CIPHERS

HEADER = bytes((0x0C, 0xB0, 0, 0))
LE, STATUS = tlv.encode(0x97, b"\x00"), tlv.encode(0x99, b"\x90\x00")
BLOCK = bytes(16)


def channel(suite=CipherSuite.AES_128):
    return sm.SecureChannel(keys=SessionKeys.derive(suite, b"secret"), counter=0)


def mac_over(objects, header=HEADER):
    return channel()._bumped()._mac_of(CIPHERS, header, objects)


def opened(data):
    return sm.open_command(channel(), CIPHERS, CommandApdu(*HEADER, data, 256))[1]


def sealed(indicator):
    """A cryptogram that would open, behind another padding indicator than 01."""
    return tlv.encode(0x87, indicator + channel()._bumped()._encrypt(CIPHERS, b"data"))


def command(objects):
    return objects + tlv.encode(0x8E, mac_over(objects))


def test_a_command_in_the_right_form_is_opened():
    assert opened(command(LE)).expected == 256
    assert opened(command(sealed(b"\x01"))).data == b"data"


COMMANDS = {
    "no MAC": LE,
    "an empty MAC": LE + tlv.encode(0x8E, b""),
    "four bytes of the MAC": LE + tlv.encode(0x8E, mac_over(LE)[:4]),
    "the MAC first": tlv.encode(0x8E, mac_over(LE)) + LE,
    "nothing": b"",
    "an object nobody knows": command(LE + tlv.encode(0x85 + 4, b"x")),
    "a plain value": command(tlv.encode(0x81, b"plain") + LE),
    "no Le": command(tlv.encode(0x97, b"")),
    "Le of three bytes": command(tlv.encode(0x97, b"\x00\x01\x00")),
    "no padding indicator": command(tlv.encode(0x87, BLOCK)),
    "another padding indicator": command(sealed(b"\x02")),
    "an empty cryptogram": command(tlv.encode(0x87, b"\x01")),
    "half a block": command(tlv.encode(0x87, b"\x01" + BLOCK[:8])),
    "no padding inside": command(tlv.encode(0x87, b"\x01" + BLOCK)),
}


@pytest.mark.parametrize("data", COMMANDS.values(), ids=COMMANDS)
def test_a_command_in_another_form_is_refused_though_its_mac_is_right(data):
    with pytest.raises(sm.SecureMessagingError):
        opened(data)


def answered(data, sw=0x9000):
    return sm.open_response(channel(), CIPHERS, ResponseApdu(sw, data))[1]


def answer(objects):
    return objects + tlv.encode(0x8E, mac_over(objects, b""))


def test_an_answer_in_the_right_form_is_opened():
    assert answered(answer(STATUS)) == ResponseApdu(0x9000)
    assert answered(answer(sealed(b"\x01") + STATUS)) == ResponseApdu(0x9000, b"data")


ANSWERS = {
    "nothing": b"",
    "no MAC": STATUS,
    "an empty MAC": STATUS + tlv.encode(0x8E, b""),
    "four bytes of the MAC": STATUS + tlv.encode(0x8E, mac_over(STATUS, b"")[:4]),
    "the MAC first": tlv.encode(0x8E, mac_over(STATUS, b"")) + STATUS,
    "no status": answer(tlv.encode(0x87, b"\x01" + BLOCK)),
    "a status of one byte": answer(tlv.encode(0x99, b"\x90")),
    "another status": answer(tlv.encode(0x99, b"\x6a\x82")),
    "another padding indicator": answer(sealed(b"\x00") + STATUS),
    "half a block": answer(tlv.encode(0x87, b"\x01" + BLOCK[:8]) + STATUS),
}


@pytest.mark.parametrize("data", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_in_another_form_is_refused_though_its_mac_is_right(data):
    with pytest.raises(sm.SecureMessagingError):
        answered(data)


# SCP03


def scp03_channel():
    keys = scp03.TransportKeys(encryption=bytes(range(16)), mac=bytes(range(16)))
    return scp03.Scp03Channel(handshake=scp03.shake_hands(CIPHERS, keys, bytes(8), bytes(8)))


def test_a_cryptogram_of_half_a_block_is_refused_though_its_mac_is_right():
    plain = CommandApdu(0x80, 0xDA, 1, 2, bytes(8))
    _, sent = scp03._add_mac(scp03_channel(), CIPHERS, plain)
    with pytest.raises(Rejected) as caught:
        scp03.open_command(scp03_channel(), CIPHERS, sent)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION


@pytest.mark.parametrize("data", [b"", b"key"])
@pytest.mark.parametrize("spoil", [lambda mac: mac[:-1] + bytes([mac[-1] ^ 1]), lambda mac: b""])
def test_an_answer_of_the_blank_without_its_mac_is_refused(data, spoil):
    answered = scp03.protect_response(scp03_channel(), CIPHERS, ResponseApdu(0x9000, data))
    mac = answered.data[-scp03.MAC_BYTES :]
    changed = ResponseApdu(0x9000, answered.data[: -scp03.MAC_BYTES] + spoil(mac))
    with pytest.raises(Rejected) as caught:
        scp03.open_response(scp03_channel(), CIPHERS, changed)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION


def test_more_than_a_short_command_holds_is_our_own_mistake():
    plain = CommandApdu(0x80, 0xDA, 1, 2, bytes(scp03.MOST_DATA + 1))
    with pytest.raises(ValueError, match="short command"):
        scp03.protect_command(scp03_channel(), CIPHERS, plain)


# BAC and PACE


def test_bac_refuses_another_challenge_under_a_right_mac():
    keys = SessionKeys.derive(CipherSuite.TRIPLE_DES, bytes(16))
    theirs = bac.BacSecrets(own_challenge=b"theirs 1", other_challenge=b"ours 001", own_key=BLOCK)
    ours = bac.BacSecrets(own_challenge=b"ours 001", other_challenge=b"theirs 1", own_key=BLOCK)
    sealed = bac.seal(CIPHERS, keys, theirs)
    assert bac.open_sealed(CIPHERS, keys, ours, sealed) == BLOCK
    for stale in (
        bac.BacSecrets(own_challenge=b"ours 002", other_challenge=b"theirs 1", own_key=BLOCK),
        bac.BacSecrets(own_challenge=b"ours 001", other_challenge=b"theirs 2", own_key=BLOCK),
    ):
        with pytest.raises(Rejected):
            bac.open_sealed(CIPHERS, keys, stale, sealed)


def test_bac_refuses_a_message_whose_mac_is_wrong_or_that_is_longer():
    keys = SessionKeys.derive(CipherSuite.TRIPLE_DES, bytes(16))
    secrets = bac.BacSecrets(own_challenge=b"12345678", other_challenge=b"12345678", own_key=BLOCK)
    sealed = bac.seal(CIPHERS, keys, secrets)
    longer = sealed[:-8] + bytes(8)
    longer += compute_mac(CIPHERS, keys, longer)
    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), longer, b""):
        with pytest.raises(Rejected):
            bac.open_sealed(CIPHERS, keys, secrets, changed)


@pytest.mark.parametrize("size", [0, 8, 15, 17, 24, 48])
def test_a_nonce_of_another_size_is_malformed(size):
    with pytest.raises(Malformed):
        pace.decrypt_nonce(CIPHERS, CipherSuite.AES_128, bytes(16), bytes(size))


def test_a_shared_point_at_infinity_is_malformed():
    with pytest.raises(Malformed):
        pace.agree(P256, P256.n, P256.generator)


def test_a_mapping_to_infinity_is_malformed():
    """The partner's share cancels the nonce: every later key would be known."""
    nonce = (7).to_bytes(pace.NONCE_BYTES)
    x, y = multiply(P256, 7, P256.generator)
    with pytest.raises(Malformed):
        pace.map_generic(P256, nonce, (x, P256.p - y))


def test_our_own_key_sent_back_is_refused():
    pace.check_not_reflected(P256.generator, multiply(P256, 2, P256.generator))
    with pytest.raises(Rejected) as caught:
        pace.check_not_reflected(P256.generator, P256.generator)
    assert caught.value.reason is Reason.REFLECTED_KEY
