"""The menu of each role, and the pages that are in no menu. A test holds both lists."""

from dataclasses import dataclass
from typing import Final

from mrc.authority.staff.records import Role
from mrc.web.design.translator import Translator
from mrc.web.front_desk.permissions import PERMISSIONS

NOT_IN_MENU: Final = frozenset(
    {
        "sign_in",
        "enrol",
        "counter",
        "record",
        "person",
        "issue",
        "ic_card",
        "loss",
        "change",
        "receipt",
        "asker_report",
        "customer_link",
        "customer",
    }
)
"""Pages that are reached from another page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    name: str
    href: str
    label: str
    icon: str
    count: int = 0


def menu_of(role: Role, waiting: int, _: Translator) -> list[MenuItem]:
    """What a role may open, in the order of a day's work."""
    items = [
        MenuItem(name="home", href="/", label=_("My counter"), icon="home"),
        MenuItem(name="search", href="/search", label=_("Search"), icon="search"),
        MenuItem(
            name="approvals", href="/approvals", label=_("Approvals"), icon="tick", count=waiting
        ),
        MenuItem(name="numbers", href="/numbers", label=_("Dashboard"), icon="chart"),
        MenuItem(
            name="asker_reports",
            href="/asker-reports",
            label=_("Reports about askers"),
            icon="report",
        ),
        MenuItem(name="audit", href="/audit", label=_("Audit search"), icon="history"),
        MenuItem(name="office", href="/office", label=_("Office settings"), icon="settings"),
    ]
    return [item for item in items if PERMISSIONS[item.name].admits(role)]
