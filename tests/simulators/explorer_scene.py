"""A ledger of a small country for looking at: three issuers with streams, a provider, two askers.

Everything is done as in an installation (applications, the clerk, each issuer's own stream); the issuers'
sites are reached without a socket. The clock stands still until a test moves it.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.status_list.cwt_token import MEDIA_TYPE as CWT
from mrc.formats.status_list.jwt_token import MEDIA_TYPE as JWT
from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.contract import call_data
from mrc.infra.chain.council import propose
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.stream_files import StreamFiles
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.anchors import audit_publication, publication
from mrc.ledger.application import MEDIA_TYPE as TRUST_LIST_TYPE
from mrc.ledger.application import Application, encode_application
from mrc.ledger.bundle import ANCHORS_PATH
from mrc.ledger.statements import Role, Standing
from mrc.ledger.timetable import Timetable
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.wiring.explored import ExploredLedger
from mrc.wiring.issuers import AUTHORITIES, IssuingAuthority
from tests.simulators.ledger_world import NOW, CountingEntropy, StillClock
from tests.simulators.pki import BEGIN, END, practice_pki

TRUST_LIST = "https://explorer.localhost:8451/trust-list"


@dataclass
class Scene:
    """`now` moves the clock; `silent` issuers do not answer."""

    folder: Path
    ledger: PracticeLedger
    clerk: PracticeClerk
    clock: StillClock
    streams: dict[str, IssuerStream]
    silent: set[str] = field(default_factory=set)
    explored: ExploredLedger = field(init=False)

    def __post_init__(self) -> None:
        self.explored = ExploredLedger(
            ledger=self.ledger,
            clerk=self.clerk,
            shelf=ProofShelf(self.ledger.publisher, self.ledger.trust, self.clock),
            timetable=Timetable(),
            clock=self.clock,
            http=self,
            trust_list_uri=TRUST_LIST,
        )

    def register(self) -> None:
        """Everybody applies and is registered."""
        for name, application in _applications(self.folder).items():
            path = self.folder / "applications" / f"{name}.json"
            path.write_bytes(encode_application(application))
        self.clerk.work(self.clock.at)

    def anchor(self) -> None:
        """A tick of every stream."""
        listed = self.clerk.trust_list()
        assert listed is not None
        self.ledger.publisher.anchor([publication(TRUST_LIST, TRUST_LIST_TYPE, *listed)])
        self.explored.shelf.refresh()
        for url, stream in self.streams.items():
            opened = stream.open()
            lists = [f"{url}/status/1", f"{url}/status/2"]
            entries = [
                publication(uri, form, self.clock.at, uri.encode())
                for uri in lists
                for form in (JWT, CWT)
            ]
            head = audit_publication(self.clock.at, 7, sha256(url.encode()).digest())
            about = publication(f"{url}/.well-known/x", "application/json", self.clock.at, b"{}")
            opened.publisher.anchor([about, *entries, head])
            opened.shelf.refresh()
        self.forget()

    def stop_an_asker(self) -> None:
        """An organisation that is stopped, one that ended, and a proposal that waits."""
        applied = _applications(self.folder)
        for name, standing in (("cafe", Standing.STOPPED), ("provider", Standing.ENDED)):
            entry = replace(applied[name].entry, standing=standing)
            self.ledger.register(applied[name].organisation_id, entry)
        propose(self.ledger.seats[1], call_data("set_threshold", 3), now=self.clock.at)
        self.forget()

    def pause(self) -> None:
        self.ledger.decide(call_data("set_paused", True))
        self.forget()

    def later(self, passed: timedelta) -> None:
        self.clock.at += passed
        self.forget()

    def forget(self) -> None:
        """The page is made anew."""
        self.explored._view = None

    def bundle(self) -> bytes:
        """The proof of the first issuer's first list."""
        url, stream = next(iter(self.streams.items()))
        found = stream.open().shelf.find(f"{url}/status/1", JWT)
        assert found is not None
        return found

    def forged(self) -> bytes:
        members = json.loads(self.bundle())
        members["publications"][0]["iat"] += 1
        return json.dumps(members).encode()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The issuers' sites."""
        url = request.url.removesuffix(ANCHORS_PATH)
        if url in self.silent or url not in self.streams:
            raise Unavailable(request.url, "nobody answers")
        found = self.streams[url].open().shelf.newest()
        return HttpResponse(status=200 if found else 404, headers={}, body=found or b"")


@contextmanager
def explorer_scene(folder: Path) -> Iterator[Scene]:
    """Nobody is registered yet."""
    clock = StillClock(NOW)
    (folder / "applications").mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "for practice only", which this is
        ledger = open_practice_ledger(folder / "ledger", clock=clock, entropy=CountingEntropy())
    with ExitStack() as stack:
        stack.enter_context(closing(ledger))
        streams = {
            one.url: stack.enter_context(closing(_stream(folder, name, ledger)))
            for name, one in _applications(folder).items()
            if one.role is Role.ISSUER
        }
        clerk = PracticeClerk(ledger, folder / "applications", folder / "trust-list.json")
        yield Scene(folder, ledger, clerk, clock, streams)


def _files(folder: Path, name: str) -> StreamFiles:
    own = folder / name
    return StreamFiles(key=own / "writer.key", journal=own / "anchors", former=own / "none")


def _stream(folder: Path, name: str, ledger: PracticeLedger) -> IssuerStream:
    return IssuerStream(
        _applications(folder)[name].organisation_id,
        _files(folder, name),
        EmbeddedProvider(ledger.chain),
        trust=ledger.trust,
        clock=ledger.clock,
        entropy=CountingEntropy(),
    )


def _applications(folder: Path) -> dict[str, Application]:
    plain = Application(
        seed=_seed("provider"),
        role=Role.WALLET_PROVIDER,
        names={"en": "Mobile ID practice provider"},
        url="https://provider.localhost:8447",
        certificate=practice_pki().reader.der,
        valid_from=BEGIN,
        valid_until=END,
    )
    bank = {"ko": "한빛은행 (견본)", "en": "Hanbit Bank (sample)"}
    cafe = {"en": "A café with a rather long registered name, limited (sample)"}
    purposes = {str(one.id): one.claims for one in STANDARD_PURPOSES.values()}
    asking = replace(plain, role=Role.ASKER)
    return {
        **{one.role: _issuer(folder, one, plain) for one in AUTHORITIES},
        "provider": plain,
        "bank": replace(asking, seed=_seed("bank"), names=bank, purposes=purposes),
        "cafe": replace(
            asking, seed=_seed("cafe"), names=cafe, purposes={"age-19": ("age_over_19",)}
        ),
    }


def _issuer(folder: Path, authority: IssuingAuthority, plain: Application) -> Application:
    definitions = [STANDARD.get(one) for one in authority.card_types]
    return replace(
        plain,
        seed=_seed(authority.role),
        role=Role.ISSUER,
        names={"ko": authority.name_ko, "en": authority.name_en},
        url=f"https://{authority.host.value}.localhost:8442",
        credential_types={
            name: sha256(name.encode()).digest()
            for definition in definitions
            for name in (definition.doctype, definition.vct)
        },
        writer=SoftwareSealer(read_or_make_secret(_files(folder, authority.role).key)).address,
    )


def _seed(name: str) -> bytes:
    return name.encode().ljust(16)
