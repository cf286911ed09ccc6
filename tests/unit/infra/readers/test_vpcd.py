"""The card side of vpcd's wire protocol, against a socket that plays vpcd."""

import socket
import threading

import pytest

from mrc.infra.readers.card_file import SoftwareChip
from mrc.infra.readers.vpcd import VpcdSlot
from mrc.kernel.errors import Unavailable
from tests.simulators.ic_card_world import blank_state, power_on


@pytest.fixture
def reader():
    """The other end, as vpcd has it, with a card in the slot."""
    card = power_on(SoftwareChip(blank_state()))
    with socket.create_server(("127.0.0.1", 0)) as server:
        slot = VpcdSlot(server.getsockname())
        thread = threading.Thread(target=slot.serve, args=(card,))
        thread.start()
        end, _ = server.accept()
        end.settimeout(5)
        with end:
            yield end, card
        thread.join(5)
        slot.close()


def ask(end, body):
    end.sendall(len(body).to_bytes(2) + body)
    size = int.from_bytes(end.recv(2))
    return end.recv(size)


def test_commands_are_answered_even_where_they_come_in_pieces(reader):
    end, _ = reader
    for byte in bytes.fromhex("000500A4000C00"):
        end.sendall(bytes([byte]))
    assert end.recv(4) == bytes.fromhex("00026985")


def test_asking_for_the_atr_is_no_reset(reader):
    end, card = reader
    end.sendall(bytes.fromhex("000101"))
    assert ask(end, b"\x04") == card.atr
    initialize = bytes.fromhex("8050000008") + bytes(8) + b"\x00"
    assert ask(end, initialize)[-2:] == b"\x90\x00"
    ask(end, b"\x04")  # vpcd polls twice a second
    external = bytes.fromhex("8482330010") + bytes(16)
    assert ask(end, external) == b"\x63\x00"  # judged, so the handshake was still known


def test_a_reset_ends_the_session(reader):
    end, _ = reader
    initialize = bytes.fromhex("8050000008") + bytes(8) + b"\x00"
    assert ask(end, initialize)[-2:] == b"\x90\x00"
    end.sendall(bytes.fromhex("000102"))
    assert ask(end, bytes.fromhex("8482330010") + bytes(16)) == b"\x69\x85"


def test_no_vpcd_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    with pytest.raises(Unavailable):
        VpcdSlot(address)
