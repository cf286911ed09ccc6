"""`mrc wallet receive-ic`: collect a mobile card with the chip card at the reader."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from mrc.cli.ic_card_transports import refuse_in_production
from mrc.cli.output import Refusal, read_secret_line
from mrc.cli.wallet_face import frames_for
from mrc.ic_card.reasons import Reason as ChipReason
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import CardTransport
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.readers.pcsc import PcscTransport
from mrc.kernel.errors import MrcError, Rejected
from mrc.protocols.ic_issuance.face import Gesture
from mrc.protocols.ic_issuance.messages import ShowFace
from mrc.protocols.ic_issuance.refusals import WORDS, IcRefusal
from mrc.wallet.chip_proof import TapStep, ask_tries_left
from mrc.wallet.mobile_id import OpenWallet
from mrc.wallet.pending import PendingCard
from mrc.wallet.receiving import ReceivedCard

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
_SECRET = click.Path(exists=True, dir_okay=False, path_type=Path)
_WORDS = {
    TapStep.HOLD_CARD: "Hold the card at the reader.",
    TapStep.OPENING: "Opening the card with the PIN …",
    TapStep.PROVING: "The office asks the chip: keep the card still …",
    TapStep.CARD_LEFT: "The card left. Put it back; it starts again.",
    TapStep.MAY_REMOVE_CARD: "The chip is proved. You may take the card away.",
    TapStep.OFFICE_DECIDES: "The office decides …",
    TapStep.COLLECTING: "Collecting the mobile card …",
}


def ic_card_options(command: F) -> F:
    """Where the card is, and the holder's files; what has no file is asked for."""
    for option in (
        click.option(
            "--reader",
            "kind",
            type=click.Choice(["emulator", "pcsc"]),
            default="pcsc",
            show_default=True,
            help="A PC/SC reader, or an emulated card in this process.",
        ),
        click.option("--card-file", type=_SECRET, help="With --reader emulator: the card."),
        click.option("--reader-name", help="Part of the PC/SC reader's name; default: any."),
        click.option("--wait", default=10.0, show_default=True, help="Seconds to wait for a card."),
        click.option("--extended-length", is_flag=True, help="Long APDUs; not all readers can."),
        click.option("--card-pin-file", type=_SECRET, help="The card's PIN, mode 600."),
        click.option("--can-file", type=_SECRET, help="The card's CAN, mode 600."),
        click.option("--last-try", is_flag=True, help="Agree to spend the PIN's last try."),
        click.option(
            "--selfie",
            "selfies",
            type=click.Path(exists=True, path_type=Path),
            multiple=True,
            help="A picture named after its gesture (straight.jpg, turn_left.jpg, …) or a folder.",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Which transport, and which card or reader behind it."""

    kind: str
    card_file: Path | None
    name: str | None
    wait: float
    extended_length: bool

    def connection(self) -> CardConnection:
        transport: CardTransport
        if self.kind == "emulator":
            if self.card_file is None:
                raise click.UsageError("--reader emulator needs --card-file")
            refuse_in_production("a card in a file")
            card = power_on(CardFile.open(self.card_file))
            transport = InProcessTransport(card, extended_length=self.extended_length)
        else:
            transport = PcscTransport(
                self.name, wait_seconds=self.wait, extended_length=self.extended_length
            )
        return CardConnection(transport, OpensslCiphers())


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalHolder:
    """The person before this terminal, or their files."""

    pin_file: Path | None
    can_file: Path | None
    selfies: Mapping[Gesture, Path]
    last_try: bool

    async def pin(self, tries_left: int | None) -> str:
        left = "all tries" if tries_left is None else f"{tries_left} of the tries"
        click.echo(f"PIN of the card: {left} left", err=True)
        return read_secret_line(self.pin_file, "PIN of the card")

    async def can(self) -> str | None:
        return read_secret_line(self.can_file, "CAN, the six digits printed on the card")

    async def agrees_to_last_try(self) -> bool:
        words = "One try is left. A wrong PIN blocks the card until the PUK is used."
        click.echo(words, err=True)
        if self.last_try or self.pin_file is not None:
            return self.last_try  # a file answers no question: only --last-try agrees
        return click.confirm("Try?", err=True)

    async def show_face(self, asked: ShowFace) -> Sequence[bytes] | None:
        return frames_for(asked, self.selfies)

    async def waits(self, reason: IcRefusal) -> bool:
        click.echo(WORDS[reason].text, err=True)
        return self.pin_file is None and click.confirm("Ask the office again?", err=True)

    def sees(self, step: TapStep) -> None:
        click.echo(_WORDS[step], err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """`round_trips`, `apdus` and `seconds` of the chip's part; None where it was not needed."""

    received: ReceivedCard
    round_trips: int | None
    apdus: int | None
    seconds: float

    @property
    def measured(self) -> dict[str, object]:
        return {
            "round_trips": self.round_trips,
            "apdus": self.apdus,
            "seconds": round(self.seconds, 2),
        }


async def collect_by_ic_card(
    opened: OpenWallet, issuer: str, reader: Reader, holder: TerminalHolder
) -> Collected:
    """A card that was begun earlier and not finished comes first: the chip is not needed again."""
    started = time.monotonic()
    unfinished = await _finish(opened, issuer)
    if unfinished is not None:
        seconds = time.monotonic() - started
        return Collected(received=unfinished, round_trips=None, apdus=None, seconds=seconds)
    connection = reader.connection()
    tapped = await explained(connection, opened.ic_card.begin(issuer, connection, holder))
    seconds = time.monotonic() - started
    return Collected(
        received=await opened.receiving.collect(tapped.pending),
        round_trips=tapped.round_trips,
        apdus=tapped.apdus,
        seconds=seconds,
    )


async def explained(connection: CardConnection, act: Awaitable[T]) -> T:
    """What `act` gives; where the card's PIN was in the way, a `Refusal` that says what is left."""
    try:
        return await act
    except Rejected as error:
        await _explain(connection, error)
        raise


async def _finish(opened: OpenWallet, issuer: str) -> ReceivedCard | None:
    """A pending card of this office whose answer was lost; one that is refused is forgotten."""
    for pending in await opened.pending.all():
        if pending.renews is None and pending.credential_issuer == issuer:
            found = await _collected(opened, pending)
            if found is not None:
                return found
    return None


async def _collected(opened: OpenWallet, pending: PendingCard) -> ReceivedCard | None:
    try:
        return await opened.receiving.collect(pending)
    except Rejected:
        await opened.receiving.abandon(pending)
        return None


async def _explain(connection: CardConnection, error: Rejected) -> None:
    """After a wrong PIN: how many tries are left now."""
    match error.reason:
        case ChipReason.WRONG_PASSWORD:
            raise Refusal(f"wrong PIN: {await _tries(connection)}") from error
        case ChipReason.LAST_TRY:
            raise Refusal("one try left; --last-try spends it") from error
        case ChipReason.PIN_BLOCKED:
            raise Refusal("the PIN is blocked: `mrc ic-card unblock`, or an office") from error


async def _tries(connection: CardConnection) -> str:
    try:
        left = await ask_tries_left(connection)
    except MrcError:
        return "hold the card at the reader again"
    return "all tries left" if left is None else f"{left} tries left"
