"""The practice ledger: made once, continued ever after, and never silent about what it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from mrc.infra.chain.chain import EmbeddedChain
from mrc.infra.chain.practice import CHAIN_ID, PracticeLedger, open_practice_ledger
from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
from mrc.ledger.anchors import publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.proofs import check_bundle
from mrc.ledger.statements import Role
from tests.simulators.ledger_world import (
    ASKER,
    ASKER_KEY_HASH,
    CARD_TYPE,
    CLAIMS,
    ISSUER,
    ISSUER_KEY_HASH,
    JWT,
    NOW,
    PURPOSE,
    TOKEN,
    URI,
    CountingEntropy,
    StillClock,
    organisation,
)


def open_again(directory: Path) -> PracticeLedger:
    with pytest.warns(UserWarning, match="practice"):
        return open_practice_ledger(directory, clock=StillClock(NOW), entropy=CountingEntropy())


def settle(ledger: PracticeLedger) -> None:
    ledger.register(ISSUER, organisation(Role.ISSUER, ISSUER_KEY_HASH))
    ledger.register(ASKER, organisation(Role.ASKER, ASKER_KEY_HASH))
    ledger.register_type(CARD_TYPE, b"\x01" * 32, ISSUER)
    ledger.entitle(ASKER, PURPOSE, CLAIMS)


def test_it_publishes_and_its_bundles_are_good(tmp_path: Path) -> None:
    ledger = open_again(tmp_path)
    ledger.publisher.anchor([publication(URI, JWT, NOW, TOKEN)])
    bundle = decode_bundle(ledger.publisher.bundle_of([(URI, JWT)]))
    assert check_bundle(bundle, trust=ledger.trust, at=NOW).publications
    ledger.close()


def test_settling_twice_is_settling_once(tmp_path: Path) -> None:
    ledger = open_again(tmp_path)
    settle(ledger)
    before = ledger.chain.head().number
    settle(ledger)
    assert ledger.chain.head().number == before
    ledger.close()


def test_it_continues_where_it_was(tmp_path: Path) -> None:
    first = open_again(tmp_path)
    settle(first)
    first.publisher.anchor([publication(URI, JWT, NOW, TOKEN)])
    head, trust, stream = first.chain.head(), first.trust, first.publisher.stream
    first.close()
    again = open_again(tmp_path)
    assert (again.chain.head(), again.trust, again.publisher.stream) == (head, trust, stream)
    assert again.client.is_registered(ISSUER, Role.ISSUER, at=NOW + timedelta(days=1))
    assert again.publisher.anchor([publication(URI, JWT, NOW, TOKEN)]).tick == 2
    again.close()


def test_a_crash_before_the_contract_was_made_is_made_good(tmp_path: Path) -> None:
    validator = SoftwareSealer(read_or_make_secret(tmp_path / "keys" / "validator"))
    EmbeddedChain.open(
        tmp_path / "ledger.sqlite", sealer=validator, clock=StillClock(NOW), chain_id=CHAIN_ID
    ).close()
    ledger = open_again(tmp_path)
    assert ledger.client.read("occupied") == 3
    ledger.close()


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    open_again(tmp_path).close()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
