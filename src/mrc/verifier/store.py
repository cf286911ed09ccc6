"""The port behind which questions and their answers are kept.

Every method is one transaction of its own. What was forgotten cannot be read again: the store
deletes it, it does not hide it.
"""

from datetime import datetime
from typing import Protocol

from mrc.verifier.transactions import (
    ClaimedTransaction,
    FinishedTransaction,
    OpenTransaction,
    RequestId,
    Stage,
    TransactionId,
)


class TransactionStore(Protocol):
    async def add(self, transaction: OpenTransaction) -> None: ...

    async def find_open(self, request_id: RequestId) -> OpenTransaction | None:
        """The question behind a wallet's address, while no answer has come; expired ones too."""

    async def knows(self, request_id: RequestId) -> bool:
        """Whether there is, or was, a question at this address of a wallet."""

    async def claim(self, request_id: RequestId, *, at: datetime) -> ClaimedTransaction | None:
        """Take the question for its one answer, atomically; None where another answer did.

        The nonce, the state and the sealed key are deleted with the claim: nobody can answer,
        or open an answer, a second time. Of several callers exactly one gets the question.
        """

    async def finish(self, finished: FinishedTransaction) -> None:
        """Record the outcome of a claimed question."""

    async def find_stage(self, transaction_id: TransactionId, *, at: datetime) -> Stage | None:
        """How far it has come; None for an unknown or forgotten one."""

    async def find_finished(self, transaction_id: TransactionId) -> FinishedTransaction | None:
        """The outcome; its cards have no claims once they were forgotten."""

    async def forget_claims(self, transaction_id: TransactionId) -> bool:
        """Delete the claims and values; True for the one caller that did it."""

    async def purge(self, *, opened_before: datetime, at: datetime) -> int:
        """Delete what nobody may or will read: claims kept long enough, and old questions.

        `at`: claims whose time to be kept is over go. `opened_before`: questions opened before
        it go as a whole, unless their claims are still to be kept. The number of rows touched.
        """
