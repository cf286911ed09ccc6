"""An issuer's stream in its own process, also where the ledger's process wrote it before."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrc.infra.chain.client import LedgerWriter, Reverted
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.files import write_secret
from mrc.kernel.errors import Unavailable
from mrc.ledger.anchors import Batch, Publication, publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.headers import Address
from mrc.ledger.proofs import check_bundle
from mrc.ledger.statements import OrganisationId, Role, issuer_stream_id
from tests.simulators.ledger_world import (
    ISSUER,
    ISSUER_KEY_HASH,
    JWT,
    NOW,
    OTHER_ISSUER,
    TOKEN,
    CountingEntropy,
    StillClock,
    organisation,
    secret,
)

URL, OTHER_URL = "https://issuer.example", "https://other.example"
LIST, OTHER_LIST = f"{URL}/status/1", f"{OTHER_URL}/status/1"
ENTRY = publication(LIST, JWT, NOW, TOKEN)
STREAM = issuer_stream_id(ISSUER)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[PracticeLedger]:
    with pytest.warns(UserWarning, match="practice"):
        made = open_practice_ledger(
            tmp_path / "ledger", clock=StillClock(NOW), entropy=CountingEntropy()
        )
    yield made
    made.close()


def files_of(tmp_path: Path, name: OrganisationId) -> StreamFiles:
    folder = tmp_path / name.hex()[:8]
    return StreamFiles(
        key=folder / "keys" / "ledger-writer.key",
        journal=folder / "anchors.sqlite",
        former=tmp_path / "ledger" / "journal.sqlite",
    )


def address_of(files: StreamFiles) -> Address:
    return SoftwareSealer(read_or_make_secret(files.key)).address


@contextmanager
def stream_of(
    ledger: PracticeLedger, tmp_path: Path, name: OrganisationId = ISSUER
) -> Iterator[IssuerStream]:
    """As the issuer's process makes it."""
    made = IssuerStream(
        name,
        files_of(tmp_path, name),
        EmbeddedProvider(ledger.chain),
        trust=ledger.trust,
        clock=ledger.clock,
        entropy=CountingEntropy(),
    )
    with closing(made):
        yield made


def nominate(ledger: PracticeLedger, tmp_path: Path, name: OrganisationId = ISSUER) -> None:
    """What the council does about an application."""
    ledger.nominate(issuer_stream_id(name), address_of(files_of(tmp_path, name)))


def anchor(ledger: PracticeLedger, tmp_path: Path, *entries: Publication) -> Batch:
    with stream_of(ledger, tmp_path) as stream:
        return stream.open().publisher.anchor(entries or (ENTRY,))


def roots(ledger: PracticeLedger) -> list[tuple[int, bytes]]:
    return ledger.client.anchors(STREAM, 1, 1_000)


def test_nobody_writes_what_the_council_did_not_give(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="council has not given it"):
        anchor(ledger, tmp_path)
    nominate(ledger, tmp_path, OTHER_ISSUER)
    with pytest.raises(Unavailable, match="council has not given it"):
        anchor(ledger, tmp_path)
    assert roots(ledger) == []
    nominate(ledger, tmp_path)
    assert anchor(ledger, tmp_path).tick == 1


