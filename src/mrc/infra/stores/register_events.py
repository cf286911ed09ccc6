"""Which acts of the register were carried out on cards. See `mrc.authority.events.EventStore`.

Positions are given before a transaction commits, so a lower one may appear after a higher one was
carried out: the last `LOOK_BACK` are looked through again each time.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.authority.events import CarriedAct
from mrc.infra.database.engine import Database
from mrc.infra.database.loss_tables import carried
from mrc.infra.database.registry_tables import acts
from mrc.infra.stores.registry_rows import act_from_row
from mrc.registry.acts import ActKind, RecordedAct

LOOK_BACK = 10_000  # acts; no transaction stays open while that many others commit

PUT_OFF = "put_off"

_P = sa.bindparam
_newest = sa.select(sa.func.coalesce(sa.func.max(carried.c.position), 0)).scalar_subquery()
_WAITING = (
    sa.select(acts)
    .where(
        sa.or_(
            sa.and_(
                acts.c.position > _newest - LOOK_BACK,
                acts.c.kind.in_(_P("kinds", expanding=True)),
                ~sa.exists().where(carried.c.position == acts.c.position),
            ),
            acts.c.position.in_(
                sa.select(carried.c.position).where(
                    carried.c.action == PUT_OFF, carried.c.due_at <= _P("at")
                )
            ),
        )
    )
    .order_by(acts.c.position)
    .limit(_P("at_most", type_=sa.Integer))
)
_new = insert_or(carried)
_MARK = _new.on_conflict_do_update(
    index_elements=["position"],
    set_={name: _new.excluded[name] for name in ("action", "due_at", "carried_at", "cards")},
    where=carried.c.action == PUT_OFF,
)


class DatabaseEvents:
    """`EventStore` on the authority's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting_acts(
        self, kinds: Sequence[ActKind], *, now: datetime, limit: int
    ) -> list[RecordedAct]:
        values = {"kinds": [kind.value for kind in kinds], "at": now, "at_most": limit}
        async with self._database.reading() as tx:
            return [act_from_row(row) for row in await tx.fetch_all(_WAITING, values)]

    async def mark_carried(self, act: CarriedAct) -> None:
        row = {
            "position": act.position,
            "action": PUT_OFF if act.action is None else act.action.value,
            "due_at": act.due_at,
            "carried_at": act.carried_at,
            "cards": act.cards,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_MARK, row)
