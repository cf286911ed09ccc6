"""The carrier: the authority's adapter, and the sandbox that stands in for a company.

The sandbox knows the practice people of the register, as of the day it first started: their birth
dates are counted from a day, so the file that it writes then is what later starts read.
"""

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from starlette.applications import Starlette

from mrc.formats import json_text
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.carrier.api import CarrierApi
from mrc.infra.carrier.calls import BoundedHttp
from mrc.infra.carrier.carrier import CamaraCarrier
from mrc.infra.carrier.client_keys import ClientFolder
from mrc.infra.carrier.tokens import CarrierClient, TokenSource
from mrc.infra.clock import SystemClock
from mrc.infra.files import read_secret, write_atomic, write_secret
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.infra.practice_cards import PRACTICE_COUNT, PRACTICE_SEED
from mrc.infra.settings import Host, Mode, Settings
from mrc.kernel.ports import HttpClient
from mrc.registry.phones import decode_phone_number
from mrc.registry.practice.people import PracticePerson, practice_people
from mrc.web.lost.reports import CARRIER_PATH
from mrc.web.sandbox_carrier.apis import CarrierApis
from mrc.web.sandbox_carrier.app import CarrierParts, make_app
from mrc.web.sandbox_carrier.authorization import AuthorizationServer
from mrc.web.sandbox_carrier.loss_webhook import CARRIER, LossWebhook
from mrc.web.sandbox_carrier.subscribers import (
    Subscriber,
    Subscribers,
    decode_subscriber,
    encode_subscriber,
)

CLIENT_ID = "authority"
OTHERS_PHONE = "P-OTHERS-PHONE"
SOMEBODY_ELSE = ("DELOS REYES", "ROBERTO", date(1979, 3, 5))  # in whose name that line is
SIM_SINCE = datetime(2024, 1, 2, 3, 0, tzinfo=UTC)


def make_carrier(settings: Settings, http: HttpClient) -> CamaraCarrier:
    """The `Carrier` of the authority's process. In practice its key is registered here too."""
    if settings.mode is Mode.PRODUCTION:
        raise ValueError("production needs a contract with a carrier: there is only the sandbox")
    root = settings.url_of(Host.CARRIER)
    signer = _client_signer(settings.home / "authority" / "keys" / "carrier-client.key")
    ClientFolder(_folder(settings) / "clients").register(CLIENT_ID, signer.public_key)
    bounded = BoundedHttp(http)
    client = CarrierClient(
        client_id=CLIENT_ID, token_endpoint=f"{root}/oauth2/token", signer=signer
    )
    tokens = TokenSource(client, bounded, SystemClock(), SystemEntropy())
    return CamaraCarrier(CarrierApi(root, bounded, tokens))


def make_sandbox(settings: Settings, http: HttpClient | None = None) -> Starlette:
    """The sandbox carrier; over `http`, if given, it reports lost lines. Refused in production."""
    if settings.mode is Mode.PRODUCTION:
        raise ValueError("the sandbox carrier is for practice only")
    origin, clock = settings.url_of(Host.CARRIER), SystemClock()
    authorization = AuthorizationServer(
        token_endpoint=f"{origin}/oauth2/token",
        clients=ClientFolder(_folder(settings) / "clients"),
        verifier=OpensslVerifier(),
        entropy=SystemEntropy(),
    )
    subscribers = Subscribers(_subscribers(_folder(settings), seoul_date(clock.now())))
    app = make_app(
        CarrierParts(
            apis=CarrierApis(subscribers),
            authorization=authorization,
            clock=clock,
            origin=origin,
            control_token=control_token(settings),
        )
    )
    if http is not None:
        app.router.routes.append(_webhook(settings, http).route())
    return app


def _webhook(settings: Settings, http: HttpClient) -> LossWebhook:
    """In practice the authority is told the carrier's key here."""
    signer = _client_signer(_folder(settings) / "webhook.key")
    ClientFolder(settings.home / "loss" / "carriers").register(CARRIER, signer.public_key)
    audience = settings.url_of(Host.LOST)
    return LossWebhook(
        http=http,
        signer=signer,
        clock=SystemClock(),
        entropy=SystemEntropy(),
        url=f"{audience}{CARRIER_PATH}",
        audience=audience,
        control_token=control_token(settings),
    )


def control_token(settings: Settings) -> str:
    """The secret of the sandbox's control API, made at the first call."""
    path = _folder(settings) / "control.token"
    fresh = base64.urlsafe_b64encode(SystemEntropy().token(24))
    return _made_once(path, fresh).decode("ascii").strip()


def _folder(settings: Settings) -> Path:
    return settings.home / "carrier"


def _client_signer(path: Path) -> SoftwareSigner:
    return SoftwareSigner.from_pem(_made_once(path, SoftwareSigner.generate().to_pem()))


def _made_once(path: Path, fresh: bytes) -> bytes:
    """The secret in `path`; `fresh` where there is none yet. Of processes at once, one wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.draft.{os.getpid()}")
        write_secret(draft, fresh)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return read_secret(path)


def _subscribers(folder: Path, today: date) -> Iterator[Subscriber]:
    """The practice people, then the lines of ``subscribers.jsonl``, which win."""
    practice, extra = folder / "practice.jsonl", folder / "subscribers.jsonl"
    if not practice.exists():
        write_atomic(practice, _encoded(_practice_subscribers(today)))
    yield from _read(practice)
    if extra.exists():
        yield from _read(extra)


def _read(path: Path) -> Iterator[Subscriber]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield decode_subscriber(json_text.decode_object(line, path.name))


def _encoded(subscribers: Iterator[Subscriber]) -> bytes:
    lines = (json.dumps(encode_subscriber(item), ensure_ascii=False) for item in subscribers)
    return "".join(f"{line}\n" for line in lines).encode()


def _practice_subscribers(today: date) -> Iterator[Subscriber]:
    for person in practice_people(seed=PRACTICE_SEED, count=PRACTICE_COUNT, today=today):
        phones = person.fields["phones"]
        if isinstance(phones, list):
            for phone in phones:
                yield _subscriber(person, str(phone))


def _subscriber(person: PracticePerson, phone: str) -> Subscriber:
    fields = person.fields
    family, given = str(fields["family_name"]), str(fields["given_name"])
    born = date.fromisoformat(str(fields["birth_date"]))
    if fields["id"] == OTHERS_PHONE:
        family, given, born = SOMEBODY_ELSE
    return Subscriber(
        phone=decode_phone_number(phone),
        name=" ".join(part for part in (family, given) if part),
        family_name=family or None,
        given_name=given or None,
        birth_date=born,
        sim_changed_at=SIM_SINCE,
    )
