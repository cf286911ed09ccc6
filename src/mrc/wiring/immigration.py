"""The immigration authority's processes: register, front desk, issuer and status lists.

One process serves everything and does what is due from time to time. Further ones may serve the
wallets' origin beside it, on the same port and database (`MRC_ISSUER_WORKERS`).
"""

import contextlib
from collections.abc import AsyncIterator

from starlette.types import ASGIApp

from mrc.authority.card_source import RegistryCardSource
from mrc.authority.counter import Counter
from mrc.authority.desk import Desk, DeskParts
from mrc.authority.phone_checks import PhoneChecks
from mrc.infra.audit_pump import IMMIGRATION_TABLES
from mrc.infra.clock import SystemClock
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.asker_reports import ROOM as ASKERS_ROOM
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.infra.stores.phone_checks import DatabasePhoneChecks
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.registry.eligibility import EligibilityRules
from mrc.web.issuer_api.app import make_app as make_issuer_api
from mrc.web.issuer_api.status import Proofs
from mrc.wiring.anchoring import FollowedAnchors, IssuerAnchors
from mrc.wiring.asker_reports import forgetting, make_report_book
from mrc.wiring.auditing import audited
from mrc.wiring.carrier import make_carrier
from mrc.wiring.counters import make_publisher, published, with_management
from mrc.wiring.faces import counter_advice, find_reader
from mrc.wiring.front_desk import make_front_desk
from mrc.wiring.ic_cards import ROOM as IC_ROOM
from mrc.wiring.ic_cards import (
    expiring,
    make_challenge_steps,
    make_chip_cards,
    make_chip_parts,
)
from mrc.wiring.issuers import IMMIGRATION, make_issuer
from mrc.wiring.losses import (
    looked_after,
    make_events,
    make_losses,
    make_lost,
    make_unlocking,
    with_call_centre,
)
from mrc.wiring.plastic_cards import with_plastic_cards
from mrc.wiring.server import ServerParts, serve_role, server_parts
from mrc.wiring.workers import ending_with, further_workers

RULES = EligibilityRules()
ROOMS = ("registry", "issuer", "staff", "loss", ASKERS_ROOM, IC_ROOM)


class _Authority:
    """The authority on one database: what every room shares, then each room's own."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self.registry = DatabaseRegistry(parts.database)
        self.carrier = make_carrier(parts.settings, parts.http)
        phones = PhoneChecks(DatabasePhoneChecks(parts.database), self.carrier)
        source = RegistryCardSource(self.registry, RULES, phones)
        self.issuer = make_issuer(IMMIGRATION, parts.settings, parts.database, source, at=parts.at)
        self.publisher = make_publisher(self.issuer, parts)
        self.counter = Counter(self.issuer.offers, self.issuer.cards, self.publisher)
        self.losses = make_losses(parts, IMMIGRATION, self.issuer, self.counter)
        self.faces = find_reader(parts.settings)
        self.asker_reports = make_report_book(parts.settings, parts.database)

    def issuing(self, proofs: Proofs) -> ASGIApp:
        """Issuance at counter and by IC card, status and anchors, the holder's own lock.

        Whatever must hold stands in the database: any of the authority's processes may answer.
        """
        settings, database = self._parts.settings, self._parts.database
        chip = make_chip_parts(
            settings, database, issuer=self.issuer, registry=self.registry, faces=self.faces
        )
        api = make_issuer_api(
            self.issuer,
            clock=SystemClock(),
            challenge=make_challenge_steps(chip, carrier=self.carrier, rules=RULES),
            proofs=proofs,
            loss=self.losses.door,
            unlocking=make_unlocking(self.losses, chip, self.counter),
        )
        return with_plastic_cards(settings, self.registry, RULES, api)

    def desk(self) -> ASGIApp:
        """The officers' pages, the commands behind `mrc desk`, the call centre."""
        settings = self._parts.settings
        desk = Desk(
            DeskParts(
                registry=self.registry, counter=self.counter, carrier=self.carrier, rules=RULES
            )
        )
        pages = make_front_desk(
            settings,
            self._parts.database,
            desk=desk,
            counter=self.counter,
            registry=self.registry,
            advice=counter_advice(settings, self.faces),
            asker_reports=self.asker_reports,
        )
        managed = with_management(settings, IMMIGRATION, self.counter, desk, pages)
        return with_call_centre(managed, settings, self.registry, self.losses)

    def lost(self) -> ASGIApp:
        """What anybody's browser reaches: loss reports and reports about askers."""
        reports = DatabaseAskerReports(self._parts.database)
        return make_lost(self._parts.settings, self.losses, reports)

    @contextlib.asynccontextmanager
    async def at_work(self, anchors: IssuerAnchors) -> AsyncIterator[None]:
        """What goes on without anybody asking, as long as the context is open."""
        parts, registry = self._parts, self.registry
        events = make_events(
            parts, registry=registry, issuer=self.issuer, publisher=self.publisher, rules=RULES
        )
        async with (
            published(self.publisher),
            expiring(make_chip_cards(parts.database, registry)),
            looked_after(self.losses, events),
            audited(parts, IMMIGRATION.role, IMMIGRATION_TABLES) as find_head,
            anchors.running(find_head),
            forgetting(self.asker_reports, SystemClock()),
            further_workers(parts.settings),
        ):
            yield


async def run_authority(settings: Settings) -> None:
    """The immigration authority: register, desk, issuer and status lists."""
    async with server_parts(settings, IMMIGRATION.role, *ROOMS) as parts:
        authority = _Authority(parts)
        anchors = IssuerAnchors(parts, IMMIGRATION)
        apps = {
            Host.ISSUER: authority.issuing(anchors),
            Host.DESK: authority.desk(),
            Host.LOST: authority.lost(),
        }
        async with authority.at_work(anchors):
            await serve_role(parts, apps, shared=_shared(settings))


async def run_worker(settings: Settings, *, parent: int) -> None:
    """A further process for the wallets' origin; ends with the process that started it."""
    async with server_parts(settings, IMMIGRATION.role, *ROOMS) as parts, ending_with(parent):
        followed = FollowedAnchors(parts, IMMIGRATION)
        apps = {Host.ISSUER: _Authority(parts).issuing(followed)}
        async with followed.following():
            await serve_role(parts, apps, shared=_shared(settings))


def _shared(settings: Settings) -> frozenset[Host]:
    return frozenset({Host.ISSUER}) if settings.issuer_workers > 1 else frozenset()
