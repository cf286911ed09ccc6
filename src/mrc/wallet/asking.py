"""Who asks, for what and why: the request behind a link, fetched and checked (OpenID4VP 1.0, 5).

Nothing is told to anybody here but that a request cannot be accepted (8.5). A request object may
name its own `request_uri` as audience where 5.8 has the static one: strangers' verifiers do
(docs/reference/interop.md), and only from that address was it fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mrc.formats import base64url, json_text
from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.jose import jws
from mrc.formats.jose.x5c import find_x5c
from mrc.formats.x509 import reasons as x509_reasons
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Outcome
from mrc.kernel.ports import Clock, Entropy, SignatureVerifier
from mrc.ledger.asker_register import AskerStanding
from mrc.protocols.openid4vp import errors, invocation, request_object, response
from mrc.protocols.openid4vp.invocation import ByReference, ByValue, Plain, RequestUriMethod
from mrc.protocols.openid4vp.number_match import number_to_compare
from mrc.protocols.openid4vp.reasons import Reason as RequestReason
from mrc.protocols.openid4vp.request import AuthorizationRequest, find_reply_address
from mrc.protocols.openid4vp.request_object import STATIC_AUDIENCE, AskerTrust, Expectation
from mrc.protocols.openid4vp.stated_purpose import StatedPurpose, find_stated_purpose
from mrc.protocols.openid4vp.transaction_data import TransactionData
from mrc.wallet.asker_register import AskerRegister, asked_claims
from mrc.wallet.delivery import Delivery
from mrc.wallet.reasons import Reason

_NOT_REGISTERED = (
    x509_reasons.Reason.ISSUER_UNKNOWN,
    x509_reasons.Reason.EXTENDED_KEY_USAGE,
    RequestReason.CERTIFICATE_SELF_SIGNED,
)
"""Refusals after which an asker counts as a stranger: its key still has to have signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks. Only a registered asker's name may be shown as true."""

    client_id: str
    name: str
    registered: bool
    certificate: Certificate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request whose signature, addressee and shape were checked.

    `standing` is the ledger's word about the asker and what it asks for; None where no ledger is
    asked. `number` is what the asker's screen shows for this reading, None where it shows none.
    """

    asker: Asker
    request: AuthorizationRequest = field(repr=False)
    purpose: StatedPurpose | None
    number: int | None = None
    standing: AskerStanding | None = None

    @property
    def transaction_data(self) -> Sequence[TransactionData]:
        return self.request.transaction_data


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingParts:
    delivery: Delivery
    trust: AskerTrust
    verifier: SignatureVerifier
    clock: Clock
    entropy: Entropy
    register: AskerRegister | None = None


class Asking:
    """Finds out who asks. Raises `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: AskingParts) -> None:
        self._parts = parts

    async def look_at(self, link: str) -> Question:
        """Fetch and check the request behind a link or a scanned code. Nothing is told."""
        return await self._with_standing(await self._question_behind(link))

    async def _with_standing(self, question: Question) -> Question:
        """An asker whose entry was stopped is not registered, whoever vouches for it."""
        register, certificate = self._parts.register, question.asker.certificate
        if register is None or certificate is None:
            return question
        claims = asked_claims(question.request.dcql_query, STANDARD)
        now = self._parts.clock.now()
        standing = await register.standing(certificate, claims, at=now)
        stopped = standing.registration.outcome is Outcome.FAILED
        registered = question.asker.registered and not stopped
        asker = replace(question.asker, registered=registered)
        return replace(question, asker=asker, standing=standing)

    async def _question_behind(self, link: str) -> Question:
        found = invocation.decode_invocation(link)
        match found:
            case ByReference():
                return await self._by_reference(found)
            case ByValue():
                expected = Expectation(client_id=found.client_id, wallet_nonce=None)
                now = self._parts.clock.now()
                return self._authentic(found.request_object, expected, at=now)
            case Plain():
                request = request_object.accept_unsigned_request(found.parameters).request
                return self._question(_unknown(request), request)

    async def _by_reference(self, found: ByReference) -> Question:
        if found.method is RequestUriMethod.POST:
            wallet_nonce = base64url.encode(self._parts.entropy.token(16))
            posted = invocation.RequestUriPost(wallet_nonce=wallet_nonce)
            body = invocation.encode_request_uri_post(posted)
            answer = await self._parts.delivery.post(found.request_uri, body)
        else:
            wallet_nonce = None
            answer = await self._parts.delivery.get(found.request_uri)
        if answer.status != 200:
            detail = f"the asker's server answered {answer.status}: expired or already used"
            raise Rejected(Reason.REQUEST_UNUSABLE, "OpenID4VP 5.10", detail)
        try:
            text = answer.body.decode("ascii")
        except UnicodeDecodeError as error:
            raise Malformed("request object", "not ASCII") from error
        expected = Expectation(
            client_id=found.client_id,
            wallet_nonce=wallet_nonce,
            audiences=(STATIC_AUDIENCE, found.request_uri),
        )
        at = self._parts.delivery.time_at(found.request_uri)  # made there a moment ago
        return await self._checked(text, expected, at=at)

    async def _checked(self, text: str, expected: Expectation, *, at: datetime) -> Question:
        """As `_authentic`; a request that cannot be accepted is reported to its sender (8.5)."""
        try:
            return self._authentic(text, expected, at=at)
        except (Rejected, Malformed) as error:
            await self._report(text, error)
            raise

    async def _report(self, text: str, error: Rejected | Malformed) -> None:
        try:
            claims = jws.decode_compact(text).payload
            reply = find_reply_address(json_text.decode_object(claims, "request object"))
        except Malformed:
            return
        if reply is not None:
            code = errors.error_code_of(error).value
            report = errors.ErrorResponse(code=code, state=reply.state)
            await self._parts.delivery.deliver(
                reply.response_uri, response.encode_direct_post(report)
            )

    def _authentic(self, text: str, expected: Expectation, *, at: datetime) -> Question:
        """An asker whom no root vouches for may ask, but is shown as not registered."""
        client_id = expected.client_id
        try:
            found = self._check(text, expected, self._parts.trust, at=at)
            registered = True
        except Rejected as error:
            if error.reason not in _NOT_REGISTERED:
                raise
            pinned = AskerTrust(anchors=(), pinned=_leaf_of(text))
            found = self._check(text, expected, pinned, at=at)
            registered = False
        name = found.certificate.subject.get("organization_name") or client_id
        asker = Asker(
            client_id=client_id, name=name, registered=registered, certificate=found.certificate
        )
        return self._question(asker, found.request)

    def _check(
        self, text: str, expected: Expectation, trust: AskerTrust, *, at: datetime
    ) -> request_object.AuthenticRequest:
        return request_object.check_request_object(
            text,
            expected=expected,
            trust=trust,
            at=at,
            verifier=self._parts.verifier,
        )

    def _question(self, asker: Asker, request: AuthorizationRequest) -> Question:
        purpose = find_stated_purpose(request.verifier_info)
        number = number_to_compare(request)
        return Question(asker=asker, request=request, purpose=purpose, number=number)


def _unknown(request: AuthorizationRequest) -> Asker:
    client_id = str(request.client_id)
    return Asker(client_id=client_id, name=client_id, registered=False, certificate=None)


def _leaf_of(text: str) -> Sequence[Certificate]:
    encoded = find_x5c(jws.decode_compact(text).header)
    return [decode_certificate(encoded[0])] if encoded else []
