"""The stages of one question: open, claimed, finished. Each holds only what exists then.

    open_transaction ─▶ OpenTransaction ─▶ (claimed once) ClaimedTransaction ─▶ FinishedTransaction

OpenID4VP 1.0, 13.3: two random numbers, the transaction id known to the asker alone and the
request id in the wallet's addresses, so that whoever sees the QR code cannot fetch the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from mrc.kernel.findings import Finding
from mrc.protocols.dcql.query import DcqlQuery
from mrc.protocols.openid4vp.client_id import ClientId
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.stated_purpose import StatedPurpose
from mrc.protocols.openid4vp.transaction_data import TransactionData
from mrc.verifier.policy import Verdict

TransactionId = NewType("TransactionId", str)
RequestId = NewType("RequestId", str)


class Stage(StrEnum):
    """How far a question has come."""

    OPEN = "open"
    CHECKING = "checking"
    FINISHED = "finished"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what will be done with the answer.

    `return_uri` not None: the same-device flow; the wallet sends its holder back there with a
    response code, without which the outcome cannot be read (HAIP 1.0, 5.1). `number_match`: the
    holder compares a number of the asker's screen before anything is shared.
    """

    query: DcqlQuery
    client_id: ClientId
    response_mode: ResponseMode
    max_status_age: timedelta
    kept_for: timedelta = timedelta()
    purpose: str | None = None
    stated_purpose: StatedPurpose | None = None
    transaction_data: tuple[TransactionData, ...] = ()
    return_uri: str | None = None
    number_match: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKey:
    """The fresh key to which this one answer is encrypted; its private half is sealed."""

    kid: str
    thumbprint: bytes
    jwk: Mapping[str, str]
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTransaction:
    """A question that waits for its answer."""

    id: TransactionId
    request_id: RequestId
    question: Question
    nonce: str = field(repr=False)
    state: str = field(repr=False)
    key: KeptKey | None
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTransaction:
    """A question whose one answer has come. Made only by the store's `claim`."""

    transaction: OpenTransaction
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """One presentation that was checked.

    `claims` are only those that were asked for, in JSON's types and the credential's own names;
    `values` the same by the catalogue's keys where the card is one of its types.
    """

    query_id: str
    format: str
    type: str
    card_type: str | None
    authority: str | None
    findings: tuple[Finding, ...]
    claims: Mapping[str, object] = field(repr=False)
    values: Mapping[str, object] = field(repr=False)

    def silent(self) -> "ShownCard":
        """The same card without what it says about its holder."""
        return replace(self, claims={}, values={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question. `declined` is the wallet's own error instead of an answer."""

    verdict: Verdict | None
    cards: tuple[ShownCard, ...] = ()
    declined: ErrorResponse | None = None

    def silent(self) -> "Outcome":
        return replace(self, cards=tuple(card.silent() for card in self.cards))


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTransaction:
    """A question with its outcome.

    `response_code_hash` not None: the outcome is read only by whoever brings the code.
    `keep_until` None: the claims go when the outcome was read.
    """

    id: TransactionId
    outcome: Outcome
    finished_at: datetime
    response_code_hash: bytes | None
    keep_until: datetime | None
