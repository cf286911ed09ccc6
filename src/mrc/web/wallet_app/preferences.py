"""The two things the app remembers outside the PIN's seal: the language, and that terms were read.

Neither says anything about the holder's cards. Cookies would not do: in a phone's browser nobody
keeps them for an app that answers inside a service worker.
"""

from dataclasses import dataclass, replace

from mrc.formats import json_text
from mrc.kernel.errors import Malformed
from mrc.wallet.ports import RecordStore
from mrc.web.design.languages import Language, find_language

RECORD = "app/preferences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    language: Language | None = None
    agreed: bool = False


class StoredPreferences:
    """Reads once, writes through."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self._known: Preferences | None = None

    async def get(self) -> Preferences:
        if self._known is None:
            self._known = _decode(await self._records.read(RECORD))
        return self._known

    async def choose_language(self, language: Language) -> None:
        await self._put(replace(await self.get(), language=language))

    async def agree(self) -> None:
        await self._put(replace(await self.get(), agreed=True))

    def forget(self) -> None:
        """The records were erased elsewhere."""
        self._known = None

    async def _put(self, changed: Preferences) -> None:
        language = None if changed.language is None else changed.language.value
        data = json_text.encode({"language": language, "agreed": changed.agreed})
        await self._records.commit({RECORD: data})
        self._known = changed


def _decode(data: bytes | None) -> Preferences:
    """A record that does not decode is as if it were not there: it holds nothing of worth."""
    if data is None:
        return Preferences()
    try:
        members = json_text.decode_object(data, "preferences")
    except Malformed:
        return Preferences()
    language = members.get("language")
    found = find_language(language) if isinstance(language, str) else None
    return Preferences(language=found, agreed=members.get("agreed") is True)
