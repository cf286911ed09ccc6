"""Consent says what the ledger's register knows about the asker, in both hosts of the wallet."""

from dataclasses import replace

import pytest
from playwright.async_api import BrowserContext

from mrc.infra.chain import council
from mrc.ledger.statements import Role, Standing, claim_set_hash
from tests.e2e.wallet_app.conftest import HolderPage, Town, get_card, onboard, open_holder

CASES = {
    "registered": "Registered, and may ask for this.",
    "asks for more": "Registered, but may not ask for:",
    "stopped": "Its entry in the register does not hold.",
    "offline": "The register could not be checked just now.",
}


def change_the_ledger(town: Town, case: str) -> None:
    """Before any wallet asks for the register."""
    ledger, clerk = town.explorer.ledger, town.explorer.clerk
    (asker,) = (one for one in clerk.accepted if one.role is Role.ASKER)
    match case:
        case "asks for more":
            for purpose in asker.claim_sets_by_id():
                less = claim_set_hash(["age_over_19"])
                ledger.decide(council.entitle(asker.organisation_id, purpose, less))
        case "stopped":
            stopped = replace(asker.entry, standing=Standing.STOPPED)
            ledger.decide(council.register_organisation(asker.organisation_id, stopped))
        case "offline":
            town.explorer.silent = True


async def ask(holder: HolderPage, town: Town) -> None:
    asked = await town.world.ask("bank-account")
    await holder.press("Scan", "link")
    await holder.show_picture(asked.link)
    await holder.sees("Hanbit Bank (sample)")


@pytest.mark.parametrize(
    ("host", "case"), [("process", "registered"), *(("browser", case) for case in CASES)]
)
async def test_consent_says_what_the_register_knows(
    host: str, case: str, town: Town, context: BrowserContext
) -> None:
    change_the_ledger(town, case)
    holder = await open_holder(host, town, context)
    await onboard(holder)
    await get_card(holder, town)
    await ask(holder, town)
    await holder.sees(CASES[case])
    if case == "stopped":
        await holder.sees("We do not know who is asking.")
