"""Ethereum's JSON-RPC over a chain: one method table for the server and for the own provider.

The execution API's methods that a client of a contract needs. Reading methods work on a
`ChainReader`, `eth_sendRawTransaction` needs the writer. No account lives here: nothing signs.
"""

from collections.abc import Callable, Mapping

from mrc.infra.chain import views
from mrc.infra.chain.chain import ChainReader, EmbeddedChain
from mrc.infra.chain.executor import CallMessage, Execution, Overdue, Refused
from mrc.infra.chain.limits import Deadline, Limit, RpcError, RpcLimits, exceeded
from mrc.infra.chain.store import LogFilter, StoredBlock
from mrc.infra.chain.transactions import Transaction, decode_transaction
from mrc.kernel.errors import Malformed, MrcError, Unavailable
from mrc.ledger.headers import Address, Header, decode_header

Params = list[object]
Admits = Callable[[Transaction], bool]
CLIENT = "mrc-ledger/1"
DEFAULT_LIMITS = RpcLimits()
_REVERTED, _REJECTED, _PARAMS, _UNKNOWN = 3, -32000, -32602, -32601
_FIXED_GAS = 21_000
_GAS_PER_BYTE = 16
_INNER_CALL_RESERVE = 64 / 63  # EIP-150: a call keeps a 64th back
_MAX_PERCENTILES = 100
_MAX_ALTERNATIVES = 1_000
_TAGS = frozenset({"latest", "pending", "safe", "finalized"})


def nobody(_: Transaction) -> bool:
    return False


def everybody(_: Transaction) -> bool:
    return True


