"""The ledger's client: reads, writes and bundles over any Ethereum JSON-RPC, through web3.py.

The same code for the embedded chain (`EmbeddedProvider`), `mrc ledger serve` and a Besu network
(`HTTPProvider`): a matter of configuration. What it reads online it believes from its own node; whoever
does not trust the node checks a bundle (`mrc.ledger.proofs`). Calls block: from `async` code use
a thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mrc.infra.chain import contract
from mrc.infra.chain.ethereum import (
    Account,
    ContractLogicError,
    DecodingError,
    ExtraDataToPOAMiddleware,
    JSONBaseProvider,
    RequestException,
    RPCEndpoint,
    TimeExhausted,
    Web3,
    Web3Exception,
    Web3RPCError,
)
from mrc.kernel.errors import MrcError, Unavailable
from mrc.ledger import rlp, statements
from mrc.ledger.anchors import AnchoredPublication
from mrc.ledger.bundle import Bundle, Entitlement, encode_bundle
from mrc.ledger.headers import Address, Header, decode_header
from mrc.ledger.statements import (
    CredentialType,
    CredentialTypeId,
    Organisation,
    OrganisationId,
    PurposeId,
    Role,
    StreamHead,
    StreamId,
)

DEPLOY_GAS = 6_000_000
WRITE_GAS = 4_000_000
RECEIPT_WAIT_S = 60
RECEIPT_POLL_S = 0.05
PROOF_KEYS = 200  # asked for at once
LOG_BLOCKS = 5_000  # public nodes refuse much more at once
_HEADER_NAMES = (
    ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot")
    + ("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData")
    + ("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas")
    + ("parentBeaconBlockRoot", "requestsHash")
)
_QUANTITIES = frozenset(
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas")
    + ("blobGasUsed", "excessBlobGas")
)


_NOT_ETHEREUM = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, DecodingError),
)  # what web3.py raises over an answer of another shape
_SENT_BEFORE = ("known", "already")  # nodes' words for a transaction they hold in their pool


class Reverted(MrcError):
    """The contract refused a call; its reason is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """One event of the contract, for histories and the explorer; values are the ABI's."""

    name: str
    block: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The facts that a bundle shall prove."""

    organisations: Sequence[OrganisationId] = ()
    credential_types: Sequence[CredentialTypeId] = ()
    entitlements: Sequence[Entitlement] = ()
    streams: Sequence[StreamId] = ()
    publications: Sequence[AnchoredPublication] = ()


class LedgerClient:
    """Reads of one ledger contract."""

    def __init__(self, provider: JSONBaseProvider, address: Address) -> None:
        self.address = address
        self.web3 = Web3(provider)
        self.web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        self._provider = provider
        self._contract = self.web3.eth.contract(
            address=self.web3.to_checksum_address(address), abi=contract.abi()
        )

    def exists(self) -> bool:
        """Whether there is a contract at the address."""
        with _translated():
            return bool(self.web3.eth.get_code(self.web3.to_checksum_address(self.address)))

    def organisation(self, name: OrganisationId) -> Organisation | None:
        """The organisation's entry now."""
        key_hash, metadata_hash, terms = self.read("organisations", name)
        return statements.decode_organisation(
            int.from_bytes(key_hash), int.from_bytes(metadata_hash), terms
        )

    def is_registered(self, name: OrganisationId, role: Role, *, at: datetime) -> bool:
        """Whether the organisation's entry now gives it that role at that time."""
        entry = self.organisation(name)
        return entry is not None and entry.holds(role, at=at)

    def credential_type(self, name: CredentialTypeId) -> CredentialType | None:
        schema_hash, issuer, terms = self.read("credential_types", name)
        return statements.decode_credential_type(
            int.from_bytes(schema_hash), int.from_bytes(issuer), terms
        )

    def entitlement(self, asker: OrganisationId, purpose: PurposeId) -> bytes | None:
        """The hash of the set of claims the asker may ask for, for that purpose."""
        word: bytes = self.read("entitlements", asker, purpose)
        return word if any(word) else None

    def stream_head(self, stream: StreamId) -> StreamHead | None:
        """The stream's newest tick, time and root."""
        head = statements.decode_head(self.read("streams", stream)[0])
        if head is None:
            return None
        return StreamHead(tick=head[0], anchored_at=head[1], root=self.anchor(stream, head[0]))

    def anchor(self, stream: StreamId, tick: int) -> bytes:
        """The root of a tick; zeros where there is none."""
        root: bytes = self.read("anchors", stream, tick)
        return root

    def anchors(self, stream: StreamId, first: int, last: int) -> list[tuple[int, bytes]]:
        """Ticks and roots by the contract's events, for histories."""
        found = [
            (int(event.values["tick"]), bytes(event.values["root"]))
            for event in self.events("Anchored", stream=stream)
        ]
        return [(tick, root) for tick, root in found if first <= tick <= last]

    def events(self, name: str, *, first_block: int = 0, **indexed: object) -> list[LedgerEvent]:
        """The contract's events of that name from a block on, in their order.

        Names: OrganisationSet, CredentialTypeSet, EntitlementSet, WriterNominated, WriterSet,
        Anchored, Proposed, Approved, Executed, SeatNominated, SeatTaken, SeatVacated,
        ThresholdSet, PausedSet. `indexed` narrows by indexed members.
        """
        with _translated():
            newest = int(self.web3.eth.block_number)
            found: list[LedgerEvent] = []
            for first in range(first_block, newest + 1, LOG_BLOCKS):
                last = min(first + LOG_BLOCKS - 1, newest)
                found.extend(self._events(name, first, last, indexed))
        return found

    def _events(
        self, name: str, first: int, last: int, indexed: dict[str, object]
    ) -> list[LedgerEvent]:
        """Those of a range of blocks, in halves where the node finds that too many."""
        try:
            logs = self._contract.events[name].get_logs(
                from_block=first, to_block=last, argument_filters=indexed
            )
        except Web3RPCError:
            if first == last:
                raise
            middle = (first + last) // 2
            earlier = self._events(name, first, middle, indexed)
            return earlier + self._events(name, middle + 1, last, indexed)
        return [
            LedgerEvent(name=name, block=int(log["blockNumber"]), values=dict(log["args"]))
            for log in logs
        ]

    def read(self, function: str, *arguments: object) -> Any:
        """What a view function returns; the shape is the ABI's."""
        with _translated():
            return self._contract.functions[function](*arguments).call()

    def newest_header(self) -> Header:
        with _translated():
            block = self._ask("eth_getBlockByNumber", "latest", False)
            return decode_header(self._header_bytes(block))

    def block(self, number: int) -> tuple[bytes, int]:
        """A block's encoded header, and how many transactions it holds."""
        with _translated():
            block = self._ask("eth_getBlockByNumber", hex(number), False)
            return self._header_bytes(block), len(block["transactions"])

    def decode_action(self, action: bytes) -> tuple[str, dict[str, str]]:
        """A proposed action in words: the function and its arguments; "unknown" for any other."""
        try:
            function, arguments = self._contract.decode_function_input(action)
        except (ValueError, Web3Exception):
            return "unknown", {}
        return str(function.fn_name), {
            name: "0x" + value.hex() if isinstance(value, bytes) else str(value)
            for name, value in arguments.items()
        }

    def bundle(self, wanted: Wanted) -> bytes:
        """A proof bundle at the newest block. Says nothing about its own truth: check it."""
        with _translated():
            return encode_bundle(self._bundle(wanted))

    def _bundle(self, wanted: Wanted) -> Bundle:
        block = self._ask("eth_getBlockByNumber", "latest", False)
        streams = {*wanted.streams, *(entry.stream for entry in wanted.publications)}
        slots = [hex(slot) for slot in self._slots(wanted, sorted(streams))]
        nodes: list[str] = []
        for first in range(0, max(1, len(slots)), PROOF_KEYS):
            some = slots[first : first + PROOF_KEYS]
            proof = self._ask("eth_getProof", "0x" + self.address.hex(), some, block["number"])
            nodes.extend(proof["accountProof"])
            for entry in proof["storageProof"]:
                nodes.extend(entry["proof"])
        return Bundle(
            contract=self.address,
            header=self._header_bytes(block),
            nodes=tuple(bytes.fromhex(node[2:]) for node in dict.fromkeys(nodes)),
            organisations=tuple(wanted.organisations),
            credential_types=tuple(wanted.credential_types),
            entitlements=tuple(wanted.entitlements),
            streams=tuple(sorted(streams)),
            publications=tuple(wanted.publications),
        )

    def _slots(self, wanted: Wanted, streams: Sequence[StreamId]) -> Iterator[int]:
        for organisation in wanted.organisations:
            yield from statements.organisation_slots(organisation)
        for credential_type in wanted.credential_types:
            yield from statements.credential_type_slots(credential_type)
        for asker, purpose in wanted.entitlements:
            yield statements.entitlement_slot(asker, purpose)
        for stream in streams:
            yield statements.head_slot(stream)
            head = self.stream_head(stream)
            if head is not None:
                yield statements.anchor_slot(stream, head.tick)

    def _header_bytes(self, block: dict[str, Any]) -> bytes:
        items: list[rlp.Item] = []
        for name in _HEADER_NAMES:
            value = block.get(name)
            if value is None:
                break
            text = str(value)[2:]
            quantity = name in _QUANTITIES
            items.append(rlp.encode_int(int(text, 16)) if quantity else bytes.fromhex(text))
        return rlp.encode(items)

    def _ask(self, method: str, *params: object) -> Any:
        response = self._provider.make_request(RPCEndpoint(method), list(params))
        if response.get("result") is None:
            raise Unavailable("ledger", f"{method}: {response.get('error')}")
        return response["result"]


