"""The audit log: append-only, provable, without personal data, checked against the ledger."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from mrc.cli.audit import audit
from mrc.infra.chain.audit_check import check_against_ledger, check_log
from mrc.infra.chain.client import LedgerWriter
from mrc.infra.chain.council import nominate_writer
from mrc.infra.chain.publisher import Publisher
from mrc.infra.stores.audit import AuditedAct, AuditLog, LogHead
from mrc.ledger import merkle
from mrc.ledger.audit import AuditEntry, Commitment, commit
from tests.simulators.ledger_world import (
    NOW,
    OTHER_STREAM,
    STREAM,
    CountingEntropy,
    World,
    make_world,
    secret,
)

ACT = AuditedAct(
    source="acts:1",
    kind="card.locked",
    at=NOW,
    actor="officer-17",
    subject="registrant-4711",
    detail="reported at the desk",
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    opened = AuditLog(tmp_path / "audit.sqlite", CountingEntropy())
    yield opened
    opened.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.close()


def fill(log: AuditLog, count: int) -> None:
    first = log.size()
    log.append(*(replace(ACT, source=f"acts:{first + n}") for n in range(count)))


def tamper(directory: Path, statement: str) -> None:
    """What somebody with the file and no scruples does."""
    with sqlite3.connect(directory / "audit.sqlite") as db:
        db.execute(statement)
    db.close()


def test_an_act_is_in_the_log_once(log: AuditLog) -> None:
    log.append(ACT, ACT)
    log.append(ACT)
    assert log.size() == 1


def test_nothing_personal_stands_in_an_entry(log: AuditLog) -> None:
    log.append(ACT)
    leaf = log.leaf(0)
    for value in (ACT.actor, ACT.subject, ACT.detail):
        assert value.encode() not in leaf
        assert sha256(value.encode()).hexdigest().encode() not in leaf


def test_commitments_open_with_their_salt_alone(log: AuditLog) -> None:
    log.append(ACT)
    salts = log.find_salts(0)
    assert salts is not None
    subject = Commitment(digest=bytes.fromhex(json.loads(log.leaf(0))["subject"]))
    assert subject.opens_to(ACT.subject, salts.subject)
    assert not subject.opens_to("registrant-4712", salts.subject)
    assert not subject.opens_to(ACT.subject, salts.actor)


def test_forgotten_salts_leave_the_log_whole(log: AuditLog) -> None:
    fill(log, 3)
    head = log.publish(NOW)
    log.forget(1)
    assert log.find_salts(1) is None
    assert not check_log(log).faults
    assert head.size == 3


def test_a_short_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        commit("value", bytes(8))


def test_two_entries_of_one_act_differ_by_their_salts(log: AuditLog) -> None:
    log.append(ACT, replace(ACT, source="acts:2"))
    assert log.leaf(0) != log.leaf(1)


def test_every_entry_and_every_growth_is_proven(log: AuditLog) -> None:
    heads: list[LogHead] = []
    for count in (1, 4, 2, 6):
        fill(log, count)
        heads.append(log.publish(NOW + timedelta(minutes=len(heads))))
    newest = heads[-1]
    for place in range(log.size()):
        merkle.check_inclusion(
            merkle.leaf_hash(log.leaf(place)),
            index=place,
            size=newest.size,
            path=log.prove_inclusion(place, newest.size),
            expected_root=newest.root,
        )
    for earlier in heads:
        merkle.check_consistency(
            earlier=earlier.size,
            earlier_root=earlier.root,
            size=newest.size,
            root=newest.root,
            path=log.prove_consistency(earlier.size, newest.size),
        )


def test_a_head_published_twice_in_a_second_is_the_same(log: AuditLog) -> None:
    fill(log, 1)
    first = log.publish(NOW)
    fill(log, 1)
    assert log.publish(NOW) == first


def test_appending_is_all_or_nothing(log: AuditLog) -> None:
    broken = replace(ACT, source="acts:2", actor=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        log.append(ACT, broken)
    assert log.size() == 0


def test_an_empty_log_has_a_head(log: AuditLog) -> None:
    assert log.publish(NOW).root == merkle.EMPTY_ROOT
    assert not check_log(log).faults


TAMPERINGS = {
    "an entry altered": "UPDATE entry SET leaf = X'00' WHERE place = 1",
    "the last entry gone": "DELETE FROM entry WHERE place = 4",
    "a head altered": "UPDATE head SET root = zeroblob(32)",
    "a head that shrinks": f"INSERT INTO head VALUES ({int(NOW.timestamp()) + 9}, 0, X'00')",
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found(log: AuditLog, tmp_path: Path, how: str) -> None:
    fill(log, 5)
    log.publish(NOW)
    tamper(tmp_path, TAMPERINGS[how])
    assert check_log(log).faults


def test_a_log_rewritten_with_its_heads_is_found_on_the_ledger(
    world: World, log: AuditLog, tmp_path: Path
) -> None:
    """The file agrees with itself; only the chain remembers."""
    fill(log, 3)
    world.publisher.anchor([log.publish(NOW).publication])
    report = check_against_ledger(log, [world.journal], world.client, [STREAM])
    assert (report.ticks, report.anchored_heads, report.faults) == (1, 1, [])
    log.close()
    (tmp_path / "audit.sqlite").unlink()
    forged = AuditLog(tmp_path / "audit.sqlite", CountingEntropy())
    fill(forged, 2)
    forged.publish(NOW)
    assert not check_log(forged).faults
    assert check_against_ledger(forged, [world.journal], world.client, [STREAM]).faults
    forged.close()


def test_heads_of_the_old_stream_and_of_the_own_are_one_history(
    world: World, log: AuditLog
) -> None:
    """The log was anchored in the council's stream first, then in its authority's own."""
    writer = LedgerWriter(world.client, secret("other writer"))
    world.decide(nominate_writer(OTHER_STREAM, writer.address))
    own = Publisher(writer, world.journal, OTHER_STREAM, CountingEntropy())
    own.take_stream()
    world.publisher.anchor([log.publish(NOW).publication])
    fill(log, 2)
    own.anchor([log.publish(NOW + timedelta(minutes=10)).publication])
    both = check_against_ledger(log, [world.journal], world.client, [STREAM, OTHER_STREAM])
    assert (both.ticks, both.anchored_heads, both.faults) == (2, 2, [])


def test_another_authoritys_log_does_not_pass_for_this_one(
    world: World, log: AuditLog, tmp_path: Path
) -> None:
    """Each log agrees with itself; the stream says whose heads they are."""
    other = AuditLog(tmp_path / "other.sqlite", CountingEntropy())
    fill(other, 1)
    fill(log, 3)
    world.publisher.anchor([log.publish(NOW).publication])
    other.publish(NOW)
    report = check_against_ledger(other, [world.journal], world.client, [STREAM])
    assert report.faults
    assert report.anchored_heads == 0
    other.close()


def test_a_journal_without_an_anchored_tick_is_found(
    world: World, log: AuditLog, tmp_path: Path
) -> None:
    world.publisher.anchor([log.publish(NOW).publication])
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute("DELETE FROM batch")
    db.close()
    assert check_against_ledger(log, [world.journal], world.client, [STREAM]).faults


def test_the_command_says_so(log: AuditLog, tmp_path: Path) -> None:
    fill(log, 2)
    log.publish(NOW)
    arguments = ["verify", "--log", str(tmp_path / "audit.sqlite"), "--json"]
    good = CliRunner().invoke(audit, arguments)
    assert (good.exit_code, json.loads(good.output)["entries"]) == (0, 2)
    tamper(tmp_path, TAMPERINGS["an entry altered"])
    assert CliRunner().invoke(audit, arguments).exit_code == 1
    assert CliRunner().invoke(audit, arguments[:-1]).output.count("FAULT") == 1


def test_an_entry_is_canonical_json() -> None:
    nothing = Commitment(digest=bytes(32))
    entry = AuditEntry(kind="card.issued", at=NOW, actor=nothing, subject=nothing, detail=nothing)
    members = json.loads(entry.encode())
    assert list(members) == sorted(members)
    assert members["at"] == int(NOW.timestamp())
