"""The verifier's use cases: ask, hand out the request, take the one answer, tell the outcome.

OpenID4VP 1.0, 8.2 and 13.3. Every dependency is a port or a value and time is passed in, so that
the same code runs in one process, in many, and in tests. An answer is claimed before it is
judged: of several only the first counts, and a question that got a bad answer is not asked again.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from mrc.formats import base64url
from mrc.formats.jose.reasons import Reason as JoseReason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, failed, passed
from mrc.kernel.ports import Cipher, Entropy
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.invocation import (
    ByReference,
    RequestUriPost,
    encode_invocation,
)
from mrc.protocols.openid4vp.number_match import number_to_compare
from mrc.protocols.openid4vp.reasons import Reason as ProtocolReason
from mrc.protocols.openid4vp.request import AuthorizationRequest
from mrc.protocols.openid4vp.request_object import Lifetime, sign_request_object
from mrc.protocols.openid4vp.response import (
    AuthorizationResponse,
    EncryptedResponse,
    Posted,
    ResponseKey,
    ResponseReceipt,
    decode_post,
    open_response,
)
from mrc.verifier.checks.answer import Grounds, check_answer
from mrc.verifier.checks.presentation import Exchange
from mrc.verifier.policy import Decision, Verdict, judge
from mrc.verifier.ports import ResponseKeys
from mrc.verifier.readings import Reading, Readings
from mrc.verifier.reasons import Reason
from mrc.verifier.requests import (
    ENCRYPTIONS,
    Asking,
    VerifierProfile,
    authorization_request,
    make_question,
    open_transaction,
)
from mrc.verifier.store import TransactionStore
from mrc.verifier.transactions import (
    FinishedTransaction,
    OpenTransaction,
    Outcome,
    RequestId,
    Stage,
    TransactionId,
)

QUESTIONS_KEPT = timedelta(days=1)
"""Questions without claims to keep are deleted after this, read or not."""

_CODE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that now waits. `id` is for the asker alone, `link` for the wallet."""

    id: TransactionId
    link: str
    request_uri: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """An answer after decryption: what it says, or why it cannot be read, with the findings."""

    answer: AuthorizationResponse | ErrorResponse | None
    findings: tuple[Finding, ...]
    refusal: Malformed | Rejected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """One asker's verifier."""

    profile: VerifierProfile
    grounds: Grounds
    store: TransactionStore
    keys: ResponseKeys = field(repr=False)
    entropy: Entropy = field(repr=False)
    cipher: Cipher = field(repr=False)
    readings: Readings = field(default_factory=Readings, repr=False)

    async def ask(self, asking: Asking, *, now: datetime) -> Asked:
        """Open a question. Raises `Malformed` or `Rejected` where it cannot be asked."""
        question = make_question(asking, profile=self.profile, trust=self.grounds.trust)
        transaction = await open_transaction(
            question,
            keys=self.keys,
            entropy=self.entropy,
            now=now,
            lifetime=self.profile.lifetime,
        )
        await self.store.add(transaction)
        request_uri = self.profile.request_uri(transaction.request_id)
        reference = ByReference(
            client_id=str(question.client_id),
            request_uri=request_uri,
            method=asking.request_uri_method,
        )
        return Asked(
            id=transaction.id,
            link=encode_invocation(reference, endpoint=self.profile.wallet_endpoint),
            request_uri=request_uri,
            expires_at=transaction.expires_at,
        )

    async def request_object(
        self, request_id: RequestId, post: RequestUriPost | None, *, now: datetime
    ) -> str:
        """The signed request for a wallet, by GET or POST (5.10). Raises `Rejected`."""
        transaction = await self.store.find_open(request_id)
        if transaction is None:
            raise await self._gone(request_id)
        if transaction.expires_at <= now:
            raise Rejected(Reason.REQUEST_EXPIRED, "OpenID4VP 14.3.2")
        request = authorization_request(
            transaction,
            profile=self.profile,
            wallet_nonce=None if post is None else post.wallet_nonce,
        )
        self.readings.note(request_id, _number(request))
        lifetime = Lifetime(issued_at=now, expires_at=transaction.expires_at)
        return await sign_request_object(request, signer=self.profile.signer, lifetime=lifetime)

    def reading(self, request_uri: str) -> Reading | None:
        """Whether a phone has read a request of ours, and the number to compare since then."""
        return self.readings.find(RequestId(request_uri.rpartition("/")[2]))

    async def receive(
        self, request_id: RequestId, body: bytes, *, now: datetime
    ) -> ResponseReceipt:
        """Take the one answer, check it and record what was found.

        Raises `Malformed` where the body does not decode (the question stays open), `Rejected`
        where no question waits here, and either, after recording it, where the answer cannot be
        opened or is not the answer to this question.
        """
        posted = decode_post(body)
        claimed = await self.store.claim(request_id, at=now)
        if claimed is None:
            raise await self._gone(request_id)
        transaction = claimed.transaction
        opened = await self._open(posted, transaction)
        outcome = await self._outcome(opened, transaction, now)
        code = base64url.encode(self.entropy.token(_CODE_BYTES))
        receipt = _receipt(transaction.question.return_uri, code)
        kept_for = transaction.question.kept_for
        await self.store.finish(
            FinishedTransaction(
                id=transaction.id,
                outcome=outcome,
                finished_at=now,
                response_code_hash=None if receipt.redirect_uri is None else _code_hash(code),
                keep_until=now + kept_for if kept_for > timedelta() else None,
            )
        )
        if opened.refusal is not None:
            raise opened.refusal
        return receipt

    async def stage(self, transaction_id: TransactionId, *, now: datetime) -> Stage:
        """How far a question has come. Raises `Rejected` for an unknown one."""
        stage = await self.store.find_stage(transaction_id, at=now)
        if stage is None:
            raise Rejected(Reason.UNKNOWN_REQUEST, "OpenID4VP 13.3")
        return stage

    async def outcome(
        self, transaction_id: TransactionId, *, response_code: str | None, now: datetime
    ) -> Outcome | None:
        """What came of a question; None while it is open. The claims are told once.

        In the same-device flow only for the code that the wallet's holder brought back (HAIP
        5.1). After the first reading the claims are deleted, unless the purpose keeps them.
        Raises `Rejected`.
        """
        stage = await self.stage(transaction_id, now=now)
        if stage is Stage.EXPIRED:
            raise Rejected(Reason.REQUEST_EXPIRED, "OpenID4VP 13.3")
        finished = await self.store.find_finished(transaction_id)
        if finished is None:
            return None
        expected = finished.response_code_hash
        if expected is not None and not hmac.compare_digest(
            expected, _code_hash(response_code or "")
        ):
            raise Rejected(Reason.RESPONSE_CODE_MISMATCH, "HAIP 5.1")
        if finished.keep_until is not None or not finished.outcome.cards:
            return finished.outcome
        first = await self.store.forget_claims(transaction_id)
        return finished.outcome if first else finished.outcome.silent()

    async def purge(self, *, now: datetime) -> int:
        """Forget what nobody may read any more; called from time to time."""
        return await self.store.purge(opened_before=now - QUESTIONS_KEPT, at=now)

    async def _gone(self, request_id: RequestId) -> Rejected:
        """Why no answer is taken at a wallet's address."""
        if await self.store.find_open(request_id) is not None:
            return Rejected(Reason.REQUEST_EXPIRED, "OpenID4VP 14.3.2")
        if await self.store.knows(request_id):
            return Rejected(Reason.ALREADY_ANSWERED, "OpenID4VP 14.1")
        return Rejected(Reason.UNKNOWN_REQUEST, "OpenID4VP 14.3.2")

    async def _open(self, posted: Posted, transaction: OpenTransaction) -> _Opened:
        """Decrypt where that was demanded, and see whether it answers this question.

        8.3.1: an error may come plain even so; a card may not.
        """
        check, clause = "response.encryption", "OpenID4VP 8.3"
        try:
            answer = await self._decrypt(posted, transaction)
        except Rejected as error:
            finding = failed(check, error.clause, error.reason.value, error.detail)
            return _Opened(answer=None, findings=(finding,), refusal=error)
        except Malformed as error:
            reason = Reason.MALFORMED.value
            finding = failed(check, clause, reason, str(error))
            return _Opened(answer=None, findings=(finding,), refusal=error)
        encryption = passed(check, clause)
        if isinstance(answer, ErrorResponse):
            return _Opened(answer=answer, findings=(encryption,))
        return _check_state(answer, transaction, encryption)

    async def _decrypt(
        self, posted: Posted, transaction: OpenTransaction
    ) -> AuthorizationResponse | ErrorResponse:
        key = transaction.key
        match posted:
            case EncryptedResponse():
                if key is None:
                    raise Rejected(
                        JoseReason.ENCRYPTION_NOT_SUPPORTED, "OpenID4VP 8.3", "no key was offered"
                    )
                response_key = ResponseKey(
                    agreement=await self.keys.open(key.sealed),
                    kid=key.kid,
                    encryptions=ENCRYPTIONS,
                )
                return await open_response(posted, key=response_key, cipher=self.cipher)
            case AuthorizationResponse() if key is not None:
                raise Rejected(ProtocolReason.NOT_ENCRYPTED, "OpenID4VP 8.3.1")
            case _:
                return posted

    async def _outcome(
        self, opened: _Opened, transaction: OpenTransaction, now: datetime
    ) -> Outcome:
        if isinstance(opened.answer, ErrorResponse):
            return Outcome(verdict=None, declined=opened.answer)
        question = transaction.question
        if opened.answer is None:
            verdict = judge(
                opened.findings, status_times=(), at=now, max_status_age=question.max_status_age
            )
            return Outcome(verdict=verdict)
        checked = await check_answer(
            opened.answer.vp_token,
            question,
            exchange=self._exchange(transaction),
            grounds=self.grounds,
            at=now,
        )
        verdict = judge(
            (*opened.findings, *checked.findings),
            status_times=checked.status_times,
            at=now,
            max_status_age=question.max_status_age,
        )
        cards = tuple(card if _may_be_told(verdict) else card.silent() for card in checked.cards)
        return Outcome(verdict=verdict, cards=cards)

    def _exchange(self, transaction: OpenTransaction) -> Exchange:
        key = transaction.key
        return Exchange(
            client_id=str(transaction.question.client_id),
            nonce=transaction.nonce,
            response_uri=self.profile.response_uri(transaction.request_id),
            jwk_thumbprint=None if key is None else key.thumbprint,
            opened_at=transaction.opened_at,
        )


