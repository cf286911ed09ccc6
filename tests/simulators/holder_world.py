"""A real issuer and a real verifier on one SQLite file, for tests of the holder's app.

In this process their apps are called by host name (`network`); end to end they are served on the
same addresses. Keys, roots and certificates are the practice ones that the wiring makes.
"""

import contextlib
import warnings
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.types import ASGIApp

from mrc.authority.askers.reports import ReportDesk
from mrc.authority.loss.codes import CodeKey, TryCounter, TryLimits
from mrc.formats.catalogue.ages import age_claims
from mrc.formats.catalogue.card_types import CardType
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database, open_database
from mrc.infra.database.upgrade import upgrade
from mrc.infra.keys.software import Pbkdf2
from mrc.infra.practice_faces import draw_face
from mrc.infra.settings import Host, Settings
from mrc.infra.stores.asker_reports import DatabaseAskerReports
from mrc.infra.stores.loss import DatabaseLosses
from mrc.issuer.cards import Order
from mrc.issuer.clients import Access
from mrc.issuer.issuer import Issuer
from mrc.issuer.offers import MadeOffer, OfferOrder
from mrc.issuer.ports import CardData
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock, HttpRequest, HttpResponse
from mrc.protocols.card_loss.lock_code import LockCode
from mrc.protocols.card_loss.messages import LockReceipt
from mrc.verifier.purposes import PurposeId
from mrc.verifier.requests import Asking
from mrc.verifier.service import Asked
from mrc.web.issuer_api.app import make_app as make_issuer_app
from mrc.web.lost.asker_reports import asker_reports_route
from mrc.web.verifier_api.app import create_app as make_verifier_app
from mrc.wiring.checking import FrontParts
from mrc.wiring.issuers import IMMIGRATION, make_issuer
from mrc.wiring.providers import make_provider
from mrc.wiring.verifiers import VerifierParts, make_verifier
from tests.simulators.asgi_client import AsgiClient

PORTRAIT = draw_face(7)
HOLDER = HolderReference("registrant-1")


@dataclass(kw_only=True)
class Register:
    """A `CardDataSource` with one person; tests change what the register says."""

    values: dict[str, object] = field(default_factory=dict)
    ends: date = date(2029, 5, 3)

    def __post_init__(self) -> None:
        birth, today = date(1990, 2, 3), datetime.now(UTC).date()
        self.values = {
            "family_name_latin": "NGUYEN",
            "given_name_latin": "VAN ANH",
            "family_name_hangul": "응우옌",
            "given_name_hangul": "반 안",
            "birth_date": birth,
            "sex": 2,
            "nationality": "VNM",
            "portrait": PORTRAIT,
            "issue_date": today,
            "expiry_date": self.ends,
            "permitted_until": self.ends,
            "document_number": "F12345678",
            "issuing_authority": "안산출입국·외국인사무소",
            "issuing_country": "KR",
            "resident_address": "경기도 안산시 단원구 원곡로 12, 301호",
            **age_claims(birth, today),
            "registration_number": "9002036123456",
            "card_type": "residence",
            "status_of_stay": "E-9",
            "registering_office": "안산출입국·외국인사무소",
        }

    async def card_data(
        self, holder: HolderReference, card_type: CardType, *, at: datetime
    ) -> CardData:
        until = datetime(self.ends.year, self.ends.month, self.ends.day, tzinfo=UTC)
        return CardData(values=self.values, valid_until=until)


@dataclass(kw_only=True)
class LossOffice:
    """The part of the loss desk that a wallet speaks to: locks, and remembers lock codes."""

    issuer: Issuer
    codes: list[LockCode] = field(default_factory=list)

    async def lock(self, access: Access, *, now: datetime) -> LockReceipt:
        order = Order(holder=HOLDER, actor="holder", reason="lost")
        await self.issuer.cards.lock(order, now=now)
        await self.issuer.status.refresh(now=now)
        return LockReceipt(reference="L-1", refused_from=now)

    async def register_code(self, access: Access, code: LockCode, *, now: datetime) -> None:
        self.codes.append(code)

    async def update_waits(self, access: Access) -> bool:
        return any(card.renewal_due for card in await self.issuer.cards.live(HOLDER))


