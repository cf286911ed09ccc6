"""The authority's `Carrier` port on the CAMARA APIs.

No answer is ever a pass: an outage, a delay, a refusal and an answer that is not understood are
undetermined findings with their own reasons. Nothing about a line is kept: each question is asked
anew, so a renewal learns what changed since the counter.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from mrc.infra.carrier import kyc_match
from mrc.infra.carrier.api import CarrierApi
from mrc.infra.carrier.reasons import CarrierCode, LineReason
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined
from mrc.registry.name_matching.spellings import Spelling, spellings
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber

SIM_CHECK = "carrier.sim_change"
SIM_CLAUSE = "CAMARA SIM Swap 2.1.0, check"
NUMBER_CHECK = "carrier.number_in_phone"
NUMBER_CLAUSE = "CAMARA Number Verification 2.1.0, verify"
LONGEST_AGE = 2400  # hours, SIM Swap 2.1.0
_UNKNOWN_LINE = (CarrierCode.IDENTIFIER_NOT_FOUND, CarrierCode.NOT_FOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePolicy:
    """`recent_hours`: a SIM changed within them is for an officer to look at; 0 asks nothing.
    `decide_seconds` is for one finding with all its questions; `message` is the SMS with a code."""

    recent_hours: int = 72
    decide_seconds: float = 10.0
    message: str = (
        "[모바일 외국인등록증] 코드 {code}. 지갑 앱에만 입력하세요.\n"
        "[Mobile residence card] Code {code}: enter it in your wallet app only."
    )


class CamaraCarrier:
    """A `Carrier`, and the carrier's other words: SIM change and number in the phone."""

    def __init__(self, api: CarrierApi, policy: LinePolicy | None = None) -> None:
        self._api = api
        self._policy = policy or LinePolicy()

    async def in_own_name(
        self, number: PhoneNumber, registrant: Registrant, *, at: datetime
    ) -> Finding:
        """Passed: the line is in this name with this birth date, and its SIM is not brand-new."""
        named = await self._named(number, registrant)
        if named.outcome is not Outcome.PASSED or not self._policy.recent_hours:
            return named
        changed = await self.sim_unchanged(number, hours=self._policy.recent_hours)
        return named if changed.outcome is Outcome.PASSED else changed

    async def still_own_number(
        self, number: PhoneNumber, registrant: Registrant, *, checked_at: datetime, at: datetime
    ) -> Finding:
        """The check before a renewal: as `in_own_name`, with every SIM change since `checked_at`.

        A number that was given up is given to somebody else, and that is a SIM change too.
        """
        named = await self._named(number, registrant)
        if named.outcome is not Outcome.PASSED:
            return named
        hours = ceil((at - checked_at).total_seconds() / 3600)
        changed = await self.sim_unchanged(number, hours=max(1, min(hours, LONGEST_AGE)))
        return named if changed.outcome is Outcome.PASSED else changed

    async def sim_unchanged(self, number: PhoneNumber, *, hours: int) -> Finding:
        """Undetermined where the SIM changed within `hours`: no proof of a theft, no pass."""

        async def ask() -> Finding:
            body: dict[str, object] = {"phoneNumber": number, "maxAge": hours}
            answer = await self._api.post("/sim-swap/v2/check", body, scope="sim-swap:check")
            match answer.get("swapped"):
                case True:
                    reason = LineReason.SIM_CHANGED_RECENTLY.value
                    return undetermined(SIM_CHECK, SIM_CLAUSE, reason, f"within {hours} hours")
                case False:
                    return passed(SIM_CHECK, SIM_CLAUSE)
            raise Malformed("SIM Swap answer", "swapped is not a boolean")

        return await self._judged(SIM_CHECK, SIM_CLAUSE, ask)

    async def number_in_phone(self, number: PhoneNumber, operator_token: str) -> Finding:
        """Whether the phone that got `operator_token` from its network holds this number.

        Proves possession of the SIM, not whose name the line is in.
        """

        async def ask() -> Finding:
            answer = await self._api.post_for_phone(
                "/number-verification/v2/verify",
                {"phoneNumber": number},
                scope="number-verification:verify",
                operator_token=operator_token,
            )
            match answer.get("devicePhoneNumberVerified"):
                case True:
                    return passed(NUMBER_CHECK, NUMBER_CLAUSE)
                case False:
                    reason = LineReason.OTHER_NUMBER_IN_PHONE.value
                    return failed(NUMBER_CHECK, NUMBER_CLAUSE, reason)
            raise Malformed("Number Verification answer", "no boolean")

        return await self._judged(NUMBER_CHECK, NUMBER_CLAUSE, ask)

    async def send_code(self, number: PhoneNumber, code: str) -> None:
        """Never tried twice: a second message with the same code would only worry people."""
        body: dict[str, object] = {
            "phoneNumber": number,
            "message": self._policy.message.format(code=code),
        }
        try:
            await self._api.post("/sms/v1/messages", body, scope="sms:send")
        except (Rejected, Malformed) as error:
            raise Unavailable("the carrier's messages", type(error).__name__) from error

    async def _named(self, number: PhoneNumber, registrant: Registrant) -> Finding:
        async def ask() -> Finding:
            return await self._own_name(number, registrant)

        return await self._judged(kyc_match.CHECK, kyc_match.CLAUSE, ask)

    async def _own_name(self, number: PhoneNumber, registrant: Registrant) -> Finding:
        """Asks in one spelling after another until the carrier's word decides."""
        best: int | None = None
        for spelling in spellings(registrant.name):
            answer = await self._match(number, registrant, spelling)
            finding = kyc_match.decided(answer)
            if finding is not None:
                return finding
            best = max(best or 0, answer.score or 0)
        return kyc_match.not_in_any_spelling(best)

    async def _match(
        self, number: PhoneNumber, registrant: Registrant, spelling: Spelling
    ) -> kyc_match.MatchAnswer:
        """Sends the plastic card's number only where the carrier demands a document."""
        question = kyc_match.encode_question(number, registrant, spelling, None)
        try:
            body = await self._api.post(kyc_match.PATH, question, scope=kyc_match.SCOPE)
        except Rejected as error:
            if error.reason is not CarrierCode.ID_DOCUMENT_REQUIRED or registrant.card is None:
                raise
            document = registrant.card.document_number
            question = kyc_match.encode_question(number, registrant, spelling, document)
            body = await self._api.post(kyc_match.PATH, question, scope=kyc_match.SCOPE)
        return kyc_match.decode_answer(body)

    async def _judged(
        self, check: str, clause: str, ask: Callable[[], Awaitable[Finding]]
    ) -> Finding:
        """What `ask` found; an answer that did not come or is no answer is undetermined."""
        try:
            async with asyncio.timeout(self._policy.decide_seconds):
                return await ask()
        except TimeoutError:
            reason, detail = LineReason.CARRIER_UNAVAILABLE, "too slow"
        except Unavailable as error:
            reason, detail = LineReason.CARRIER_UNAVAILABLE, error.detail
        except Malformed as error:
            reason, detail = LineReason.ANSWER_NOT_UNDERSTOOD, error.detail
        except Rejected as error:
            if error.reason is CarrierCode.ID_DOCUMENT_MISMATCH:
                return failed(check, clause, LineReason.DOCUMENT_DIFFERS.value)
            reason, detail = _refused(error), error.detail
        return undetermined(check, clause, reason.value, detail)


def _refused(error: Rejected) -> LineReason:
    if error.reason in _UNKNOWN_LINE:
        return LineReason.NOT_A_SUBSCRIBER
    if error.reason is CarrierCode.ID_DOCUMENT_REQUIRED:
        return LineReason.DOCUMENT_NEEDED
    if error.reason is CarrierCode.NOT_BY_MOBILE_NETWORK:
        return LineReason.NOT_BY_MOBILE_NETWORK
    return LineReason.CARRIER_REFUSED