class LedgerWriter:
    """One account that writes to the ledger, with its key in this process.

    `max_fee` is for networks whose gas is not free; `patience_s` is how long a write waits for
    its block.
    """

    def __init__(
        self,
        client: LedgerClient,
        secret: bytes,
        *,
        max_fee: int = 0,
        patience_s: float = RECEIPT_WAIT_S,
    ) -> None:
        self.client = client
        self._max_fee = max_fee
        self._patience_s = patience_s
        self._account = Account.from_key(secret)
        self.address = Address(bytes.fromhex(self._account.address[2:]))

    def write(self, function: str, *arguments: object) -> None:
        """Send a call and wait until a block holds it. Raises `Reverted` or `Unavailable`."""
        self.send(self.client.address, contract.call_data(function, *arguments), gas=WRITE_GAS)

    def send(self, to: Address, data: bytes, *, gas: int) -> Address | None:
        """Sign, send and wait; the address of what was made, where something was."""
        web3 = self.client.web3
        with _translated():
            raw = self._sign(to, data, gas)
            try:
                digest = web3.eth.send_raw_transaction(raw)
            except Web3RPCError as error:
                if not any(word in str(error).lower() for word in _SENT_BEFORE):
                    raise
                digest = web3.keccak(raw)
            receipt = web3.eth.wait_for_transaction_receipt(
                digest, timeout=self._patience_s, poll_latency=RECEIPT_POLL_S
            )
            made, succeeded = receipt["contractAddress"], receipt["status"] == 1
        if not succeeded:
            raise Reverted(self._revert_reason(to, data))
        return None if made is None else Address(bytes.fromhex(str(made)[2:]))

    def _sign(self, to: Address, data: bytes, gas: int) -> bytes:
        """The same nonce, call and key make the same transaction: sending twice is sending once."""
        web3 = self.client.web3
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": web3.eth.chain_id,
                "nonce": web3.eth.get_transaction_count(self._account.address, "latest"),
                "maxFeePerGas": self._max_fee,
                "maxPriorityFeePerGas": 0,
                "gas": gas,
                "to": to,
                "value": 0,
                "data": data,
            }
        )
        return bytes(signed.raw_transaction)

    def _revert_reason(self, to: Address, data: bytes) -> str:
        if not to:
            return "the contract refused its council"
        try:
            self.client.web3.eth.call(
                {"from": self._account.address, "to": to, "data": data}  # type: ignore[typeddict-item]
            )
        except ContractLogicError as error:
            return str(error)
        return "reverted"


def deploy(
    provider: JSONBaseProvider,
    secret: bytes,
    members: Sequence[Address],
    threshold: int,
    *,
    max_fee: int = 0,
) -> Address:
    """Make the ledger with its first council; the maker keeps no power over it."""
    nowhere = LedgerClient(provider, Address(bytes(20)))
    writer = LedgerWriter(nowhere, secret, max_fee=max_fee)
    made = writer.send(Address(b""), contract.creation_code(members, threshold), gas=DEPLOY_GAS)
    if made is None:
        raise Unavailable("ledger", "the contract was not made")
    return made


@contextmanager
def _translated() -> Iterator[None]:
    """web3.py's and the transport's errors as ours; so is an answer that is not Ethereum's.

    Whatever a node sends, who asked it goes on: an issuer anchors in the process that serves.
    """
    try:
        yield
    except ContractLogicError as error:
        raise Reverted(str(error)) from error
    except (TimeExhausted, Web3Exception, RequestException, OSError) as error:
        raise Unavailable("ledger", str(error)) from error
    except _NOT_ETHEREUM as error:
        raise Unavailable("ledger", f"no answer of a node: {type(error).__name__}") from error
