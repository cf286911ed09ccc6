"""The explorer over a practice ledger: in words, with papers, and a bundle dropped on it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.issuer_stream import IssuerStream
from mrc.infra.chain.practice import PracticeLedger, open_practice_ledger
from mrc.infra.chain.provider import EmbeddedProvider
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.infra.chain.shelf import ProofShelf
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.files import write_secret
from mrc.infra.keys.software import SystemEntropy
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.anchors import publication
from mrc.ledger.application import Application, decode_trust_list, encode_application
from mrc.ledger.bundle import ANCHORS_PATH
from mrc.ledger.statements import Role, issuer_stream_id
from mrc.ledger.timetable import Timetable
from mrc.web.explorer.app import make_app
from mrc.wiring.explored import ExploredLedger
from tests.simulators.ledger_world import JWT, NOW, StillClock, secret
from tests.simulators.pki import BEGIN, END, practice_pki

URL = "https://issuer.example"
LIST = f"{URL}/status/1"
ISSUER = Application(
    seed=bytes(range(16)),
    role=Role.ISSUER,
    names={"en": "An office <of> cards", "ko": "카드 기관"},
    url=URL,
    certificate=practice_pki().iaca.der,
    valid_from=BEGIN,
    valid_until=END,
    credential_types={"org.example.card.1": bytes(32)[:-1] + b"\x01"},
    writer=SoftwareSealer(secret("writer")).address,
)
STREAM = issuer_stream_id(ISSUER.organisation_id)


class Site:
    """The issuer's own site, with its own stream; `answer` is what it says instead."""

    def __init__(self, ledger: PracticeLedger, folder: Path) -> None:
        key = folder / "writer.key"
        write_secret(key, secret("writer").hex().encode())
        files = StreamFiles(
            key=key, journal=folder / "anchors.sqlite", former=folder / "none.sqlite"
        )
        self.stream = IssuerStream(
            ISSUER.organisation_id,
            files,
            EmbeddedProvider(ledger.chain),
            trust=ledger.trust,
            clock=StillClock(NOW),
            entropy=SystemEntropy(),
        )
        self.answer: HttpResponse | None = None

    def publish(self) -> None:
        opened = self.stream.open()
        opened.publisher.anchor([publication(LIST, JWT, NOW, b"a list")])
        opened.shelf.refresh()

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not request.url.startswith(f"{URL}{ANCHORS_PATH}"):
            raise Unavailable(request.url, "nobody answers")
        found = self.stream.open().shelf.newest()
        said = HttpResponse(status=200 if found else 404, headers={}, body=found or b"")
        return self.answer or said


@dataclass
class Visit:
    client: TestClient
    clerk: PracticeClerk
    explored: ExploredLedger
    site: Site

    def settle(self) -> None:
        self.clerk.work(NOW)
        self.site.publish()

    def bundle(self) -> str:
        found = self.site.stream.open().shelf.find(LIST, JWT)
        assert found is not None
        return found.decode()

    def check(self, bundle: str) -> str:
        return self.client.post("/check", data={"bundle": bundle}).text


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    with pytest.warns(UserWarning, match="practice"):
        ledger = open_practice_ledger(
            tmp_path / "ledger", clock=StillClock(NOW), entropy=SystemEntropy()
        )
    applications = tmp_path / "applications"
    applications.mkdir()
    (applications / "issuer.json").write_bytes(encode_application(ISSUER))
    clerk = PracticeClerk(ledger, applications, tmp_path / "trust-list.json")
    site = Site(ledger, tmp_path)
    explored = ExploredLedger(
        ledger=ledger,
        clerk=clerk,
        shelf=ProofShelf(ledger.publisher, ledger.trust, StillClock(NOW)),
        http=site,
        timetable=Timetable(),
        clock=StillClock(NOW),
        trust_list_uri="https://explorer.example/trust-list",
    )
    client = TestClient(make_app(explored), headers={"accept-language": "en"})
    yield Visit(client, clerk, explored, site)
    site.stream.close()
    ledger.close()


def test_an_empty_ledger_says_so(visit: Visit) -> None:
    page = visit.client.get("/")
    assert page.status_code == 200
    assert "Nothing was anchored yet." in page.text
    assert visit.client.get("/bundles?uri=x&media_type=y").status_code == 404
    assert visit.client.get("/trust-list").status_code == 404


def test_the_page_tells_what_is_on_the_ledger(visit: Visit) -> None:
    visit.settle()
    page = visit.client.get("/").text
    assert "An office &lt;of&gt; cards" in page
    assert "org.example.card.1" in page
    assert LIST in page
    assert "The ledger works." in page
    assert "카드 기관" in visit.client.get("/", headers={"accept-language": "ko"}).text
    assert visit.client.get("/health").json()["tick"] == 1


