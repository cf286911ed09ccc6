"""SCP03 (GlobalPlatform Amendment D) with Yubico's implementation at the other end.

Their office loads our blank over PC/SC; our office opens a card whose every key, cryptogram, MAC
and cipher is theirs.
"""

import hashlib
import json

import pytest

from mrc.ic_card.apdu import Ins, decode_command
from mrc.ic_card.chip.state import LifeCycle, decode_state
from mrc.ic_card.crypto.pure import PureCiphers
from mrc.ic_card.lds.files import ATR_INFO, data_group
from mrc.ic_card.pace import Password
from mrc.ic_card.personalisation.blank import open_blank
from mrc.ic_card.reasons import Reason
from mrc.ic_card.scp03 import TransportKeys
from mrc.ic_card.terminal.connection import CardConnection
from mrc.infra.readers.card_file import SoftwareChip
from mrc.kernel.errors import Rejected
from tests.interop.cards.forging import write_card
from tests.interop.cards.parts import YUBIKIT, CardRefused, their_office
from tests.simulators.ic_card_scene import flipped
from tests.simulators.ic_card_world import CIPHERS, ENTROPY, blank_state

DG1 = bytes(range(256)) * 3
KEYS = TransportKeys(encryption=bytes(range(16)), mac=bytes(range(16, 32)))


@pytest.fixture
def blank(tmp_path):
    return write_card(tmp_path / "blank.json", SoftwareChip(blank_state()))


def state_of(path):
    stored = json.loads(path.read_bytes())
    return decode_state(json.dumps({name: stored[name] for name in stored if name != "keys"}))


def test_their_office_loads_our_blank(stack, blank, tmp_path):
    keys = state_of(blank).transport_keys
    (tmp_path / "DG1").write_bytes(DG1)
    with stack.card(blank):
        told = their_office(stack, keys, tmp_path / "DG1")
    assert told["life_cycles"] == ["01", "07"]
    assert len(set(told["keys"])) == 3
    assert told["told_again"] == told["keys"]
    assert (told["a_gap"], told["too_early"]) == (0x6B00, 0x6985)
    assert told["after_errors"] == "07", "an error does not bring the counters apart"
    state = state_of(blank)
    assert state.files[data_group(1)] == DG1
    assert told["digest"] == digest_of(state.files[ATR_INFO]).hex()
    assert set(state.password_keys) == {Password.CAN}


def digest_of(atr_info):
    """By the order of applications and files: the master file's, then LDS1's."""
    whole = hashlib.sha256(b"\x00\x2f\x01" + hashlib.sha256(atr_info).digest())
    whole.update(b"\x01\x01\x01" + hashlib.sha256(DG1).digest())
    return whole.digest()


@pytest.mark.parametrize(
    ("half", "said"), [("mac", "Incorrect SCP parameters"), ("encryption", "SW=0x6982")]
)
def test_their_office_with_a_wrong_key_loads_nothing(stack, blank, tmp_path, half, said):
    right = state_of(blank).transport_keys
    halves = {"encryption": right.encryption, "mac": right.mac}
    wrong = TransportKeys(**{**halves, half: flipped(halves[half], 3)})
    (tmp_path / "DG1").write_bytes(DG1)
    with stack.card(blank), pytest.raises(CardRefused, match=said):
        their_office(stack, wrong, tmp_path / "DG1")
    assert state_of(blank).files == {}
    assert state_of(blank).life_cycle is LifeCycle.MANUFACTURED


@pytest.fixture
def scp(monkeypatch):
    monkeypatch.syspath_prepend(YUBIKIT)
    from yubikit.core.smartcard import scp

    return scp


