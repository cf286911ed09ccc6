"""The immigration authority's process: register, front desk, issuer and status lists."""

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
from mrc.wiring.anchoring import IssuerAnchors
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
from mrc.wiring.server import serve_role, server_parts

RULES = EligibilityRules()


async def run_authority(settings: Settings) -> None:
    """The immigration authority: register, desk, issuer and status lists."""
    rooms = ("registry", "issuer", "staff", "loss", ASKERS_ROOM, IC_ROOM)
    async with server_parts(settings, IMMIGRATION.role, *rooms) as parts:
        registry = DatabaseRegistry(parts.database)
        carrier = make_carrier(settings, parts.http)
        phones = PhoneChecks(DatabasePhoneChecks(parts.database), carrier)
        source = RegistryCardSource(registry, RULES, phones)
        issuer = make_issuer(IMMIGRATION, settings, parts.database, source, at=parts.at)
        anchors = IssuerAnchors(parts, IMMIGRATION)
        publisher = make_publisher(issuer, parts)
        counter = Counter(issuer.offers, issuer.cards, publisher)
        losses = make_losses(parts, IMMIGRATION, issuer, counter)
        events = make_events(
            parts, registry=registry, issuer=issuer, publisher=publisher, rules=RULES
        )
        desk = Desk(DeskParts(registry=registry, counter=counter, carrier=carrier, rules=RULES))
        faces = find_reader(settings)
        chip = make_chip_parts(
            settings, parts.database, issuer=issuer, registry=registry, faces=faces
        )
        challenge = make_challenge_steps(chip, carrier=carrier, rules=RULES)
        unlocking = make_unlocking(losses, chip, counter)
        asker_reports = make_report_book(settings, parts.database)
        front_desk = make_front_desk(
            settings,
            parts.database,
            desk=desk,
            counter=counter,
            registry=registry,
            advice=counter_advice(settings, faces),
            asker_reports=asker_reports,
        )
        chip_cards = make_chip_cards(parts.database, registry)
        async with (
            published(publisher),
            expiring(chip_cards),
            looked_after(losses, events),
            audited(parts, IMMIGRATION.role, IMMIGRATION_TABLES) as find_head,
            anchors.running(find_head),
            forgetting(asker_reports, SystemClock()),
        ):
            apps = {
                Host.ISSUER: with_plastic_cards(
                    settings,
                    registry,
                    RULES,
                    make_issuer_api(
                        issuer,
                        clock=SystemClock(),
                        challenge=challenge,
                        proofs=anchors,
                        loss=losses.door,
                        unlocking=unlocking,
                    ),
                ),
                Host.DESK: with_call_centre(
                    with_management(settings, IMMIGRATION, counter, desk, front_desk),
                    settings,
                    registry,
                    losses,
                ),
                Host.LOST: make_lost(settings, losses, DatabaseAskerReports(parts.database)),
            }
            await serve_role(parts, apps)
