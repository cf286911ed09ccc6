"""Everything that a peer of the ledger would receive, byte by byte."""

from collections.abc import Iterator

from mrc.infra.chain.chain import ChainReader


def bytes_on_chain(chain: ChainReader) -> Iterator[bytes]:
    """Headers, transactions, logs, and every node of every state."""
    for number in range(chain.head().number + 1):
        block = chain.store.find_block(number)
        assert block is not None
        yield block.header
        for transaction in chain.store.transactions_of(number):
            yield transaction.raw
            for stored in chain.store.logs_of(number, transaction.position):
                yield stored.log.data + b"".join(stored.log.topics)
    for (node,) in chain.store._all("SELECT value FROM node"):
        assert isinstance(node, bytes)
        yield node
