"""The proofs at hand: made once a tick, checked before they are handed out, and nobody asked for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from mrc.infra.chain.client import LedgerClient, LedgerWriter, Wanted
from mrc.infra.chain.publisher import Publisher
from mrc.infra.chain.shelf import MOST_AT_ONCE, ProofShelf
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.ledger.anchors import publication
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.proofs import check_bundle
from mrc.ledger.reasons import Reason
from tests.simulators.ledger_world import (
    CWT,
    ISSUER,
    JWT,
    NOW,
    STREAM,
    TOKEN,
    URI,
    CountingEntropy,
    World,
    four_validators,
    secret,
)

LIST = publication(URI, JWT, NOW, TOKEN)
FACTS = Wanted(organisations=(ISSUER,))
Change = Callable[[str, Any], Any]


class Node(JSONBaseProvider):
    """A node over the world's chain that a test makes lie; it counts what it is asked."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.asked = 0
        self.change: Change = lambda _, result: result

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        self.asked += 1
        answer = self._world.provider.make_request(method, params)
        return {**answer, "result": self.change(method, answer.get("result"))}


@pytest.fixture
def node(world: World) -> Node:
    return Node(world)


@pytest.fixture
def publisher(world: World, node: Node) -> Publisher:
    writer = LedgerWriter(LedgerClient(node, world.client.address), secret("writer"))
    return Publisher(writer, world.journal, STREAM, CountingEntropy())


@pytest.fixture
def shelf(world: World, publisher: Publisher) -> ProofShelf:
    return ProofShelf(publisher, world.trust, world.clock, FACTS)


def test_it_follows_the_tick_and_every_bundle_holds(
    world: World, publisher: Publisher, shelf: ProofShelf
) -> None:
    for tick in (1, 2):
        publisher.anchor([LIST, publication(URI, CWT, NOW, TOKEN)])
        shelf.refresh()
        for media_type in (JWT, CWT):
            bundle = shelf.find(URI, media_type)
            assert bundle is not None
            facts = check_bundle(decode_bundle(bundle), trust=world.trust, at=NOW)
            assert [entry.publication.media_type for entry in facts.publications] == [media_type]
            assert facts.publications[0].tick == tick
            assert facts.organisations == {ISSUER: None}


def test_answering_asks_nobody(node: Node, publisher: Publisher, shelf: ProofShelf) -> None:
    publisher.anchor([LIST])
    shelf.refresh()
    before = node.asked
    assert shelf.find(URI, JWT) is shelf.find(URI, JWT)
    assert shelf.find(URI, "text/plain") is None
    assert shelf.find("https://elsewhere.example", JWT) is None
    assert shelf.newest() is not None
    shelf.refresh()  # the tick is the same
    assert node.asked == before


def test_before_the_first_tick_there_is_nothing(node: Node, shelf: ProofShelf) -> None:
    shelf.refresh()
    assert (shelf.find(URI, JWT), shelf.newest(), node.asked) == (None, None, 0)


def test_one_bundle_of_everything_has_a_bound(
    world: World, publisher: Publisher, shelf: ProofShelf
) -> None:
    publisher.anchor([publication(f"{URI}/{n}", JWT, NOW, TOKEN) for n in range(MOST_AT_ONCE + 7)])
    shelf.refresh()
    bundle = shelf.newest()
    assert bundle is not None
    facts = check_bundle(decode_bundle(bundle), trust=world.trust, at=NOW)
    assert len({entry.publication.uri for entry in facts.publications}) == MOST_AT_ONCE
    assert shelf.find(f"{URI}/{MOST_AT_ONCE + 6}", JWT) is not None


def without_its_last_node(method: str, result: Any) -> Any:
    if method == "eth_getProof":
        return {**result, "accountProof": result["accountProof"][:-1]}
    return result


def with_another_seal(method: str, result: Any) -> Any:
    if method == "eth_getBlockByNumber":
        return {**result, "extraData": result["extraData"][:-4] + "0000"}
    return result


def with_another_state(method: str, result: Any) -> Any:
    if method == "eth_getBlockByNumber":
        return {**result, "stateRoot": "0x" + "11" * 32}
    return result


def with_words_for_numbers(method: str, result: Any) -> Any:
    if method == "eth_getBlockByNumber":
        return {**result, "gasLimit": "many"}
    return result


def with_no_proof(method: str, result: Any) -> Any:
    return ["nothing"] if method == "eth_getProof" else result


@pytest.mark.parametrize(
    "lie",
    [
        without_its_last_node,
        with_another_seal,
        with_another_state,
        with_words_for_numbers,
        with_no_proof,
    ],
)
def test_a_node_that_lies_does_not_reach_the_public(
    node: Node, publisher: Publisher, shelf: ProofShelf, lie: Change
) -> None:
    """What was there before stays: an older proof that holds is better than none that does."""
    publisher.anchor([LIST])
    shelf.refresh()
    before = shelf.find(URI, JWT)
    publisher.anchor([LIST])
    node.change = lie
    with pytest.raises((Rejected, Unavailable, Malformed)):
        shelf.refresh()
    assert shelf.find(URI, JWT) is before
    node.change = lambda _, result: result
    shelf.refresh()
    assert shelf.find(URI, JWT) != before


def test_a_chain_of_other_validators_is_not_believed(world: World, publisher: Publisher) -> None:
    publisher.anchor([LIST])
    strict = ProofShelf(publisher, four_validators(world.client.address), world.clock, FACTS)
    with pytest.raises(Rejected) as refused:
        strict.refresh()
    assert refused.value.reason is Reason.OTHER_VALIDATORS
    assert strict.find(URI, JWT) is None


def test_a_proof_that_is_too_old_is_not_handed_out(
    world: World, publisher: Publisher, shelf: ProofShelf
) -> None:
    publisher.anchor([LIST])
    world.clock.at = NOW + timedelta(days=2)
    with pytest.raises(Rejected) as refused:
        shelf.refresh()
    assert refused.value.reason is Reason.STALE_HEADER


def test_a_node_behind_the_journal_proves_nothing(
    world: World, node: Node, publisher: Publisher, shelf: ProofShelf
) -> None:
    publisher.anchor([LIST])
    height = hex(world.chain.head().number)
    before = world.client.web3.provider.make_request(
        RPCEndpoint("eth_getBlockByNumber"), [height, False]
    )
    publisher.anchor([LIST])
    head = world.client.stream_head(STREAM)
    assert head is not None
    assert head.tick == 2

    def old(method: str, result: Any) -> Any:
        return before["result"] if method == "eth_getBlockByNumber" else result

    node.change = old
    with pytest.raises((Unavailable, Rejected)):
        shelf.refresh()
    assert shelf.find(URI, JWT) is None
