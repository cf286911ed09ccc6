"""One stream per issuer in a practice ledger, also in one that began with a single stream."""

from datetime import timedelta
from pathlib import Path

import pytest

from mrc.infra.chain.client import LedgerWriter, Reverted
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import read_or_make_secret
from mrc.ledger.anchors import publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.proofs import check_bundle
from mrc.ledger.statements import Role, issuer_stream_id
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
)

URL, OTHER_URL = "https://issuer.example", "https://other.example"
LIST, OTHER_LIST = f"{URL}/status/1", f"{OTHER_URL}/status/1"


def open_ledger(directory: Path) -> PracticeLedger:
    with pytest.warns(UserWarning, match="practice"):
        return open_practice_ledger(directory, clock=StillClock(NOW), entropy=CountingEntropy())


def test_each_issuer_has_a_stream_and_a_key_of_its_own(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    one, other = (ledger.open_issuer_stream(name) for name in (ISSUER, OTHER_ISSUER))
    assert (one.stream, other.stream) == (issuer_stream_id(ISSUER), issuer_stream_id(OTHER_ISSUER))
    assert len({one.writer, other.writer, ledger.publisher.writer}) == 3
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    ledger.close()


def test_one_issuers_key_does_not_write_in_the_stream_of_another(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    for name in (ISSUER, OTHER_ISSUER):
        ledger.open_issuer_stream(name)
    key = read_or_make_secret(tmp_path / "keys" / f"writer-{OTHER_ISSUER.hex()[:16]}")
    stream = issuer_stream_id(ISSUER)
    thief = LedgerWriter(ledger.client, key)
    with pytest.raises(Reverted, match="not the writer"):
        Publisher(thief, ledger.journal, stream, CountingEntropy()).anchor(
            [publication(LIST, JWT, NOW, TOKEN)]
        )
    assert ledger.client.stream_head(stream) is None
    ledger.close()


def test_opening_again_decides_nothing_and_goes_on(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.open_issuer_stream(ISSUER).anchor([publication(LIST, JWT, NOW, TOKEN)])
    decided = ledger.client.read("proposal_count")
    ledger.close()
    ledger = open_ledger(tmp_path)
    again = ledger.open_issuer_stream(ISSUER)
    assert again.anchor([publication(LIST, JWT, NOW, TOKEN)]).tick == 2
    assert ledger.client.read("proposal_count") == decided
    ledger.close()


def test_a_ledger_with_one_stream_goes_on_without_losing_its_history(tmp_path: Path) -> None:
    """Before: everything in the council's stream. After: two more streams, and the old one whole."""
    ledger = open_ledger(tmp_path)
    ledger.register(ISSUER, organisation(Role.ISSUER, ISSUER_KEY_HASH))
    later = NOW + timedelta(minutes=10)
    everything = [publication(LIST, JWT, later, TOKEN), publication(OTHER_LIST, JWT, NOW, TOKEN)]
    old_roots = [ledger.publisher.anchor(everything).root for _ in range(3)]
    ledger.close()

    ledger = open_ledger(tmp_path)
    old = ledger.publisher
    old.anchor([publication("https://explorer.example/trust-list", "text/plain", NOW, b"list")])
    assert old.last_about(f"{URL}/") == (everything[0],)  # though its newest tick has it no more
    assert old.last_about(f"{OTHER_URL}/") == (everything[1],)
    assert old.last_about("https://issuer.example.evil/") == ()
    mine = ledger.open_issuer_stream(ISSUER)
    mine.anchor(old.last_about(f"{URL}/"))
    assert mine.newest() == (everything[0],)
    bundle = decode_bundle(mine.bundle(LIST, JWT))
    facts = check_bundle(bundle, trust=ledger.trust, at=NOW)
    assert [entry.stream for entry in facts.publications] == [issuer_stream_id(ISSUER)]
    history = ledger.client.anchors(old.stream, 1, 4)
    assert [root for _, root in history][:3] == old_roots
    assert len(history) == 4
    ledger.close()
