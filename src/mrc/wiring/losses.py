"""Losses put together: lock codes at every issuer, the public page and the carrier's webhook."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.routing import Mount

from mrc.authority.askers.reports import AskerReportStore, ReportDesk
from mrc.authority.counter import Counter
from mrc.authority.events import EventParts, RegisterEvents
from mrc.authority.ic_issuance.chip_steps import ChipParts
from mrc.authority.loss.call_centre import CallCentre, CallCentreParts
from mrc.authority.loss.carriers import CarrierDesk, NoticeDesk, SignedReports
from mrc.authority.loss.codes import CodeKey, TryCounter, TryLimits
from mrc.authority.loss.holders import CodeDesk, CodeParts, HolderDoor
from mrc.authority.loss.reports import LossReports
from mrc.authority.loss.unlocking import UnlockParts, UnlockSteps
from mrc.authority.ports import StatusPublisher
from mrc.infra.carrier.client_keys import ClientFolder
from mrc.infra.clock import SystemClock
from mrc.infra.files import read_secret, write_secret
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    Pbkdf2,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.infra.loss_notices import NoticeParts, Partner, PartnerFolder, PartnerNotices
from mrc.infra.operators import OperatorFolder
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.loss import DatabaseLosses
from mrc.infra.stores.register_events import DatabaseEvents
from mrc.issuer.issuer import Issuer
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.store import RegistryStore
from mrc.web.call_centre.app import CallCentreApi
from mrc.web.call_centre.app import create_app as make_call_centre
from mrc.web.lost.app import make_app
from mrc.web.lost.asker_reports import asker_reports_route
from mrc.web.lost.reports import NOTICE_PATH, carrier_route, notice_route
from mrc.wiring.issuers import IMMIGRATION, IssuingAuthority, shared_secret
from mrc.wiring.repeating import repeating
from mrc.wiring.server import ServerParts

LOOK_EVERY = timedelta(seconds=2)
UNLOCK_WINDOW = timedelta(days=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What one issuing authority has for losses. `notices` only where it tells others."""

    parts: CodeParts
    store: DatabaseLosses
    door: HolderDoor
    notices: PartnerNotices | None


def make_losses(
    parts: ServerParts, authority: IssuingAuthority, issuer: Issuer, counter: Counter
) -> Losses:
    settings, store = parts.settings, DatabaseLosses(parts.database)
    key = CodeKey(shared_secret(settings.home / authority.role / "lock-codes.secret"), Pbkdf2())
    reports = LossReports(store, counter, SystemEntropy())
    code_parts = CodeParts(
        store=store, reports=reports, tries=TryCounter(store, key, TryLimits()), key=key
    )
    return Losses(
        parts=code_parts,
        store=store,
        door=HolderDoor(code_parts, issuer.store),
        notices=_notices(parts, store) if authority is IMMIGRATION else None,
    )


def make_events(
    parts: ServerParts,
    *,
    registry: RegistryStore,
    issuer: Issuer,
    publisher: StatusPublisher,
    rules: EligibilityRules,
) -> RegisterEvents:
    return RegisterEvents(
        EventParts(
            registry=registry,
            store=DatabaseEvents(parts.database),
            cards=issuer.cards,
            publisher=publisher,
            rules=rules,
        )
    )


def with_notices(
    app: Starlette, settings: Settings, authority: IssuingAuthority, losses: Losses
) -> Starlette:
    """`app`, another authority's issuer, taking the immigration office's notices. In practice it
    subscribes by itself."""
    audience = settings.url_of(authority.host)
    desk = NoticeDesk(
        SignedReports(
            reporters=ClientFolder(_folder(settings) / "offices"),
            audience=audience,
            verifier=OpensslVerifier(),
        ),
        losses.parts.store,
        losses.parts.reports,
        losses.parts.tries,
        losses.parts.key,
    )
    app.router.routes.append(notice_route(desk, SystemClock()))
    subscriber = Partner(name=authority.role, url=f"{audience}{NOTICE_PATH}", audience=audience)
    _partners(settings).subscribe(subscriber)
    return app


