"""FD-11: the receipt, in the holder's language: printed by the browser, or as a PDF."""

import asyncio
from typing import Any

from starlette.responses import Response

from mrc.authority.staff.visits import OpenRecord
from mrc.web.design.languages import Language, find_language
from mrc.web.front_desk.page import Page
from mrc.web.front_desk.record import open_visit


async def receipt(page: Page) -> Response:
    found = await open_visit(page)
    language = await _language(page, found)
    return await page.show(
        "receipt.html",
        sheet=_sheet(page, found, language),
        visit=found.visit,
        chosen=language,
        every=list(Language),
        pdf=page.desk.pdf is not None,
    )


async def pdf(page: Page) -> Response:
    """The same receipt as a PDF; its making is recorded. 404 where this office cannot make one."""
    found = await open_visit(page)
    if page.desk.pdf is None:
        return Response(status_code=404)
    language = await _language(page, found)
    sheet = page.rooms.customer.render(
        "receipt_pdf.html", language=language, **_values(page, found, language)
    )
    made = await asyncio.to_thread(page.desk.pdf, sheet)  # half a second for some scripts
    await page.desk.visits.note_receipt(found.visit, f"pdf, {language.value}", now=page.now)
    headers = {"content-disposition": 'attachment; filename="receipt.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


async def _language(page: Page, found: OpenRecord) -> Language:
    """The one asked for, else the one chosen at the customer screen, else Korean."""
    asked = find_language(page.request.query_params.get("language", ""))
    screen = await page.desk.screens.of_counter(found.visit.session)
    chosen = find_language(screen.language) if screen and screen.language else None
    return asked or chosen or Language.KO


def _sheet(page: Page, found: OpenRecord, language: Language) -> str:
    return page.rooms.customer.render(
        "part_receipt.html", language=language, **_values(page, found, language)
    )


def _values(page: Page, found: OpenRecord, language: Language) -> dict[str, Any]:
    return {
        "visit": found.visit,
        "person": found.person,
        "at": page.now,
        "office": found.visit.office,
        "to": language,
    }
