"""Customer screens: the second display of a counter, opened by a one-time link.

The screen has a secret of its own and no right but to see its counter's code and steps.
"""

from datetime import datetime

from mrc.authority.staff.records import CustomerScreen, SessionId, digest_of
from mrc.authority.staff.signing_in import SignedIn
from mrc.authority.staff.store import StaffStore
from mrc.formats import base64url
from mrc.kernel.ports import Entropy


class Screens:
    def __init__(self, store: StaffStore, entropy: Entropy) -> None:
        self._store = store
        self._entropy = entropy

    async def link_for(self, who: SignedIn) -> str:
        """A new one-time link; the counter's older screens end."""
        link = self._secret()
        screen = CustomerScreen(
            digest=digest_of(link),
            session=who.session.id,
            language=None,
            expires_at=who.session.expires_at,
        )
        await self._store.add_screen(digest_of(link), screen)
        return link

    async def open(self, link: str, *, now: datetime) -> str | None:
        """The screen's cookie, once; None for a link that is spent, too old or invented."""
        cookie = self._secret()
        opened = await self._store.open_screen(digest_of(link), digest_of(cookie), now=now)
        return None if opened is None else cookie

    async def find(self, cookie: str, *, now: datetime) -> CustomerScreen | None:
        found = await self._store.find_screen(digest_of(cookie))
        return None if found is None or now >= found.expires_at else found

    async def choose_language(self, screen: CustomerScreen, language: str) -> None:
        await self._store.set_screen_language(screen.digest, language)

    async def of_counter(self, session: SessionId) -> CustomerScreen | None:
        return await self._store.screen_of(session)

    def _secret(self) -> str:
        return base64url.encode(self._entropy.token(24))
