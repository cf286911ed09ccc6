"""Publishing: on the timetable, without doubles, whatever fails in between."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from mrc.infra.chain.client import LedgerWriter, Reverted, Wanted
from mrc.infra.chain.publisher import AnchorMetrics, Publisher
from mrc.kernel.errors import Rejected, Unavailable
from mrc.ledger.anchors import SALT_BYTES, Batch, Publication, audit_publication, publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.proofs import check_bundle
from mrc.ledger.reasons import Reason
from mrc.ledger.timetable import Timetable
from tests.simulators.ledger_world import (
    JWT,
    NOBODY,
    NOW,
    STREAM,
    TOKEN,
    URI,
    CountingEntropy,
    StillClock,
    World,
    secret,
)

LIST = publication(URI, JWT, NOW, TOKEN)


def test_every_tick_anchors_changed_or_not(world: World) -> None:
    batches = [world.publisher.anchor([LIST]) for _ in range(3)]
    assert [batch.tick for batch in batches] == [1, 2, 3]
    assert len({batch.root for batch in batches}) == 3  # the salts differ


def test_a_salt_has_128_bits_and_is_never_used_twice(world: World) -> None:
    batch = world.publisher.anchor([LIST, LIST, LIST])
    salts = [salt for _, salt in batch.entries]
    assert len(set(salts)) == 3
    assert all(len(salt) == SALT_BYTES >= 16 for salt in salts)


def test_the_bundle_beside_a_list_is_good(world: World) -> None:
    world.publisher.anchor([audit_publication(NOW, 1, bytes(32)), LIST])
    bundle = decode_bundle(world.publisher.bundle_of([(URI, JWT)]))
    facts = check_bundle(bundle, trust=world.trust, at=NOW)
    assert [entry.publication for entry in facts.publications] == [LIST]


def test_a_document_that_was_not_published_has_no_bundle(world: World) -> None:
    with pytest.raises(Unavailable):
        world.publisher.bundle_of([(URI, JWT)])
    world.publisher.anchor([LIST])
    with pytest.raises(Unavailable):
        world.publisher.bundle_of([(URI, "text/plain")])


def prepared(world: World, tick: int, salt: bytes = b"\x01" * 16) -> Batch:
    """What the journal of a publisher holds that died right after writing it."""
    batch = Batch(stream=STREAM, tick=tick, entries=((LIST, salt),))
    world.journal.put(batch)
    return batch


def test_a_crash_before_sending_is_made_good_with_the_same_root(world: World) -> None:
    batch = prepared(world, 1)
    world.publisher.anchor([LIST])
    assert world.client.anchor(STREAM, 1) == batch.root
    assert world.client.stream_head(STREAM).tick == 2  # type: ignore[union-attr]


def test_a_crash_after_sending_does_not_send_again(world: World) -> None:
    batch = prepared(world, 1)
    world.writer.write("anchor", STREAM, 1, batch.root)
    before = world.chain.head().number
    world.publisher.recover()
    assert world.chain.head().number == before
    assert world.journal.find_newest_anchored(STREAM) == batch


def test_another_root_at_the_own_tick_is_a_contradiction(world: World) -> None:
    world.writer.write("anchor", STREAM, 1, b"\x09" * 32)
    prepared(world, 1)
    with pytest.raises(Rejected) as refused:
        world.publisher.recover()
    assert refused.value.reason is Reason.CONTRADICTION


def test_a_node_behind_the_journal_is_no_help(world: World) -> None:
    """Another node, not yet synchronised: nothing is sent, and nothing doubles."""
    world.journal.mark_anchored(prepared(world, 1))
    before = world.chain.head().number
    with pytest.raises(Unavailable, match="does not know tick 1"):
        world.publisher.anchor([LIST])
    assert world.chain.head().number == before


def test_an_offline_bundle_holds_documents_and_facts(world: World) -> None:
    other = publication(URI + "2", JWT, NOW, TOKEN)
    world.publisher.anchor([LIST, other])
    documents = [(URI, JWT), (URI + "2", JWT)]
    bundle = world.publisher.bundle_of(documents, Wanted(organisations=[NOBODY]))
    facts = check_bundle(decode_bundle(bundle), trust=world.trust, at=NOW)
    assert [entry.publication for entry in facts.publications] == [LIST, other]
    assert facts.organisations == {NOBODY: None}


def test_a_stranger_cannot_publish(world: World) -> None:
    stranger = LedgerWriter(world.client, secret("stranger"))
    publisher = Publisher(stranger, world.journal, STREAM, CountingEntropy())
    with pytest.raises(Unavailable, match="has not given it"):
        publisher.take_stream()
    with pytest.raises(Reverted, match="not nominated"):
        stranger.write("take_stream", STREAM)
    with pytest.raises(Reverted, match="not the writer"):
        publisher.anchor([LIST])


def test_a_full_disk_ends_the_tick_and_not_the_process(world: World) -> None:
    world.journal.close()
    before = world.chain.head().number
    with pytest.raises(Unavailable, match="journal"):
        world.publisher.anchor([LIST])
    assert world.chain.head().number == before


def test_taking_a_stream_twice_is_taking_it_once(world: World) -> None:
    before = world.chain.head().number
    world.publisher.take_stream()
    assert world.chain.head().number == before


def test_an_empty_tick_is_our_own_mistake(world: World) -> None:
    with pytest.raises(ValueError, match="at least one"):
        world.publisher.anchor([])


def test_a_batch_survives_the_journal(world: World) -> None:
    entries: tuple[tuple[Publication, bytes], ...] = ((LIST, bytes(16)), (LIST, b"\x02" * 16))
    batch = Batch(stream=STREAM, tick=7, entries=entries)
    world.journal.put(batch)
    assert world.journal.find(STREAM, 7) == batch


def test_the_timetable_is_fixed() -> None:
    timetable = Timetable(period=timedelta(minutes=10))
    assert timetable.next_after(NOW) == NOW + timedelta(minutes=10)
    assert timetable.next_after(NOW + timedelta(minutes=3)) == NOW + timedelta(minutes=10)


def test_a_late_anchor_raises_the_alarm() -> None:
    timetable = Timetable(period=timedelta(minutes=10))
    assert timetable.is_late(NOW, None)
    assert not timetable.is_late(NOW + timedelta(minutes=20), NOW)
    assert timetable.is_late(NOW + timedelta(minutes=21), NOW)


def test_the_metric_says_how_old_the_anchor_is_when_it_is_looked_at() -> None:
    registry, clock = CollectorRegistry(), StillClock(NOW)
    AnchorMetrics(registry, clock).observe(STREAM, anchored_at=NOW)
    labels = {"stream": STREAM.hex()[:16]}
    for minutes in (0, 3, 60):
        clock.at = NOW + timedelta(minutes=minutes)
        age = registry.get_sample_value("mrc_ledger_anchor_age_seconds", labels)
        assert age == minutes * 60
