"""The chapters: from the register to a refusal, two phones, and a card of another authority."""

import time
from dataclasses import dataclass
from pathlib import Path

from mrc.cli.story.teller import Teller, Told
from mrc.wiring.issuers import AUTHORITIES, IMMIGRATION

ANCHOR_PATIENCE_S = 30.0
STUDENT = "P-STUDENT"
ENDED_SECONDS = 20.0  # on a busy machine; a second is usual
REFUSED = {
    "P-CHILD": "under_age",
    "P-ENDED": "registration_ended",
    "P-OTHERS-PHONE": "phone_of_another",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One wallet of the story."""

    name: str
    pin_file: str

    def arguments(self, *rest: str) -> tuple[str, ...]:
        return ("wallet", "--name", self.name, "--pin-file", self.pin_file, *rest)


def who_may_not(teller: Teller) -> None:
    """Eligibility says no, with the reason."""
    teller.chapter("Who may not have a card, and why")
    for registrant, reason in REFUSED.items():
        told = teller.mrc("desk", "assess", "--registrant", registrant)
        reasons = [finding["reason"] for finding in told.value["findings"] if finding["reason"]]
        teller.expect(not told.value["eligible"], f"{registrant} must not be eligible")
        teller.expect(reason in reasons, f"{registrant}: {reason} is not among {reasons}")
        teller.mrc("desk", "offer", "--registrant", registrant, expect_failure=True)
        teller.tell(f"{registrant} is refused", told, ", ".join(reasons))


def activate(teller: Teller, name: str, pin: str) -> Phone:
    phone = Phone(name=name, pin_file=str(teller.secret(f"{name}.pin", pin)))
    teller.tell(f"{name}: wallet activated", teller.mrc(*phone.arguments("activate")))
    return phone


def receive(teller: Teller, phone: Phone, *, authority: str, replace: bool = False) -> str:
    """Counter QR: the desk offers, the phone collects both formats. The card's id."""
    code = teller.home / f"{phone.name}.{authority}.code"
    extra = ["--replace"] if replace else []
    offer = teller.mrc(
        *("desk", "offer", "--authority", authority, "--registrant", STUDENT),
        *("--code-file", str(code), *extra),
    )
    teller.tell(f"{authority}: offer made", offer, f"QR of {len(offer.value['link'])} characters")
    card = teller.mrc(
        *phone.arguments("receive", offer.value["link"], "--yes"),
        *("--transaction-code-file", str(code)),
    )
    copies = card.value["unused_copies"]
    teller.expect(
        set(copies) == {"mso_mdoc", "dc+sd-jwt"} and min(copies.values()) >= 2,
        f"both formats and several copies, not {copies}",
    )
    kept = ", ".join(f"{count} copies {format_}" for format_, count in copies.items())
    teller.tell(f"{phone.name}: {card.value['name']} collected and checked", card, kept)
    again = teller.mrc(
        *phone.arguments("receive", offer.value["link"], "--yes"),
        *("--transaction-code-file", str(code)),
        expect_failure=True,
    )
    teller.tell("the same QR code again is refused", again, again.errors.splitlines()[-1])
    return str(card.value["id"])


def show(
    teller: Teller, phone: Phone, *, purpose: str, format_: str, decision: str, reason: str = ""
) -> None:
    """The service asks, the phone answers, the verifier decides."""
    asked = teller.mrc("verifier", "request", "--purpose", purpose)
    shown = teller.mrc(
        *phone.arguments("present", asked.value["link"], "--yes", "--format", format_)
    )
    outcome = teller.mrc("verifier", "outcome", asked.value["id"])
    _expect_decision(teller, outcome, decision, reason)
    findings = outcome.value["findings"]
    passed = sum(finding["outcome"] == "passed" for finding in findings)
    not_passed = [f["check"] for f in findings if f["outcome"] != "passed"]
    detail = f"{passed} of {len(findings)} checks passed"
    detail += f"; not: {', '.join(not_passed)}" if not_passed else ""
    teller.tell(f"{phone.name} shows {purpose} as {format_}: {decision}", shown, detail)


def show_ended(teller: Teller, phone: Phone, *, format_: str) -> None:
    """A card that another phone replaced is refused as soon as the lists say so: within seconds."""
    started = time.monotonic()
    while True:
        asked = teller.mrc("verifier", "request", "--purpose", "age-19")
        shown = teller.mrc(
            *phone.arguments("present", asked.value["link"], "--yes", "--format", format_)
        )
        outcome = teller.mrc("verifier", "outcome", asked.value["id"])
        waited = time.monotonic() - started
        if outcome.value["decision"] != "valid" or waited > ENDED_SECONDS:
            break
    _expect_decision(teller, outcome, "not_valid", "status_cancelled")
    teller.tell(f"{phone.name} shows age-19 as {format_}: not_valid", shown, "status_cancelled")


def refuse_to_show(teller: Teller, phone: Phone, *, purpose: str) -> None:
    """The wallet itself knows that it has nothing to show."""
    asked = teller.mrc("verifier", "request", "--purpose", purpose)
    told = teller.mrc(
        *phone.arguments("present", asked.value["link"], "--yes"), expect_failure=True
    )
    teller.tell(f"{phone.name} has nothing to show", told, told.errors.splitlines()[-1])


def move_cards(teller: Teller, act: str, reason: str, state: str) -> None:
    told = teller.mrc("desk", act, "--registrant", STUDENT, "--reason", reason)
    states = {card["state"] for card in told.value}
    teller.expect(states == {state}, f"expected {state}, found {states}")
    teller.tell(f"{act}: {reason}", told, f"every copy {state}")


def state_in_wallet(teller: Teller, phone: Phone, card_id: str, state: str) -> None:
    told = teller.mrc(*phone.arguments("cards"))
    found = {card["id"]: card for card in told.value}
    teller.expect(found[card_id]["state"] == state, f"{phone.name} says {found[card_id]['state']}")
    copies = sum(found[card_id]["unused_copies"].values())
    teller.tell(f"{phone.name} learns that its card is {state}", told, f"{copies} copies left")


def prove_list(teller: Teller) -> None:
    """The list and its proof as two files, checked without a network; then a forged list."""
    folder = teller.home / "evidence"
    fetched = _proved(teller, folder)
    teller.tell(
        "the list and its proof are two files", fetched, f"{fetched.value['proof_bytes']} bytes"
    )
    files = (fetched.value["proof"], "--document", fetched.value["list"])
    told = teller.mrc("ledger", "bundle", "check", *files)
    teller.expect(told.value["document"]["outcome"] == "passed", f"anchored: {told.value}")
    block = f"block {told.value['block']}, {len(told.value['organisations'])} issuer registered"
    teller.tell("proved offline: this list is the published one", told, block)
    listed = Path(fetched.value["list"])
    parts = listed.read_text().split(".")
    listed.write_text(".".join((*parts[:2], "A" * len(parts[2]))))
    forged = teller.mrc("ledger", "bundle", "check", *files, expect_failure=True)
    teller.tell(
        "another list of the same second is refused", forged, forged.value["document"]["reason"]
    )


def _proved(teller: Teller, folder: Path) -> Told:
    """The newest list is anchored at the next tick: ask until its proof is there."""
    until = time.monotonic() + ANCHOR_PATIENCE_S
    while True:
        told = teller.mrc("ledger", "bundle", "fetch", str(folder), may_fail=True)
        if told.code == 0:
            checked = teller.mrc(
                *("ledger", "bundle", "check", told.value["proof"]),
                *("--document", told.value["list"]),
                may_fail=True,
            )
            if checked.code == 0:
                return told
        teller.expect(time.monotonic() < until, "no proof of the newest list came")
        time.sleep(0.5)


def check_audit(teller: Teller) -> None:
    """Every act of the story is in its authority's log, and the logs' heads on the ledger."""
    for authority in AUTHORITIES:
        told = teller.mrc("audit", "verify", "--authority", authority.role)
        teller.expect(told.value["anchored_heads"] > 0, f"no head is anchored: {told.value}")
        least = 50 if authority is IMMIGRATION else 0
        teller.expect(told.value["entries"] > least, f"acts are missing: {told.value}")
        detail = f"{told.value['entries']} acts, {told.value['ticks']} anchors"
        title = f"the audit log of {authority.name_en} agrees with the ledger"
        teller.tell(title, told, detail)


def _expect_decision(teller: Teller, outcome: Told, decision: str, reason: str) -> None:
    found = outcome.value["decision"]
    teller.expect(found == decision, f"expected {decision}, found {found}: {outcome.value}")
    reasons = {finding.get("reason") for finding in outcome.value["findings"]}
    teller.expect(not reason or reason in reasons, f"{reason} is not among {reasons}")
