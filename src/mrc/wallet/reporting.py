"""Reporting an asker (UX W-21): written down sealed, sent when there is a network, then forgotten.

The report goes to the office that registers askers, never to the asker, and carries nothing by
which this phone or its holder could be known (`protocols/asker_report`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto

from mrc.formats import base64url
from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.ports import Entropy, HttpClient, HttpRequest
from mrc.protocols.asker_report.messages import (
    ID_BYTES,
    REPORT_PATH,
    AskerReport,
    Complaint,
    decode_report,
    encode_report,
)
from mrc.wallet.reasons import Reason
from mrc.wallet.vault import OpenVault

WAITING = "asker-reports/"
MAX_WAITING = 50  # more than a holder writes between two contacts
_TAKEN = 201
_LATER = (408, 425, 429)


class Fate(Enum):
    """What became of one report. A report that is not understood is not sent for ever."""

    TAKEN = auto()
    REFUSED = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBy:
    """What a report tells about a request; `kinds` are names of data, never values."""

    asker: str
    name: str
    registered: bool
    purpose: str
    kinds: Sequence[str]
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """`sent` False: it waits on this phone."""

    reference: str
    sent: bool


class Reporting:
    """`office` is the address that takes reports, empty where this wallet knows none."""

    def __init__(
        self, vault: OpenVault, http: HttpClient, entropy: Entropy, *, office: str
    ) -> None:
        self._vault = vault
        self._http = http
        self._entropy = entropy
        self._office = office

    @property
    def is_possible(self) -> bool:
        return bool(self._office)

    async def file(self, complaint: Complaint, about: AskedBy) -> Filed:
        """Write the report down, durably, then try to send it.

        Raises `Rejected` where the office refuses it for good. `ValueError` without an office.
        """
        if not self._office:
            raise ValueError("nobody takes reports")
        report = AskerReport(
            id=self._entropy.token(ID_BYTES),
            complaint=complaint,
            asker=about.asker,
            name=about.name,
            registered=about.registered,
            purpose=about.purpose,
            kinds=tuple(about.kinds),
            on=about.on,
        )
        await self._make_room()
        name = WAITING + base64url.encode(report.id)
        await self._vault.commit({name: encode_report(_readable(report))})
        fate = (await self.send_waiting()).get(name, Fate.LATER)
        if fate is Fate.REFUSED:
            raise Rejected(Reason.REPORT_REFUSED, "UX W-21")
        return Filed(reference=report.reference, sent=fate is Fate.TAKEN)

    async def send_waiting(self) -> Mapping[str, Fate]:
        """Send what waits, until nobody answers; what nobody took stays. By record name."""
        fates: dict[str, Fate] = {}
        for name in await self._vault.names(WAITING) if self._office else ():
            data = await self._vault.read(name)
            fates[name] = Fate.REFUSED if data is None else await self._send(data)
            if fates[name] is Fate.LATER:
                break
            await self._vault.commit({name: None})
        return fates

    async def waiting(self) -> Sequence[AskerReport]:
        found = [await self._vault.read(name) for name in await self._vault.names(WAITING)]
        return [decode_report(data) for data in found if data is not None]

    async def _send(self, data: bytes) -> Fate:
        request = HttpRequest(
            method="POST",
            url=f"{self._office}/{REPORT_PATH}",
            headers={"content-type": "application/json", "accept": "application/json"},
            body=data,
        )
        try:
            answer = await self._http.send(request)
        except Unavailable:
            return Fate.LATER
        if answer.status == _TAKEN:
            return Fate.TAKEN
        refused = 400 <= answer.status < 500 and answer.status not in _LATER
        return Fate.REFUSED if refused else Fate.LATER

    async def _make_room(self) -> None:
        names = await self._vault.names(WAITING)
        await self._vault.commit(dict.fromkeys(names[MAX_WAITING - 1 :]))


def _readable(report: AskerReport) -> AskerReport:
    """An asker chose its own name and purpose: what a screen cannot show does not go on."""
    return replace(
        report,
        asker=_printable(report.asker),
        name=_printable(report.name),
        purpose=_printable(report.purpose),
        kinds=tuple(_printable(kind) for kind in report.kinds),
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