def test_each_issuers_stream_and_its_writer_are_shown(visit: Visit) -> None:
    visit.settle()
    page = visit.client.get("/").text
    council = visit.explored.ledger.publisher
    assert ISSUER.writer is not None
    for stream, writer in ((STREAM, ISSUER.writer), (council.stream, council.writer)):
        assert stream.hex()[:16] in page
        assert writer.hex()[:16] in page


def test_an_issuers_documents_are_proved_where_they_are_published(visit: Visit) -> None:
    """Also where the council's stream anchored something of that name."""
    visit.clerk.work(NOW)
    visit.explored.ledger.publisher.anchor([publication(LIST, JWT, NOW, b"a list")])
    visit.explored.shelf.refresh()
    query = urlencode({"uri": LIST, "media_type": JWT})
    answer = visit.client.get(f"/bundles?{query}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{URL}/anchors?{query}")


@pytest.mark.parametrize(
    "uri", ["https://issuer.example.evil/x", "https://issuer.example", "//evil.example/", "x"]
)
def test_nobody_is_sent_to_a_strangers_site(visit: Visit, uri: str) -> None:
    visit.settle()
    query = urlencode({"uri": uri, "media_type": JWT})
    assert visit.client.get(f"/bundles?{query}", follow_redirects=False).status_code == 404


def test_the_trust_list_is_proved_here(visit: Visit) -> None:
    visit.settle()
    uri, kind = visit.explored.trust_list_uri, "application/vnd.mrc.trust-list+json"
    visit.explored.ledger.publisher.anchor([publication(uri, kind, NOW, b"a list")])
    visit.explored.shelf.refresh()
    query = urlencode({"uri": uri, "media_type": kind})
    assert "The proof holds." in visit.check(visit.client.get(f"/bundles?{query}").text)


def test_an_issuer_that_does_not_prove_what_it_says_is_shown_so(visit: Visit) -> None:
    visit.settle()
    true = visit.site.stream.open().shelf.newest()
    assert true is not None
    forged = json.loads(true)
    forged["publications"][0]["uri"] = f"{URL}/status/another"
    answers = {
        "forged": HttpResponse(status=200, headers={}, body=json.dumps(forged).encode()),
        "garbage": HttpResponse(status=200, headers={}, body=b"<html>"),
        "long": HttpResponse(status=200, headers={}, body=b" " * 2_000_000),
        "away": HttpResponse(status=503, headers={}, body=true),
    }
    for name, answer in answers.items():
        visit.site.answer = answer
        visit.explored._view = None
        page = visit.client.get("/").text
        assert f"{URL}/status" not in page, name
        assert "did not prove" in page, name
    visit.site.answer = None
    visit.explored._view = None
    page = visit.client.get("/").text
    assert LIST in page
    assert "did not prove" not in page


def test_an_issuer_does_not_speak_for_another_stream(visit: Visit) -> None:
    """It hands out the council's bundle, which is genuine."""
    visit.settle()
    council = visit.explored.ledger.publisher
    council.anchor([publication("https://other.example/list", JWT, NOW, b"a list")])
    visit.explored.shelf.refresh()
    bundle = visit.explored.shelf.newest()
    assert bundle is not None
    visit.site.answer = HttpResponse(status=200, headers={}, body=bundle)
    page = visit.client.get("/").text
    assert page.count("https://other.example/list") == 1  # the council's own word


def test_a_bundle_dropped_on_it_is_checked(visit: Visit) -> None:
    visit.settle()
    assert "The proof holds." in visit.check(visit.bundle())
    assert "is registered" in visit.check(visit.bundle())


def test_forged_bundles_are_refused_in_words(visit: Visit) -> None:
    visit.settle()
    members = json.loads(visit.bundle())
    members["publications"][0]["iat"] += 1
    assert "not what was anchored" in visit.check(json.dumps(members))
    members["contract"] = "0x" + "11" * 20
    assert "another ledger" in visit.check(json.dumps(members))
    assert "not a proof bundle" in visit.check("<script>alert(1)</script>")
    assert "too long" in visit.check("x" * 70_000)


def test_the_papers_are_served(visit: Visit) -> None:
    visit.settle()
    listed = decode_trust_list(visit.client.get("/trust-list").content)
    assert listed.applications == (ISSUER,)
    assert visit.client.get("/askers").json()["claim_sets"] == []
    assert visit.client.get("/trust.json").json()["format"] == "mrc-ledger-trust-1"
