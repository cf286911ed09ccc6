"""Status: every copy of a card moves at once, readers see it, decoys hide it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.status_list import cwt_token, jwt_token
from mrc.formats.status_list.bits import Status
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.formats.status_list.token import TrustedStatusList
from mrc.infra.keys.software import OpensslVerifier
from mrc.issuer.cards import Order
from mrc.issuer.configuration import StatusPolicy
from mrc.issuer.reasons import Reason
from mrc.issuer.records import PublishedToken, StatusListId
from mrc.kernel.errors import Forbidden
from mrc.kernel.keys import Algorithm
from tests.simulators.issuing import HOLDER, SD_JWT, Phone, World
from tests.simulators.pki import practice_pki

LOSS = Order(holder=HOLDER, actor="officer-1", reason="loss_report")


async def copies(world: World) -> tuple[Phone, list[StatusReference]]:
    phone = Phone(world=world)
    await phone.redeem(await world.offer())
    issued = await phone.collect(await phone.request(SD_JWT))
    found = [decode_status(sd_jwt.decode(text).payload["status"]) for text in issued.credentials]
    return phone, [reference for reference in found if reference is not None]


def read(token: PublishedToken, uri: str, world: World) -> TrustedStatusList:
    key = practice_pki().status_signer.signer.public_key
    return jwt_token.check_jwt(
        jwt_token.decode_jwt(token.jwt.decode()),
        key=key,
        expected_algorithms=(Algorithm.ES256,),
        expected_uri=uri,
        at=world.now,
        verifier=OpensslVerifier(),
    )


async def statuses(world: World, references: list[StatusReference]) -> set[int]:
    seen = set()
    for reference in references:
        name = StatusListId(reference.uri.rpartition("/")[2])
        token = await world.issuer.status.token(name, now=world.now)
        assert token is not None
        seen.add(read(token, reference.uri, world).get(reference))
    return seen


async def test_the_life_of_a_card_is_seen_in_every_copy(both: World) -> None:
    _, references = await copies(both)
    cards, steps = both.issuer.cards, []
    steps.append(await statuses(both, references))
    for act in (cards.lock, cards.unlock, cards.require_renewal, cards.lock, cards.unlock):
        await act(LOSS, now=both.now)
        steps.append(await statuses(both, references))
    await cards.cancel(LOSS, now=both.now)
    steps.append(await statuses(both, references))
    names = [Status.VALID, Status.LOCKED, Status.VALID, Status.RENEWAL_NEEDED]
    names += [Status.LOCKED, Status.RENEWAL_NEEDED, Status.CANCELLED]
    assert steps == [{name} for name in names]


async def test_renewed_copies_are_valid_and_old_ones_stay_stale(world: World) -> None:
    phone, old = await copies(world)
    await world.issuer.cards.require_renewal(LOSS, now=world.now)
    world.now += timedelta(seconds=1)
    await phone.refresh()
    issued = await phone.collect(await phone.request(SD_JWT))
    found = [decode_status(sd_jwt.decode(text).payload["status"]) for text in issued.credentials]
    new = [reference for reference in found if reference is not None]
    assert await statuses(world, old) == {Status.RENEWAL_NEEDED}
    assert await statuses(world, new) == {Status.VALID}
    await world.issuer.cards.lock(LOSS, now=world.now)
    assert await statuses(world, old + new) == {Status.LOCKED}


async def test_another_phone_cancels_every_copy_of_the_first(both: World) -> None:
    _, first = await copies(both)
    _, second = await copies(both)
    assert await statuses(both, first) == {Status.CANCELLED}
    assert await statuses(both, second) == {Status.VALID}


async def test_cancelled_cannot_come_back_and_only_locked_is_unlocked(world: World) -> None:
    await copies(world)
    with pytest.raises(Forbidden) as caught:
        await world.issuer.cards.unlock(LOSS, now=world.now)
    assert caught.value.reason is Reason.NOT_LOCKED
    await world.issuer.cards.cancel(LOSS, now=world.now)
    for act in (world.issuer.cards.unlock, world.issuer.cards.lock, world.issuer.cards.cancel):
        with pytest.raises(Forbidden) as caught:
            await act(LOSS, now=world.now)
        assert caught.value.reason is Reason.NO_LIVE_CARD


async def test_renewal_needed_is_published_only_where_a_refusal_is_right(world: World) -> None:
    policy = replace(world.issuer.configuration.status, publish_renewal_needed=False)
    quiet = world.again(status=policy)
    _, references = await copies(quiet)
    await quiet.issuer.cards.require_renewal(LOSS, now=quiet.now)
    assert await statuses(quiet, references) == {Status.VALID}


async def test_a_lock_in_another_process_is_seen_by_the_next_reader(world: World) -> None:
    _, references = await copies(world)
    assert await statuses(world, references) == {Status.VALID}
    desk = world.again()
    await desk.issuer.cards.lock(LOSS, now=desk.now)
    assert await statuses(world, references) == {Status.LOCKED}


async def test_two_processes_never_publish_two_tokens_of_one_iat(both: World) -> None:
    _, references = await copies(both)
    name = StatusListId(references[0].uri.rpartition("/")[2])
    worlds = [both.again() for _ in range(4)]
    seen: dict[object, set[bytes]] = {}
    for act in (both.issuer.cards.lock, both.issuer.cards.unlock, both.issuer.cards.cancel):
        await act(LOSS, now=both.now)
        tokens = await asyncio.gather(
            *[other.issuer.status.token(name, now=both.now) for other in worlds]
        )
        for token in tokens:
            assert token is not None
            seen.setdefault(token.issued_at, set()).add(token.jwt)
    assert {len(tokens) for tokens in seen.values()} == {1}


async def test_a_token_is_kept_until_half_of_its_life_and_then_renewed(world: World) -> None:
    _, references = await copies(world)
    name = StatusListId(references[0].uri.rpartition("/")[2])
    first = await world.issuer.status.token(name, now=world.now)
    assert await world.issuer.status.token(name, now=world.now) is first
    world.now += timedelta(minutes=31)
    second = await world.issuer.status.token(name, now=world.now)
    assert second is not None
    assert first is not None
    assert second.issued_at > first.issued_at
    assert await world.issuer.status.refresh(now=world.now) == [second]
    assert await world.issuer.status.refresh(now=world.now) == []


async def test_jwt_and_cwt_say_the_same_and_decoys_are_among_them(world: World) -> None:
    _, references = await copies(world)
    uri = references[0].uri
    token = await world.issuer.status.token(StatusListId(uri.rpartition("/")[2]), now=world.now)
    assert token is not None
    key = practice_pki().status_signer.signer.public_key
    cwt = cwt_token.check_cwt(
        cwt_token.decode_cwt(token.cwt),
        key=key,
        expected_algorithms=(Algorithm.ES256,),
        expected_uri=uri,
        at=world.now,
        verifier=OpensslVerifier(),
    )
    jwt = read(token, uri, world)
    assert cwt.statuses.packed == jwt.statuses.packed
    shown = {jwt.statuses.get(idx) for idx in range(1000)}
    assert {Status.CANCELLED, Status.LOCKED} <= shown
    assert await world.issuer.status.token(StatusListId("unknown"), now=world.now) is None


async def test_a_full_list_is_followed_by_another_and_no_index_comes_twice(world: World) -> None:
    small = world.again(status=StatusPolicy(list_size=40, decoys=8, reserve=8))
    taken = [await small.issuer.collecting._indices.take(3) for _ in range(30)]
    every = [index for batch in taken for index in batch]
    assert len(set(every)) == 90
    assert len({index.list_id for index in every}) >= 3
    assert len(await small.issuer.status.uris()) >= 3


async def test_indices_taken_at_the_same_time_differ(both: World) -> None:
    takes = [both.issuer.collecting._indices.take(3) for _ in range(20)]
    batches = await asyncio.gather(*takes)
    assert len({index for batch in batches for index in batch}) == 60
