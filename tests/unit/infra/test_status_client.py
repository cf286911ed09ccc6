"""Fetching status lists: kept by ttl, dropped on word, never older than what was seen."""

import asyncio
from datetime import datetime, timedelta

import pytest

from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.cwt_token import MEDIA_TYPE as CWT
from mrc.formats.status_list.jwt_token import MEDIA_TYPE as JWT
from mrc.formats.status_list.reasons import Reason as ListReason
from mrc.formats.status_list.token import TrustedStatusList
from mrc.formats.x509.reasons import Reason as X509Reason
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.status_client import MAX_LISTS, StatusListClient
from mrc.kernel.errors import Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.verifier.reasons import Reason
from tests.simulators.pki import NOW, practice_pki
from tests.simulators.practice_cards import STATUS_URI
from tests.simulators.status_publisher import TTL, StatusPublisher

ANCHORS = [practice_pki().iaca.certificate]
LATER = NOW + timedelta(seconds=1)


async def fetch(
    client: StatusListClient, *, at: datetime = NOW, uri: str = STATUS_URI
) -> TrustedStatusList:
    return await client.get_list(uri, anchors=ANCHORS, at=at)


def client_of(publisher: StatusPublisher) -> StatusListClient:
    return StatusListClient(publisher, verifier=OpensslVerifier())


@pytest.mark.parametrize("media_type", [JWT, CWT])
async def test_both_forms_are_read(media_type: str) -> None:
    publisher = StatusPublisher(media_type=media_type)
    publisher.set(3, Status.LOCKED, at=NOW)
    found = await fetch(client_of(publisher))
    assert [found.statuses.get(index) for index in (2, 3)] == [Status.VALID, Status.LOCKED]


async def test_a_fresh_list_is_not_fetched_again() -> None:
    publisher = StatusPublisher()
    client = client_of(publisher)
    await asyncio.gather(*(fetch(client) for _ in range(8)))
    await fetch(client, at=NOW + TTL - timedelta(seconds=1))
    assert publisher.fetches == 1
    await fetch(client, at=NOW + TTL)
    assert publisher.fetches == 2


async def test_a_kept_list_counts_only_below_the_same_anchor() -> None:
    publisher = StatusPublisher()
    client = client_of(publisher)
    await fetch(client)
    with pytest.raises(Rejected) as caught:
        await client.get_list(STATUS_URI, anchors=[practice_pki().reader_ca.certificate], at=NOW)
    assert caught.value.reason is X509Reason.ISSUER_UNKNOWN


async def test_a_dropped_list_is_fetched_again() -> None:
    publisher = StatusPublisher()
    client = client_of(publisher)
    await fetch(client)
    assert client.drop(STATUS_URI)
    assert not client.drop(STATUS_URI)
    await fetch(client)
    client.drop_all()
    await fetch(client)
    assert publisher.fetches == 3


async def test_a_list_that_was_on_its_way_when_the_word_came_is_not_kept() -> None:
    publisher = StatusPublisher()

    class Slow:
        async def send(self, request: HttpRequest) -> HttpResponse:
            answer = await publisher.send(request)
            client.drop(STATUS_URI)
            return answer

    client = StatusListClient(Slow(), verifier=OpensslVerifier())
    await fetch(client)
    await fetch(client)
    assert publisher.fetches == 2


async def test_an_older_list_than_was_seen_is_refused() -> None:
    publisher = StatusPublisher()
    client = client_of(publisher)
    publisher.signed_at = LATER
    await fetch(client, at=LATER)
    publisher.signed_at = NOW
    with pytest.raises(Rejected) as caught:
        await fetch(client, at=LATER + TTL)
    assert caught.value.reason is Reason.STATUS_ROLLED_BACK


def change(publisher: StatusPublisher, **members: object) -> StatusPublisher:
    for name, value in members.items():
        setattr(publisher, name, value)
    return publisher


@pytest.mark.parametrize(
    ("members", "error", "reason"),
    [
        ({"online": False}, Unavailable, None),
        ({"http_status": 404}, Unavailable, None),
        ({"media_type": "text/html"}, Malformed, None),
        ({"uri": "https://issuer.localhost:8442/status/2"}, Rejected, ListReason.SUBJECT_DIFFERS),
        ({"signed_at": NOW - timedelta(hours=12)}, Rejected, ListReason.EXPIRED),
        ({"signed_at": NOW + timedelta(hours=1)}, Rejected, ListReason.ISSUED_IN_FUTURE),
        (
            {"signer": practice_pki().document_signer},
            Rejected,
            X509Reason.EXTENDED_KEY_USAGE,
        ),
        ({"signer": practice_pki().reader}, Rejected, X509Reason.EXTENDED_KEY_USAGE),
    ],
)
async def test_a_list_that_does_not_count(
    members: dict[str, object], error: type[MrcError], reason: object
) -> None:
    with pytest.raises(error) as caught:
        await fetch(client_of(change(StatusPublisher(), **members)))
    if isinstance(caught.value, Rejected):
        assert caught.value.reason is reason


@pytest.mark.parametrize("uri", ["http://issuer.example/1", "file:///etc/passwd", "x"])
async def test_an_address_that_is_not_on_the_secure_web(uri: str) -> None:
    publisher = StatusPublisher()
    with pytest.raises(Malformed):
        await fetch(client_of(publisher), uri=uri)
    assert publisher.fetches == 0


async def test_the_number_of_kept_lists_is_bounded() -> None:
    publisher = StatusPublisher()
    client = client_of(publisher)
    for number in range(MAX_LISTS + 3):
        publisher.uri = f"https://issuer.localhost:8442/status/{number}"
        await fetch(client, uri=publisher.uri)
    publisher.uri = "https://issuer.localhost:8442/status/0"
    await fetch(client, uri=publisher.uri)
    assert publisher.fetches == MAX_LISTS + 4
