"""Signed reports of others: a carrier's about a line, an issuing authority's with a lock code.

A report only ever locks. What a carrier says about a phone that was found changes nothing, so
reports may come twice, late and in any order: a loss from before a card was issued, or from before
its holder was seen in person, no longer locks it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.authority.loss.codes import CodeKey, TryCounter
from mrc.authority.loss.records import Channel
from mrc.authority.loss.reports import LossReports, NewReport
from mrc.authority.loss.store import LineStore, LossStore
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import SignatureVerifier
from mrc.protocols.card_loss.lock_code import decode_lock_code
from mrc.protocols.card_loss.messages import LINE_REPORT, LOCK_NOTICE, decode_line_report
from mrc.protocols.card_loss.reasons import Reason
from mrc.protocols.card_loss.signed import SignedReport, check_report, reporter_of
from mrc.protocols.oauth.members import required_text
from mrc.registry.phones import decode_phone_number


class Reporters(Protocol):
    """Whose signed reports are taken: keys by name, looked at anew for every report."""

    def find(self, client_id: str) -> EcPublicKey | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReports:
    """Checks reports against the keys of their reporters, for one audience."""

    reporters: Reporters
    audience: str
    verifier: SignatureVerifier

    def check(self, text: str, *, expected_type: str, at: datetime) -> SignedReport:
        """Raises `Malformed` and `Rejected`."""
        decoded, name = reporter_of(text)
        key = self.reporters.find(name)
        if key is None:
            raise Rejected(Reason.REPORTER_UNKNOWN, "RFC 7519 4.1.1")
        return check_report(
            decoded,
            key=key,
            expected_type=expected_type,
            expected_audience=self.audience,
            at=at,
            verifier=self.verifier,
        )


class CarrierDesk:
    """A carrier's webhook: locks by the phone number of the registrant."""

    def __init__(self, signed: SignedReports, lines: LineStore, reports: LossReports) -> None:
        self._signed = signed
        self._lines = lines
        self._reports = reports

    async def receive(self, text: str, *, now: datetime) -> None:
        """Returns the same for every authentic report: a carrier does not learn who has a card.

        People without a card are not recorded.
        """
        signed = self._signed.check(text, expected_type=LINE_REPORT, at=now)
        line = decode_line_report(signed)
        if line is None:
            return
        number = decode_phone_number(line.phone)
        targets = await self._lines.targets_of_line(number, lost_at=line.occurred_at)
        if not targets:
            return
        report = NewReport(
            channel=Channel.CARRIER,
            actor=f"carrier:{line.carrier}",
            reason="line reported lost",
            targets=targets,
            once=once_of(signed),
        )
        await self._reports.take(report, now=now)


class NoticeDesk:
    """Another office's notice: somebody reported a phone lost with this lock code."""

    def __init__(
        self,
        signed: SignedReports,
        store: LossStore,
        reports: LossReports,
        tries: TryCounter,
        key: CodeKey,
    ) -> None:
        self._signed = signed
        self._store = store
        self._reports = reports
        self._tries = tries
        self._key = key

    async def receive(self, text: str, *, now: datetime) -> bool:
        """Whether a card was locked. The office counts addresses; codes are counted here too.

        Raises `Forbidden` with `TOO_MANY_TRIES`, `Malformed` and `Rejected`.
        """
        signed = self._signed.check(text, expected_type=LOCK_NOTICE, at=now)
        code = decode_lock_code(required_text(signed.claims, "lock_code", "lock notice"))
        await self._tries.count_code(code, now=now)
        targets = await self._store.targets_of_code(await self._key.digest(code))
        if not targets:
            return False
        report = NewReport(
            channel=Channel.OTHER_OFFICE,
            actor=f"office:{signed.reporter}",
            reason="lost phone",
            targets=targets,
            once=once_of(signed),
        )
        await self._reports.take(report, now=now)
        return True


def once_of(report: SignedReport) -> bytes:
    """What makes a repeated report the same one: who says it, and its id."""
    return hashlib.sha256(f"{report.reporter}\0{report.id}".encode()).digest()
