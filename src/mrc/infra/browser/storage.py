"""Sealed records in IndexedDB, each commit one transaction with strict durability."""

from collections.abc import Mapping, Sequence

from mrc.infra.browser.bridge import Host, done, js_bytes, js_list


class BrowserRecordStore:
    """The wallet's `RecordStore` in the phone's browser."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def read(self, name: str) -> bytes | None:
        value = await done(self._host.readRecord(name), "storage")
        return None if value is None else value.to_bytes()

    async def names(self, prefix: str) -> Sequence[str]:
        names = await done(self._host.recordNames(prefix), "storage")
        return sorted(names.to_py())

    async def commit(self, writes: Mapping[str, bytes | None]) -> None:
        values = [None if value is None else js_bytes(value) for value in writes.values()]
        await done(self._host.commitRecords(js_list(list(writes)), js_list(values)), "storage")
