"""Ethereum's JSON-RPC over a chain: one method table for the server and for the own provider.

The execution API's methods that a client of a contract needs. Reading methods work on a
`ChainReader`, `eth_sendRawTransaction` needs the writer. No account lives here: nothing signs.
"""

from collections.abc import Callable, Mapping

from mrc.infra.chain import views
from mrc.infra.chain.chain import ChainReader, EmbeddedChain
from mrc.infra.chain.executor import CALL_GAS_LIMIT, CallMessage, Execution, Refused
from mrc.infra.chain.store import LogFilter, StoredBlock
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.ledger.headers import Address, Header, decode_header

Params = list[object]
CLIENT = "mrc-ledger/1"
MAX_PROOF_KEYS = 256
_REVERTED, _REJECTED, _PARAMS, _UNKNOWN = 3, -32000, -32602, -32601
_FIXED_GAS = 21_000
_GAS_PER_BYTE = 16
_INNER_CALL_RESERVE = 64 / 63  # EIP-150: a call keeps a 64th back
_TAGS = frozenset({"latest", "pending", "safe", "finalized"})


class RpcError(Exception):
    """An answer that is an error (JSON-RPC 2.0, 5.1)."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class RpcMethods:
    """The methods by name. `answer` is the whole door."""

    def __init__(self, chain: ChainReader) -> None:
        self.chain = chain
        self._methods: Mapping[str, Callable[[Params], object]] = {
            "web3_clientVersion": lambda _: CLIENT,
            "net_version": lambda _: str(chain.chain_id),
            "net_listening": lambda _: True,
            "eth_chainId": lambda _: views.quantity(chain.chain_id),
            "eth_syncing": lambda _: False,
            "eth_accounts": lambda _: [],
            "eth_gasPrice": lambda _: "0x0",
            "eth_maxPriorityFeePerGas": lambda _: "0x0",
            "eth_blockNumber": lambda _: views.quantity(chain.head().number),
            "eth_feeHistory": self._fee_history,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getTransactionCount": self._nonce,
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getStorageAt": self._storage,
            "eth_getLogs": self._logs,
            "eth_getProof": self._proof,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "eth_sendRawTransaction": self._send,
        }

    def answer(self, method: str, params: Params) -> object:
        """The method's result. Raises `RpcError`."""
        handler = self._methods.get(method)
        if handler is None:
            raise RpcError(_UNKNOWN, f"no method {method}")
        try:
            return handler(params)
        except Malformed as error:
            raise RpcError(_PARAMS, str(error)) from error
        except (Refused, Unavailable) as error:
            raise RpcError(_REJECTED, str(error)) from error

    def send_many(self, params: list[Params]) -> list[object]:
        """A batch of `eth_sendRawTransaction`, in one block where they fit: hash or `RpcError`."""
        chain = self._writer()
        raws = [_data(_param(member, 0)) for member in params]
        return [
            RpcError(_PARAMS if isinstance(outcome, Malformed) else _REJECTED, str(outcome))
            if isinstance(outcome, MrcError)
            else views.data(outcome)
            for outcome in chain.send_many(raws)
        ]

    def logs_of(self, block: StoredBlock, wanted: object) -> list[views.Json]:
        """The logs of one block that a subscription's filter admits."""
        chosen = self._filter({**_object(wanted), "blockHash": views.data(block.hash)})
        return [views.log(self.chain, stored) for stored in self.chain.store.find_logs(chosen)]

    def _block(self, tag: object) -> StoredBlock | None:
        """The block that a number, a tag or a hash (EIP-1898) names."""
        if isinstance(tag, dict):
            if "blockHash" in tag:
                return self.chain.store.find_block_by_hash(_data(tag["blockHash"], 32))
            tag = tag.get("blockNumber")
        if tag is None or tag in _TAGS:
            return self.chain.head()
        return self.chain.store.find_block(0 if tag == "earliest" else _quantity(tag))

    def _header(self, params: Params, place: int) -> Header:
        block = self._block(_param(params, place, "latest"))
        if block is None:
            raise RpcError(_REJECTED, "unknown block")
        return decode_header(block.header)

    def _block_by_number(self, params: Params) -> object:
        block = self._block(_param(params, 0))
        full = bool(_param(params, 1, False))
        return None if block is None else views.block(self.chain, block, full=full)

    def _block_by_hash(self, params: Params) -> object:
        block = self.chain.store.find_block_by_hash(_data(_param(params, 0), 32))
        full = bool(_param(params, 1, False))
        return None if block is None else views.block(self.chain, block, full=full)

    def _transaction(self, params: Params) -> object:
        entry = self.chain.store.find_transaction(_data(_param(params, 0), 32))
        return None if entry is None else views.transaction(self.chain, entry)

    def _receipt(self, params: Params) -> object:
        entry = self.chain.store.find_transaction(_data(_param(params, 0), 32))
        return None if entry is None else views.receipt(self.chain, entry)

    def _nonce(self, params: Params) -> object:
        state = self.chain.state_at(self._header(params, 1))
        return views.quantity(state.nonce(_address(_param(params, 0))))

    def _balance(self, params: Params) -> object:
        state = self.chain.state_at(self._header(params, 1))
        return views.quantity(state.balance(_address(_param(params, 0))))

    def _code(self, params: Params) -> object:
        state = self.chain.state_at(self._header(params, 1))
        return views.data(state.code(_address(_param(params, 0))))

    def _storage(self, params: Params) -> object:
        state = self.chain.state_at(self._header(params, 2))
        word = state.storage(_address(_param(params, 0)), _slot(_param(params, 1)))
        return views.data(word.to_bytes(32))

    def _logs(self, params: Params) -> object:
        wanted = self._filter(_param(params, 0))
        found = self.chain.store.find_logs(wanted)
        if len(found) == wanted.limit:
            raise RpcError(_REJECTED, f"more than {wanted.limit} logs: ask for fewer blocks")
        return [views.log(self.chain, stored) for stored in found]

    def _filter(self, value: object) -> LogFilter:
        wanted = _object(value)
        if "blockHash" in wanted:
            block = self._block({"blockHash": wanted["blockHash"]})
            if block is None:
                raise RpcError(_REJECTED, "unknown block")
            first = last = block.number
        else:
            newest = self.chain.head().number
            first = _bound(wanted.get("fromBlock"), newest)
            last = _bound(wanted.get("toBlock"), newest)
        topics = wanted.get("topics") or []
        if not isinstance(topics, list):
            raise Malformed("log filter", "topics is an array")
        return LogFilter(
            first_block=first,
            last_block=last,
            addresses=_alternatives(wanted.get("address"), 20),
            topics=[_alternatives(choices, 32) for choices in topics],
        )

    def _proof(self, params: Params) -> object:
        address, names = _address(_param(params, 0)), _param(params, 1)
        if not isinstance(names, list) or len(names) > MAX_PROOF_KEYS:
            raise Malformed("eth_getProof", f"expected an array of at most {MAX_PROOF_KEYS} keys")
        keys = [(str(name), _slot(name)) for name in names]
        header = self._header(params, 2)
        proven = self.chain.prove(header, address, [slot for _, slot in keys])
        return views.proof(address, proven, keys)

    def _call(self, params: Params) -> object:
        execution = self._execute(params)
        if not execution.succeeded:
            raise RpcError(_REVERTED, _reason(execution), views.data(execution.output))
        return views.data(execution.output)

    def _estimate(self, params: Params) -> object:
        call = _object(_param(params, 0))
        if call.get("to") is None:
            return views.quantity(CALL_GAS_LIMIT)
        execution = self._execute(params)
        if not execution.succeeded:
            raise RpcError(_REVERTED, _reason(execution), views.data(execution.output))
        size = len(_data(call.get("data", call.get("input", "0x"))))
        inner = int(execution.gas_used * _INNER_CALL_RESERVE) + 1
        return views.quantity(_FIXED_GAS + _GAS_PER_BYTE * size + inner + inner // 5)

    def _execute(self, params: Params) -> Execution:
        call = _object(_param(params, 0))
        gas = call.get("gas")
        return self.chain.state_at(self._header(params, 1)).call(
            CallMessage(
                sender=_address(call.get("from", "0x" + "00" * 20)),
                to=_address(call.get("to")),
                data=_data(call.get("data", call.get("input", "0x"))),
                gas=CALL_GAS_LIMIT if gas is None else min(CALL_GAS_LIMIT, _quantity(gas)),
            )
        )

    def _send(self, params: Params) -> object:
        return views.data(self._writer().send(_data(_param(params, 0))))

    def _writer(self) -> EmbeddedChain:
        if not isinstance(self.chain, EmbeddedChain):
            raise RpcError(_REJECTED, "this server only reads")
        return self.chain

    def _fee_history(self, params: Params) -> object:
        percentiles = _param(params, 2, [])
        newest = self._header(params, 1).number
        count = min(_quantity(_param(params, 0)), 1024, newest + 1)
        shown = percentiles if isinstance(percentiles, list) else []
        return views.fee_history(newest, count, shown)


def _reason(execution: Execution) -> str:
    """The revert's text (Solidity's Error(string)), where there is one."""
    output = execution.output
    if output[:4] == bytes.fromhex("08c379a0") and len(output) >= 68:
        length = int.from_bytes(output[36:68])
        return "execution reverted: " + output[68 : 68 + length].decode("utf-8", "replace")
    return "execution reverted"


_MISSING = object()


def _param(params: Params, place: int, default: object = _MISSING) -> object:
    if place < len(params):
        return params[place]
    if default is _MISSING:
        raise Malformed("parameters", f"number {place} is missing")
    return default


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Malformed("parameters", "expected an object")
    return value


def _quantity(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if not isinstance(value, str) or value[:2] != "0x":
        raise Malformed("quantity", "expected 0x hexadecimal digits")
    try:
        return int(value[2:], 16)
    except ValueError as error:
        raise Malformed("quantity", "expected 0x hexadecimal digits") from error


def _data(value: object, size: int | None = None) -> bytes:
    if isinstance(value, str) and value[:2] == "0x":
        try:
            data = bytes.fromhex(value[2:])
        except ValueError as error:
            raise Malformed("data", "expected 0x hexadecimal digits") from error
        if size is None or len(data) == size:
            return data
    raise Malformed("data", f"expected 0x and {size or 'some'} bytes in hexadecimal")


def _address(value: object) -> Address:
    return Address(_data(value, 20))


def _slot(value: object) -> int:
    slot = _quantity(value)
    if slot >= 1 << 256:
        raise Malformed("slot", "longer than 32 bytes")
    return slot


def _bound(tag: object, newest: int) -> int:
    if tag is None or tag in _TAGS:
        return newest
    return 0 if tag == "earliest" else min(_quantity(tag), (1 << 63) - 1)


def _alternatives(value: object, size: int) -> list[bytes]:
    if value is None:
        return []
    return [_data(choice, size) for choice in (value if isinstance(value, list) else [value])]
