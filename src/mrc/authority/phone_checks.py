"""Whether the number is still the holder's, asked again before copies are renewed.

Passed within `recheck_after`: nothing is asked. Passed now: usual copies. The line is another
person's: no new copies, and the old ones run out within days; the cards are not locked, because a
carrier's comparison may err and the counter can look. Nobody could say (carrier down, SIM changed
lately): copies that end soon, so that the question comes again, but for no longer than
`longest_unsure` after the last pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Finding, Outcome
from mrc.registry.eligibility import Reason
from mrc.registry.people import Registrant
from mrc.registry.phones import PhoneNumber


class NumberAsker(Protocol):
    async def still_own_number(
        self, number: PhoneNumber, registrant: Registrant, *, checked_at: datetime, at: datetime
    ) -> Finding: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCheck:
    """What was found out about a holder's numbers; `passed_at` None: never passed here."""

    holder: HolderReference
    numbers: tuple[PhoneNumber, ...]
    first_asked_at: datetime
    passed_at: datetime | None

    @property
    def known_good_at(self) -> datetime:
        """Before the first question here, the counter asked and had a pass."""
        return self.passed_at or self.first_asked_at


class PhoneCheckStore(Protocol):
    async def find_check(self, holder: HolderReference) -> PhoneCheck | None: ...

    async def put_check(self, check: PhoneCheck) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalPolicy:
    recheck_after: timedelta = timedelta(days=7)
    unsure_copies: timedelta = timedelta(days=7)
    longest_unsure: timedelta = timedelta(days=30)


class PhoneChecks:
    """The check before a renewal."""

    def __init__(
        self, store: PhoneCheckStore, carrier: NumberAsker, policy: RenewalPolicy | None = None
    ) -> None:
        self._store = store
        self._carrier = carrier
        self._policy = policy or RenewalPolicy()

    async def longest_validity(self, person: Registrant, *, at: datetime) -> datetime | None:
        """When copies made now must end at the latest; None where they may live as usual.

        Raises `Forbidden` with the rule's reason where there may be no new copies.
        """
        if not person.phones:
            raise Forbidden(Reason.NO_PHONE_NUMBER)
        check = await self._known(person, at)
        if check.passed_at is not None and at - check.passed_at < self._policy.recheck_after:
            return None
        match await self._ask(person, check, at):
            case Outcome.PASSED:
                await self._store.put_check(_passed(check, at))
                return None
            case Outcome.FAILED:
                raise Forbidden(Reason.PHONE_OF_ANOTHER)
            case Outcome.UNDETERMINED:
                await self._store.put_check(check)
                return self._unsure(check, at)

    async def _known(self, person: Registrant, at: datetime) -> PhoneCheck:
        """A check of other numbers than today's says nothing about these."""
        holder = HolderReference(person.id)
        known = await self._store.find_check(holder)
        if known is not None and known.numbers == person.phones:
            return known
        return PhoneCheck(holder=holder, numbers=person.phones, first_asked_at=at, passed_at=None)

    async def _ask(self, person: Registrant, check: PhoneCheck, at: datetime) -> Outcome:
        """One number of the holder's own is enough; failed only where each one failed."""
        outcomes: Sequence[Outcome] = ()
        for number in person.phones:
            finding = await self._carrier.still_own_number(
                number, person, checked_at=check.known_good_at, at=at
            )
            if finding.outcome is Outcome.PASSED:
                return Outcome.PASSED
            outcomes = (*outcomes, finding.outcome)
        failed = all(outcome is Outcome.FAILED for outcome in outcomes)
        return Outcome.FAILED if failed else Outcome.UNDETERMINED

    def _unsure(self, check: PhoneCheck, at: datetime) -> datetime:
        last = check.known_good_at + self._policy.longest_unsure
        if at >= last:
            raise Forbidden(Reason.PHONE_OWNER_UNKNOWN)
        return min(last, at + self._policy.unsure_copies)


def _passed(check: PhoneCheck, at: datetime) -> PhoneCheck:
    return PhoneCheck(
        holder=check.holder,
        numbers=check.numbers,
        first_asked_at=check.first_asked_at,
        passed_at=at,
    )
