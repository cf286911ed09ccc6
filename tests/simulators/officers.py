"""Officers in Chromium: a passkey in its own authenticator, and what any page complained about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, Page

WIDE = {"width": 1440, "height": 900}


@dataclass(kw_only=True)
class Officers:
    """`url` is the desk's origin, `problems` what any page complained about."""

    url: str
    browser: Browser
    problems: list[str]

    @asynccontextmanager
    async def officer(self, enrolment: str, **options: object) -> AsyncIterator[Page]:
        """A browser of its own for one officer: enrols by the link and signs in at counter 4."""
        async with self.window(**options) as page:
            await page.goto(self.url + enrolment)
            await page.locator("mrc-passkey button").click()
            await page.wait_for_url("**/sign-in")
            await self.sign_in(page)
            yield page

    async def sign_in(self, page: Page) -> None:
        await page.locator("mrc-passkey button").click()
        await page.wait_for_url("**/counter")
        await page.locator('button[value="4"]').click()
        await page.wait_for_url(f"{self.url}/")

    @asynccontextmanager
    async def window(self, **options: object) -> AsyncIterator[Page]:
        chosen = {"locale": "en-GB", "viewport": WIDE, **options}
        context = await self.browser.new_context(**chosen)  # type: ignore[arg-type]
        try:
            yield await self.page(context)
        finally:
            await context.close()

    async def page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._listen)
        session = await context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        await session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return page

    def _listen(self, said: object) -> None:
        kind, text = getattr(said, "type", ""), getattr(said, "text", "")
        if kind == "error" and "the server responded with a status of" not in text:
            self.problems.append(text)


async def open_record(page: Page, url: str, text: str) -> str:
    """Search, and open the first found: the address of the visit."""
    await page.goto(f"{url}/search")
    await page.locator("#text").fill(text)
    await page.locator(".found-row button").first.click()
    await page.wait_for_url("**/visits/**")
    await page.locator(".checks").wait_for()
    return page.url