def make_lost(settings: Settings, losses: Losses, askers: AskerReportStore) -> Starlette:
    """The public page, the carrier's webhook and the door for reports about askers, for the
    origin of their own."""
    if losses.notices is None:
        raise ValueError("the loss page belongs to the office that tells the others")
    signed = SignedReports(
        reporters=ClientFolder(carrier_keys(settings)),
        audience=settings.url_of(Host.LOST),
        verifier=OpensslVerifier(),
    )
    carrier = CarrierDesk(signed, losses.store, losses.parts.reports)
    clock = SystemClock()
    doors = (
        carrier_route(carrier, clock),
        asker_reports_route(ReportDesk(askers, losses.parts.tries), clock),
    )
    return make_app(CodeDesk(losses.parts, losses.notices), clock, *doors)


def with_call_centre(
    desk: Starlette, settings: Settings, registry: RegistryStore, losses: Losses
) -> Starlette:
    """`desk`, the management origin, with the call centre's API below ``/call-centre``."""
    parts = CallCentreParts(
        registry=registry,
        store=losses.store,
        reports=losses.parts.reports,
        tries=losses.parts.tries,
        entropy=SystemEntropy(),
    )
    api = CallCentreApi(
        desk=CallCentre(parts),
        operators=OperatorFolder(settings.home / IMMIGRATION.role / "call-centre"),
        clock=SystemClock(),
    )
    desk.router.routes.insert(0, Mount("/call-centre", make_call_centre(api)))
    return desk


def make_unlocking(losses: Losses, chip: ChipParts, counter: Counter) -> UnlockSteps:
    """The steps behind `unlock`: a day is the window in which a phone's tries are counted."""
    tries = TryCounter(losses.store, losses.parts.key, TryLimits(window=UNLOCK_WINDOW))
    return UnlockSteps(UnlockParts(chip=chip, counter=counter, tries=tries))


@contextlib.asynccontextmanager
async def looked_after(losses: Losses, events: RegisterEvents | None = None) -> AsyncIterator[None]:
    """From time to time: reports that a killed process left, notices not taken, register events
    of other processes, what ran out. None of them keeps another waiting."""
    works: dict[str, Callable[[datetime], Awaitable[object]]] = {
        "losses.resume": lambda now: losses.parts.reports.resume(now=now),
        "losses.purge": lambda now: losses.store.purge(now=now),
    }
    notices = losses.notices
    if notices is not None:
        works["losses.notices"] = lambda now: notices.deliver_waiting(now=now)
    if events is not None:
        works["register_events"] = lambda now: events.carry_out(now=now)
    async with contextlib.AsyncExitStack() as stack:
        for name, work in works.items():
            await stack.enter_async_context(repeating(name, work, every=LOOK_EVERY))
        yield


def carrier_keys(settings: Settings) -> Path:
    """Whose webhooks are believed: one JWK file for each carrier."""
    return _folder(settings) / "carriers"


def _notices(parts: ServerParts, store: DatabaseLosses) -> PartnerNotices:
    settings = parts.settings
    path = settings.home / IMMIGRATION.role / "keys" / "loss-notices.key"
    if not path.exists():
        write_secret(path, SoftwareSigner.generate().to_pem())
    signer = SoftwareSigner.from_pem(read_secret(path))
    ClientFolder(_folder(settings) / "offices").register(IMMIGRATION.role, signer.public_key)
    return PartnerNotices(
        NoticeParts(
            store=store,
            partners=_partners(settings),
            http=parts.http,
            signer=signer,
            cipher=OpensslCipher(),
            entropy=SystemEntropy(),
            reporter=IMMIGRATION.role,
            key=shared_secret(settings.home / IMMIGRATION.role / "loss-notices.secret"),
        )
    )


def _partners(settings: Settings) -> PartnerFolder:
    return PartnerFolder(_folder(settings) / "subscribers")


def _folder(settings: Settings) -> Path:
    return settings.home / "loss"
