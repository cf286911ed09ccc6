"""Who may open which route. A route that is not in the table cannot be added to the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mrc.authority.staff.records import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`roles` None: no login is needed. `background`: a page asks by itself, which does not keep
    a session alive."""

    roles: frozenset[Role] | None
    background: bool = False

    def admits(self, role: Role) -> bool:
        return self.roles is None or role in self.roles


ANYONE = Access(roles=None)
STAFF = Access(roles=frozenset(Role))
OFFICERS = Access(roles=frozenset({Role.OFFICER, Role.SUPERVISOR}))
SUPERVISORS = Access(roles=frozenset({Role.SUPERVISOR}))
WATCHERS = Access(roles=frozenset({Role.SUPERVISOR, Role.AUDITOR}))
POLLING = Access(roles=OFFICERS.roles, background=True)

PERMISSIONS: Mapping[str, Access] = MappingProxyType(
    {
        "assets": ANYONE,
        "language": ANYONE,
        "sign_in": ANYONE,
        "sign_in_options": ANYONE,
        "sign_in_finish": ANYONE,
        "enrol": ANYONE,
        "enrol_options": ANYONE,
        "enrol_finish": ANYONE,
        "customer_link": ANYONE,  # the one-time link in the path is the permission
        "customer_start": ANYONE,
        "customer": ANYONE,  # the screen's own cookie is the permission
        "customer_body": ANYONE,
        "customer_language": ANYONE,
        "customer_pad": ANYONE,
        "sign_out": STAFF,
        "home": STAFF,
        "counter": OFFICERS,
        "counter_choose": OFFICERS,
        "screen_link": OFFICERS,
        "search": OFFICERS,
        "search_results": OFFICERS,
        "visit_open": OFFICERS,
        "record": OFFICERS,
        "portrait": OFFICERS,
        "number_show": OFFICERS,
        "number_hide": POLLING,
        "eligibility": OFFICERS,
        "choices": OFFICERS,
        "person": OFFICERS,
        "person_decide": OFFICERS,
        "person_advice": OFFICERS,
        "issue": OFFICERS,
        "issue_new": OFFICERS,
        "issue_steps": POLLING,
        "issue_withdraw": OFFICERS,
        "ic_card": OFFICERS,
        "ic_card_start": OFFICERS,
        "ic_card_steps": POLLING,
        "ic_card_go_on": OFFICERS,
        "ic_card_stop": OFFICERS,
        "ic_card_give_up": OFFICERS,
        "loss": OFFICERS,
        "loss_lock": OFFICERS,
        "change": OFFICERS,
        "change_ask": OFFICERS,
        "receipt": OFFICERS,
        "receipt_pdf": OFFICERS,
        "approvals": OFFICERS,
        "approval_decide": SUPERVISORS,
        "numbers": WATCHERS,
        "audit": WATCHERS,
        "audit_search": WATCHERS,
        "audit_export": WATCHERS,
        "asker_reports": WATCHERS,
        "asker_report": WATCHERS,
        "asker_report_decide": SUPERVISORS,
        "office": SUPERVISORS,
        "office_counters": SUPERVISORS,
        "staff_invite": SUPERVISORS,
        "staff_change": SUPERVISORS,
    }
)