class RpcMethods:
    """The methods by name. `answer` is the whole door; `limits` bound what one request costs.

    What `admits` says of a transaction: whether it goes before strangers'. `everybody` is for this
    process itself.
    """

    def __init__(
        self,
        chain: ChainReader,
        limits: RpcLimits = DEFAULT_LIMITS,
        *,
        admits: Admits = nobody,
    ) -> None:
        self.chain = chain
        self._admits = admits
        self.limits = limits
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
            "eth_sendRawTransaction": self._send,
        }
        self._running: Mapping[str, Callable[[Params, Deadline], object]] = {
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
        }

    def answer(self, method: str, params: Params, deadline: Deadline | None = None) -> object:
        """The method's result. Raises `RpcError`, also where the deadline has passed."""
        if deadline is None:
            deadline = Deadline.after(self.limits.request_seconds)
        if deadline.passed():
            raise exceeded(Limit.REQUEST_TIME, self.limits)
        try:
            return self._handler(method)(params, deadline)
        except Malformed as error:
            raise RpcError(_PARAMS, str(error)) from error
        except Overdue as error:
            limit = Limit.REQUEST_TIME if deadline.passed() else Limit.CALL_TIME
            raise exceeded(limit, self.limits) from error
        except (Refused, Unavailable) as error:
            raise RpcError(_REJECTED, str(error)) from error

    def _handler(self, method: str) -> Callable[[Params, Deadline], object]:
        running = self._running.get(method)
        if running is not None:
            return running
        handler = self._methods.get(method)
        if handler is None:
            raise RpcError(_UNKNOWN, f"no method {method}")
        return lambda params, _: handler(params)

    def send_many(self, params: list[Params]) -> list[object]:
        """A batch of `eth_sendRawTransaction`, in one block where they fit: hash or `RpcError`."""
        chain = self._writer()
        raws = [_data(_param(member, 0)) for member in params]
        known = [self._is_known(raw) for raw in raws]
        return [
            RpcError(_PARAMS if isinstance(outcome, Malformed) else _REJECTED, str(outcome))
            if isinstance(outcome, MrcError)
            else views.data(outcome)
            for outcome in chain.send_many(raws, stranger=not all(known))
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
        return self.chain.store.find_block(_bound(tag, 0))

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
        if wanted.last_block - wanted.first_block >= self.limits.log_blocks:
            raise exceeded(Limit.LOG_BLOCKS, self.limits)
        found = self.chain.store.find_logs(wanted)
        if len(found) > self.limits.logs:
            raise exceeded(Limit.LOGS, self.limits)
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
            last = min(_bound(wanted.get("toBlock"), newest), newest)
        topics = wanted.get("topics") or []
        if not isinstance(topics, list):
            raise Malformed("log filter", "topics is an array")
        return LogFilter(
            first_block=first,
            last_block=last,
            addresses=_alternatives(wanted.get("address"), 20),
            topics=[_alternatives(choices, 32) for choices in topics],
            limit=self.limits.logs + 1,
        )

    def _proof(self, params: Params) -> object:
        address, names = _address(_param(params, 0)), _param(params, 1)
        if not isinstance(names, list):
            raise Malformed("eth_getProof", "expected an array of keys")
        if len(names) > self.limits.proof_keys:
            raise exceeded(Limit.PROOF_KEYS, self.limits)
        keys = [(str(name), _slot(name)) for name in names]
        header = self._header(params, 2)
        proven = self.chain.prove(header, address, [slot for _, slot in keys])
        return views.proof(address, proven, keys)

    def _call(self, params: Params, deadline: Deadline) -> object:
        return views.data(self._execute(params, deadline).output)

    def _estimate(self, params: Params, deadline: Deadline) -> object:
        call = _object(_param(params, 0))
        if call.get("to") is None:
            return views.quantity(self.limits.transaction_gas)
        execution = self._execute(params, deadline)
        size = len(_data(call.get("data", call.get("input", "0x"))))
        inner = int(execution.gas_used * _INNER_CALL_RESERVE) + 1
        estimate = _FIXED_GAS + _GAS_PER_BYTE * size + inner + inner // 5
        return views.quantity(min(estimate, self.limits.transaction_gas))

    def _execute(self, params: Params, deadline: Deadline) -> Execution:
        """A call that succeeded; one that reverted or hit a limit is an error."""
        call = _object(_param(params, 0))
        gas, most = call.get("gas"), self.limits.call_gas
        granted = most if gas is None else min(most, _quantity(gas))
        execution = self.chain.state_at(self._header(params, 1)).call(
            CallMessage(
                sender=_address(call.get("from", "0x" + "00" * 20)),
                to=_address(call.get("to")),
                data=_data(call.get("data", call.get("input", "0x"))),
                gas=granted,
                is_late=deadline.or_sooner(self.limits.call_seconds).passed,
            )
        )
        if not execution.succeeded:
            if granted == most and execution.gas_used >= granted:
                raise exceeded(Limit.CALL_GAS, self.limits)
            raise RpcError(_REVERTED, _reason(execution), views.data(execution.output))
        return execution

    def _send(self, params: Params) -> object:
        raw = _data(_param(params, 0))
        writer = self._writer()
        return views.data(writer.send(raw, stranger=not self._is_known(raw)))

    def _is_known(self, raw: bytes) -> bool:
        """Whether it may go first. EIP-7825: one that could take longer is not even queued."""
        transaction = decode_transaction(raw)
        if transaction.gas > self.limits.transaction_gas:
            raise exceeded(Limit.TRANSACTION_GAS, self.limits)
        return self._admits(transaction)

    def _writer(self) -> EmbeddedChain:
        if not isinstance(self.chain, EmbeddedChain):
            raise RpcError(_REJECTED, "this server only reads")
        return self.chain

    def _fee_history(self, params: Params) -> object:
        percentiles = _param(params, 2, [])
        newest = self._header(params, 1).number
        count = min(_quantity(_param(params, 0)), 1024, newest + 1)
        shown = percentiles if isinstance(percentiles, list) else []
        if len(shown) > _MAX_PERCENTILES:
            raise Malformed("eth_feeHistory", f"at most {_MAX_PERCENTILES} percentiles")
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
    choices = value if isinstance(value, list) else [value]
    if len(choices) > _MAX_ALTERNATIVES:
        raise Malformed("log filter", f"at most {_MAX_ALTERNATIVES} alternatives")
    return [_data(choice, size) for choice in choices]
