"""The immigration office's front desk put together: staff store, passkeys, pages."""

import importlib.util
from collections.abc import Mapping
from typing import Final

from starlette.applications import Starlette

from mrc.authority.askers.deciding import ReportBook
from mrc.authority.counter import Counter
from mrc.authority.desk import Desk
from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.desk_parts import CardOffice
from mrc.authority.staff.administration import Administration
from mrc.authority.staff.approvals import ApprovalPolicy, Approvals
from mrc.authority.staff.passkeys import Passkeys
from mrc.authority.staff.screens import Screens
from mrc.authority.staff.signing_in import SigningIn
from mrc.authority.staff.visits import VisitParts, Visits
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslCipher, SystemEntropy
from mrc.infra.passkeys import WebAuthnPasskeys
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.staff import DatabaseStaff
from mrc.infra.stores.staff_reports import DatabaseReports
from mrc.kernel.ports import Clock
from mrc.registry.store import RegistryStore
from mrc.web.front_desk.app import make_app
from mrc.web.front_desk.desk import FrontDesk, NoAdvice, PdfMaker, Probe, Service
from mrc.wiring.asker_reports import make_report_book
from mrc.wiring.desk_cards import make_card_office, make_desk_cards
from mrc.wiring.issuers import shared_secret

RP_NAME: Final = "Front desk"


def make_front_desk(
    settings: Settings,
    database: Database,
    *,
    desk: Desk,
    counter: Counter,
    registry: RegistryStore,
    services: Mapping[Service, Probe] | None = None,
    policy: ApprovalPolicy | None = None,
    clock: Clock | None = None,
    advice: FaceReader | NoAdvice = NoAdvice.OFF,
    card_office: CardOffice | None = None,
    asker_reports: ReportBook | None = None,
) -> Starlette:
    """The app for the root of the desk's origin. `database` is the authority's, with the rooms
    registry, issuer, staff, askers and ic. `card_office` and `asker_reports` None: those of the
    settings."""
    clock = clock or SystemClock()
    store, entropy = DatabaseStaff(database), SystemEntropy()
    parts = VisitParts(
        store=store,
        desk=desk,
        counter=counter,
        registry=registry,
        entropy=entropy,
        cipher=OpensslCipher(),
        key=shared_secret(settings.home / "authority" / "desk.secret"),
    )
    return make_app(
        FrontDesk(
            origin=settings.url_of(Host.DESK),
            signing_in=SigningIn(store, make_passkeys(settings), entropy),
            administration=Administration(store, entropy),
            approvals=Approvals(store, counter, policy or ApprovalPolicy(), entropy),
            visits=Visits(parts),
            screens=Screens(store, entropy),
            cards=make_desk_cards(
                settings,
                database,
                registry,
                office=card_office or make_card_office(settings, clock),
                clock=clock,
            ),
            reports=DatabaseReports(database),
            asker_reports=asker_reports or make_report_book(settings, database),
            staff=store,
            registry=registry,
            clock=clock,
            services=services or {},
            pdf=find_pdf_maker(),
            advice=advice,
        )
    )


def make_passkeys(settings: Settings) -> Passkeys:
    """Passkeys belong to the desk's host name and are used at its origin only."""
    return WebAuthnPasskeys(
        rp_id=settings.name_of(Host.DESK), rp_name=RP_NAME, origin=settings.url_of(Host.DESK)
    )


def find_pdf_maker() -> PdfMaker | None:
    """Receipts as PDF where the extra `receipts` is installed; the pages say so where it is not."""
    if importlib.util.find_spec("weasyprint") is None:
        return None

    def make(html: str) -> bytes:
        from weasyprint import HTML

        made: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf()
        return made

    return make


def _refuse(url: str, *_: object, **__: object) -> dict[str, object]:
    """A receipt fetches nothing from anywhere."""
    raise ValueError("a receipt asked for something outside itself")
