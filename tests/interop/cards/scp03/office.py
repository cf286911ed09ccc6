"""A stranger's office: Yubico's SCP03 loads a blank card in a PC/SC reader.

office.py ENC MAC FILE: the card's transport keys, hexadecimal, and what shall become DG1. Prints
what the card answered, as JSON. Knows none of our code: instructions and data objects are written
out, as the card's maker would tell them to a buyer.
"""

import hashlib
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from smartcard.CardConnection import CardConnection
from smartcard.CardRequest import CardRequest
from yubikit.core import TRANSPORT, Tlv
from yubikit.core.smartcard import (
    ApduError,
    Scp03KeyParams,
    SmartCardConnection,
    SmartCardProtocol,
)
from yubikit.core.smartcard.scp import StaticKeys

GET_DATA, SET_STATUS, GENERATE_KEY, SELECT, UPDATE, PUT_DATA = 0xCA, 0xF0, 0x47, 0xA4, 0xD7, 0xDA
LDS1 = bytes.fromhex("A0000002471001")
CHUNK = 200
SECONDS = 10


class Reader(SmartCardConnection):
    """The first of pyscard's readers that gets a card."""

    def __init__(self) -> None:
        self._service = CardRequest(timeout=SECONDS).waitforcard()  # lives as long as its card
        self._card = self._service.connection
        self._card.connect(CardConnection.T1_protocol)

    @property
    def transport(self) -> TRANSPORT:
        return TRANSPORT.USB

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        data, sw1, sw2 = self._card.transmit(list(apdu))
        return bytes(data), sw1 << 8 | sw2

    def close(self) -> None:
        self._card.disconnect()


def load(send: Callable[..., bytes], content: bytes) -> None:
    send(SELECT, 0x04, 0x0C, LDS1)
    for offset in range(0, len(content), CHUNK):
        place = Tlv(0x54, struct.pack("!I", offset)[1:])
        send(UPDATE, 0x01, 0x01, place + Tlv(0x53, content[offset : offset + CHUNK]))


def status_of(act: Callable[[], object]) -> int:
    try:
        act()
    except ApduError as error:
        return error.sw
    return 0x9000


def main() -> None:
    keys = StaticKeys(bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2]))
    content = Path(sys.argv[3]).read_bytes()
    card = SmartCardProtocol(Reader())
    card.init_scp(Scp03KeyParams(keys=keys))

    def send(ins: int, p1: int, p2: int, data: bytes = b"") -> bytes:
        return card.send_apdu(0x80, ins, p1, p2, data)

    before = send(GET_DATA, 0x01, 0x01)
    send(SET_STATUS, 0x80, 0x07)
    made = [send(GENERATE_KEY, 0x80, slot) for slot in (1, 2, 3)]
    load(send, content)
    send(PUT_DATA, 0x01, 0x02, hashlib.sha1(b"123457\x00\x00\x00\x03").digest()[:16])
    told = {
        "life_cycles": [before.hex(), send(GET_DATA, 0x01, 0x01).hex()],
        "keys": [key.hex() for key in made],
        "told_again": [send(GENERATE_KEY, 0x81, slot).hex() for slot in (1, 2, 3)],
        "digest": send(GET_DATA, 0x01, 0x02).hex(),
        "a_gap": status_of(lambda: send(UPDATE, 0x01, 0x01, Tlv(0x54, b"\xff") + Tlv(0x53, b"x"))),
        "too_early": status_of(lambda: send(SET_STATUS, 0x80, 0x0F)),
    }
    told["after_errors"] = send(GET_DATA, 0x01, 0x01).hex()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
