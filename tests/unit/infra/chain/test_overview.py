"""What the explorer shows: everything that was decided and anchored."""

from datetime import timedelta

from mrc.infra.chain.council import entitle, propose
from mrc.infra.chain.overview import read_overview
from mrc.ledger.statements import Role
from tests.simulators.ledger_world import (
    ASKER,
    CARD_TYPE,
    CLAIMS,
    ISSUER,
    NOW,
    PURPOSE,
    STREAM,
    VALIDATORS,
    World,
)


def test_everything_on_the_ledger_is_shown(settled: World) -> None:
    seen = read_overview(settled.client)
    assert seen.organisations[ISSUER].roles == {Role.ISSUER}
    assert list(seen.organisations) == [ISSUER, ASKER]
    assert list(seen.credential_types) == [CARD_TYPE]
    assert seen.entitlements == {(ASKER, PURPOSE): CLAIMS}
    head = seen.streams[STREAM]
    assert head is not None
    assert head.tick == 3
    assert (len(seen.seats), seen.threshold, seen.paused) == (3, 2, False)


def test_decisions_are_told_in_words(settled: World) -> None:
    propose(settled.seats[2], entitle(ASKER, PURPOSE, None), now=NOW)
    propose(settled.seats[2], b"\x00\x01\x02\x03", now=NOW)
    first, *_, open_one, unknown = read_overview(settled.client).decisions
    assert (first.number, first.function, first.executed) == (1, "nominate_writer", True)
    assert first.arguments["stream"] == "0x" + STREAM.hex()
    assert (first.proposed_by, first.approved_by) == (1, (1, 2))
    assert (open_one.function, open_one.executed) == ("set_entitlement", False)
    assert open_one.expires == NOW + timedelta(days=7)
    assert unknown.function == "unknown"


def test_an_entitlement_taken_away_is_not_shown(settled: World) -> None:
    settled.decide(entitle(ASKER, PURPOSE, None))
    assert not read_overview(settled.client).entitlements


def test_the_newest_blocks_and_who_sealed_them(settled: World) -> None:
    blocks = read_overview(settled.client, blocks=3).blocks
    newest = settled.chain.head()
    assert [block.number for block in blocks] == [newest.number - back for back in range(3)]
    assert blocks[0].hash == newest.hash
    assert all(block.sealers == (VALIDATORS[0].address,) for block in blocks)
    assert all(block.transactions == 1 for block in blocks)
