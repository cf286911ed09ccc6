"""Losses in the database. See `mrc.authority.loss.store`.

Cards and registrants are read here from the tables of their rooms, which stand in the same
database; nothing of theirs is written.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.authority.loss.records import (
    Case,
    CaseOutcome,
    Channel,
    LossReport,
    Notice,
    Target,
)
from mrc.authority.loss.store import RegisteredCode
from mrc.infra.database.engine import Database, Row
from mrc.infra.database.issuer_tables import card_events
from mrc.infra.database.issuer_tables import cards as mobile_cards
from mrc.infra.database.loss_tables import cases, codes, notices, reports, tries
from mrc.infra.database.registry_tables import registrants
from mrc.infra.database.schema import Instant
from mrc.issuer.cards import CardAct
from mrc.issuer.records import HolderReference, MobileCardId
from mrc.protocols.card_loss.signed import LONGEST_DELAY, SKEW
from mrc.registry.people import RegistrantId
from mrc.registry.phones import PhoneNumber

_P = sa.bindparam
_new_code = insert_or(codes)
_PUT_CODE = _new_code.on_conflict_do_update(
    index_elements=["card"],
    set_={
        "digest": _new_code.excluded.digest,
        "holder": _new_code.excluded.holder,
        "registered_at": _new_code.excluded.registered_at,
    },
)
_OF_CODE = (
    sa.select(mobile_cards.c.id, mobile_cards.c.holder)
    .join(codes, codes.c.card == mobile_cards.c.id)
    .where(codes.c.digest == _P("of_digest"), mobile_cards.c.ended_at.is_(None))
    .order_by(mobile_cards.c.id)
)
_COUNT_TRY = (
    insert_or(tries)
    .on_conflict_do_update(index_elements=["bucket", "window"], set_={"tries": tries.c.tries + 1})
    .returning(tries.c.tries)
)
_ADD_REPORT = insert_or(reports).on_conflict_do_nothing(index_elements=["once"])
_REPORT_OF = sa.select(reports).where(reports.c.once == _P("of_once"))
_FINISH = (
    sa.update(reports)
    .where(reports.c.reference == _P("of_reference"), reports.c.refused_from.is_(None))
    .values(refused_from=_P("at"))
)
_UNFINISHED = (
    sa.select(reports)
    .where(reports.c.refused_from.is_(None), reports.c.received_at < _P("before"))
    .order_by(reports.c.received_at)
)
_ADD_NOTICE = sa.insert(notices)
_NOTICES = (
    sa.select(notices).where(notices.c.created_at > _P("since")).order_by(notices.c.created_at)
)
_REMOVE_NOTICE = sa.delete(notices).where(notices.c.id == _P("of_id"))
_PURGE_TRIES = sa.delete(tries).where(tries.c.expires_at <= _P("at"))
_PURGE_NOTICES = sa.delete(notices).where(notices.c.created_at <= _P("at"))
_UNLOCKED_AT = (
    sa.select(sa.func.max(card_events.c.at))
    .where(card_events.c.card == mobile_cards.c.id, card_events.c.act == CardAct.UNLOCKED.value)
    .correlate(mobile_cards)
    .scalar_subquery()
)
# Only people with a live card are looked through; their numbers stand in a JSON text.
_OF_LINE = (
    sa.select(mobile_cards.c.id, mobile_cards.c.holder)
    .join(registrants, registrants.c.id == mobile_cards.c.holder)
    .where(
        mobile_cards.c.ended_at.is_(None),
        mobile_cards.c.issued_at <= _P("lost_at", type_=Instant()),
        sa.or_(_UNLOCKED_AT.is_(None), _P("lost_at", type_=Instant()) >= _UNLOCKED_AT),
        sa.type_coerce(registrants.c.phones, sa.Text).like(_P("quoted", type_=sa.Text)),
    )
    .order_by(mobile_cards.c.id)
)
_OPEN_CASE = sa.insert(cases)
_TAKE_CASE = (
    sa.update(cases)
    .where(
        cases.c.id == _P("of_id"),
        cases.c.operator == _P("by"),
        cases.c.taken_at.is_(None),
        cases.c.expires_at > _P("at"),
    )
    .values(taken_at=_P("at"))
    .returning(*cases.c)
)
_CLOSE_CASE = (
    sa.update(cases)
    .where(cases.c.id == _P("of_id"))
    .values(outcome=_P("ended"), right_answers=_P("right_count"))
)


class DatabaseLosses:
    """`LossStore`, `NoticeStore`, `LineStore` and `CaseStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_code(self, code: RegisteredCode) -> None:
        row = {
            "card": code.card,
            "holder": code.holder,
            "digest": code.digest,
            "registered_at": code.at,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_PUT_CODE, row)

    async def targets_of_code(self, digest: bytes) -> list[Target]:
        async with self._database.reading() as tx:
            return [_target(row) for row in await tx.fetch_all(_OF_CODE, {"of_digest": digest})]

    async def count_try(self, bucket: bytes, window: datetime, *, until: datetime) -> int:
        row = {"bucket": bucket, "window": window, "tries": 1, "expires_at": until}
        async with self._database.transaction() as tx:
            counted = await tx.fetch_one(_COUNT_TRY, row)
        if counted is None:
            raise ValueError("a counter that counts nothing")
        return int(counted["tries"])

    async def add_report(self, report: LossReport) -> LossReport:
        async with self._database.transaction() as tx:
            if await tx.execute(_ADD_REPORT, _report_row(report)) == 1:
                return report
            known = await tx.fetch_one(_REPORT_OF, {"of_once": report.once})
        if known is None:
            raise ValueError("a report neither new nor known")
        return _report(known)

    async def finish_report(self, reference: str, refused_from: datetime) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_FINISH, {"of_reference": reference, "at": refused_from})

    async def unfinished(self, *, before: datetime) -> list[LossReport]:
        async with self._database.reading() as tx:
            return [_report(row) for row in await tx.fetch_all(_UNFINISHED, {"before": before})]

    async def purge(self, *, now: datetime) -> int:
        async with self._database.transaction() as tx:
            gone = await tx.execute(_PURGE_TRIES, {"at": now})
            return gone + await tx.execute(_PURGE_NOTICES, {"at": now - LONGEST_DELAY})

    async def add_notices(self, notices: Sequence[Notice]) -> None:
        rows = [
            {"id": n.id, "partner": n.partner, "sealed": n.sealed, "created_at": n.created_at}
            for n in notices
        ]
        async with self._database.transaction() as tx:
            await tx.execute_many(_ADD_NOTICE, rows)

    async def waiting_notices(self, *, since: datetime) -> list[Notice]:
        async with self._database.reading() as tx:
            rows = await tx.fetch_all(_NOTICES, {"since": since})
        return [
            Notice(
                id=row["id"],
                partner=row["partner"],
                sealed=bytes(row["sealed"]),
                created_at=row["created_at"],
            )
            for row in rows
        ]

    async def remove_notice(self, notice: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_REMOVE_NOTICE, {"of_id": notice})

    async def targets_of_line(self, number: PhoneNumber, *, lost_at: datetime) -> list[Target]:
        """`SKEW` is given to the report: where the clocks leave doubt, the card is locked."""
        values = {"quoted": f'%"{number}"%', "lost_at": lost_at + SKEW}
        async with self._database.reading() as tx:
            return [_target(row) for row in await tx.fetch_all(_OF_LINE, values)]

    async def open_case(self, case: Case) -> None:
        row = {
            "id": case.id,
            "operator": case.operator,
            "registrant": case.registrant,
            "questions": list(case.questions),
            "opened_at": case.opened_at,
            "expires_at": case.expires_at,
            "taken_at": None,
            "outcome": None,
            "right_answers": None,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_OPEN_CASE, row)

    async def take_case(self, case: str, operator: str, *, now: datetime) -> Case | None:
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(_TAKE_CASE, {"of_id": case, "by": operator, "at": now})
        return None if row is None else _case(row)

    async def close_case(self, case: str, outcome: CaseOutcome, right: int) -> None:
        values = {"of_id": case, "ended": outcome.value, "right_count": right}
        async with self._database.transaction() as tx:
            await tx.execute(_CLOSE_CASE, values)


def _target(row: Row) -> Target:
    return Target(holder=HolderReference(row["holder"]), card=MobileCardId(row["id"]))


def _report_row(report: LossReport) -> dict[str, object]:
    return {
        "reference": report.reference,
        "once": report.once,
        "channel": report.channel.value,
        "actor": report.actor,
        "reason": report.reason,
        "targets": [[target.holder, target.card] for target in report.targets],
        "received_at": report.received_at,
        "refused_from": report.refused_from,
    }


def _report(row: Row) -> LossReport:
    return LossReport(
        reference=row["reference"],
        channel=Channel(row["channel"]),
        actor=row["actor"],
        reason=row["reason"],
        targets=tuple(
            Target(
                holder=HolderReference(holder), card=None if card is None else MobileCardId(card)
            )
            for holder, card in row["targets"]
        ),
        received_at=row["received_at"],
        once=None if row["once"] is None else bytes(row["once"]),
        refused_from=row["refused_from"],
    )


def _case(row: Row) -> Case:
    return Case(
        id=row["id"],
        operator=row["operator"],
        registrant=RegistrantId(row["registrant"]),
        questions=tuple(row["questions"]),
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
    )
