"""The embedded chain's values as JSON-RPC shows them (Ethereum execution API).

Quantities are 0x hex without leading zeros, data 0x hex of its full length.
"""

from mrc.infra.chain import blocks
from mrc.infra.chain.chain import AccountProof, ChainReader
from mrc.infra.chain.store import StoredBlock, StoredLog, StoredTransaction
from mrc.infra.chain.transactions import DYNAMIC_FEE, Transaction, decode_transaction
from mrc.ledger import rlp
from mrc.ledger.hashing import keccak256
from mrc.ledger.headers import Address, decode_header
from mrc.ledger.trie import EMPTY_ROOT, TrieNodes, decode_account, find_word

Json = dict[str, object]
_NO_CODE = keccak256(b"")
_HEADER_NAMES = (
    ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot")
    + ("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData")
    + ("mixHash", "nonce", "baseFeePerGas")
)
_QUANTITIES = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
)


def quantity(value: int) -> str:
    return hex(value)


def data(value: bytes) -> str:
    return "0x" + value.hex()


def header(block: StoredBlock) -> Json:
    """A block's header, as `newHeads` shows it."""
    fields = decode_header(block.header).fields
    view: Json = {"hash": data(block.hash)}
    for name, item in zip(_HEADER_NAMES, fields, strict=True):
        value = rlp.expect_bytes(item, what=name)
        view[name] = quantity(int.from_bytes(value)) if name in _QUANTITIES else data(value)
    return view


def block(chain: ChainReader, stored: StoredBlock, *, full: bool) -> Json:
    """A block with its transactions, or with their hashes."""
    transactions = chain.store.transactions_of(stored.number)
    listed: list[object] = [
        transaction(chain, entry) if full else data(entry.hash) for entry in transactions
    ]
    return {
        **header(stored),
        "size": quantity(len(stored.header) + sum(len(entry.raw) for entry in transactions)),
        "totalDifficulty": quantity(stored.number + 1),
        "transactions": listed,
        "uncles": [],
    }


def transaction(chain: ChainReader, entry: StoredTransaction) -> Json:
    decoded = decode_transaction(entry.raw)
    return {
        **_place(chain, entry),
        "hash": data(decoded.hash),
        "type": quantity(decoded.kind),
        "chainId": quantity(decoded.chain_id),
        "nonce": quantity(decoded.nonce),
        "from": data(decoded.sender),
        "to": None if decoded.to is None else data(decoded.to),
        "value": quantity(decoded.value),
        "gas": quantity(decoded.gas),
        "gasPrice": "0x0",
        "input": data(decoded.data),
        **_signature(decoded),
    }


def receipt(chain: ChainReader, entry: StoredTransaction) -> Json:
    decoded = decode_transaction(entry.raw)
    place = _place(chain, entry)
    logs = chain.store.logs_of(entry.block, entry.position)
    return {
        **place,
        "transactionHash": data(entry.hash),
        "type": quantity(decoded.kind),
        "from": data(decoded.sender),
        "to": None if decoded.to is None else data(decoded.to),
        "contractAddress": None if entry.contract is None else data(entry.contract),
        "status": quantity(int(entry.succeeded)),
        "gasUsed": quantity(entry.gas_used),
        "cumulativeGasUsed": quantity(entry.cumulative_gas),
        "effectiveGasPrice": "0x0",
        "logsBloom": data(blocks.bloom([stored.log for stored in logs])),
        "logs": [_log(stored, place["blockHash"], data(entry.hash)) for stored in logs],
    }


def log(chain: ChainReader, stored: StoredLog) -> Json:
    found = chain.store.find_block(stored.block)
    transactions = chain.store.transactions_of(stored.block)
    if found is None:
        raise ValueError("a log without its block")
    return _log(stored, data(found.hash), data(transactions[stored.transaction].hash))


def proof(address: Address, proven: AccountProof, keys: list[tuple[str, int]]) -> Json:
    """`eth_getProof` (EIP-1186); every value is read out of its own proof."""
    nonce, balance, root, code_hash = 0, 0, EMPTY_ROOT, _NO_CODE
    if proven.account is not None:
        nonce, balance, root, code_hash = decode_account(proven.account)
    return {
        "address": data(address),
        "accountProof": [data(node) for node in proven.account_nodes],
        "balance": quantity(balance),
        "codeHash": data(code_hash),
        "nonce": quantity(nonce),
        "storageHash": data(root),
        "storageProof": [
            {
                "key": key,
                "value": quantity(find_word(TrieNodes(proven.storage_nodes[slot]), root, slot)),
                "proof": [data(node) for node in proven.storage_nodes[slot]],
            }
            for key, slot in keys
        ],
    }


def fee_history(newest: int, count: int, percentiles: list[object]) -> Json:
    """Gas is free, and always was."""
    history: Json = {
        "oldestBlock": quantity(max(0, newest - count + 1)),
        "baseFeePerGas": ["0x0"] * (count + 1),
        "gasUsedRatio": [0.0] * count,
    }
    if percentiles:
        history["reward"] = [["0x0"] * len(percentiles)] * count
    return history


def _place(chain: ChainReader, entry: StoredTransaction) -> Json:
    found = chain.store.find_block(entry.block)
    if found is None:
        raise ValueError("a transaction without its block")
    return {
        "blockHash": data(found.hash),
        "blockNumber": quantity(entry.block),
        "transactionIndex": quantity(entry.position),
    }


def _signature(decoded: Transaction) -> Json:
    r, s, parity = decoded.signature[:32], decoded.signature[32:64], decoded.signature[64]
    view: Json = {"r": quantity(int.from_bytes(r)), "s": quantity(int.from_bytes(s))}
    if decoded.kind != DYNAMIC_FEE:
        return {**view, "v": quantity(35 + 2 * decoded.chain_id + parity)}
    return {
        **view,
        "v": quantity(parity),
        "yParity": quantity(parity),
        "maxFeePerGas": quantity(decoded.max_fee),
        "maxPriorityFeePerGas": quantity(decoded.max_priority_fee),
        "accessList": [],
    }


def _log(stored: StoredLog, block_hash: object, transaction_hash: str) -> Json:
    return {
        "address": data(stored.log.address),
        "topics": [data(topic) for topic in stored.log.topics],
        "data": data(stored.log.data),
        "blockNumber": quantity(stored.block),
        "blockHash": block_hash,
        "transactionHash": transaction_hash,
        "transactionIndex": quantity(stored.transaction),
        "logIndex": quantity(stored.position),
        "removed": False,
    }
