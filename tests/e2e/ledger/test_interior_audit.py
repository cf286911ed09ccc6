"""The interior ministry's audit log against the chain, by `mrc audit verify`, in real processes."""

import asyncio
import sqlite3
from pathlib import Path

from mrc.cli.story import chapters
from mrc.cli.story.teller import Told
from mrc.ledger.statements import issuer_stream_id
from mrc.wiring.installation import CARRIER, INTERIOR, LEDGER, POLICE, PROVIDER
from mrc.wiring.ledger_files import LedgerFiles, get_ledger_trust
from tests.e2e.ledger.installation import Installation, acts_of, audit, installed

ROLE = "mois"


async def test_its_acts_are_anchored_and_a_rewritten_log_is_found(tmp_path: Path) -> None:
    async with installed(tmp_path, LEDGER, CARRIER, PROVIDER, POLICE, INTERIOR) as installation:
        teller = installation.teller
        phone = await asyncio.to_thread(chapters.activate, teller, "phone", "493817")
        await asyncio.to_thread(chapters.receive, teller, phone, authority=ROLE)
        assert await acts_of(installation, ROLE, "card.issued") == 1
        before = await audit(installation, ROLE)
        await installation.kill(INTERIOR)
        await installation.start(INTERIOR)
        after = await audit(installation, ROLE, ticks=int(str(before["ticks"])) + 2)
        assert after["faults"] == []
        assert int(str(after["entries"])) >= int(str(before["entries"])) > 0
        await installation.kill(INTERIOR)
        own = await verify(installation, stream_of=ROLE)
        assert (own.code, own.value["faults"]) == (0, [])
        strange = await verify(installation, stream_of="police")
        assert strange.code == 1
        assert strange.value["anchored_heads"] == 0
        await asyncio.to_thread(rewrite, LedgerFiles(tmp_path).audit_log(ROLE))
        told = await asyncio.to_thread(
            teller.mrc, "audit", "verify", "--authority", ROLE, may_fail=True
        )
        assert told.code == 1
        assert any("is not the root of its entries" in fault for fault in told.value["faults"])


async def verify(installation: Installation, *, stream_of: str) -> Told:
    """As an outsider would who was given the files: every place is named."""
    files = LedgerFiles(installation.settings.home)
    name = files.find_organisation(stream_of)
    assert name is not None
    command = (
        *("audit", "verify", "--log", str(files.audit_log(ROLE))),
        *("--journal", str(files.stream_files(stream_of).journal)),
        *("--rpc", installation.settings.ledger_url),
        *("--contract", "0x" + get_ledger_trust(installation.settings).contract.hex()),
        *("--stream", issuer_stream_id(name).hex()),
    )
    return await asyncio.to_thread(installation.teller.mrc, *command, may_fail=True)


def rewrite(log: Path) -> None:
    """Somebody with the file makes an act look like another one."""
    with sqlite3.connect(log) as database:
        (leaf,) = database.execute("SELECT leaf FROM entry WHERE place = 0").fetchone()
        forged = bytes([*leaf[:-1], leaf[-1] ^ 1])
        database.execute("UPDATE entry SET leaf = ? WHERE place = 0", (forged,))
    database.close()
