"""A whole installation for a campaign: real role processes, wallets in this one, a strict observer.

The authority can be killed and started again at any moment. `Observer` is an independent verifier:
it knows the issuers' roots and asks for status lists over https, and never sees a database.
"""

import contextlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.files import read_secret
from mrc.infra.free_ports import find_free_ports
from mrc.infra.http import HttpxClient
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.processes import Role, Running, start_role
from mrc.infra.settings import Host, Settings
from mrc.infra.status_client import StatusListClient
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.errors import MrcError, Rejected
from mrc.kernel.ports import HttpClient, HttpRequest
from mrc.wallet.holdings import Card, Format
from mrc.wallet.mobile_id import OpenWallet
from mrc.wiring.installation import AUTHORITY, CARRIER, PROVIDER, VERIFIER, environment_of
from mrc.wiring.wallet_process import process_wallet, tls_roots

PIN = "493817"
ROLES = (CARRIER, PROVIDER, AUTHORITY, VERIFIER)


class Refused(MrcError):
    """A management API said no: the problem's code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.code = code


@dataclass(kw_only=True)
class Town:
    """The running roles. `people` may have a card."""

    settings: Settings
    http: HttpClient
    running: dict[str, Running] = field(default_factory=dict)
    people: Sequence[str] = ()

    async def start(self, role: Role) -> None:
        self.running[role.name] = await start_role(
            role, logs=self.settings.home / "logs", environment=environment_of(self.settings)
        )

    async def kill(self, role: Role) -> None:
        await self.running[role.name].kill()

    async def desk(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        url = f"{self.settings.url_of(Host.DESK)}/desk{path}"
        return await self._call("authority/operator.token", method, url, body)

    async def offer(self, person: str) -> tuple[str, str]:
        """The counter's link and transaction code; the holder agrees that another card ends."""
        body = {"registrant": person, "replacement_agreed": True}
        made = await self.desk("POST", "/offers", body)
        return made["link"], made["transaction_code"]

    async def move(self, person: str, act: str) -> list[Any]:
        body = {"registrant": person, "reason": f"campaign: {act}"}
        moved: list[Any] = await self.desk("POST", f"/cards/{act}", body)
        return moved

    async def verifier(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any:
        url = f"{self.settings.url_of(Host.VERIFIER)}{path}"
        return await self._call("verifier/management.token", method, url, body)

    async def show(self, wallet: OpenWallet, format_: Format) -> str:
        """The decision on a real presentation for the purpose `stay`; empty for none to show."""
        asked = await self.verifier("POST", "/requests", {"purpose": "stay"})
        question = await wallet.asking.look_at(asked["link"])
        try:
            proposal = await wallet.presenting.propose(question)
        except Rejected:
            return ""
        for alternative in proposal.alternatives():
            parts = [[one for one in part if one.format is format_] for part in alternative]
            if all(parts):
                await wallet.presenting.answer(proposal, [part[0] for part in parts])
                outcome = await self.verifier("GET", f"/requests/{asked['id']}/outcome")
                return str(outcome["decision"])
        return ""

    async def _call(
        self, token: str, method: str, url: str, body: Mapping[str, object] | None
    ) -> Any:
        secret = read_secret(self.settings.home / token).decode().strip()
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        data = b"" if body is None else json.dumps(body).encode()
        answer = await self.http.send(
            HttpRequest(method=method, url=url, headers=headers, body=data)
        )
        value = json.loads(answer.body)
        if answer.status >= 400:
            code = value.get("error", "") if isinstance(value, dict) else ""
            raise Refused(answer.status, code)
        return value


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A copy that reached a phone: whose it is, on which phone, and where its status stands."""

    person: str
    phone: int
    status: StatusReference


class Observer:
    """An independent verifier's word on copies: accepted only where a fresh list says valid."""

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._anchors = TrustStore(settings.home / "trust").certificates(TrustKind.ISSUER)
        self._http = http
        self.copies: list[Seen] = []

    def note(self, person: str, phone: int, card: Card) -> None:
        known = {seen.status for seen in self.copies}
        self.copies += [
            Seen(person=person, phone=phone, status=copy.status)
            for copy in card.copies
            if copy.status is not None and copy.status not in known
        ]

    async def accepted(self) -> dict[str, set[int]]:
        """For each person the phones with a copy that is accepted now. Nothing is cached."""
        lists = StatusListClient(self._http, verifier=OpensslVerifier())
        phones: dict[str, set[int]] = {}
        for seen in self.copies:
            found = await lists.get_list(
                seen.status.uri, anchors=self._anchors, at=datetime.now(UTC)
            )
            phones.setdefault(seen.person, set())
            if found.get(seen.status) == Status.VALID:
                phones[seen.person].add(seen.phone)
        return phones


@contextlib.asynccontextmanager
async def running_town(
    home: Path, *, people: int, roles: Sequence[Role] = ROLES, **settings: Any
) -> AsyncIterator[Town]:
    """Carrier, provider, authority and verifier with practice registrants; stopped at the end."""
    chosen = Settings(home=home, first_port=find_free_ports(len(Host) + 1), **settings)
    _import_practice(chosen)
    async with contextlib.AsyncExitStack() as stack:
        town = Town(settings=chosen, http=await _started(stack, chosen))
        for role in roles:
            await town.start(role)
            stack.push_async_callback(_stop, town, role)
        town.http = await stack.enter_async_context(HttpxClient(tls_roots(chosen)))
        town.people = await _eligible(town, people)
        yield town


async def _started(stack: contextlib.AsyncExitStack, settings: Settings) -> HttpClient:
    """A client from before the installation's own certificate authority exists."""
    return await stack.enter_async_context(HttpxClient(tls_roots(settings)))


async def _stop(town: Town, role: Role) -> None:
    await town.running[role.name].stop()


async def _eligible(town: Town, count: int) -> list[str]:
    folder = town.settings.home / "practice"
    lines = (folder / "registrants.jsonl").read_text().splitlines()
    found: list[str] = []
    for line in lines:
        person = json.loads(line)["id"]
        assessed = await town.desk("POST", "/assessments", {"registrant": person})
        if assessed["eligible"]:
            found.append(person)
        if len(found) == count:
            return found
    raise ValueError(f"only {len(found)} of the practice people may have a card")


def _import_practice(settings: Settings) -> None:
    folder = settings.home / "practice"
    _mrc(settings, "register", "generate", "--count", "50", "--seed", "1", "--out", str(folder))
    _mrc(settings, "register", "import", str(folder / "registrants.jsonl"))


def _mrc(settings: Settings, *arguments: str) -> None:
    environment = {**os.environ, **environment_of(settings)}
    command = [sys.executable, "-m", "mrc", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True)


@contextlib.asynccontextmanager
async def phone(town: Town, name: str) -> AsyncIterator[OpenWallet]:
    """An activated wallet, with its real files and keys."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # practice keys announce themselves
        async with process_wallet(town.settings, name) as mobile_id:
            yield await mobile_id.activate(PIN)
