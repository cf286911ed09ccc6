"""BER-TLV and APDUs: what is refused, and that everything survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrc.ic_card import der, tlv
from mrc.ic_card.apdu import CommandApdu, decode_command, decode_response, read_binary
from mrc.kernel.errors import Malformed


@pytest.mark.parametrize(
    "bad",
    ["61", "6180", "618301", "6105AA", "5F", "5FFFFFFF01", "7F49", "6184000000FF", "61820001"],
)
def test_truncated_and_indefinite_objects_are_refused(bad):
    with pytest.raises(Malformed):
        list(tlv.parse(bytes.fromhex(bad)))


def test_an_object_given_twice_is_refused():
    with pytest.raises(Malformed):
        tlv.parse_map(bytes.fromhex("800101800102"))


def test_leftovers_are_refused():
    with pytest.raises(Malformed):
        tlv.parse_one(bytes.fromhex("61010000"), 0x61)


@given(st.binary(max_size=300))
def test_any_bytes_parse_or_are_malformed(data):
    try:
        again = b"".join(tlv.encode(item.tag, item.value) for item in tlv.parse(data))
    except Malformed:
        return
    assert list(tlv.parse(again)) == list(tlv.parse(data))


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_every_length_form_survives(size):
    assert tlv.parse_one(tlv.encode(0x7F61, bytes(size)), 0x7F61) == bytes(size)


@pytest.mark.parametrize(
    "oid", ["0.4.0.127.0.7.2.2.4.2.2", "2.23.136.1.1.1", "1.2.840.10045.4.3.2"]
)
def test_object_identifiers_survive(oid):
    assert der.decode_oid(der.encode_oid(oid)) == oid


COMMANDS = [
    CommandApdu(0, 0xA4, 0, 0x0C),
    CommandApdu(0, 0xB0, 0, 0, b"", 256),
    CommandApdu(0, 0xB0, 0, 0, b"", 8),
    CommandApdu(0, 0xA4, 4, 0x0C, b"abc"),
    CommandApdu(0, 0x86, 0, 0, b"abc", 256),
    CommandApdu(0, 0xB0, 0, 0, b"", 65536),
    CommandApdu(0, 0xB0, 0, 0, b"", 4000),
    CommandApdu(0, 0xD7, 0, 0, bytes(300)),
    CommandApdu(0, 0x86, 0, 0, bytes(300), 65536),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.encode()[:7].hex())
def test_all_four_cases_short_and_extended_survive(command):
    assert decode_command(command.encode()) == command


@pytest.mark.parametrize(
    "bad",
    ["", "00A404", "00A4040C05AABB", "00A4040C0000", "00A4040C000003AABB", "00A4040C01AABBCC"],
)
def test_wrong_lengths_are_refused(bad):
    with pytest.raises(Malformed):
        decode_command(bytes.fromhex(bad))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_command_or_malformed(raw):
    try:
        command = decode_command(raw)
    except Malformed:
        return
    assert decode_command(command.encode()) == command


def test_an_answer_without_a_status_word_is_refused():
    with pytest.raises(Malformed):
        decode_response(b"\x90")


def test_reading_beyond_32767_uses_the_odd_instruction():
    assert read_binary(0x7FFF, 10).ins == 0xB0
    far = read_binary(0x8000, 10)
    assert (far.ins, far.data) == (0xB1, bytes.fromhex("54028000"))
