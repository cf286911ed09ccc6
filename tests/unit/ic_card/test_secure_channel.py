"""Secure messaging and SCP03: a message that was touched never opens."""

from dataclasses import replace

import pytest

from mrc.ic_card import scp03
from mrc.ic_card import secure_messaging as sm
from mrc.ic_card.apdu import CommandApdu, ResponseApdu
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.kernel.errors import Rejected

CIPHERS = OpensslCiphers()
READ = CommandApdu(0, 0xB0, 0, 0, b"", 223)
ODD = CommandApdu(0, 0xB1, 0, 0, b"\x54\x01\x00", 256)


def channel(suite=CipherSuite.AES_128):
    return sm.SecureChannel(keys=SessionKeys.derive(suite, b"secret"), counter=0)


@pytest.mark.parametrize("suite", list(CipherSuite))
@pytest.mark.parametrize(
    "command", [READ, ODD, CommandApdu(0, 0x44, 0, 0)], ids=["even", "odd", "bare"]
)
def test_both_ends_agree(suite, command):
    terminal, protected = sm.protect_command(channel(suite), CIPHERS, command)
    chip, opened = sm.open_command(channel(suite), CIPHERS, protected)
    assert opened == command
    answer = ResponseApdu(0x9000, b"\x53\x02ab")
    chip, secured = sm.protect_response(chip, CIPHERS, command.ins, answer)
    terminal, response = sm.open_response(terminal, CIPHERS, secured)
    assert response == answer
    assert terminal == chip


def test_every_changed_bit_of_a_command_is_noticed():
    _, protected = sm.protect_command(channel(), CIPHERS, CommandApdu(0, 0xA4, 4, 12, b"aid", 256))
    for index in range(len(protected.data)):
        data = bytearray(protected.data)
        data[index] ^= 1
        with pytest.raises(Rejected):
            sm.open_command(channel(), CIPHERS, CommandApdu(12, 0xA4, 4, 12, bytes(data), 256))


@pytest.mark.parametrize("position", range(1, 4))
def test_the_header_is_under_the_mac(position):
    _, protected = sm.protect_command(channel(), CIPHERS, READ)
    raw = bytearray(protected.encode())
    raw[position] ^= 1
    changed = CommandApdu(raw[0], raw[1], raw[2], raw[3], protected.data, 256)
    with pytest.raises(Rejected):
        sm.open_command(channel(), CIPHERS, changed)


def answered():
    terminal, protected = sm.protect_command(channel(), CIPHERS, READ)
    chip, _ = sm.open_command(channel(), CIPHERS, protected)
    _, secured = sm.protect_response(chip, CIPHERS, 0xB0, ResponseApdu(0x9000, b"data"))
    return terminal, secured


def test_every_changed_bit_of_a_response_is_noticed():
    terminal, secured = answered()
    for index in range(len(secured.data)):
        data = bytearray(secured.data)
        data[index] ^= 1
        with pytest.raises(Rejected):
            sm.open_response(terminal, CIPHERS, ResponseApdu(0x9000, bytes(data)))


def test_the_status_word_is_inside_the_mac():
    terminal, secured = answered()
    with pytest.raises(Rejected):
        sm.open_response(terminal, CIPHERS, ResponseApdu(0x6A82, secured.data))


def test_a_plain_answer_in_a_session_is_refused():
    terminal, _ = answered()
    with pytest.raises(Rejected):
        sm.open_response(terminal, CIPHERS, ResponseApdu(0x9000))


def test_a_replayed_message_does_not_open_under_the_next_counter():
    terminal, secured = answered()
    after, _ = sm.open_response(terminal, CIPHERS, secured)
    with pytest.raises(Rejected):
        sm.open_response(after, CIPHERS, secured)


def test_223_and_231_plain_bytes_fit_a_short_answer():
    assert sm.most_plain_bytes(CipherSuite.AES_128) == 223
    assert sm.most_plain_bytes(CipherSuite.TRIPLE_DES) == 231
    for suite in CipherSuite:
        size = sm.most_plain_bytes(suite)
        _, secured = sm.protect_response(
            channel(suite), CIPHERS, 0xB0, ResponseApdu(0x9000, bytes(size))
        )
        assert len(secured.data) <= 256


def scp():
    keys = scp03.TransportKeys(encryption=bytes(16), mac=bytes(range(16)))
    return scp03.shake_hands(CIPHERS, keys, b"hosthost", b"cardcard")


def open_scp():
    office, command = scp03.authenticate_command(CIPHERS, scp())
    return office, scp03.check_authenticate(CIPHERS, scp(), command)


def test_scp03_both_ends_agree():
    office, card = open_scp()
    for data in (b"", b"file content", bytes(scp03.MOST_DATA)):
        plain = CommandApdu(0x80, 0xD7, 1, 1, data, 256)
        office, command = scp03.protect_command(office, CIPHERS, plain)
        assert len(command.data) <= 255
        card, opened = scp03.open_command(card, CIPHERS, command)
        assert opened == plain
        secured = scp03.protect_response(card, CIPHERS, ResponseApdu(0x9000, data[:200]))
        assert scp03.open_response(office, CIPHERS, secured).data == data[:200]


def test_scp03_a_touched_command_is_refused():
    office, card = open_scp()
    _, command = scp03.protect_command(office, CIPHERS, CommandApdu(0x80, 0xD7, 1, 1, b"x", 256))
    for index in range(len(command.data)):
        data = bytearray(command.data)
        data[index] ^= 1
        with pytest.raises(Rejected):
            scp03.open_command(card, CIPHERS, CommandApdu(0x84, 0xD7, 1, 1, bytes(data), 256))


def test_scp03_a_touched_answer_is_refused():
    office, card = open_scp()
    secured = scp03.protect_response(card, CIPHERS, ResponseApdu(0x9000, b"key"))
    data = bytes([secured.data[0] ^ 1]) + secured.data[1:]
    with pytest.raises(Rejected):
        scp03.open_response(office, CIPHERS, ResponseApdu(0x9000, data))


def test_scp03_a_wrong_host_cryptogram_is_refused():
    other = scp03.TransportKeys(encryption=bytes(16), mac=bytes(16))
    handshake = scp03.shake_hands(CIPHERS, other, b"hosthost", b"cardcard")
    _, command = scp03.authenticate_command(CIPHERS, handshake)
    with pytest.raises(Rejected):
        scp03.check_authenticate(CIPHERS, scp(), command)


def test_secrets_stay_out_of_repr():
    assert "secret" not in repr(channel())
    assert bytes(16).hex() not in repr(scp03.TransportKeys(encryption=bytes(16), mac=bytes(16)))
    assert "\\x00" not in repr(scp03.TransportKeys(encryption=bytes(16), mac=bytes(16)))


def test_scp03_a_good_mac_over_a_wrong_cryptogram_is_refused():
    forged = replace(scp(), host_cryptogram=bytes(8))
    _, command = scp03.authenticate_command(CIPHERS, forged)
    with pytest.raises(Rejected):
        scp03.check_authenticate(CIPHERS, scp(), command)
