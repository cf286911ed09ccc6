"""The embedded chain: durable, provable at every block, one writer, many readers."""

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from eth_account import Account

from mrc.infra.chain import blocks
from mrc.infra.chain.chain import ChainReader, EmbeddedChain
from mrc.infra.chain.contract import call_data
from mrc.infra.chain.executor import Refused
from mrc.infra.chain.store import LogFilter
from mrc.kernel.errors import Malformed, Unavailable
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import check_seals, decode_header
from mrc.ledger.statements import head_slot
from mrc.ledger.trie import TrieNodes, decode_account, find_word
from tests.simulators.ledger_world import (
    CHAIN_ID,
    NOW,
    STREAM,
    VALIDATORS,
    StillClock,
    World,
    secret,
)

TRUSTED = frozenset([VALIDATORS[0].address])


def signed(world: World, tick: int, *, nonce: int | None = None, **changes: object) -> bytes:
    """An anchor by the stream's writer."""
    account = Account.from_key(secret("writer"))
    if nonce is None:
        nonce = world.client.web3.eth.get_transaction_count(account.address)
    fields = {
        "type": 2,
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "gas": 200_000,
        "to": world.client.address,
        "value": 0,
        "data": call_data("anchor", STREAM, tick, bytes([tick]) * 32),
        **changes,
    }
    return bytes(account.sign_transaction(fields).raw_transaction)


def reopen(world: World) -> EmbeddedChain:
    return EmbeddedChain.open(
        world.directory / "ledger.sqlite",
        sealer=VALIDATORS[0],
        clock=world.clock,
        chain_id=CHAIN_ID,
    )


def test_every_block_is_sealed_and_names_its_parent(world: World) -> None:
    parent = world.chain.store.find_block(0)
    for number in range(1, world.chain.head().number + 1):
        stored = world.chain.store.find_block(number)
        assert stored is not None
        assert parent is not None
        header = check_seals(decode_header(stored.header), trusted_validators=TRUSTED)
        assert header.block_hash == stored.hash
        assert header.fields[0] == parent.hash
        parent = stored


def test_what_was_acknowledged_is_there_after_reopening(world: World) -> None:
    digest = world.chain.send(signed(world, 1))
    head = world.chain.head()
    world.chain.close()
    again = reopen(world)
    assert again.head() == head
    assert again.store.find_transaction(digest) is not None
    again.close()


def test_only_one_process_writes(world: World) -> None:
    with pytest.raises(Unavailable, match="another process"):
        reopen(world)


def test_a_reader_sees_what_is_written(world: World) -> None:
    reader = ChainReader.open_for_reading(world.directory / "ledger.sqlite")
    before = reader.head().number
    world.chain.send(signed(world, 1))
    assert reader.head().number == before + 1
    reader.close()


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        ChainReader.open_for_reading(tmp_path / "none.sqlite")


def test_a_file_of_another_chain_is_refused(world: World) -> None:
    world.chain.close()
    with pytest.raises(ValueError, match="chain"):
        EmbeddedChain.open(
            world.directory / "ledger.sqlite", sealer=VALIDATORS[0], clock=world.clock, chain_id=1
        )


def test_another_validator_does_not_go_on_with_a_chain(world: World) -> None:
    world.chain.close()
    with pytest.raises(ValueError, match="validator"):
        EmbeddedChain.open(
            world.directory / "ledger.sqlite",
            sealer=VALIDATORS[1],
            clock=world.clock,
            chain_id=CHAIN_ID,
        )
    reopen(world).close()


@pytest.mark.parametrize(
    "changes",
    [{"nonce": 0}, {"nonce": 99}, {"chainId": 1}, {"gas": 20_000}, {"gas": 10**12}, {"value": 1}],
)
def test_a_transaction_that_no_block_may_contain_is_refused(
    world: World, changes: dict[str, int]
) -> None:
    before = world.chain.head()
    with pytest.raises(Refused):
        world.chain.send(signed(world, 1, **changes))
    assert world.chain.head() == before


@pytest.mark.parametrize(
    "raw", [b"", b"\x01\xc0", b"\x02\xc0", b"\xc0", b"\xff" * 9, bytes(200_000)]
)
def test_what_is_no_transaction_is_malformed(world: World, raw: bytes) -> None:
    with pytest.raises(Malformed):
        world.chain.send(raw)


def test_a_transaction_that_reverts_is_kept_as_failed(world: World) -> None:
    digest = world.chain.send(signed(world, 2))
    entry = world.chain.store.find_transaction(digest)
    assert entry is not None
    assert not entry.succeeded
    assert not world.chain.store.logs_of(entry.block, entry.position)


