"""The verifier's store, on SQLite and on PostgreSQL: one answer wins, and claims are forgotten."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from mrc.infra.database.engine import Database
from mrc.infra.database.verifier_tables import verifier_transactions
from mrc.infra.stores.verifier import CHECKING_LIMIT, DatabaseTransactionStore
from mrc.kernel.findings import failed, passed
from mrc.protocols.dcql.query import decode_query
from mrc.protocols.openid4vp.client_id import decode_client_id
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.stated_purpose import StatedPurpose
from mrc.protocols.openid4vp.transaction_data import make_transaction_data
from mrc.verifier.policy import Decision, Verdict
from mrc.verifier.transactions import (
    FinishedTransaction,
    KeptKey,
    OpenTransaction,
    Outcome,
    Question,
    RequestId,
    ShownCard,
    Stage,
    TransactionId,
)

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
QUESTION = Question(
    query=decode_query(
        {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["v"]}}]}
    ),
    client_id=decode_client_id("x509_hash:abc"),
    response_mode=ResponseMode.DIRECT_POST_JWT,
    max_status_age=timedelta(minutes=5),
    purpose="age-19",
    stated_purpose=StatedPurpose(name={"en": "Shop"}, text={"en": "Age"}, kept_for_seconds=0),
    transaction_data=(make_transaction_data("urn:x", ["a"], {"amount": "1"}),),
    return_uri="https://shop.example/back",
)
OPEN = OpenTransaction(
    id=TransactionId("t"),
    request_id=RequestId("r"),
    question=QUESTION,
    nonce="n",
    state="s",
    key=KeptKey(kid="k", thumbprint=b"t" * 32, jwk={"kty": "EC"}, sealed=b"sealed"),
    opened_at=NOW,
    expires_at=NOW + timedelta(minutes=5),
)
FINDINGS = (passed("a", "1"), failed("b", "2", "because", "detail"))
CARD = ShownCard(
    query_id="a",
    format="dc+sd-jwt",
    type="v",
    card_type="residence",
    authority="MOJ",
    findings=FINDINGS,
    claims={"family_name": "HONG"},
    values={"family_name_latin": "HONG"},
)
FINISHED = FinishedTransaction(
    id=OPEN.id,
    outcome=Outcome(
        verdict=Verdict(decision=Decision.NOT_VALID, findings=FINDINGS, data_as_of=NOW),
        cards=(CARD,),
    ),
    finished_at=NOW,
    response_code_hash=b"hash",
    keep_until=None,
)


@pytest.fixture
def store(database: Database) -> DatabaseTransactionStore:
    return DatabaseTransactionStore(database)


async def finish(store: DatabaseTransactionStore, finished: FinishedTransaction) -> None:
    await store.add(OPEN)
    await store.claim(OPEN.request_id, at=NOW)
    await store.finish(finished)


async def test_an_open_question_comes_back_as_it_was(store: DatabaseTransactionStore) -> None:
    await store.add(OPEN)
    assert await store.find_open(OPEN.request_id) == OPEN
    plain = replace(OPEN, id=TransactionId("u"), request_id=RequestId("q"), key=None)
    await store.add(plain)
    assert await store.find_open(RequestId("q")) == plain


async def test_of_two_answers_at_once_one_wins(store: DatabaseTransactionStore) -> None:
    await store.add(OPEN)
    claims = await asyncio.gather(*(store.claim(OPEN.request_id, at=NOW) for _ in range(8)))
    won = [claim for claim in claims if claim is not None]
    assert [claim.transaction for claim in won] == [OPEN]
    assert await store.find_open(OPEN.request_id) is None


async def test_an_unknown_or_expired_question_is_not_claimed(
    store: DatabaseTransactionStore,
) -> None:
    assert await store.claim(RequestId("nobody"), at=NOW) is None
    await store.add(OPEN)
    assert await store.claim(OPEN.request_id, at=OPEN.expires_at) is None


async def test_an_answered_question_is_still_known(store: DatabaseTransactionStore) -> None:
    assert not await store.knows(OPEN.request_id)
    await finish(store, FINISHED)
    assert await store.knows(OPEN.request_id)


async def test_the_claim_deletes_what_could_answer_again(
    store: DatabaseTransactionStore, database: Database
) -> None:
    await store.add(OPEN)
    await store.claim(OPEN.request_id, at=NOW)
    async with database.reading() as tx:
        row = await tx.fetch_one(sa.select(verifier_transactions))
    assert row is not None
    assert (row["nonce"], row["state"], row["sealed_key"]) == (None, None, None)


async def test_an_outcome_comes_back_as_it_was(store: DatabaseTransactionStore) -> None:
    await finish(store, FINISHED)
    assert await store.find_finished(OPEN.id) == FINISHED


async def test_a_refusal_comes_back_as_it_was(store: DatabaseTransactionStore) -> None:
    declined = Outcome(verdict=None, declined=ErrorResponse(code="access_denied"))
    await finish(store, replace(FINISHED, outcome=declined))
    found = await store.find_finished(OPEN.id)
    assert found is not None
    assert found.outcome == declined


async def test_a_question_is_finished_once(store: DatabaseTransactionStore) -> None:
    await finish(store, FINISHED)
    with pytest.raises(ValueError, match="once"):
        await store.finish(FINISHED)


async def test_forgotten_claims_are_gone(
    store: DatabaseTransactionStore, database: Database
) -> None:
    await finish(store, FINISHED)
    told = await asyncio.gather(*(store.forget_claims(OPEN.id) for _ in range(4)))
    assert sorted(told) == [False, False, False, True]
    found = await store.find_finished(OPEN.id)
    assert found is not None
    assert [dict(card.claims) for card in found.outcome.cards] == [{}]
    assert found.outcome.verdict == FINISHED.outcome.verdict
    async with database.reading() as tx:
        assert "HONG" not in str(await tx.fetch_all(sa.select(verifier_transactions)))


async def test_the_stages(store: DatabaseTransactionStore) -> None:
    assert await store.find_stage(OPEN.id, at=NOW) is None
    await store.add(OPEN)
    assert await store.find_stage(OPEN.id, at=NOW) is Stage.OPEN
    assert await store.find_stage(OPEN.id, at=OPEN.expires_at) is Stage.EXPIRED
    await store.claim(OPEN.request_id, at=NOW)
    assert await store.find_stage(OPEN.id, at=NOW) is Stage.CHECKING
    assert await store.find_finished(OPEN.id) is None
    assert await store.find_stage(OPEN.id, at=NOW + CHECKING_LIMIT) is Stage.EXPIRED
    await store.finish(FINISHED)
    assert await store.find_stage(OPEN.id, at=NOW + CHECKING_LIMIT) is Stage.FINISHED


async def test_claims_kept_long_enough_go_with_the_purge(store: DatabaseTransactionStore) -> None:
    await finish(store, replace(FINISHED, keep_until=NOW + timedelta(days=2)))
    late = NOW + timedelta(days=1)
    assert await store.purge(opened_before=late, at=late) == 0
    later = NOW + timedelta(days=2)
    assert await store.purge(opened_before=NOW, at=later) == 1
    found = await store.find_finished(OPEN.id)
    assert found is not None
    assert dict(found.outcome.cards[0].claims) == {}
    assert await store.purge(opened_before=later, at=later) == 1
    assert await store.find_stage(OPEN.id, at=later) is None


async def test_old_questions_go_with_the_purge(store: DatabaseTransactionStore) -> None:
    await finish(store, FINISHED)
    assert await store.purge(opened_before=NOW + timedelta(seconds=1), at=NOW) == 1
    assert await store.find_finished(OPEN.id) is None
