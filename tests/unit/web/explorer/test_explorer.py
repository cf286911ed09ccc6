"""The explorer over a practice ledger: in words, with papers, and a bundle dropped on it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from mrc.infra.chain.clerk import PracticeClerk
from mrc.infra.chain.practice import open_practice_ledger
from mrc.infra.keys.software import SystemEntropy
from mrc.ledger.anchors import publication
from mrc.ledger.application import Application, decode_trust_list, encode_application
from mrc.ledger.statements import Role
from mrc.ledger.timetable import Timetable
from mrc.web.explorer.app import make_app
from mrc.wiring.explored import ExploredLedger
from tests.simulators.ledger_world import JWT, NOW, StillClock
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
)


@dataclass
class Visit:
    client: TestClient
    clerk: PracticeClerk
    explored: ExploredLedger

    def settle(self) -> None:
        self.clerk.work(NOW)
        publisher = self.explored.ledger.open_issuer_stream(ISSUER.organisation_id)
        publisher.anchor([publication(LIST, JWT, NOW, b"a list")])

    def bundle(self) -> str:
        query = urlencode({"uri": LIST, "media_type": JWT})
        return self.client.get(f"/bundles?{query}").text

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
    explored = ExploredLedger(
        ledger=ledger,
        clerk=clerk,
        timetable=Timetable(),
        clock=StillClock(NOW),
        trust_list_uri="https://explorer.example/trust-list",
    )
    client = TestClient(make_app(explored), headers={"accept-language": "en"})
    yield Visit(client, clerk, explored)
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
    ledger = visit.explored.ledger
    (own,) = ledger.issuers.values()
    assert own.writer != ledger.publisher.writer
    for publisher in (own, ledger.publisher):
        assert publisher.stream.hex()[:16] in page
        assert publisher.writer.hex()[:16] in page


def test_a_document_of_an_issuer_is_not_proved_by_the_councils_stream(visit: Visit) -> None:
    visit.clerk.work(NOW)
    visit.explored.ledger.publisher.anchor([publication(LIST, JWT, NOW, b"a list")])
    query = urlencode({"uri": LIST, "media_type": JWT})
    assert visit.client.get(f"/bundles?{query}").status_code == 404


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
