"""The roles as processes: each put together, served, and looked after until it is told to stop."""

from mrc.authority.counter import Counter
from mrc.infra.audit_pump import ISSUER_TABLES
from mrc.infra.clock import SystemClock
from mrc.infra.practice_cards import (
    DRIVING_AGE,
    PracticeRegister,
    licence_values,
    resident_values,
)
from mrc.infra.processes import run_until_stopped
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.web.issuer_api.app import make_app as make_issuer_api
from mrc.web.phone_shell.app import load_files
from mrc.web.phone_shell.app import make_app as make_phone_shell
from mrc.web.phone_shell.trust_file import encode_trust
from mrc.web.verifier_api.app import create_app as create_verifier_api
from mrc.wiring.auditing import audited
from mrc.wiring.checking import ROOM as CHECKING_ROOM
from mrc.wiring.checking import FrontParts, make_checker, make_online
from mrc.wiring.counters import make_publisher, published, with_management
from mrc.wiring.issuers import INTERIOR, POLICE, IssuingAuthority, make_issuer
from mrc.wiring.ledger_files import askers_url, load_ledger_trust
from mrc.wiring.losses import looked_after, make_losses, with_notices
from mrc.wiring.providers import make_provider
from mrc.wiring.server import practice_tls, serve_role, server_parts
from mrc.wiring.verifiers import make_verifier

_PRACTICE_SOURCES = {
    POLICE.role: PracticeRegister(licence_values, minimum_age=DRIVING_AGE),
    INTERIOR.role: PracticeRegister(resident_values, minimum_age=14),
}


async def run_issuer(settings: Settings, authority: IssuingAuthority) -> None:
    """Another authority's issuer, from its practice register."""
    from mrc.wiring.anchoring import IssuerAnchors  # web3 is loaded by issuers only

    async with server_parts(settings, authority.role, "issuer", "loss") as parts:
        source = _PRACTICE_SOURCES[authority.role]
        issuer = make_issuer(authority, settings, parts.database, source, at=parts.at)
        publisher = make_publisher(issuer, parts)
        counter = Counter(issuer.offers, issuer.cards, publisher)
        losses = make_losses(parts, authority, issuer, counter)
        anchors = IssuerAnchors(parts, authority)
        api = make_issuer_api(issuer, clock=SystemClock(), proofs=anchors, loss=losses.door)
        told = with_notices(api, settings, authority, losses)
        async with (
            published(publisher),
            looked_after(losses),
            audited(parts, authority.role, ISSUER_TABLES) as find_head,
            anchors.running(find_head),
        ):
            app = with_management(settings, authority, counter, None, told)
            await serve_role(parts, {authority.host: app})


async def run_verifier(settings: Settings) -> None:
    """The practice asker's verifier, with its checker and its sample service."""
    async with server_parts(settings, "verifier", "verifier", CHECKING_ROOM) as parts:
        verifier = make_verifier(settings, parts.database, parts.http, at=parts.at)
        front = FrontParts(database=parts.database, http=parts.http, at=parts.at)
        api = create_verifier_api(verifier.api())
        apps = {
            Host.VERIFIER: api,
            Host.CHECKER: make_checker(settings, verifier, front),
            Host.ONLINE: make_online(settings, verifier, front),
        }
        await serve_role(parts, apps)


async def run_provider(settings: Settings) -> None:
    """The practice wallet provider."""
    async with server_parts(settings, "provider", "provider") as parts:
        provider = make_provider(settings, parts.database, at=parts.at)
        await serve_role(parts, {Host.PROVIDER: provider})


async def run_phone(settings: Settings) -> None:
    """The origin that hands the wallet to a phone's browser: static files, and whom to believe."""
    at = SystemClock().now()
    store = TrustStore(settings.home / "trust")
    trust = encode_trust(
        issuers=store.certificates(TrustKind.ISSUER),
        readers=store.certificates(TrustKind.READER),
        provider=settings.url_of(Host.PROVIDER),
        lost=settings.url_of(Host.LOST),
        ledger=load_ledger_trust(settings),
        askers=askers_url(settings),
    )
    shell = make_phone_shell(load_files(trust))
    tls = practice_tls(settings, at)
    ports = {settings.port_of(Host.PHONE): shell}
    async with serving(ports, bind=settings.address, tls=tls):
        await run_until_stopped()
