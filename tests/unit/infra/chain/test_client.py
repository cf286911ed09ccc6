"""The client: what is registered now, and errors in our own words."""

from datetime import timedelta

import pytest
from web3 import HTTPProvider

from mrc.infra.chain.client import LedgerClient, Reverted, Wanted, deploy
from mrc.infra.chain.contract import runtime_code
from mrc.infra.chain.council import entitle
from mrc.infra.chain.sealing import SoftwareSealer
from mrc.kernel.errors import Unavailable
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.headers import Address
from mrc.ledger.proofs import check_bundle
from mrc.ledger.statements import Role
from tests.simulators.ledger_world import (
    ASKER,
    CARD_TYPE,
    CLAIMS,
    ISSUER,
    NOBODY,
    NOW,
    PURPOSE,
    STREAM,
    World,
    secret,
)


def test_who_is_registered_with_which_role_and_when(settled: World) -> None:
    client = settled.client
    assert client.is_registered(ISSUER, Role.ISSUER, at=NOW)
    assert not client.is_registered(ISSUER, Role.ASKER, at=NOW)
    assert not client.is_registered(ISSUER, Role.ISSUER, at=NOW + timedelta(days=366))
    assert not client.is_registered(NOBODY, Role.ISSUER, at=NOW)


def test_types_entitlements_and_anchors_are_read(settled: World) -> None:
    card_type = settled.client.credential_type(CARD_TYPE)
    assert card_type is not None
    assert card_type.issuer == ISSUER
    assert settled.client.entitlement(ASKER, PURPOSE) == CLAIMS
    assert settled.client.entitlement(ISSUER, PURPOSE) is None
    head = settled.client.stream_head(STREAM)
    assert head is not None
    history = settled.client.anchors(STREAM, 2, 3)
    assert [tick for tick, _ in history] == [2, 3]
    assert history[-1] == (3, head.root)


def test_an_entitlement_can_be_taken_away(settled: World) -> None:
    settled.decide(entitle(ASKER, PURPOSE, None))
    assert settled.client.entitlement(ASKER, PURPOSE) is None


def test_what_is_absent_is_proven_absent(settled: World) -> None:
    settled.decide(entitle(ASKER, PURPOSE, None))
    bundle = settled.client.bundle(
        Wanted(organisations=[NOBODY], entitlements=[(ASKER, PURPOSE)], streams=[STREAM])
    )
    facts = check_bundle(decode_bundle(bundle), trust=settled.trust, at=NOW)
    assert facts.organisations[NOBODY] is None
    assert facts.entitlements[ASKER, PURPOSE] is None


def test_the_deployed_code_is_the_build(world: World) -> None:
    code = bytes(world.client.web3.eth.get_code(world.client.address))  # type: ignore[arg-type]
    assert code == runtime_code()


def test_a_refused_write_names_its_reason(world: World) -> None:
    with pytest.raises(Reverted, match="council only"):
        world.writer.write("set_threshold", 1)


def test_a_council_without_members_is_not_made(world: World) -> None:
    with pytest.raises(Reverted):
        deploy(world.provider, secret("seat 0"), [], 0)


def test_a_member_named_twice_is_not_seated(world: World) -> None:
    member = SoftwareSealer(secret("seat 1")).address
    with pytest.raises(Reverted):
        deploy(world.provider, secret("seat 0"), [member, member], 1)


def test_a_node_that_does_not_answer_is_unavailable() -> None:
    client = LedgerClient(
        HTTPProvider("http://127.0.0.1:1", request_kwargs={"timeout": 1}), Address(bytes(20))
    )
    with pytest.raises(Unavailable):
        client.stream_head(STREAM)
    with pytest.raises(Unavailable):
        client.newest_header()
