"""The IC card's store on both databases: claims, counters, the life of a card."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mrc.authority.ic_issuance.ports import Evidence, IcCard, IcCardStatus, ProofPurpose
from mrc.ic_card.server.verdict import CardStatus
from mrc.infra.keys.software import OpensslCipher, SystemEntropy
from mrc.infra.stores.ic_sessions import DatabaseIcCards, DatabaseIcSessions
from mrc.kernel.errors import Forbidden, Malformed
from mrc.registry.people import RegistrantId

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


class Still:
    def now(self) -> datetime:
        return NOW


def card(number: str = "M1", key: bytes = b"key-1") -> IcCard:
    return IcCard(
        document_number=number,
        registrant=RegistrantId("P-1"),
        serial=b"serial",
        sod_hash=b"sod",
        dg1_hash=b"dg1",
        chip_key=b"chip",
        issuance_key=key,
        document_signer=b"ds",
        expires_on=date(2030, 1, 1),
        registered_at=NOW,
    )


def sessions(database, key: bytes = b"k" * 32) -> DatabaseIcSessions:
    return DatabaseIcSessions(
        database, key=key, cipher=OpensslCipher(), entropy=SystemEntropy(), clock=Still()
    )


async def test_of_claims_at_once_one_wins(database):
    store = sessions(database)
    await store.put("s", b"stage")
    found = await asyncio.gather(*(store.claim("s") for _ in range(8)))
    assert sorted(one is not None for one in found) == [False] * 7 + [True]


async def test_another_stage_replaces_the_first(database):
    store = sessions(database)
    await store.put("s", b"one")
    await store.put("s", b"two")
    assert await store.claim("s") == b"two"


async def test_another_key_opens_nothing(database):
    await sessions(database).put("s", b"stage")
    with pytest.raises(Malformed):
        await sessions(database, b"x" * 32).claim("s")


async def test_a_counter_only_grows_and_once(database):
    store = DatabaseIcCards(database)
    await store.add(card())
    found = await asyncio.gather(*(store.claim_counter("M1", 5) for _ in range(8)))
    assert sum(found) == 1
    assert not await store.claim_counter("M1", 4)
    assert await store.claim_counter("M1", 6)
    assert not await store.claim_counter("M-nobody", 1)


async def test_a_number_or_a_key_is_registered_once(database):
    store = DatabaseIcCards(database)
    await store.add(card())
    for same in (card(key=b"key-2"), card(number="M2")):
        with pytest.raises(Forbidden):
            await store.add(same)


async def test_an_ended_card_stays_ended(database):
    store = DatabaseIcCards(database)
    await store.add(card())
    ended = IcCardStatus.ENDED
    assert await store.move("M1", IcCardStatus.LOST, unless=ended, at=NOW)
    assert (await store.find_card("M1")).status is CardStatus.LOST
    assert await store.move("M1", ended, unless=ended, at=NOW)
    assert not await store.move("M1", IcCardStatus.ACTIVE, unless=ended, at=NOW)
    assert (await store.find_card("M1")).status is CardStatus.NOT_ACTIVE
    assert await store.expired(date(2031, 1, 1)) == []


async def test_expired_cards_and_evidence_are_found(database):
    store = DatabaseIcCards(database)
    await store.add(card())
    assert [one.document_number for one in await store.expired(date(2030, 1, 2))] == ["M1"]
    assert await store.expired(date(2030, 1, 1)) == []
    evidence = Evidence(
        context=b"context",
        document_number="M1",
        registrant=RegistrantId("P-1"),
        phone="jkt",
        counter=1,
        signature=b"signature",
        issuance_key=b"key-1",
        sod_hash=b"sod",
        face="not_required",
        at=NOW + timedelta(minutes=1),
        purpose=ProofPurpose.ISSUE,
    )
    await store.keep(evidence)
    unlocked = replace(evidence, context=b"another", phone="another", purpose=ProofPurpose.UNLOCK)
    await store.keep(unlocked)  # a card from the counter does not hang on plastic by it
    assert await store.phones_of("M1") == frozenset({"jkt"})
    assert [one.document_number for one in await store.of(RegistrantId("P-1"))] == ["M1"]