def test_many_share_a_block(world: World) -> None:
    nonce = world.client.web3.eth.get_transaction_count(Account.from_key(secret("writer")).address)
    raws = [signed(world, tick, nonce=nonce + tick - 1) for tick in range(1, 6)]
    before = world.chain.head().number
    world.chain.send_many([raws[3], raws[0], raws[4], raws[2], raws[1]])
    assert world.chain.head().number == before + 1
    head = world.client.stream_head(STREAM)
    assert head is not None
    assert head.tick == 5


def test_threads_share_blocks_and_lose_nothing(world: World) -> None:
    failures: list[Exception] = []

    def write(name: str) -> None:
        account = Account.from_key(secret(name))
        for nonce in range(5):
            fields = {"nonce": nonce, "chainId": CHAIN_ID, "gas": 21_000, "gasPrice": 0}
            raw = account.sign_transaction({**fields, "to": bytes(20), "value": 0}).raw_transaction
            try:
                world.chain.send(bytes(raw))
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    threads = [threading.Thread(target=write, args=(f"thread {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for number in range(4):
        address = Account.from_key(secret(f"thread {number}")).address
        assert world.client.web3.eth.get_transaction_count(address) == 5


def test_block_times_never_go_back(world: World) -> None:
    world.clock.at = NOW - timedelta(hours=1)
    world.chain.send(signed(world, 1))
    assert decode_header(world.chain.head().header).timestamp == NOW


def test_state_is_proven_at_every_block(world: World) -> None:
    for tick in range(1, 5):
        world.chain.send(signed(world, tick))
    newest = world.chain.head().number
    for back in range(4):
        stored = world.chain.store.find_block(newest - back)
        assert stored is not None
        header = decode_header(stored.header)
        slot = head_slot(STREAM)
        proven = world.chain.prove(header, world.client.address, [slot])
        nodes = TrieNodes(dict.fromkeys([*proven.account_nodes, *proven.storage_nodes[slot]]))
        account = nodes.find(header.state_root, world.client.address)
        assert account is not None
        assert find_word(nodes, decode_account(account)[2], slot) >> 64 == 4 - back


def test_logs_are_found_by_index(settled: World) -> None:
    topic = keccak256(b"Anchored(bytes32,uint256,bytes32)")
    wanted = LogFilter(
        first_block=0,
        last_block=10_000,
        addresses=[settled.client.address],
        topics=[[topic], [STREAM], [(2).to_bytes(32)]],
    )
    assert len(settled.chain.store.find_logs(wanted)) == 1
    plan = settled.chain.store._all(
        "EXPLAIN QUERY PLAN SELECT * FROM log WHERE address = ? AND topic0 = ?", b"", b""
    )
    assert "log_by_topic" in str(plan)


def test_listeners_hear_of_committed_blocks_only(world: World) -> None:
    heard: list[int] = []
    stop = world.chain.listen(lambda block: heard.append(block.number))
    world.chain.send(signed(world, 1))
    with pytest.raises(Refused):
        world.chain.send(signed(world, 2, nonce=0))
    stop()
    world.chain.send(signed(world, 2))
    assert len(heard) == 1


def test_a_seal_that_fails_leaves_everything_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails in the middle of a block's transaction."""
    before = world.chain.head()

    def fail(nodes: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(world.chain.store, "put_nodes", fail)
    raw = signed(world, 1)
    with pytest.raises(OSError, match="disk"):
        world.chain.send(raw)
    monkeypatch.undo()
    assert world.chain.head() == before
    world.chain.send(raw)
    head = world.client.stream_head(STREAM)
    assert head is not None
    assert head.tick == 1


def test_the_machine_leaves_the_recursion_limit_alone() -> None:
    """py-evm raises it to 100,000, which makes deep JSON from anybody crash the process."""
    asked = "import sys, mrc.infra.chain.machine; print(sys.getrecursionlimit())"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    assert int(run.stdout) < 10_000


def test_a_genesis_has_no_seals_and_its_own_validators(tmp_path: Path) -> None:
    chain = EmbeddedChain.open(
        tmp_path / "new.sqlite", sealer=VALIDATORS[1], clock=StillClock(NOW), chain_id=5
    )
    header = decode_header(chain.head().header)
    assert (header.number, header.extra.seals) == (0, ())
    assert header.extra.validators == (VALIDATORS[1].address,)
    assert header.fields[13] == blocks.BFT_MIX_HASH
    chain.close()
