"""Telling other issuers of a phone reported lost with its lock code. See `OtherOffices`.

A subscriber is a file ``NAME.json`` with the `url` and `audience` of its endpoint. A notice is
written, sealed, before it is sent, and removed when it was taken: an issuer that is down, or a
process of ours that dies, delays it, and a day is given. The subscriber knows a notice by its id.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from mrc.authority.loss.records import Notice
from mrc.authority.loss.store import NoticeStore
from mrc.formats import base64url, json_text
from mrc.infra.files import write_atomic
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Cipher, Entropy, HttpClient, HttpRequest, Signer
from mrc.protocols.card_loss.lock_code import LockCode
from mrc.protocols.card_loss.messages import LOCK_NOTICE
from mrc.protocols.card_loss.signed import LONGEST_DELAY, SignedReport, make_report
from mrc.protocols.oauth.members import required_text

SEND_SECONDS = 3.0  # the reporter waits for it; what takes longer is sent again later
IV_BYTES = 12
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    name: str
    url: str
    audience: str


class PartnerFolder:
    """The subscribers, looked at anew each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def partners(self) -> Sequence[Partner]:
        found = []
        for path in sorted(self._folder.glob("*.json")):
            members = json_text.decode_object(path.read_bytes(), "loss subscription")
            url = required_text(members, "url", "loss subscription")
            audience = required_text(members, "audience", "loss subscription")
            found.append(Partner(name=path.stem, url=url, audience=audience))
        return found

    def subscribe(self, partner: Partner) -> None:
        body = json.dumps({"url": partner.url, "audience": partner.audience}).encode()
        write_atomic(self._folder / f"{partner.name}.json", body)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeParts:
    store: NoticeStore
    partners: PartnerFolder
    http: HttpClient
    signer: Signer
    cipher: Cipher
    entropy: Entropy
    reporter: str
    key: bytes = field(repr=False)


class PartnerNotices:
    """`OtherOffices` over HTTP."""

    def __init__(self, parts: NoticeParts) -> None:
        self._parts = parts

    async def tell(self, code: LockCode, *, now: datetime) -> int:
        notices = [
            await self._notice(one.name, code, now) for one in self._parts.partners.partners()
        ]
        if not notices:
            return 0
        await self._parts.store.add_notices(notices)
        return await self._deliver(notices, now)

    async def deliver_waiting(self, *, now: datetime) -> int:
        """Send again what was not taken; how many were now."""
        waiting = await self._parts.store.waiting_notices(since=now - LONGEST_DELAY)
        return await self._deliver(waiting, now)

    async def _notice(self, partner: str, code: LockCode, now: datetime) -> Notice:
        id_ = base64url.encode(self._parts.entropy.token(16))
        iv = self._parts.entropy.token(IV_BYTES)
        sealed = iv + await self._parts.cipher.seal(
            self._parts.key, iv, code.encode(), _aad(id_, partner)
        )
        return Notice(id=id_, partner=partner, sealed=sealed, created_at=now)

    async def _deliver(self, notices: Sequence[Notice], now: datetime) -> int:
        partners = {one.name: one for one in self._parts.partners.partners()}
        told = await asyncio.gather(
            *(
                self._send(notice, partners[notice.partner], now)
                for notice in notices
                if notice.partner in partners
            )
        )
        return sum(told)

    async def _send(self, notice: Notice, partner: Partner, now: datetime) -> bool:
        """Whether the partner says that it locked a card."""
        iv, sealed = notice.sealed[:IV_BYTES], notice.sealed[IV_BYTES:]
        opened = await self._parts.cipher.open(
            self._parts.key, iv, sealed, _aad(notice.id, notice.partner)
        )
        report = SignedReport(
            reporter=self._parts.reporter,
            audience=partner.audience,
            id=notice.id,
            issued_at=now,
            claims={"lock_code": opened.decode()},
        )
        body = await make_report(report, typ=LOCK_NOTICE, signer=self._parts.signer)
        request = HttpRequest(
            method="POST",
            url=partner.url,
            headers={"content-type": "application/jwt"},
            body=body.encode(),
        )
        try:
            async with asyncio.timeout(SEND_SECONDS):
                answer = await self._parts.http.send(request)
            if answer.status != 200:
                raise Unavailable(partner.name, f"status {answer.status}")
            locked = json_text.decode_object(answer.body, "notice answer").get("locked") is True
        except (TimeoutError, Unavailable, Malformed):
            _log.warning("loss.notice_not_taken", partner=partner.name, notice=notice.id)
            return False
        await self._parts.store.remove_notice(notice.id)
        return locked


def _aad(notice: str, partner: str) -> bytes:
    return f"lock notice {notice} {partner}".encode()
