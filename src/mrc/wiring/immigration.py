"""The immigration authority's processes: register, front desk, issuer and status lists.

One process serves everything and does what is due from time to time. Further ones may serve the
wallets' origin beside it, on the same port and database (`MRC_ISSUER_WORKERS`).
"""

from dataclasses import dataclass

from starlette.applications import Starlette

from mrc.authority.card_source import RegistryCardSource
from mrc.authority.counter import Counter
from mrc.authority.desk import Desk, DeskParts
from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.phone_checks import PhoneChecks
from mrc.authority.ports import Carrier
from mrc.infra.audit_pump import IMMIGRATION_TABLES
from mrc.infra.clock import SystemClock
from mrc.infra.settings import Host, Settings
from mrc.infra.status_push import PushingPublisher
from mrc.infra.stores.asker_reports import ROOM as ASKERS_ROOM
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.infra.stores.phone_checks import DatabasePhoneChecks
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.issuer.issuer import Issuer
from mrc.registry.eligibility import EligibilityRules
from mrc.web.issuer_api.app import make_app as make_issuer_api
from mrc.wiring.auditing import audited
from mrc.wiring.carrier import make_carrier
from mrc.wiring.counters import make_proofs, make_publisher, published, with_management
from mrc.wiring.faces import counter_advice, find_reader
from mrc.wiring.front_desk import make_front_desk
from mrc.wiring.ic_cards import ROOM as IC_ROOM
from mrc.wiring.ic_cards import expiring, make_challenge_steps, make_chip_cards
from mrc.wiring.issuers import IMMIGRATION, make_issuer
from mrc.wiring.losses import (
    Losses,
    looked_after,
    make_events,
    make_losses,
    make_lost,
    with_call_centre,
)
from mrc.wiring.plastic_cards import with_plastic_cards
from mrc.wiring.server import ServerParts, serve_role, server_parts
from mrc.wiring.workers import ending_with, further_workers

RULES = EligibilityRules()
ROOMS = ("registry", "issuer", "staff", "loss", ASKERS_ROOM, IC_ROOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Immigration:
    """What every process of the authority has."""

    parts: ServerParts
    registry: DatabaseRegistry
    carrier: Carrier
    issuer: Issuer
    publisher: PushingPublisher
    counter: Counter
    losses: Losses
    faces: FaceReader | None


def make_immigration(parts: ServerParts) -> Immigration:
    settings, registry = parts.settings, DatabaseRegistry(parts.database)
    carrier = make_carrier(settings, parts.http)
    phones = PhoneChecks(DatabasePhoneChecks(parts.database), carrier)
    source = RegistryCardSource(registry, RULES, phones)
    issuer = make_issuer(IMMIGRATION, settings, parts.database, source, at=parts.at)
    publisher = make_publisher(issuer, parts)
    counter = Counter(issuer.offers, issuer.cards, publisher)
    return Immigration(
        parts=parts,
        registry=registry,
        carrier=carrier,
        issuer=issuer,
        publisher=publisher,
        counter=counter,
        losses=make_losses(parts, IMMIGRATION, issuer, counter),
        faces=find_reader(settings),
    )


def make_wallets_app(own: Immigration) -> Starlette:
    """What the wallets' origin serves. Whatever must hold stands in the database, so that any of
    the authority's processes may answer any request."""
    settings = own.parts.settings
    challenge = make_challenge_steps(
        settings,
        own.parts.database,
        issuer=own.issuer,
        registry=own.registry,
        carrier=own.carrier,
        rules=RULES,
        faces=own.faces,
    )
    api = make_issuer_api(
        own.issuer,
        clock=SystemClock(),
        challenge=challenge,
        proofs=make_proofs(own.parts),
        loss=own.losses.door,
    )
    return with_plastic_cards(settings, own.registry, RULES, api)


async def run_authority(settings: Settings) -> None:
    """The immigration authority: register, desk, issuer and status lists."""
    async with server_parts(settings, IMMIGRATION.role, *ROOMS) as parts:
        own = make_immigration(parts)
        database, registry, losses = parts.database, own.registry, own.losses
        events = make_events(
            parts, registry=registry, issuer=own.issuer, publisher=own.publisher, rules=RULES
        )
        desk = Desk(
            DeskParts(registry=registry, counter=own.counter, carrier=own.carrier, rules=RULES)
        )
        front_desk = make_front_desk(
            settings,
            database,
            desk=desk,
            counter=own.counter,
            registry=registry,
            advice=counter_advice(settings, own.faces),
        )
        async with (
            published(own.publisher),
            expiring(make_chip_cards(database, registry)),
            looked_after(losses, events),
            audited(parts, IMMIGRATION.role, IMMIGRATION_TABLES) as audit_head,
            further_workers(settings),
        ):
            managed = with_management(
                settings, IMMIGRATION, own.counter, desk, front_desk, audit_head
            )
            apps = {
                Host.ISSUER: make_wallets_app(own),
                Host.DESK: with_call_centre(managed, settings, registry, losses),
                Host.LOST: make_lost(settings, losses, DatabaseAskerReports(database)),
            }
            await serve_role(parts, apps, shared=_shared(settings))


async def run_worker(settings: Settings, *, parent: int) -> None:
    """A further process for the wallets' origin; ends with the process that started it."""
    async with (
        server_parts(settings, IMMIGRATION.role, *ROOMS) as parts,
        ending_with(parent),
    ):
        app = make_wallets_app(make_immigration(parts))
        await serve_role(parts, {Host.ISSUER: app}, shared=_shared(settings))


def _shared(settings: Settings) -> frozenset[Host]:
    return frozenset({Host.ISSUER}) if settings.issuer_workers > 1 else frozenset()
