"""FD-7: the code on the officer's screen, and its steps as they happen."""

from typing import Any, Final

from starlette.responses import Response

from mrc.authority.staff.visits import OpenRecord, Progress
from mrc.issuer.records import OfferState
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.record import open_visit

STEP: Final = {
    OfferState.OFFERED: 1,
    OfferState.FETCHED: 2,
    OfferState.REDEEMED: 3,
    OfferState.ISSUED: 3,
    OfferState.ACCEPTED: 4,
    OfferState.FAILED: 3,
    OfferState.TRIES_SPENT: 2,
    OfferState.WITHDRAWN: 1,
}
"""The step that is being done: shown, scanned, phone confirmed, card stored; 4 is all done."""

OVER: Final = frozenset(
    {OfferState.ACCEPTED, OfferState.FAILED, OfferState.TRIES_SPENT, OfferState.WITHDRAWN}
)
"""States after which nothing more happens to this code."""


async def issue(page: Page) -> Response:
    found = await open_visit(page)
    progress = await page.desk.visits.progress(found.visit, now=page.now)
    if progress is None:
        return page.go(f"/visits/{found.visit.id}")
    return await page.show("issue.html", **_values(found, progress))


async def steps(page: Page) -> Response:
    """The steps, if they moved since the page last saw them; else nothing."""
    found = await open_visit(page)
    progress = await page.desk.visits.progress(found.visit, now=page.now)
    if progress is None or progress.state.value == page.request.query_params.get("seen"):
        return Response(status_code=204)
    return await page.show("part_steps.html", **_values(found, progress))


async def new_code(page: Page) -> Response:
    found = await open_visit(page)
    await page.desk.visits.offer(found, page.who, now=page.now)
    return page.go(f"/visits/{found.visit.id}/issue")


async def withdraw(page: Page) -> Response:
    found = await open_visit(page)
    await page.desk.visits.withdraw(found, now=page.now)
    return page.go(f"/visits/{found.visit.id}/issue")


def _values(found: OpenRecord, progress: Progress) -> dict[str, Any]:
    return {
        "visit": progress.visit,
        "person": found.person,
        "state": progress.state.value,
        "step": STEP[progress.state],
        "over": progress.state in OVER,
        "link": progress.link,
        "seconds": progress.seconds_left,
    }
