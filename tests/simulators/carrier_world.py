"""A registrant, a sandbox carrier and the authority's adapter, in memory, with real keys."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.applications import Starlette

from mrc.formats import json_text
from mrc.infra.carrier.api import CarrierApi
from mrc.infra.carrier.calls import BoundedHttp
from mrc.infra.carrier.carrier import CamaraCarrier, LinePolicy
from mrc.infra.carrier.tokens import CarrierClient, TokenSource
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.registry.countries import decode_nationality
from mrc.registry.names import PersonName
from mrc.registry.numbers import RegistrationNumber, Sex
from mrc.registry.people import PlasticCard, Registrant, RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.registry.residence import Residence, decode_status
from mrc.web.sandbox_carrier.apis import CarrierApis
from mrc.web.sandbox_carrier.app import CarrierParts, make_app
from mrc.web.sandbox_carrier.authorization import AuthorizationServer
from mrc.web.sandbox_carrier.subscribers import Subscribers
from tests.simulators.asgi_client import AsgiClient

ORIGIN = "https://carrier.localhost:8448"
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
NUMBER = decode_phone_number("010-0000-0001")
CONTROL = "control-token"
LINE: dict[str, Any] = {
    "phone": NUMBER,
    "name": "NGUYEN VAN ANH",
    "family_name": "NGUYEN",
    "given_name": "VAN ANH",
    "birth_date": "2000-03-15",
    "id_document": "F123456789",
    "sim_changed_at": "2025-01-01T00:00:00+09:00",
}


class MovableClock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class AheadClock:
    """Our clock, which differs from the carrier's."""

    other: MovableClock
    ahead: timedelta

    def now(self) -> datetime:
        return self.other.at + self.ahead


@dataclass
class ClientBook:
    """The carrier's clients; take one out to revoke it."""

    keys: dict[str, EcPublicKey] = field(default_factory=dict)

    def find(self, client_id: str) -> EcPublicKey | None:
        return self.keys.get(client_id)


class RecordingClient:
    """Counts what was asked, by path, and keeps the last request of each."""

    def __init__(self, app: Starlette) -> None:
        self._inner = AsgiClient(app)
        self.asked: dict[str, list[HttpRequest]] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.setdefault(request.url.removeprefix(ORIGIN), []).append(request)
        return await self._inner.send(request)

    def count(self, path: str) -> int:
        return len(self.asked.get(path, []))


class CarrierWorld:
    """`carrier` is the adapter; `script` and `put` are the control API."""

    def __init__(
        self,
        *,
        seconds: float = 5.0,
        policy: LinePolicy | None = None,
        our_clock_ahead: timedelta = timedelta(0),
    ) -> None:
        self.clock = MovableClock()
        self.signer = SoftwareSigner.generate()
        self.clients = ClientBook({"authority": self.signer.public_key})
        self.apis = CarrierApis(Subscribers([]))
        parts = CarrierParts(
            apis=self.apis,
            authorization=AuthorizationServer(
                token_endpoint=f"{ORIGIN}/oauth2/token",
                clients=self.clients,
                verifier=OpensslVerifier(),
                entropy=SystemEntropy(),
            ),
            clock=self.clock,
            origin=ORIGIN,
            control_token=CONTROL,
        )
        self.http = RecordingClient(make_app(parts))
        bounded = BoundedHttp(self.http, seconds)
        client = CarrierClient(
            client_id="authority", token_endpoint=f"{ORIGIN}/oauth2/token", signer=self.signer
        )
        tokens = TokenSource(
            client, bounded, AheadClock(self.clock, our_clock_ahead), SystemEntropy()
        )
        self.carrier = CamaraCarrier(CarrierApi(ORIGIN, bounded, tokens), policy)

    async def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = await self.http.send(
            HttpRequest(
                method=method,
                url=f"{ORIGIN}/control/{path}",
                headers={"authorization": f"Bearer {CONTROL}"},
                body=b"" if body is None else json_text.encode(body),
            )
        )
        assert answer.status == 200, answer.body
        return json_text.decode_object(answer.body)

    async def put(self, **changes: Any) -> None:
        line = {name: value for name, value in (LINE | changes).items() if value is not None}
        await self.control("PUT", "subscribers", {"subscribers": [line]})

    async def script(self, **faults: Any) -> None:
        await self.control("POST", "script", faults)

    def later(self, **step: float) -> None:
        self.clock.at += timedelta(**step)


def make_registrant(name: PersonName | None = None, *, card: str | None = None) -> Registrant:
    cards = (PlasticCard(document_number=card, issued_on=date(2024, 9, 1)),) if card else ()
    return Registrant(
        id=RegistrantId("P-1"),
        number=RegistrationNumber("0003157123456"),
        name=name or PersonName(family="NGUYỄN", given="VĂN ÁNH"),
        birth_date=date(2000, 3, 15),
        sex=Sex.MALE,
        nationality=decode_nationality("VNM"),
        residence=Residence(
            status=decode_status("D-2-2"),
            permitted_until=date(2027, 2, 28),
            registered_on=date(2024, 9, 1),
            office="SEL",
        ),
        phones=(NUMBER,),
        cards=cards,
    )