@dataclass(kw_only=True)
class Network:
    """An `HttpClient` over apps in this process; `down` holds hosts that do not answer."""

    apps: Mapping[str, ASGIApp]
    down: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    """Paths whose requests arrive and whose answers do not."""
    clock: Clock | None = None
    """By which servers date their answers, as web servers do (RFC 9110, 6.6.1); None: they do not."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        if parts.netloc in self.down or parts.netloc not in self.apps:
            raise Unavailable(request.url, "nobody there")
        answer = await AsgiClient(self.apps[parts.netloc]).send(request)
        if any(parts.path.startswith(path) for path in self.lost):
            raise Unavailable(request.url, "the answer was lost")
        if self.clock is None:
            return answer
        said = format_datetime(self.clock.now().astimezone(UTC), usegmt=True)
        return replace(answer, headers={**answer.headers, "date": said})


@dataclass(kw_only=True)
class HolderWorld:
    settings: Settings
    issuer: Issuer
    verifier: VerifierParts
    register: Register
    loss: LossOffice
    issuer_app: ASGIApp
    verifier_app: ASGIApp
    provider_app: ASGIApp
    database: Database

    def front(self) -> FrontParts:
        """What the checker and the sample service need besides the verifier."""
        http = AsgiClient(self.issuer_app)
        return FrontParts(database=self.database, http=http, at=SystemClock().now())

    def reports_app(self) -> ASGIApp:
        """The office's door for reports about askers."""
        tries = TryCounter(DatabaseLosses(self.database), CodeKey(b"k" * 32, Pbkdf2()), TryLimits())
        desk = ReportDesk(DatabaseAskerReports(self.database), tries)
        return Starlette(routes=[asker_reports_route(desk, SystemClock())])

    def network(self) -> Network:
        hosts = {Host.ISSUER: self.issuer_app, Host.VERIFIER: self.verifier_app}
        return Network(
            apps={urlsplit(self.settings.url_of(h)).netloc: app for h, app in hosts.items()}
        )

    async def offer(self, *, with_tx_code: bool = True) -> MadeOffer:
        order = OfferOrder(
            holder=HOLDER,
            card_type=CardType.RESIDENCE,
            officer="officer-1",
            office="ANS",
            session="desk-1",
            with_tx_code=with_tx_code,
        )
        return await self.issuer.offers.make(order, now=SystemClock().now())

    async def ask(
        self,
        purpose: str = "bank-account",
        return_uri: str | None = None,
        *,
        number_match: bool = False,
    ) -> Asked:
        asking = Asking(
            purpose=PurposeId(purpose), return_uri=return_uri, number_match=number_match
        )
        return await self.verifier.verifier.ask(asking, now=SystemClock().now())

    async def is_valid(self, asked: Asked) -> bool:
        found = await self.verifier.verifier.outcome(
            asked.id, response_code=None, now=SystemClock().now()
        )
        return found is not None and found.verdict is not None and found.verdict.decision == "valid"


@contextlib.asynccontextmanager
async def holder_world(home: Path, *, first_port: int = 8440) -> AsyncIterator[HolderWorld]:
    settings = Settings(home=home, first_port=first_port)
    url = _prepared(home)
    at = SystemClock().now()
    async with open_database(url) as database:
        register = Register()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # practice keys announce themselves
            provider_app = make_provider(settings, database, at=at)
            issuer = make_issuer(IMMIGRATION, settings, database, register, at=at)
            loss = LossOffice(issuer=issuer)
            issuer_app = make_issuer_app(issuer, clock=SystemClock(), loss=loss)
            verifier = make_verifier(settings, database, AsgiClient(issuer_app), at=at)
        yield HolderWorld(
            settings=settings,
            issuer=issuer,
            verifier=verifier,
            register=register,
            loss=loss,
            issuer_app=issuer_app,
            verifier_app=make_verifier_app(verifier.api()),
            provider_app=provider_app,
            database=database,
        )


def _prepared(home: Path) -> str:
    """The database's address; its tables are made where there is none yet."""
    home.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{home / 'world.sqlite3'}"
    if not (home / "world.sqlite3").exists():
        upgrade(url)
    return url
