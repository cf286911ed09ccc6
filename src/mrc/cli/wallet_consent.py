"""What the holder agrees to at a terminal, and the number of the other screen (ADR 0010).

A request that another device shows is compared by number: the holder finds the screen's number
among three, or a program says where the number is read. Nobody is spared it: `--yes` agrees to
share, not to the number, and nothing is ever answered where no number was given.
"""

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import click

from mrc.cli.output import Refusal
from mrc.cli.wallet_output import print_standing, standing_summary
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.presenting import Choice, Proposal
from mrc.web.wallet_app.number_choice import NONE_OF_THEM, numbers_to_choose

_LONGEST_LINE = 64


class Compared(StrEnum):
    """What came of the two numbers. `NOT_ASKED`: the asker shows none."""

    NOT_ASKED = "not_asked"
    SAME = "same"
    ANOTHER = "another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How the holder is asked. `number_line` gives the line with the screen's number, and is
    called once the request was read. Without it `choose` asks, which returns None for "another
    number, or none"; it is None where nobody can be asked."""

    yes: bool
    number_line: Callable[[], str] | None
    choose: Callable[[Sequence[int]], int | None] | None


async def answer(
    opened: OpenWallet,
    link: str,
    consent: Consent,
    *,
    card_id: str | None = None,
    format_: str | None = None,
) -> dict[str, object]:
    """Answer or decline the request behind `link`; what is told about it.

    Another number declines. Raises `Refusal`, with nothing told to anybody, where a number is to
    be compared and none was given, or one was announced and the asker shows none.
    """
    question = await opened.asking.look_at(link)
    proposal = await opened.presenting.propose(question)
    chosen = _choose(proposal, card_id, format_)
    if not consent.yes:
        _tell(proposal, chosen)
    compared = _compare(question.number, consent)
    if compared is Compared.ANOTHER or not (consent.yes or click.confirm("Share?")):
        shown = await opened.presenting.decline(question)
    else:
        shown = await opened.presenting.answer(proposal, chosen)
    return {
        "outcome": shown.outcome.value,
        "asker": question.asker.name,
        "registered": question.asker.registered,
        "ledger": standing_summary(question.standing),
        "number": compared.value,
        "shared": [kind for choice in chosen for kind in choice.kinds],
        "redirect_uri": shown.redirect_uri,
    }


def ask_for_number(numbers: Sequence[int]) -> int | None:
    """What the holder says at the terminal."""
    options = click.Choice([*map(str, numbers), NONE_OF_THEM])
    said = click.prompt("Which number does the other screen show?", type=options)
    return None if said == NONE_OF_THEM else int(said)


def line_of(path: str) -> str:
    """The first line of a file or pipe, of standard input for `-`. Waits for it."""
    with click.open_file(path) as source:
        return str(source.readline(_LONGEST_LINE))


def _compare(number: int | None, consent: Consent) -> Compared:
    if number is None:
        if consent.number_line is not None:
            raise Refusal("the asker's screen shows no number to compare; nothing was shared")
        return Compared.NOT_ASKED
    if consent.number_line is not None:
        said: int | None = _read_number(consent.number_line)
    elif consent.choose is not None:
        said = consent.choose(numbers_to_choose(number))
    else:
        raise Refusal(
            "the asker's screen shows a number: make a new request and say with --number-from "
            "where the number is read; nothing was shared"
        )
    return Compared.SAME if said == number else Compared.ANOTHER


def _read_number(number_line: Callable[[], str]) -> int:
    line = number_line().strip()
    if len(line) != 2 or not set(line) <= set(string.digits):
        raise Refusal("expected the two digits of the asker's screen; nothing was shared")
    return int(line)


def _choose(proposal: Proposal, card_id: str | None, format_: str | None) -> Sequence[Choice]:
    """The first answer that the holder's wishes for a card and a format allow."""
    for alternative in proposal.alternatives():
        parts = [
            [
                choice
                for choice in part
                if card_id in (None, choice.card.id) and format_ in (None, choice.format.value)
            ]
            for part in alternative
        ]
        if all(parts):
            return [part[0] for part in parts]
    raise Refusal("that card or format cannot answer this request")


def _tell(proposal: Proposal, chosen: Sequence[Choice]) -> None:
    asker = proposal.question.asker
    known = "registered" if asker.registered else "NOT REGISTERED: the name may be false"
    click.echo(f"{asker.name} ({known}) asks for:")
    print_standing(proposal.question.standing)
    for choice in chosen:
        for kind in choice.kinds:
            click.echo(f"  {kind}   from {choice.card.display_name}")
