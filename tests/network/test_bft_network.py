"""The client on a real network of four validators: delays, losses, a halt, and recovery.

Needs MRC_TEST_BFT_BINARY, the `injectived` program out of the `injective-core` wheel (BUSL-1.1, tests
only); without it these tests say so. What they prove and what not: docs/how-to/ledger-network.md.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mrc.infra.chain.client import LedgerClient, LedgerWriter, Reverted, deploy
from mrc.infra.chain.council import decide, nominate_writer
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.journal import Journal
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.clock import SystemClock
from mrc.infra.files import write_secret
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Unavailable
from mrc.ledger.anchors import publication
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.statements import StreamId
from tests.simulators.bft_network import MAX_FEE, BftNetwork
from tests.simulators.ledger_world import (
    JWT,
    NOW,
    OTHER_ISSUER,
    OTHER_STREAM,
    STREAM,
    TOKEN,
    URI,
    secret,
)

BINARY = os.environ.get("MRC_TEST_BFT_BINARY", "")
pytestmark = [
    pytest.mark.skipif(not BINARY, reason="MRC_TEST_BFT_BINARY names no injectived"),
    pytest.mark.timeout(900),
]
SECRETS = [secret(f"seat {number}") for number in range(3)]
WRITER = secret("writer")
ISSUERS_KEYS = ("issuer's first", "issuer's second")
LIST = publication(URI, JWT, NOW, TOKEN)


@dataclass(frozen=True)
class Consortium:
    network: BftNetwork
    contract: Address
    journal: Journal

    def client(self, node: int) -> LedgerClient:
        return LedgerClient(self.network.provider(node), self.contract)

    def publisher(self, node: int, *, patience_s: float = 60) -> Publisher:
        """A publisher that talks to one node; every one has the same journal."""
        writer = LedgerWriter(self.client(node), WRITER, max_fee=MAX_FEE, patience_s=patience_s)
        return Publisher(writer, self.journal, STREAM, SystemEntropy())

    def nominate(self, stream: StreamId, key: str) -> None:
        """The council's decision."""
        client = self.client(0)
        seats = [LedgerWriter(client, seat, max_fee=MAX_FEE) for seat in SECRETS[:2]]
        action = nominate_writer(stream, SoftwareSealer(secret(key)).address)
        decide(seats, action, now=datetime.now(UTC))

    def tick(self, node: int) -> int:
        head = self.client(node).stream_head(STREAM)
        return 0 if head is None else head.tick


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    directory = tmp_path_factory.mktemp("bft")
    members = [SoftwareSealer(key).address for key in SECRETS]
    writers = [SoftwareSealer(secret(key)).address for key in ("writer", *ISSUERS_KEYS)]
    network = BftNetwork(Path(BINARY), directory, [*members, *writers])
    network.start(0, 1, 2, 3)
    try:
        network.await_height(0, 2)
        provider = network.provider(0)
        contract = deploy(provider, SECRETS[0], members, 2, max_fee=MAX_FEE)
        made = Consortium(network, contract, Journal(directory / "journal.sqlite"))
        made.nominate(STREAM, "writer")
        made.publisher(0).take_stream()
        yield made
        made.journal.close()
    finally:
        network.stop_all()


def test_a_delayed_receipt_is_waited_for(consortium: Consortium) -> None:
    for tick in (1, 2, 3):
        assert consortium.publisher(0).anchor([LIST]).tick == tick


def test_every_node_comes_to_the_same_anchors(consortium: Consortium) -> None:
    heights = [consortium.network.height(0)] * 4
    for node, height in enumerate(heights):
        consortium.network.await_height(node, height)
    roots = {consortium.client(node).anchor(STREAM, 3) for node in range(4)}
    assert len(roots) == 1


def test_a_refusal_is_named_by_a_foreign_node_too(consortium: Consortium) -> None:
    writer = LedgerWriter(consortium.client(1), WRITER, max_fee=MAX_FEE)
    with pytest.raises(Reverted):
        writer.write("set_threshold", 1)


def test_an_issuer_takes_its_stream_and_goes_on_with_another_key_at_another_node(
    consortium: Consortium, tmp_path: Path
) -> None:
    """As in its own process: nominated, taken, anchored; a new key after the first was stolen."""
    files = StreamFiles(
        key=tmp_path / "key", journal=tmp_path / "anchors.sqlite", former=tmp_path / "none"
    )

    def anchor(key: str, node: int) -> int:
        write_secret(files.key, secret(key).hex().encode())
        stream = IssuerStream(
            OTHER_ISSUER,
            files,
            consortium.network.provider(node),
            trust=LedgerTrust(contract=consortium.contract, validators=frozenset()),
            clock=SystemClock(),
            entropy=SystemEntropy(),
            max_fee=MAX_FEE,
        )
        with closing(stream):
            return stream.open().publisher.anchor([LIST]).tick

    keys = ISSUERS_KEYS
    with pytest.raises(Unavailable, match="has not given it"):
        anchor(keys[0], 0)
    consortium.nominate(OTHER_STREAM, keys[0])
    assert [anchor(keys[0], node) for node in (0, 1)] == [1, 2]
    consortium.nominate(OTHER_STREAM, keys[1])
    assert anchor(keys[1], 2) == 3
    with pytest.raises((Reverted, Unavailable)):
        anchor(keys[0], 0)
    history = consortium.client(1).anchors(OTHER_STREAM, 1, 3)
    assert [tick for tick, _ in history] == [1, 2, 3]


def test_one_validator_lost_and_nothing_stops(consortium: Consortium) -> None:
    before = consortium.tick(0)
    consortium.network.kill(3)
    assert consortium.publisher(0).anchor([LIST]).tick == before + 1


def test_two_validators_lost_and_a_halt_loses_and_doubles_nothing(consortium: Consortium) -> None:
    """The publisher gives up, another one takes over at another node after recovery."""
    before = consortium.tick(0)
    consortium.network.kill(2)
    with pytest.raises(Unavailable):
        consortium.publisher(0, patience_s=2).anchor([LIST])
    assert consortium.tick(0) == before
    (waiting,) = consortium.journal.open_batches(STREAM)
    consortium.network.start(2, 3)
    consortium.network.await_height(2, consortium.network.height(0) + 2)
    consortium.publisher(2).recover()
    assert consortium.client(2).anchor(STREAM, before + 1) == waiting.root
    history = consortium.client(2).anchors(STREAM, 1, before + 1)
    assert [tick for tick, _ in history] == list(range(1, before + 2))


def test_a_node_that_is_gone_is_unavailable_and_another_goes_on(consortium: Consortium) -> None:
    before = consortium.tick(0)
    consortium.network.kill(1)
    with pytest.raises(Unavailable):
        consortium.publisher(1).anchor([LIST])
    assert consortium.publisher(0).anchor([LIST]).tick >= before + 1
    assert not consortium.journal.open_batches(STREAM)
