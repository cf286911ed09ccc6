"""The emulated card's file: whole or not at all, private, one user at a time."""

import pytest

from mrc.ic_card.chip.ports import KeySlot
from mrc.infra.readers.card_file import CardFile
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.keys import Curve
from tests.simulators.ic_card_world import blank_state


@pytest.fixture
def path(tmp_path):
    return tmp_path / "card.json"


def test_a_card_comes_back_as_it_was(path):
    state = blank_state()
    CardFile.create(path, state).close()
    assert CardFile.open(path).load() == state


async def test_keys_come_back_and_are_made_once(path):
    card = CardFile.create(path, blank_state())
    made = await card.make_key(KeySlot.ISSUANCE, Curve.P256)
    with pytest.raises(ValueError, match="holds a key"):
        await card.make_key(KeySlot.ISSUANCE, Curve.P256)
    card.close()
    assert CardFile.open(path).find_public_key(KeySlot.ISSUANCE) == made


def test_only_the_owner_may_read_it(path):
    CardFile.create(path, blank_state()).close()
    assert path.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    with pytest.raises(Unavailable):
        CardFile.open(path)


def test_two_processes_are_never_the_same_card(path):
    card = CardFile.create(path, blank_state())
    with pytest.raises(Unavailable, match="another process"):
        CardFile.open(path)
    card.close()
    CardFile.open(path).close()


def test_a_card_is_never_overwritten(path):
    CardFile.create(path, blank_state()).close()
    with pytest.raises(FileExistsError):
        CardFile.create(path, blank_state())


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'{"keys": {}}', b"[1]"])
def test_what_is_no_card_is_refused(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Malformed):
        CardFile.open(path)


def test_no_card_is_no_answer(path):
    with pytest.raises(Unavailable):
        CardFile.open(path)