def test_each_issuer_has_a_key_of_its_own_and_the_ledger_has_none(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    for name in (ISSUER, OTHER_ISSUER):
        nominate(ledger, tmp_path, name)
        with stream_of(ledger, tmp_path, name) as stream:
            stream.open()
    keys = [files_of(tmp_path, name).key for name in (ISSUER, OTHER_ISSUER)]
    assert len({key.read_bytes() for key in keys}) == 2
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    held = {path.read_bytes() for path in (tmp_path / "ledger" / "keys").iterdir()}
    assert not held & {key.read_bytes() for key in keys}


def test_one_issuers_key_does_not_write_in_the_stream_of_another(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    for name in (ISSUER, OTHER_ISSUER):
        nominate(ledger, tmp_path, name)
        with stream_of(ledger, tmp_path, name) as stream:
            stream.open()
    thief = LedgerWriter(ledger.client, read_or_make_secret(files_of(tmp_path, OTHER_ISSUER).key))
    with pytest.raises(Reverted, match="not the writer"):
        Publisher(thief, ledger.journal, STREAM, CountingEntropy()).anchor([ENTRY])
    assert ledger.client.stream_head(STREAM) is None


def test_opening_again_decides_nothing_and_goes_on(ledger: PracticeLedger, tmp_path: Path) -> None:
    nominate(ledger, tmp_path)
    assert anchor(ledger, tmp_path).tick == 1
    decided = ledger.client.read("proposal_count")
    nominate(ledger, tmp_path)
    assert anchor(ledger, tmp_path).tick == 2
    assert ledger.client.read("proposal_count") == decided


def test_two_processes_do_not_write_one_stream(ledger: PracticeLedger, tmp_path: Path) -> None:
    nominate(ledger, tmp_path)
    with stream_of(ledger, tmp_path) as first:
        with pytest.raises(Unavailable, match="another process"), stream_of(ledger, tmp_path):
            pass
        assert first.open().publisher.anchor([ENTRY]).tick == 1
    assert anchor(ledger, tmp_path).tick == 2


def test_a_batch_that_a_kill_left_unsent_is_sent_at_the_next_opening(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    nominate(ledger, tmp_path)
    left = Batch(stream=STREAM, tick=1, entries=((ENTRY, b"\x01" * 16),))
    files = files_of(tmp_path, ISSUER)
    with closing(Journal(files.journal)) as journal:
        journal.put(left)
    with stream_of(ledger, tmp_path) as stream:
        stream.open()
        assert roots(ledger) == [(1, left.root)]
        stream.open()  # at every tick: nothing is sent again
    assert roots(ledger) == [(1, left.root)]


def test_the_bundle_names_the_stream_and_the_issuers_entry(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    ledger.register(ISSUER, organisation(Role.ISSUER, ISSUER_KEY_HASH))
    nominate(ledger, tmp_path)
    with stream_of(ledger, tmp_path) as stream:
        opened = stream.open()
        opened.publisher.anchor([ENTRY])
        opened.shelf.refresh()
        bundle = opened.shelf.find(LIST, JWT)
    assert bundle is not None
    facts = check_bundle(decode_bundle(bundle), trust=ledger.trust, at=NOW)
    assert [entry.stream for entry in facts.publications] == [STREAM]
    entry = facts.organisations[ISSUER]
    assert entry is not None
    assert entry.key_hash == ISSUER_KEY_HASH


def test_the_council_changes_the_key_and_the_stream_goes_on(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    """A stolen key: the issuer makes another one, the council nominates it, the thief is out."""
    nominate(ledger, tmp_path)
    anchor(ledger, tmp_path)
    files = files_of(tmp_path, ISSUER)
    stolen = read_or_make_secret(files.key)
    files.key.unlink()
    with pytest.raises(Unavailable, match="council has not given it"):
        anchor(ledger, tmp_path)
    nominate(ledger, tmp_path)
    assert anchor(ledger, tmp_path).tick == 2
    with pytest.raises(Reverted, match="not the writer"):
        LedgerWriter(ledger.client, stolen).write("anchor", STREAM, 3, b"\x09" * 32)


class Former:
    """What an installation looks like whose ledger's process held this issuer's key."""

    def __init__(self, ledger: PracticeLedger, tmp_path: Path) -> None:
        self._ledger = ledger
        self.key = tmp_path / "ledger" / "keys" / f"writer-{ISSUER.hex()[:16]}"
        write_secret(self.key, secret("former").hex().encode())
        self.writer = LedgerWriter(ledger.client, secret("former"))
        self.publisher = Publisher(self.writer, ledger.journal, STREAM, CountingEntropy())
        ledger.nominate(STREAM, self.writer.address)
        self.publisher.take_stream()

    def leave(self, tick: int, *, sent: bool) -> Batch:
        """A batch in the journal of a process that was killed before or after sending it."""
        batch = Batch(stream=STREAM, tick=tick, entries=((ENTRY, b"\x07" * 16),))
        self._ledger.journal.put(batch)
        if sent:
            self.writer.write("anchor", STREAM, tick, batch.root)
        return batch


@pytest.mark.parametrize("sent", [True, False], ids=["sent", "unsent"])
def test_an_installation_that_was_killed_before_its_upgrade_loses_nothing(
    ledger: PracticeLedger, tmp_path: Path, *, sent: bool
) -> None:
    former = Former(ledger, tmp_path)
    batches = [former.publisher.anchor([ENTRY]) for _ in range(3)]
    batches.append(former.leave(4, sent=sent))
    nominate(ledger, tmp_path)
    batches.append(anchor(ledger, tmp_path))
    assert roots(ledger) == [(batch.tick, batch.root) for batch in batches]
    with closing(Journal(files_of(tmp_path, ISSUER).journal)) as journal:
        assert [journal.find(STREAM, tick) for tick in range(1, 6)] == batches
        assert journal.open_batches(STREAM) == []


def test_the_former_key_is_deleted_once_it_can_write_nothing(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    former = Former(ledger, tmp_path)
    former.publisher.anchor([ENTRY])
    assert not ledger.retire_writer(ISSUER)  # it still holds the stream
    nominate(ledger, tmp_path)
    assert not ledger.retire_writer(ISSUER)  # until the issuer takes it
    assert former.key.exists()
    anchor(ledger, tmp_path)
    assert ledger.retire_writer(ISSUER)
    assert not former.key.exists()
    assert not ledger.retire_writer(ISSUER)
    with pytest.raises(Reverted, match="not the writer"):
        former.writer.write("anchor", STREAM, 3, b"\x09" * 32)
    handed = [
        bytes.fromhex(e.values["writer"][2:])
        for e in ledger.client.events("WriterSet", stream=STREAM)
    ]
    assert handed == [former.writer.address, address_of(files_of(tmp_path, ISSUER))]


def test_what_was_anchored_in_former_times_is_what_the_next_tick_goes_on_from(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    """No list can go back at the hand-over."""
    former = Former(ledger, tmp_path)
    newer = publication(LIST, JWT, NOW + timedelta(minutes=10), TOKEN)
    former.publisher.anchor([newer])
    nominate(ledger, tmp_path)
    with stream_of(ledger, tmp_path) as stream:
        assert stream.open().publisher.newest() == (newer,)


def test_the_former_journal_is_not_read_where_there_is_an_own_one(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    nominate(ledger, tmp_path)
    mine = anchor(ledger, tmp_path)
    strange = replace(mine, entries=((ENTRY, b"\x05" * 16),))
    ledger.journal.put(strange)
    ledger.journal.put(replace(strange, tick=2))
    assert anchor(ledger, tmp_path).tick == 2
    with closing(Journal(files_of(tmp_path, ISSUER).journal)) as journal:
        assert journal.find(STREAM, 1) == mine


def test_a_former_journal_that_is_damaged_stops_the_taking_over(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    nominate(ledger, tmp_path)
    files = replace(files_of(tmp_path, ISSUER), former=tmp_path / "damaged")
    files.former.write_bytes(b"no database" * 1_000)
    with closing(
        IssuerStream(
            ISSUER,
            files,
            EmbeddedProvider(ledger.chain),
            trust=ledger.trust,
            clock=ledger.clock,
            entropy=CountingEntropy(),
        )
    ) as stream:
        for _ in range(2):
            with pytest.raises(Unavailable, match="journal"):
                stream.open()
    assert roots(ledger) == []


def test_a_ledger_with_one_stream_goes_on_without_losing_its_history(
    ledger: PracticeLedger, tmp_path: Path
) -> None:
    """Before: everything in the council's stream. After: one more stream, and the old one whole."""
    later = NOW + timedelta(minutes=10)
    everything = [publication(LIST, JWT, later, TOKEN), publication(OTHER_LIST, JWT, NOW, TOKEN)]
    old = ledger.publisher
    old_roots = [old.anchor(everything).root for _ in range(3)]
    old.anchor([publication("https://explorer.example/trust-list", "text/plain", NOW, b"list")])

    def last(prefix: str) -> tuple[Publication, ...]:
        return ledger.journal.last_about(old.stream, prefix)

    assert last(f"{URL}/") == (everything[0],)  # though its newest tick has it no more
    assert last(f"{OTHER_URL}/") == (everything[1],)
    assert last("https://issuer.example.evil/") == ()
    nominate(ledger, tmp_path)
    anchor(ledger, tmp_path, *last(f"{URL}/"))
    history = ledger.client.anchors(old.stream, 1, 4)
    assert [root for _, root in history][:3] == old_roots
    assert len(history) == 4
