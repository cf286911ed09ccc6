"""What the front desk's pages stand on: the use cases, put together by the host."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mrc.authority.askers.deciding import ReportBook
from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.at_desk import DeskCards
from mrc.authority.staff.administration import Administration
from mrc.authority.staff.approvals import Approvals
from mrc.authority.staff.screens import Screens
from mrc.authority.staff.signing_in import SigningIn
from mrc.authority.staff.store import Reports, StaffStore
from mrc.authority.staff.visits import Visits
from mrc.kernel.ports import Clock
from mrc.registry.store import RegistryStore


class Service(StrEnum):
    """What a counter depends on; each has a light on FD-2."""

    REGISTER = "register"
    CARRIER = "carrier"
    LEDGER = "ledger"
    SIGNING_KEY = "signing_key"


Probe = Callable[[], Awaitable[bool]]
"""Whether a service works now; answers within a second or two."""

PdfMaker = Callable[[str], bytes]
"""A page as HTML made into a PDF."""


class NoAdvice(StrEnum):
    """Why no matcher advises the officer."""

    OFF = "off"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDesk:
    """`pdf` None: receipts are printed from the browser. `origin` is the desk's own web origin."""

    origin: str
    signing_in: SigningIn
    administration: Administration
    approvals: Approvals
    visits: Visits
    screens: Screens
    cards: DeskCards
    reports: Reports
    asker_reports: ReportBook
    staff: StaffStore
    registry: RegistryStore
    clock: Clock
    services: Mapping[Service, Probe] = field(default_factory=dict)
    pdf: PdfMaker | None = None
    advice: FaceReader | NoAdvice = NoAdvice.OFF
