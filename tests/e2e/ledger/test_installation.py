"""The ledger in a running installation: processes are killed while they anchor, and nothing breaks.

One run of real processes with practice data: a card is collected and shown, the ledger and the
authority are killed at random moments, and at the end the audit log agrees with the chain, no
tick is missing or doubled, and no byte on the chain is about a person.
"""

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from web3 import Web3

from mrc.cli.story import chapters
from mrc.cli.story.teller import Teller
from mrc.infra.chain.chain import ChainReader
from mrc.infra.chain.contract import creation_code
from mrc.infra.chain.journal import Journal
from mrc.infra.settings import Host, Settings
from mrc.ledger.anchors import AUDIT_LOG_URI
from mrc.ledger.headers import Address
from mrc.ledger.statements import issuer_stream_id, stream_id
from mrc.wiring.installation import (
    AUTHORITY,
    CARRIER,
    INTERIOR,
    LEDGER,
    POLICE,
    PROVIDER,
    VERIFIER,
)
from mrc.wiring.ledger_files import LedgerFiles
from tests.e2e.ledger.installation import Installation, acts_of, audit, installed
from tests.simulators.chain_bytes import bytes_on_chain

KILLS = 4  # each of them once
ISSUERS = (("authority", Host.ISSUER), ("police", Host.POLICE), ("mois", Host.MOIS))


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    roles = (LEDGER, CARRIER, PROVIDER, POLICE, INTERIOR, AUTHORITY, VERIFIER)
    async with installed(tmp_path, *roles) as made:
        yield made


async def test_killed_while_anchoring_and_nobody_on_the_chain(installation: Installation) -> None:
    teller = installation.teller
    phone = await asyncio.to_thread(chapters.activate, teller, "phone", "493817")
    await asyncio.to_thread(chapters.receive, teller, phone, authority="authority")
    before = await audit(installation)
    assert before["entries"] > 50  # type: ignore[operator]
    moments = random.Random(8230)
    victims = (LEDGER, AUTHORITY, POLICE, INTERIOR)
    for number in range(KILLS):
        role = victims[number % len(victims)]
        await asyncio.sleep(moments.uniform(0.2, 1.5))
        await installation.kill(role)
        await installation.start(role)
    after = await audit(installation, ticks=int(str(before["ticks"])) + 3)
    assert after["faults"] == []
    assert after["entries"] >= before["entries"]  # type: ignore[operator]
    await asyncio.to_thread(chapters.receive, teller, phone, authority="police")
    issued = await acts_of(installation, "police", "card.issued")
    assert issued == 1
    police = await audit(installation, "police", ticks=3)
    assert police["faults"] == []
    await asyncio.to_thread(streams_are_apart, installation.settings)
    each_key_is_in_its_own_place(installation.settings.home)
    await asyncio.to_thread(_proved_and_shown, teller, phone)
    await installation.running[LEDGER.name].stop()
    chain = ChainReader.open_for_reading(installation.settings.home / "ledger" / "ledger.sqlite")
    everything = b"\x00".join(bytes_on_chain(chain))
    chain.close()
    assert len(everything) > 100_000
    program = creation_code([Address(bytes(20))], 1)  # the words of its own messages
    values = {value for value in private_values(installation.settings.home) if value not in program}
    assert len(values) > 500
    found = [value[:40] for value in values if any(form in everything for form in forms(value))]
    assert not found


def streams_are_apart(settings: Settings) -> None:
    """Each issuer's documents in its own stream and journal, the trust list alone in the council's."""
    files = LedgerFiles(settings.home)
    for role, host in ISSUERS:
        name = files.find_organisation(role)
        assert name is not None
        with contextlib.closing(Journal(files.stream_files(role).journal)) as journal:
            newest = journal.find_newest_anchored(issuer_stream_id(name))
        assert newest is not None
        uris = {entry.uri for entry, _ in newest.entries}
        assert AUDIT_LOG_URI in uris
        own = f"{settings.url_of(host)}/"
        assert all(uri.startswith(own) for uri in uris - {AUDIT_LOG_URI})
    with contextlib.closing(Journal(files.journal)) as journal:
        council = journal.find_newest_anchored(stream_id(files.stream_seed.read_bytes()))
    assert council is not None
    trust_list = settings.url_of(Host.EXPLORER) + "/trust-list"
    assert [entry.uri for entry, _ in council.entries] == [trust_list]


def each_key_is_in_its_own_place(home: Path) -> None:
    """The ledger's process has the council's writer and no issuer's; every file is its owner's."""
    files = LedgerFiles(home)
    own = {role: files.stream_files(role).key for role, _ in ISSUERS}
    held = {path.name: path.read_bytes() for path in (files.folder / "keys").iterdir()}
    assert sorted(held) == ["seat-1", "seat-2", "seat-3", "validator", "writer"]
    secrets = {role: key.read_bytes() for role, key in own.items()}
    assert len({*secrets.values(), *held.values()}) == len(secrets) + len(held)
    assert {key.stat().st_mode & 0o777 for key in own.values()} == {0o600}


def _proved_and_shown(teller: Teller, phone: chapters.Phone) -> None:
    """With anchors required, a card is good once its list is on the ledger."""
    chapters.prove_list(teller)
    asked = teller.mrc("verifier", "request", "--purpose", "age-19")
    shown = teller.mrc(*phone.arguments("present", asked.value["link"], "--yes"))
    assert shown.value["ledger"]["registration"] == "passed"
    assert shown.value["ledger"]["entitlement"] == "passed"
    outcome = teller.mrc("verifier", "outcome", asked.value["id"]).value
    assert outcome["decision"] == "valid", outcome
    checks = {finding["check"]: finding["outcome"] for finding in outcome["findings"]}
    assert checks["ledger.status_list"] == checks["ledger.issuer"] == "passed"
    assert teller.mrc("verifier", "evidence").value == []


def forms(value: bytes) -> Iterator[bytes]:
    """A value, its SHA-256 and its Keccak-256, each also in hexadecimal."""
    for data in (value, sha256(value).digest(), bytes(Web3.keccak(value))):
        yield data
        yield data.hex().encode()


def private_values(home: Path) -> Iterator[bytes]:
    """Everything in the authority's and the provider's databases and the wallet's files."""
    databases = [*home.glob("authority/data.sqlite3"), *home.glob("provider/data.sqlite3")]
    databases += home.glob("wallets/*/wallet.sqlite3")
    for path in databases:
        with contextlib.closing(sqlite3.connect(path)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        yield from leaves(value)


def leaves(value: object) -> Iterator[bytes]:
    """The texts and bytes of a column, and of the JSON in it; short ones say nothing."""
    if isinstance(value, bytes) and len(value) >= 16:
        yield value
    if isinstance(value, str) and len(value) >= 6:
        yield value.encode()
        with contextlib.suppress(ValueError):
            yield from nested(json.loads(value))


def nested(value: object) -> Iterator[bytes]:
    members = value.values() if isinstance(value, dict) else value
    if isinstance(members, str):
        yield from (members.encode(),) if len(members) >= 6 else ()
    elif isinstance(value, dict | list):
        for member in members:  # type: ignore[attr-defined]
            yield from nested(member)
