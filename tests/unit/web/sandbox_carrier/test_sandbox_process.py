"""`mrc sandbox carrier` as a process of its own, asked over https by the authority's adapter."""

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mrc.formats import json_text
from mrc.formats.catalogue.ages import seoul_date
from mrc.infra.free_ports import find_free_ports
from mrc.infra.http import HttpxClient
from mrc.infra.local_ca import prepare_tls
from mrc.infra.practice_cards import PRACTICE_COUNT, PRACTICE_SEED
from mrc.infra.processes import Role, running_roles
from mrc.infra.settings import Host, Mode, Settings
from mrc.kernel.findings import Finding, Outcome
from mrc.kernel.ports import HttpRequest
from mrc.registry.entries import decode_entry
from mrc.registry.numbers import CheckDigits
from mrc.registry.people import Registrant, RegistrantId
from mrc.registry.practice.people import practice_people
from mrc.wiring.carrier import control_token, make_carrier, make_sandbox

ROLE = Role(name="carrier", arguments=["sandbox", "carrier"])


def practice_registrants(at: datetime) -> dict[str, Registrant]:
    found: dict[str, Registrant] = {}
    for person in practice_people(seed=PRACTICE_SEED, count=PRACTICE_COUNT, today=seoul_date(at)):
        fields = {name: value for name, value in person.fields.items() if name != "portrait"}
        entry = decode_entry(
            fields, fresh_id=RegistrantId("x"), check_digits=CheckDigits.UNTIL_OCTOBER_2020
        )
        found[entry.registrant.id] = entry.registrant
    return found


async def test_the_practice_people_have_their_own_phones_and_one_has_not(tmp_path: Path) -> None:
    at = datetime.now(UTC)
    usual = Settings()
    first_port = find_free_ports(1) - (usual.port_of(Host.CARRIER) - usual.first_port)
    settings = Settings(home=tmp_path, first_port=first_port)
    environment = {"MRC_HOME": str(tmp_path), "MRC_FIRST_PORT": str(first_port)}
    extra = '{"phone":"010-0000-9999","name":"EXTRA LINE","birth_date":"1990-01-01"}\n'
    (tmp_path / "carrier").mkdir()
    (tmp_path / "carrier" / "subscribers.jsonl").write_text(extra)
    people = practice_registrants(at)
    async with contextlib.AsyncExitStack() as stack:
        running = running_roles([ROLE], logs=tmp_path / "logs", environment=environment)
        (role,) = await stack.enter_async_context(running)
        root = tmp_path / "tls" / "root.pem"
        http = await stack.enter_async_context(HttpxClient([root]))
        carrier = make_carrier(settings, http)
        findings: dict[str, Finding] = {
            person.id: await carrier.in_own_name(person.phones[0], person, at=at)
            for person in people.values()
            if person.phones
        }
        student = people["P-STUDENT"]
        await carrier.send_code(student.phones[0], "271828")
        outbox = await http.send(
            HttpRequest(
                method="GET",
                url=f"{settings.url_of(Host.CARRIER)}/control/outbox",
                headers={"authorization": f"Bearer {control_token(settings)}"},
            )
        )
        await role.stop()
        down = await carrier.in_own_name(student.phones[0], student, at=at)
    others = findings.pop("P-OTHERS-PHONE")
    assert others.outcome is Outcome.FAILED
    assert {finding.outcome for finding in findings.values()} == {Outcome.PASSED}
    assert "271828" in json_text.encode(json_text.decode(outbox.body)).decode()
    assert down.outcome is Outcome.UNDETERMINED
    for secret in ("carrier/control.token", "authority/keys/carrier-client.key"):
        assert (tmp_path / secret).stat().st_mode & 0o077 == 0


def test_production_refuses_the_sandbox(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, mode=Mode.PRODUCTION, database_url="postgresql://x", host_name="example.kr"
    )
    with pytest.raises(ValueError, match="practice"):
        make_sandbox(settings)


async def test_roles_that_start_together_agree_on_one_certificate(tmp_path: Path) -> None:
    make = (
        "import sys;from datetime import UTC,datetime;from pathlib import Path;"
        "from mrc.infra.local_ca import prepare_tls;"
        "print(prepare_tls(Path(sys.argv[1]),['a.localhost'],at=datetime.now(UTC)).chain.read_text())"
    )
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", make, str(tmp_path), stdout=asyncio.subprocess.PIPE,
            env=dict(os.environ),
        )
        for _ in range(4)
    ]  # fmt: skip
    chains = {(await process.communicate())[0] for process in started}
    assert len(chains) == 1
    kept = prepare_tls(tmp_path, ["a.localhost"], at=datetime.now(UTC))
    assert kept.chain.read_bytes().strip() == chains.pop().strip()
