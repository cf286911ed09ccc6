"""`mrc wallet present` compares the number of the other screen, and never answers without it."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from threading import Thread

import click
import pytest

from mrc.cli.output import Refusal
from mrc.cli.wallet_consent import Consent, answer, line_of
from mrc.verifier.service import Asked
from mrc.wallet.holdings import ShowOutcome
from tests.simulators.phones import WalletPhone, wallet_phone


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[WalletPhone]:
    async with wallet_phone(tmp_path) as made:
        await made.receive()
        yield made


def on_screen(phone: WalletPhone, asked: Asked) -> int:
    """What the asker's screen shows once the phone has read the request."""
    reading = phone.world.verifier.verifier.reading(asked.request_uri)
    assert reading is not None
    assert reading.number is not None
    return reading.number


def screen(phone: WalletPhone, asked: Asked, *, by: int = 0) -> Callable[[], str]:
    """A person or program that reads the number off the asker's screen, `by` too high."""
    return lambda: f"{10 + (on_screen(phone, asked) - 10 + by) % 90}\n"


async def untold(phone: WalletPhone) -> None:
    """Nobody got an answer, not even a no."""
    assert not [sent for sent in phone.network.sent if "/wallet/response/" in sent.url]
    assert await phone.wallet.records.history() == []


async def test_yes_alone_answers_no_request_that_is_compared(phone: WalletPhone) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    with pytest.raises(Refusal, match="--number-from"):
        await answer(phone.wallet, asked.link, Consent(yes=True, number_line=None, choose=None))
    await untold(phone)


@pytest.mark.parametrize("line", ["", "\n", "yes\n", "4\n", "４２\n", "042\n", "-1\n"])
async def test_a_line_that_is_no_number_answers_nothing(phone: WalletPhone, line: str) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    consent = Consent(yes=True, number_line=lambda: line, choose=None)
    with pytest.raises(Refusal, match="two digits"):
        await answer(phone.wallet, asked.link, consent)
    await untold(phone)


async def test_an_asker_that_shows_no_number_is_not_answered_where_one_was_announced(
    phone: WalletPhone,
) -> None:
    """Somebody put a request without a number in the place of the one on the screen."""
    asked = await phone.world.ask("age-19")
    consent = Consent(yes=True, number_line=lambda: "42\n", choose=None)
    with pytest.raises(Refusal, match="no number to compare"):
        await answer(phone.wallet, asked.link, consent)
    await untold(phone)


@pytest.mark.parametrize("by", [1, 45, 89])
async def test_another_number_declines(phone: WalletPhone, by: int) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    consent = Consent(yes=True, number_line=screen(phone, asked, by=by), choose=None)
    told = await answer(phone.wallet, asked.link, consent)
    assert (told["outcome"], told["number"]) == (ShowOutcome.NOT_SHARED.value, "another")
    assert not await phone.world.is_valid(asked)


async def test_another_person_s_request_has_another_number(phone: WalletPhone) -> None:
    """The code was swapped: the screen before the holder shows the number of its own request."""
    mine, thiefs = [await phone.world.ask("age-19", number_match=True) for _ in range(2)]
    await phone.wallet.asking.look_at(mine.link)
    consent = Consent(yes=True, number_line=screen(phone, mine), choose=None)
    told = await answer(phone.wallet, thiefs.link, consent)
    by_chance = on_screen(phone, mine) == on_screen(phone, thiefs)  # one pair in ninety
    assert told["number"] == ("same" if by_chance else "another")


@pytest.mark.parametrize("wrong", ["other", "none"])
async def test_a_holder_who_finds_another_number_or_none_declines(
    phone: WalletPhone, wrong: str
) -> None:
    asked = await phone.world.ask("age-19", number_match=True)

    def choose(numbers: Sequence[int]) -> int | None:
        others = [number for number in numbers if number != on_screen(phone, asked)]
        return others[0] if wrong == "other" else None

    consent = Consent(yes=True, number_line=None, choose=choose)
    told = await answer(phone.wallet, asked.link, consent)
    assert (told["outcome"], told["number"]) == (ShowOutcome.NOT_SHARED.value, "another")


async def test_the_number_is_found_among_three(phone: WalletPhone) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    offered: list[int] = []

    def choose(numbers: Sequence[int]) -> int | None:
        offered.extend(numbers)
        return on_screen(phone, asked)

    told = await answer(
        phone.wallet, asked.link, Consent(yes=True, number_line=None, choose=choose)
    )
    assert (told["outcome"], told["number"]) == (ShowOutcome.SHARED.value, "same")
    assert len(set(offered)) == 3
    assert await phone.world.is_valid(asked)


async def test_a_program_reads_the_number_off_the_screen(phone: WalletPhone) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    consent = Consent(yes=True, number_line=screen(phone, asked), choose=None)
    told = await answer(phone.wallet, asked.link, consent)
    assert (told["outcome"], told["number"]) == (ShowOutcome.SHARED.value, "same")


async def test_a_request_without_a_number_is_answered_as_before(phone: WalletPhone) -> None:
    asked = await phone.world.ask("age-19")
    told = await answer(phone.wallet, asked.link, Consent(yes=True, number_line=None, choose=None))
    assert (told["outcome"], told["number"]) == (ShowOutcome.SHARED.value, "not_asked")


async def test_the_right_number_does_not_agree_to_share(
    phone: WalletPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await phone.world.ask("age-19", number_match=True)
    monkeypatch.setattr(click, "confirm", lambda _: False)
    told = await answer(
        phone.wallet,
        asked.link,
        Consent(yes=False, number_line=screen(phone, asked), choose=None),
    )
    assert (told["outcome"], told["number"]) == (ShowOutcome.NOT_SHARED.value, "same")


def test_a_pipe_is_waited_for_when_the_number_is_needed(tmp_path: Path) -> None:
    pipe = tmp_path / "number"
    os.mkfifo(pipe)
    Thread(target=lambda: pipe.write_text("42\nmore\n"), daemon=True).start()
    assert line_of(str(pipe)) == "42\n"
