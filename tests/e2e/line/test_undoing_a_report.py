"""A wrong loss report undone at home with the chip card, over real processes and the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mrc.cli.story.chapters import STUDENT
from tests.e2e.ic_card_pcsc.installation import Installation, installation, json_of

WALLET_PIN = "493817"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("undoing") / "home") as made:
        yield made


@pytest.fixture
def wallet(town: Installation, tmp_path: Path) -> tuple[str, ...]:
    pin = tmp_path / "phone.pin"
    pin.write_text(WALLET_PIN)
    pin.chmod(0o600)
    arguments = ("wallet", "--name", tmp_path.name, "--pin-file", str(pin))
    json_of(town.mrc(*arguments, "activate", "--json"))
    return arguments


def tapped(town: Installation) -> tuple[str, ...]:
    assert town.office is not None
    pin = town.settings.home / "card.pin"
    return (*town.office.reader, "--card-pin-file", str(pin))


def state(town: Installation, wallet: tuple[str, ...]) -> str:
    cards: Any = json.loads(town.mrc(*wallet, "cards", "--json").stdout)
    (card,) = cards
    return str(card["state"])


def unlock(town: Installation, wallet: tuple[str, ...], card: str) -> Any:
    return json_of(town.mrc(*wallet, "unlock", card, *tapped(town), "--json"))


def refused(town: Installation, wallet: tuple[str, ...], card: str) -> str:
    done = town.mrc(*wallet, "unlock", card, *tapped(town), "--json")
    assert done.returncode == 1, done.stdout
    return done.stderr.splitlines()[-1]


def test_locked_by_mistake_and_unlocked_at_home(
    town: Installation, wallet: tuple[str, ...]
) -> None:
    received = json_of(town.mrc(*wallet, "receive-ic", *tapped(town), "--yes", "--json"))
    card = str(received["id"])
    assert "mobile_card_not_locked" in refused(town, wallet, card)
    json_of(town.mrc(*wallet, "lock", card, "--json"))
    assert state(town, wallet) == "locked"
    done = unlock(town, wallet, card)
    assert done["state"] == "usable"
    assert done["ic_card"]["round_trips"] == 4
    assert state(town, wallet) == "usable"
    town.mrc(*wallet, "lock", card)
    town.restart("authority")  # the lock, and what made it, outlive the process
    assert unlock(town, wallet, card)["state"] == "usable"
    officer = ("--registrant", STUDENT, "--reason", "seized")
    assert town.mrc("desk", "lock", *officer).returncode == 0
    assert "locked_by_office" in refused(town, wallet, card)
    assert state(town, wallet) == "locked"
    assert town.mrc("desk", "cancel", *officer).returncode == 0
    assert "mobile_card_cancelled" in refused(town, wallet, card)