class TheirCard:
    """A blank of somebody else; `spoil` changes what it answers, and when."""

    extended_length = False

    def __init__(self, scp, spoil=lambda ins, answer: answer):
        self._scp, self._spoil = scp, spoil
        self._static = scp.StaticKeys(KEYS.encryption, KEYS.mac)
        self._chain, self._counter, self.heard = bytes(16), 0, []

    async def connect(self):
        return b""

    async def transceive(self, raw):
        command = decode_command(raw)
        if command.ins == Ins.INITIALIZE_UPDATE:
            answer = self._greet(command.data)
        else:
            self._chain, mac = self._scp._calculate_mac(
                self._keys.key_smac, self._chain, raw[:5] + command.data[:-8]
            )
            assert command.data[-8:] == mac
            answer = self._act(command)
        return self._spoil(command.ins, answer)

    def _greet(self, host_challenge):
        challenge = bytes(range(8))
        self._context = host_challenge + challenge
        self._keys = self._static.derive(self._context)
        cryptogram = self._scp._derive(self._keys.key_smac, 0x00, self._context, 0x40)
        return bytes(10) + b"\x01\x03\x60" + challenge + cryptogram + b"\x90\x00"

    def _act(self, command):
        data = command.data[:-8]
        if command.ins == Ins.EXTERNAL_AUTHENTICATE:
            assert data == self._scp._derive(self._keys.key_smac, 0x01, self._context, 0x40)
            assert command.p1 == 0x33
            return b"\x90\x00"
        self._counter += 1
        self.heard.append((command.ins, command.p1, command.p2, self._opened(data)))
        sealed = self._sealed(b"\x07") if command.ins == Ins.GET_DATA else b""
        mac = self._scp._calculate_mac(
            self._keys.key_srmac, self._chain, sealed + b"\x90\x00"
        )[1]  # fmt: skip
        return sealed + mac + b"\x90\x00"

    def _opened(self, data):
        if not data:
            return b""
        cipher = self._scp._init_cipher(self._keys.key_senc, self._counter).decryptor()
        return cipher.update(data).rstrip(b"\x00")[:-1]

    def _sealed(self, plain):
        cipher = self._scp._init_cipher(self._keys.key_senc, self._counter, True).encryptor()
        return cipher.update(plain + b"\x80" + bytes(15 - len(plain) % 16))


@pytest.mark.parametrize("ciphers", [CIPHERS, PureCiphers()], ids=["openssl", "pure"])
async def test_our_office_loads_their_card(scp, ciphers):
    theirs = TheirCard(scp)
    card = await open_blank(CardConnection(theirs, ciphers), KEYS, entropy=ENTROPY)
    assert await card.life_cycle() is LifeCycle.INITIALISED
    await card.put_secret(Password.CAN, bytes(range(16)))
    await card.set_status(LifeCycle.PERSONALISED)
    assert await card.life_cycle() is LifeCycle.INITIALISED
    assert theirs.heard == [
        (Ins.GET_DATA, 1, 1, b""),
        (Ins.PUT_DATA, 1, 2, bytes(range(16))),
        (Ins.SET_STATUS, 0x80, 0x0F, b""),
        (Ins.GET_DATA, 1, 1, b""),
    ]


async def life_cycle_of(card):
    blank = await open_blank(CardConnection(card, CIPHERS), KEYS, entropy=ENTROPY)
    return await blank.life_cycle()


SPOILED = {
    "another cryptogram": (Ins.INITIALIZE_UPDATE, lambda answer: flipped(answer, 25)),
    "another challenge": (Ins.INITIALIZE_UPDATE, lambda answer: flipped(answer, 14)),
    "a flipped answer": (Ins.GET_DATA, lambda answer: flipped(answer, 0)),
    "a flipped MAC": (Ins.GET_DATA, lambda answer: flipped(answer, -3)),
    "no MAC": (Ins.GET_DATA, lambda answer: b"\x90\x00"),
}


@pytest.mark.parametrize("name", SPOILED)
async def test_our_office_refuses_their_card_when_it_is_spoiled(scp, name):
    where, change = SPOILED[name]
    theirs = TheirCard(scp, lambda ins, answer: change(answer) if ins == where else answer)
    with pytest.raises(Rejected) as caught:
        await life_cycle_of(theirs)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION


async def test_our_office_with_other_keys_refuses_their_card(scp):
    other = TransportKeys(encryption=KEYS.encryption, mac=flipped(KEYS.mac, 0))
    with pytest.raises(Rejected) as caught:
        await open_blank(CardConnection(TheirCard(scp), CIPHERS), other, entropy=ENTROPY)
    assert caught.value.reason is Reason.TRANSPORT_AUTHENTICATION
