"""What register, issuer and staff recorded, read together. See `mrc.authority.staff.store.Reports`.

The three sets of tables stand in the authority's one database; nothing is written here.
"""

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa

from mrc.authority.staff.audit import AuditEntry, AuditQuery, Source
from mrc.authority.staff.statistics import DeskNumbers
from mrc.infra.database.engine import Database, Row
from mrc.infra.database.issuer_tables import card_events, cards, offers
from mrc.infra.database.registry_tables import acts as registry_acts
from mrc.infra.database.schema import Instant
from mrc.infra.database.staff_tables import acts as staff_acts

_P = sa.bindparam
_KOREA = timedelta(hours=9)


def _columns(source: Source, table: sa.Table, subject: sa.ColumnElement[str]) -> sa.Select:  # type: ignore[type-arg]
    act = table.c.act if "act" in table.c else table.c.kind
    return sa.select(
        sa.literal(source.value).label("source"),
        act.label("kind"),
        table.c.actor.label("actor"),
        subject.label("subject"),
        table.c.reason.label("reason"),
        table.c.at.label("at"),
    )


_EVERYTHING = sa.union_all(
    _columns(Source.REGISTER, registry_acts, registry_acts.c.registrant),
    _columns(Source.CARDS, card_events, cards.c.holder).join_from(
        card_events, cards, cards.c.id == card_events.c.card
    ),
    _columns(Source.STAFF, staff_acts, staff_acts.c.subject),
).subquery()


def _any_or(name: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    wanted = _P(name, type_=sa.Text)
    return sa.or_(wanted.is_(None), column == wanted)


_SEARCH = (
    sa.select(_EVERYTHING)
    .where(
        _any_or("actor", _EVERYTHING.c.actor),
        _any_or("subject", _EVERYTHING.c.subject),
        _any_or("kind", _EVERYTHING.c.kind),
        _EVERYTHING.c.at >= _P("since", type_=Instant()),
        _EVERYTHING.c.at < _P("until", type_=Instant()),
    )
    .order_by(_EVERYTHING.c.at.desc())
    .limit(_P("at_most", type_=sa.Integer))
)
_ISSUED = sa.select(cards.c.issued_at).where(cards.c.issued_at >= _P("since"))
_OFFERS = (
    sa.select(offers.c.state, sa.func.count(sa.distinct(offers.c.holder)).label("people"))
    .where(offers.c.created_at >= _P("since"))
    .group_by(offers.c.state)
)
_BY_STATE = (
    sa.select(
        sa.case(
            (cards.c.ended_at.is_not(None), "cancelled"), (cards.c.locked, "locked"), else_="active"
        ).label("state"),
        sa.func.count(sa.distinct(cards.c.holder)).label("people"),
    )
    .select_from(cards)
    .group_by(sa.text("state"))
)
_BY_TYPE = (
    sa.select(cards.c.card_type, sa.func.count(sa.distinct(cards.c.holder)).label("people"))
    .where(cards.c.ended_at.is_(None))
    .group_by(cards.c.card_type)
)
_EARLIEST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")
_LATEST = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class DatabaseReports:
    """`Reports` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def search(self, query: AuditQuery) -> list[AuditEntry]:
        wanted = {
            "actor": query.actor,
            "subject": query.subject,
            "kind": query.kind,
            "since": query.since or _EARLIEST,
            "until": query.until or _LATEST,
            "at_most": query.limit,
        }
        async with self._database.reading() as tx:
            return [_entry(row) for row in await tx.fetch_all(_SEARCH, wanted)]

    async def numbers(self, *, since: datetime, now: datetime) -> DeskNumbers:
        async with self._database.reading() as tx:
            states = await tx.fetch_all(_BY_STATE)
            types = await tx.fetch_all(_BY_TYPE)
            ends = await tx.fetch_all(_OFFERS, {"since": since})
            issued = await tx.fetch_all(_ISSUED, {"since": since})
        days = Counter((row["issued_at"] + _KOREA).date().isoformat() for row in issued)
        span = range((now - since).days, -1, -1)
        every_day = [((now + _KOREA).date() - timedelta(days=back)).isoformat() for back in span]
        return DeskNumbers(
            by_state={row["state"]: row["people"] for row in states},
            by_type={row["card_type"]: row["people"] for row in types},
            offers_by_end={row["state"]: row["people"] for row in ends},
            by_day={day: days[day] for day in every_day},
        )


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        source=Source(row["source"]),
        kind=row["kind"],
        actor=row["actor"],
        subject=row["subject"],
        reason=row["reason"],
        at=row["at"],
    )