def _check_state(
    answer: AuthorizationResponse, transaction: OpenTransaction, encryption: Finding
) -> _Opened:
    """RFC 6749, 4.1.2 and OpenID4VP 5.3: the same `state` comes back."""
    check, clause = "response.state", "OpenID4VP 5.3"
    if hmac.compare_digest((answer.state or "").encode(), transaction.state.encode()):
        return _Opened(answer=answer, findings=(encryption, passed(check, clause)))
    refusal = Rejected(ProtocolReason.STATE_MISMATCH, clause)
    finding = failed(check, clause, refusal.reason.value)
    return _Opened(answer=None, findings=(encryption, finding), refusal=refusal)


def _may_be_told(verdict: Verdict) -> bool:
    """What a card says is told only where the card may be good: nobody needs a bad card's data."""
    return verdict.decision is not Decision.NOT_VALID


def _receipt(return_uri: str | None, code: str) -> ResponseReceipt:
    """8.2: the way back carries a fresh secret, which the asker's page hands in with its id."""
    if return_uri is None:
        return ResponseReceipt()
    parts = urlsplit(return_uri)
    added = urlencode({"response_code": code})
    query = f"{parts.query}&{added}" if parts.query else added
    return ResponseReceipt(redirect_uri=urlunsplit(parts._replace(query=query)))


def _code_hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _number(request: AuthorizationRequest) -> int | None:
    """None too for a wallet of others that reads by GET: it compares nothing."""
    return None if request.wallet_nonce is None else number_to_compare(request)
