"""A report leaves the phone's browser for the office, at once or at the next connection."""

from playwright.async_api import BrowserContext

from mrc.infra.settings import Host
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.protocols.asker_report.messages import Complaint
from tests.e2e.wallet_app.conftest import PIN, Town, get_card, onboard, open_holder


async def test_reported_online_and_offline_from_the_phones_browser(
    town: Town, context: BrowserContext
) -> None:
    holder = await open_holder("browser", town, context)
    await onboard(holder)
    await get_card(holder, town)
    store = DatabaseAskerReports(town.world.database)
    asked = await town.world.ask("bank-account")
    await holder.press("Scan", "link")
    await holder.show_picture(asked.link)
    await holder.press("More about who is asking", "link")
    await holder.press("Report who asked", "link")
    await holder.view.get_by_text("They asked for too much").click()
    await holder.press("Send the report")
    await holder.sees("The report was sent.")
    (first,) = await store.reports(since=None, asker=None)
    await holder.sees(first.reference)
    assert first.report.complaint is Complaint.ASKED_TOO_MUCH
    lost = town.world.settings.url_of(Host.LOST)
    await context.route(f"{lost}/**", lambda route: route.abort())
    await holder.view.goto(f"{town.phone_url}/app/report/now")
    await holder.view.get_by_text("The data is wrong").click()
    await holder.press("Send the report")
    await holder.sees("The report waits on this phone.")
    await context.unroute(f"{lost}/**")
    assert len(await store.reports(since=None, asker=None)) == 1
    await holder.press("Look at my card", "link")
    await holder.press("Lock the app")
    await holder.type_pin(PIN)
    await holder.sees("NGUYEN, VAN ANH")
    for _ in range(100):
        if len(await store.reports(since=None, asker=None)) == 2:
            break
        await holder.page.wait_for_timeout(100)
    found = {one.report.complaint for one in await store.reports(since=None, asker=None)}
    assert found == {Complaint.ASKED_TOO_MUCH, Complaint.WRONG_DATA}
