"""What one caller of the ledger's JSON-RPC may cost, and how it is told that it asked for more.

Each limit has an error of its own: code, a sentence, and `data` with the limit's name and value.
Codes are EIP-1474's -32005 (limit exceeded) and, for time, -32002 (resource unavailable) as go-ethereum
uses it. Over HTTP three of them also have a status, by which ordinary clients slow down or give up.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from mrc.infra.settings import Settings

LIMIT_EXCEEDED, TIMED_OUT = -32005, -32002


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcLimits:
    """Sizes in bytes, times in seconds, the rest are counts.

    `requests` counts those that run and those that wait for one of `workers`. `client_seconds`: how
    long a client may take to send a request's head, then its body, and how long it may leave an
    answer unread. `transaction_gas` is EIP-7825's.
    """

    body_bytes: int = 2_000_000
    answer_bytes: int = 10_000_000
    batch: int = 100
    requests: int = 32
    workers: int = 4
    request_seconds: float = 10.0
    connections: int = 256
    sockets: int = 64
    subscriptions: int = 16
    unsent_blocks: int = 1_000
    client_seconds: float = 10.0
    log_blocks: int = 10_000
    logs: int = 10_000
    proof_keys: int = 256
    call_gas: int = 16_777_216
    call_seconds: float = 2.0
    transaction_gas: int = 16_777_216


def limits_of(settings: Settings) -> RpcLimits:
    """The limits that an installation has set."""
    return RpcLimits(
        body_bytes=settings.ledger_rpc_body_bytes,
        answer_bytes=settings.ledger_rpc_answer_bytes,
        batch=settings.ledger_rpc_batch,
        requests=settings.ledger_rpc_requests,
        request_seconds=settings.ledger_rpc_request_seconds,
        connections=settings.ledger_rpc_connections,
        sockets=settings.ledger_rpc_sockets,
        subscriptions=settings.ledger_rpc_subscriptions,
        unsent_blocks=settings.ledger_rpc_unsent_blocks,
        client_seconds=settings.ledger_rpc_client_seconds,
        log_blocks=settings.ledger_rpc_log_blocks,
        logs=settings.ledger_rpc_logs,
        call_gas=settings.ledger_rpc_call_gas,
        call_seconds=settings.ledger_rpc_call_seconds,
        transaction_gas=settings.ledger_rpc_transaction_gas,
    )


class Limit(Enum):
    """A limit by its published name: the name of its value in `RpcLimits`, and the sentence."""

    BODY = "body_bytes", "a request has at most {} bytes"
    ANSWER = "answer_bytes", "answers have at most {} bytes: ask for less at once"
    BATCH = "batch", "a batch has at most {} requests"
    REQUESTS = "requests", "{} requests are being answered: come again"
    REQUEST_TIME = "request_seconds", "not answered within {} seconds"
    CONNECTIONS = "connections", "{} connections are open: come again"
    SOCKETS = "sockets", "{} WebSockets are open: come again"
    SUBSCRIPTIONS = "subscriptions", "a WebSocket has at most {} subscriptions"
    UNSENT = "unsent_blocks", "more than {} blocks were not read: subscribe again"
    CLIENT_TIME = "client_seconds", "the request did not arrive within {} seconds"
    LOG_BLOCKS = "log_blocks", "a log query spans at most {} blocks"
    LOGS = "logs", "a log query finds at most {} logs: ask for fewer blocks"
    PROOF_KEYS = "proof_keys", "a proof has at most {} keys"
    CALL_GAS = "call_gas", "a call has at most {} gas"
    CALL_TIME = "call_seconds", "the call ran for more than {} seconds"
    TRANSACTION_GAS = "transaction_gas", "a transaction has at most {} gas"

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        self.sentence = sentence

    @property
    def code(self) -> int:
        timed = (Limit.REQUEST_TIME, Limit.CLIENT_TIME, Limit.CALL_TIME)
        return TIMED_OUT if self in timed else LIMIT_EXCEEDED


class RpcError(Exception):
    """An answer that is an error (JSON-RPC 2.0, 5.1)."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def exceeded(limit: Limit, limits: RpcLimits) -> RpcError:
    """The error of `limit`, with its value among `limits`."""
    value = getattr(limits, limit.field)
    data = {"limit": limit.field, "max": value}
    return RpcError(limit.code, limit.sentence.format(value), data)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by a monotonic clock, in seconds."""

    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        """Seconds until then; negative once it has passed."""
        return self.at - self.clock()

    def passed(self) -> bool:
        return self.left() < 0

    def or_sooner(self, seconds: float) -> "Deadline":
        """This one, or `seconds` from now, whichever is earlier."""
        return Deadline(min(self.at, self.clock() + seconds), self.clock)
