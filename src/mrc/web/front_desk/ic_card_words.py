"""The words of FD-8: steps, what is missing, and what to do with the card when something stops."""

from dataclasses import dataclass

from mrc.authority.ic_issuance.desk_parts import Lack, Phase
from mrc.authority.ic_issuance.holder_pad import Ask
from mrc.authority.staff.card_jobs import CardJob, Trouble
from mrc.web.design.translator import Message, Translator


def phase_words(_: Translator) -> dict[Phase, Message]:
    """The items of the step bar."""
    return {
        Phase.KEYS: _("Blank card and keys"),
        Phase.SIGNING: _("Data signed"),
        Phase.WRITING: _("Data written"),
        Phase.PIN: _("PIN of the person"),
        Phase.TEST_READ: _("Test read"),
    }


def work_words(_: Translator) -> dict[Phase, Message]:
    return {
        Phase.KEYS: _("The blank card proves itself and makes its keys."),
        Phase.SIGNING: _("The data of the card are being signed."),
        Phase.WRITING: _("The data are being written to the card."),
        Phase.PIN: _("The PIN is on its way to the card."),
        Phase.TEST_READ: _("The card is locked for writing, then read and checked."),
        Phase.DONE: _("The card is being entered in the register."),
    }


def ask_words(_: Translator) -> dict[Ask, Message]:
    return {
        Ask.CHOOSE: _("The person chooses a PIN on the customer screen."),
        Ask.REPEAT: _("The person types the same PIN once more."),
        Ask.ENTER: _("The person types the PIN of the card on the customer screen."),
        Ask.PUK: _("The person writes down the unblocking number."),
    }


def lack_words(_: Translator) -> dict[Lack, tuple[Message, Message]]:
    """What is missing, and what an administrator does about it."""
    return {
        Lack.READER_SOFTWARE: (
            _("The software for card readers is not installed."),
            _("Administrator: pip install 'mrc[pcsc]' on the server."),
        ),
        Lack.READER: (
            _("No card reader is connected."),
            _("Connect the reader and open this page again."),
        ),
        Lack.SIGNER: (
            _("There is no key for signing cards."),
            _("Administrator: mrc ic-card csca signer, with the office's token."),
        ),
        Lack.TRANSPORT_KEY: (
            _("The transport key of the blank cards is missing."),
            _("Administrator: put transport.key into the folder ic-desk."),
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A card that stands still: at which step, why, what to do, and what becomes of the card."""

    step: str
    title: str
    next: str
    card: str
    code: str
    discard: bool
    prepared: bool


def stopped_words(_: Translator, job: CardJob, phase: Phase) -> Stopped:
    trouble = job.trouble
    title, after = _interrupted(_) if trouble is None else _troubles(_)[trouble]
    discard = trouble is not None and trouble.spoils
    keep, destroy = _("Keep this card."), _("Destroy this card.")
    names = phase_words(_)
    return Stopped(
        step=str(names.get(phase, names[Phase.TEST_READ])),
        title=str(title),
        next=str(after),
        card=str(destroy if discard else keep),
        code=f"FD-8-{'interrupted' if trouble is None else trouble.value}",
        discard=discard,
        prepared=phase >= Phase.TEST_READ,
    )


def _interrupted(_: Translator) -> tuple[Message, Message]:
    return _("The making was interrupted."), _("Put the same card into the reader and go on.")


def _troubles(_: Translator) -> dict[Trouble, tuple[Message, Message]]:
    """What happened, and what to do now. One table, as long as there are troubles."""
    same = _("Put the same card into the reader and go on.")
    new = _("Give this card up and take a new blank card.")
    return {
        Trouble.CARD_AWAY: (_("The card left the reader."), same),
        Trouble.READER_MISSING: (
            _("The card reader does not answer."),
            _("Connect the reader, then go on."),
        ),
        Trouble.SIGNER_SILENT: (
            _("The signing key does not answer."),
            _("Look whether the token is plugged in, then go on."),
        ),
        Trouble.SIGNER_WRONG: (
            _("The signing key was refused."),
            _("Tell an administrator. Go on when the token is in order."),
        ),
        Trouble.OTHER_CARD: (
            _("This is not the card that was begun."),
            _("Put the card that was begun into the reader and go on."),
        ),
        Trouble.FOREIGN_BLANK: (
            _("This blank card was not made for this office."),
            _("Put it aside for the supplier, take another one and go on."),
        ),
        Trouble.SPOILED: (_("The card's keys changed. It cannot be used."), new),
        Trouble.TEST_READ: (_("The card did not pass the test read."), new),
        Trouble.WRONG_PIN: (
            _("The PIN was wrong."),
            _("Go on: the person types it again. Few tries are left."),
        ),
        Trouble.PIN_BLOCKED: (_("Too many wrong PINs. The card is blocked."), new),
        Trouble.NO_PIN: (_("Nobody typed a PIN on the customer screen."), same),
        Trouble.STOPPED: (_("The making was stopped."), same),
        Trouble.REGISTER: (
            _("The register did not take the card."),
            _("Tell a supervisor. The card is good: keep it here and go on later."),
        ),
        Trouble.OTHER: (_("The card could not be made."), same),
    }
