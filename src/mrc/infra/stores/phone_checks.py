"""When the carrier last said that a number is its holder's. See `PhoneCheckStore`."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or

from mrc.authority.phone_checks import PhoneCheck
from mrc.infra.database.engine import Database
from mrc.infra.database.loss_tables import phone_checks
from mrc.issuer.records import HolderReference
from mrc.registry.phones import PhoneNumber

_FIND = sa.select(phone_checks).where(phone_checks.c.holder == sa.bindparam("of_holder"))
_new = insert_or(phone_checks)
_PUT = _new.on_conflict_do_update(
    index_elements=["holder"],
    set_={name: _new.excluded[name] for name in ("numbers", "first_asked_at", "passed_at")},
)


class DatabasePhoneChecks:
    """`PhoneCheckStore` on the authority's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_check(self, holder: HolderReference) -> PhoneCheck | None:
        async with self._database.reading() as tx:
            row = await tx.fetch_one(_FIND, {"of_holder": holder})
        if row is None:
            return None
        return PhoneCheck(
            holder=holder,
            numbers=tuple(PhoneNumber(number) for number in str(row["numbers"]).split()),
            first_asked_at=row["first_asked_at"],
            passed_at=row["passed_at"],
        )

    async def put_check(self, check: PhoneCheck) -> None:
        row = {
            "holder": check.holder,
            "numbers": " ".join(check.numbers),
            "first_asked_at": check.first_asked_at,
            "passed_at": check.passed_at,
        }
        async with self._database.transaction() as tx:
            await tx.execute(_PUT, row)
