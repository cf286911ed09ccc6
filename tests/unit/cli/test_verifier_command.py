"""`mrc verifier` against a verifier that really listens, over https."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mrc.cli.verifier import verifier
from mrc.formats import base64url
from mrc.formats.x509.certificate import encode_pem
from mrc.infra.database.engine import open_database
from mrc.infra.free_ports import find_free_ports
from mrc.infra.http import HttpxClient
from mrc.infra.local_ca import prepare_tls
from mrc.infra.serving import serving
from mrc.infra.settings import Host, Settings
from mrc.infra.tokens import shared_token
from mrc.web.verifier_api.app import VerifierApi, create_app
from tests.simulators.pki import NOW, practice_pki
from tests.simulators.practice_cards import EXPIRED, CardOrder, make_mdoc, make_sd_jwt_vc
from tests.simulators.verifier_world import VerifierWorld, practice_profile
from tests.simulators.wallet_simulator import WalletSimulator

NO_STATUS = CardOrder(status=None)


class StandingClock:
    def now(self) -> datetime:
        return NOW


@dataclass(kw_only=True)
class Running:
    """A verifier in a thread of its own; `settings` are those that the command line reads."""

    settings: Settings
    root: Path

    def show(self, link: str) -> None:
        async def act() -> None:
            async with HttpxClient([self.root]) as http:
                wallet = WalletSimulator(cards=[make_sd_jwt_vc(NO_STATUS)])
                await wallet.show(link, http=http, at=NOW)

        asyncio.run(act())


@pytest.fixture
def running(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    port = find_free_ports(1)
    offset = Settings(home=tmp_path).port_of(Host.VERIFIER) - Settings(home=tmp_path).first_port
    monkeypatch.setenv("MRC_HOME", str(tmp_path))
    monkeypatch.setenv("MRC_FIRST_PORT", str(port - offset))
    settings = Settings()
    tls = prepare_tls(tmp_path / "tls", ["verifier.localhost"], at=datetime.now(UTC))
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_database(sqlite_url) as database:
            profile = replace(practice_profile(), base_url=settings.url_of(Host.VERIFIER))
            world = VerifierWorld(database=database, profile=profile)
            api = VerifierApi(
                verifier=world.verifier,
                clock=StandingClock(),
                drop_list=world.lists.drop,
                management_token=shared_token(tmp_path / "verifier" / "management.token"),
                push_token=shared_token(tmp_path / "verifier" / "push.token"),
            )
            async with serving({port: create_app(api)}, bind="127.0.0.1", tls=tls):
                started.set()
                await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(20)
    yield Running(settings=settings, root=tls.root)
    stop.set()
    thread.join()


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(verifier, arguments)
    assert result.exit_code == code, result.output
    return result


def run_json(*arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_from_question_to_outcome(running: Running) -> None:
    asked = run_json("request", "--purpose", "age-19")
    assert run_json("outcome", asked["id"])["decision"] == "pending"
    running.show(asked["link"])
    found = run_json("outcome", asked["id"], "--wait", "5")
    assert found["decision"] == "valid"
    assert found["cards"][0]["values"] == {"age_over_19": True}
    again = run("outcome", asked["id"]).output
    assert again.startswith("valid")
    assert "sd_jwt.issuer_signature" in again


def test_a_query_from_a_file(running: Running, tmp_path: Path) -> None:
    query = tmp_path / "query.json"
    card = {
        "id": "card",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["urn:kr:moj:residence:1"]},
        "claims": [{"path": ["family_name"]}],
    }
    query.write_text(json.dumps({"credentials": [card]}))
    link = run("request", "--dcql", str(query), "--request-uri-method", "get").stdout.strip()
    assert link.startswith("openid4vp://?client_id=x509_hash")
    running.show(link)


def test_refusals_are_one_line(running: Running) -> None:
    assert "purpose_unknown" in run("request", "--purpose", "nosiness", code=1).output
    assert "request_unknown" in run("outcome", "nobody", code=1).output


def test_without_a_verifier_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MRC_HOME", str(tmp_path))
    assert "start the role first" in run("request", "--purpose", "age-19", code=1).output


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MRC_HOME", str(tmp_path))
    path = tmp_path / "root.pem"
    path.write_bytes(encode_pem(practice_pki().iaca.certificate))
    return path


AT = ("--at", "2026-06-01T09:00:00Z")


def test_a_card_in_a_file(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "card"
    credential = make_mdoc(NO_STATUS).credential
    assert isinstance(credential, bytes)
    file.write_text(base64url.encode(credential))
    found = run_json("check", str(file), "--root", str(root), *AT)
    assert (found["decision"], found["cards"][0]["format"]) == ("valid", "mso_mdoc")
    assert "HONG" in str(found["cards"][0]["claims"])
    assert "valid" in run("check", str(file), "--root", str(root), *AT).output


def test_a_card_of_a_root_that_nobody_trusts(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "card"
    file.write_text(str(make_sd_jwt_vc(NO_STATUS).credential))
    found = run_json("check", str(file), *AT, code=1)
    assert (found["decision"], found["cards"][0]["claims"]) == ("not_valid", {})


def test_a_card_whose_status_was_not_asked(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "card"
    file.write_text(str(make_sd_jwt_vc().credential))
    found = run_json("check", str(file), "--root", str(root), *AT, code=2)
    assert found["decision"] == "ask_further"


def test_an_expired_card(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "card"
    file.write_text(str(make_sd_jwt_vc(EXPIRED).credential))
    found = run_json("check", str(file), "--root", str(root), *AT, code=1)
    assert "jose_expired" in found["reasons"]


def test_a_nonce_needs_its_request(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "card"
    file.write_text("x")
    assert "--client-id" in run("check", str(file), "--nonce", "n", code=2).output
    assert "not understood" in run("check", str(file), "--root", str(root), code=1).output
