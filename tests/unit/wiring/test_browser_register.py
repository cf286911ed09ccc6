"""Which ledger the browser's wallet asks, out of `trust.json`."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from mrc.formats.x509.certificate import Certificate
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.findings import Outcome
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.reasons import Reason
from mrc.web.phone_shell.trust_file import encode_trust
from mrc.wiring.browser import find_register
from tests.simulators.pki import practice_pki

VECTOR = json.loads((Path(__file__).parents[2] / "vectors/ledger/asker-register.json").read_text())
URL = "https://explorer.example/askers"
AT = datetime.fromisoformat(VECTOR["at"])
STRANGER: Certificate = practice_pki().reader.certificate
LEDGER = LedgerTrust(
    contract=Address(bytes.fromhex(VECTOR["contract"][2:])),
    validators=frozenset(Address(bytes.fromhex(one[2:])) for one in VECTOR["validators"]),
)


@dataclass
class Served:
    """Answers with the register, or not at all."""

    offline: bool = False
    asked: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if self.offline:
            raise Unavailable(request.url, "no connection")
        return HttpResponse(status=200, headers={}, body=VECTOR["register"].encode())


def trust_json(ledger: LedgerTrust | None = LEDGER, askers: str = URL) -> dict[str, object]:
    made = json.loads(encode_trust(issuers=[], readers=[], ledger=ledger, askers=askers))
    assert isinstance(made, dict)
    return made


async def test_the_register_is_fetched_whole_and_checked_by_the_files_ledger() -> None:
    served = Served()
    register = find_register(trust_json(), served)
    assert register is not None
    standing = await register.standing(STRANGER, {"age_over_19"}, at=AT)
    assert standing.registration.reason == Reason.NOT_IN_BUNDLE  # read and proven, not in it
    assert standing.as_of == AT
    assert [request.url for request in served.asked] == [URL]


async def test_a_register_of_another_ledger_is_refused() -> None:
    other = LedgerTrust(contract=LEDGER.contract, validators=frozenset([Address(bytes(20))]))
    register = find_register(trust_json(other), Served())
    assert register is not None
    standing = await register.standing(STRANGER, set(), at=AT)
    assert standing.registration.reason == Reason.OTHER_VALIDATORS


async def test_without_a_connection_nothing_is_known() -> None:
    register = find_register(trust_json(), Served(offline=True))
    assert register is not None
    standing = await register.standing(STRANGER, set(), at=AT)
    assert standing.registration.outcome is Outcome.UNDETERMINED
    assert standing.registration.reason == Reason.NO_BUNDLE


@pytest.mark.parametrize("trust", [trust_json(None), trust_json(askers=""), {}])
def test_a_file_without_a_ledger_asks_none(trust: dict[str, object]) -> None:
    assert find_register(trust, Served()) is None


@pytest.mark.parametrize("ledger", ["text", [], {}, {"format": "mrc-ledger-trust-1"}])
def test_a_ledger_that_does_not_decode_is_not_passed_over(ledger: object) -> None:
    with pytest.raises(Malformed):
        find_register({**trust_json(), "ledger": ledger}, Served())
