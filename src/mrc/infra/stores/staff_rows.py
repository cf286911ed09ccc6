"""Rows of the staff tables as values and back."""

from dataclasses import fields
from enum import Enum
from typing import Any, cast

from mrc.authority.staff.records import (
    Approval,
    ApprovalState,
    CustomerScreen,
    DelicateAct,
    Passkey,
    PersonCheck,
    Role,
    Session,
    StaffMember,
    StaffState,
    Visit,
)
from mrc.infra.database.engine import Row


def to_row(value: Any) -> Row:
    """The fields of a record by name; enums as their wire values."""
    row = {item.name: getattr(value, item.name) for item in fields(value)}
    return {name: each.value if isinstance(each, Enum) else each for name, each in row.items()}


def changes(value: Any, *, key: str = "id") -> Row:
    """As `to_row` for an update: every column under ``new_NAME``, the key under ``of_id``."""
    row = to_row(value)
    of_id = row.pop(key)
    return {"of_id": of_id, **{f"new_{name}": each for name, each in row.items()}}


def member_from_row(row: Row) -> StaffMember:
    return StaffMember(**_with(row, role=Role(row["role"]), state=StaffState(row["state"])))


def passkey_from_row(row: Row) -> Passkey:
    return Passkey(**_with(row, id=bytes(row["id"]), public_key=bytes(row["public_key"])))


def session_from_row(row: Row) -> Session:
    return Session(**_with(row, digest=bytes(row["digest"])))


def screen_from_row(row: Row) -> CustomerScreen:
    return CustomerScreen(
        digest=bytes(row["digest"]),
        session=row["session"],
        language=row["language"],
        expires_at=row["expires_at"],
    )


def visit_from_row(row: Row) -> Visit:
    check, link = row["person_check"], row["sealed_link"]
    return Visit(
        **_with(
            row,
            person_check=None if check is None else PersonCheck(check),
            sealed_link=None if link is None else bytes(link),
        )
    )


def approval_from_row(row: Row) -> Approval:
    return Approval(**_with(row, act=DelicateAct(row["act"]), state=ApprovalState(row["state"])))


def _with(row: Row, **decoded: object) -> dict[str, Any]:
    # The columns of these tables are named after the fields of the records.
    return cast(dict[str, Any], {**row, **decoded})
