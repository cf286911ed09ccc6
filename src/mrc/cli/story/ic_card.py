"""The chapter of the IC card: made at the counter, tapped at home, tapped again on a new phone."""

from dataclasses import dataclass
from pathlib import Path

from mrc.cli.story.chapters import STUDENT, Phone
from mrc.cli.story.teller import Teller, Told

NUMBER = "M20260001"
CAN, CARD_PIN, WRONG_PIN = "650211", "280417", "280418"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The files of the desk that makes chip cards, and of the card it made."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @property
    def reader(self) -> tuple[str, ...]:
        return ("--reader", "emulator", "--card-file", self.path("card.json"))


def make_card(teller: Teller, *, registrant: str = STUDENT) -> Office:
    """CSCA, document signer, officer's order, and one active card in the register."""
    office = Office(folder=teller.home / "ic-desk")
    office.folder.mkdir()
    can = teller.secret("card.can", CAN)
    pin = teller.secret("card.pin", CARD_PIN)
    said = ("ic-card", "csca")
    teller.run(*said, "create", office.path("csca"))
    teller.run(*said, "signer", office.path("csca"))
    teller.run("trust", "add", "csca", "practice", office.path("csca/csca.pem"))
    signing = ("--key", office.path("kim.pem"))
    teller.run("ic-card", "officer", "kim", *signing, "--officers", office.path("officers.json"))
    drawn = ("--number", NUMBER, "--can-file", str(can), "--out", office.path("order.json"))
    teller.run("ic-card", "draw-up", registrant, *drawn)
    teller.run("ic-card", "order", office.path("order.json"), "--officer", "kim", *signing)
    master = ("--master-key", office.path("master.key"))
    teller.run("ic-card", "blank", office.path("card.json"), *master)
    made = teller.mrc(
        *("ic-card", "personalise", "--card-file", office.path("card.json"), *master),
        *("--order", office.path("order.json"), "--officers", office.path("officers.json")),
        *("--job", office.path("job.json"), "--authority", office.path("csca")),
        *("--pin-file", str(pin), "--puk-file", office.path("puk"), "--registrant", registrant),
    )
    teller.tell("chip card made, verified, entered", made, f"{made.value['checks']} checks passed")
    return office


def tap(teller: Teller, phone: Phone, office: Office) -> str:
    """The chip at the phone instead of a visit; the mobile card's id."""
    told = _receive(teller, phone, office, "card.pin")
    measured = told.value["ic_card"]
    teller.expect(measured["round_trips"] <= 5, f"{measured['round_trips']} round trips")
    detail = f"{measured['apdus']} APDUs, {measured['round_trips']} round trips"
    teller.tell(f"{phone.name}: card collected at home", told, detail)
    return str(told.value["id"])


def refuse_wrong_pin(teller: Teller, phone: Phone, office: Office) -> None:
    teller.secret("wrong.pin", WRONG_PIN)
    told = _receive(teller, phone, office, "wrong.pin", expect_failure=True)
    teller.expect("4 tries left" in told.errors, told.errors)
    teller.tell("a wrong PIN is refused by the chip", told, told.errors.splitlines()[-1])


def refuse_lost(teller: Teller, phone: Phone, office: Office) -> None:
    """The chip card is reported lost: nothing more is issued with it."""
    lost = teller.mrc("ic-card", "end", NUMBER, "--because", "lost", "--reason", "bag stolen")
    ended = lost.value["mobile_cards_ended"]
    teller.expect(ended == 1, f"{ended} mobile cards ended")
    teller.tell("chip card reported lost", lost, "the mobile card that hung on it ended")
    told = _receive(teller, phone, office, "card.pin", expect_failure=True)
    teller.expect("card_lost" in told.errors, told.errors)
    teller.tell("the lost chip card issues nothing", told, told.errors.splitlines()[-1])


def _receive(
    teller: Teller, phone: Phone, office: Office, pin: str, *, expect_failure: bool = False
) -> Told:
    return teller.mrc(
        *phone.arguments("receive-ic", *office.reader, "--yes"),
        *("--card-pin-file", str(teller.home / pin)),
        expect_failure=expect_failure,
    )
