"""Bundles: what they prove, and every forgery refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.ledger import rlp
from mrc.ledger.anchors import AnchoredPublication
from mrc.ledger.bundle import Bundle, decode_bundle
from mrc.ledger.headers import Address
from mrc.ledger.proofs import ProvenFacts, check_bundle, check_progress, get_organisation
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import OrganisationId, Role, Standing, stream_id
from tests.simulators.ledger_world import (
    ASKER,
    CARD_TYPE,
    CLAIMS,
    ISSUER,
    ISSUER_KEY_HASH,
    NOBODY,
    NOW,
    PURPOSE,
    STREAM,
    VALIDATORS,
    World,
    four_validators,
    reseal,
    wanted_facts,
)


def facts_of(bundle: Bundle, settled: World) -> ProvenFacts:
    return check_bundle(bundle, trust=four_validators(settled.client.address), at=NOW)


def reason_for(bundle: Bundle, settled: World) -> Reason | None:
    """Why the bundle is rejected; None where it is malformed."""
    with pytest.raises((Rejected, Malformed)) as refused:
        facts_of(bundle, settled)
    return Reason(refused.value.reason) if isinstance(refused.value, Rejected) else None


def test_a_good_bundle_proves_an_organisation(good_bundle: Bundle, settled: World) -> None:
    entry = get_organisation(facts_of(good_bundle, settled), ISSUER)
    assert entry is not None
    assert (entry.key_hash, entry.roles) == (ISSUER_KEY_HASH, frozenset({Role.ISSUER}))
    assert (entry.standing, entry.revision) == (Standing.ACTIVE, 1)


def test_a_good_bundle_proves_that_there_is_none(good_bundle: Bundle, settled: World) -> None:
    assert get_organisation(facts_of(good_bundle, settled), NOBODY) is None


def test_what_a_bundle_does_not_speak_of_is_not_absent(good_bundle: Bundle, settled: World) -> None:
    with pytest.raises(Unavailable):
        get_organisation(facts_of(good_bundle, settled), OrganisationId(bytes(32)))


def test_a_good_bundle_proves_types_entitlements_and_anchors(
    good_bundle: Bundle, settled: World
) -> None:
    facts = facts_of(good_bundle, settled)
    card_type, head = facts.credential_types[CARD_TYPE], facts.streams[STREAM]
    assert card_type is not None
    assert head is not None
    assert card_type.issuer == ISSUER
    assert facts.entitlements[ASKER, PURPOSE] == CLAIMS
    assert (head.tick, head.anchored_at) == (3, NOW)
    assert facts.block_hash == settled.chain.head().hash or facts.block_number > 0


def test_a_bundle_of_the_embedded_chain_passes_the_same_checker(settled: World) -> None:
    bundle = decode_bundle(settled.client.bundle(wanted_facts(settled)))
    assert check_bundle(bundle, trust=settled.trust, at=NOW).streams[STREAM] is not None


def test_forgery_too_few_seals(good_bundle: Bundle, settled: World) -> None:
    assert reason_for(reseal(good_bundle, VALIDATORS[:2]), settled) is Reason.TOO_FEW_SEALS


def test_forgery_altered_root(good_bundle: Bundle, settled: World) -> None:
    """A root of the forger's own trie, under seals that were made for another header."""
    fields = rlp.decode_list(good_bundle.header, what="header")
    fields[3] = bytes(32)
    forged = replace(good_bundle, header=rlp.encode(fields))
    assert reason_for(forged, settled) in (Reason.UNKNOWN_SEALER, Reason.INVALID_SEAL)


def test_forgery_other_contract(good_bundle: Bundle, settled: World) -> None:
    forged = replace(good_bundle, contract=Address(bytes(20)))
    assert reason_for(forged, settled) is Reason.OTHER_CONTRACT


def test_a_contract_that_is_not_there_proves_nothing(good_bundle: Bundle) -> None:
    elsewhere = Address(b"\x01" * 20)
    with pytest.raises(Rejected):
        check_bundle(
            replace(good_bundle, contract=elsewhere), trust=four_validators(elsewhere), at=NOW
        )


def test_forgery_other_slot(good_bundle: Bundle, settled: World) -> None:
    """The issuer's nodes offered for another organisation lead elsewhere."""
    other = OrganisationId(b"\x07" * 32)
    forged = replace(good_bundle, organisations=(other, ASKER, NOBODY))
    assert reason_for(forged, settled) in (Reason.MISSING_NODE, Reason.SURPLUS_NODE)


def test_forgery_stale_header(good_bundle: Bundle, settled: World) -> None:
    with pytest.raises(Rejected) as refused:
        check_bundle(
            good_bundle,
            trust=four_validators(settled.client.address),
            at=NOW + timedelta(days=2),
        )
    assert refused.value.reason is Reason.STALE_HEADER


def change_publication(bundle: Bundle, **changes: object) -> Bundle:
    first, *others = bundle.publications
    changed: AnchoredPublication = replace(first, **changes)  # type: ignore[arg-type]
    return replace(bundle, publications=(changed, *others))


def test_forgery_an_earlier_tick(good_bundle: Bundle, settled: World) -> None:
    earlier = change_publication(good_bundle, tick=2)
    assert reason_for(earlier, settled) is Reason.NOT_THE_NEWEST


@pytest.mark.parametrize("change", [{"index": 1}, {"size": 3}, {"salt": bytes(16)}, {"path": ()}])
def test_forgery_another_leaf(
    good_bundle: Bundle, settled: World, change: dict[str, object]
) -> None:
    assert reason_for(change_publication(good_bundle, **change), settled) is Reason.NOT_IN_TREE


def test_forgery_a_stream_that_is_not_proven(good_bundle: Bundle, settled: World) -> None:
    elsewhere = change_publication(good_bundle, stream=stream_id(b"elsewhere".ljust(16)))
    assert reason_for(elsewhere, settled) is Reason.NO_ANCHOR


def test_every_left_out_node_is_missed(good_bundle: Bundle, settled: World) -> None:
    for place in range(len(good_bundle.nodes)):
        nodes = good_bundle.nodes[:place] + good_bundle.nodes[place + 1 :]
        assert reason_for(replace(good_bundle, nodes=nodes), settled) is Reason.MISSING_NODE


def test_every_truncated_node_is_refused(good_bundle: Bundle, settled: World) -> None:
    for place, node in enumerate(good_bundle.nodes):
        nodes = (*good_bundle.nodes[:place], node[:-1], *good_bundle.nodes[place + 1 :])
        assert reason_for(replace(good_bundle, nodes=nodes), settled) is Reason.MISSING_NODE


def test_an_oversize_node_is_refused(good_bundle: Bundle, settled: World) -> None:
    nodes = (*good_bundle.nodes, bytes(601))
    assert reason_for(replace(good_bundle, nodes=nodes), settled) is None


def test_a_surplus_node_is_refused(good_bundle: Bundle, settled: World) -> None:
    nodes = (*good_bundle.nodes, rlp.encode([b"\x20", b"surplus"]))
    assert reason_for(replace(good_bundle, nodes=nodes), settled) is Reason.SURPLUS_NODE


@pytest.mark.parametrize("header", [b"", b"\xc0", b"\xf9\x00", b"\xc1\x81\x00"])
def test_a_header_that_is_not_canonical_is_refused(
    good_bundle: Bundle, settled: World, header: bytes
) -> None:
    assert reason_for(replace(good_bundle, header=header), settled) is None


def progress(facts: ProvenFacts, **changes: object) -> ProvenFacts:
    return ProvenFacts(replace(facts, **changes))  # type: ignore[arg-type]


def test_a_later_view_may_follow(good_bundle: Bundle, settled: World) -> None:
    facts = facts_of(good_bundle, settled)
    check_progress(facts, facts)
    check_progress(facts, progress(facts, block_number=facts.block_number + 1))


def test_a_ledger_that_goes_back_is_refused(good_bundle: Bundle, settled: World) -> None:
    facts = facts_of(good_bundle, settled)
    head = facts.streams[STREAM]
    assert head is not None
    later = facts.block_number + 1
    cases: list[tuple[dict[str, object], Reason]] = [
        ({"block_number": facts.block_number - 1}, Reason.ROLLED_BACK),
        ({"block_hash": bytes(32)}, Reason.CONTRADICTION),
        (
            {"block_number": later, "streams": {STREAM: replace(head, tick=2)}},
            Reason.ROLLED_BACK,
        ),
        ({"block_number": later, "streams": {STREAM: None}}, Reason.ROLLED_BACK),
        (
            {"block_number": later, "streams": {STREAM: replace(head, root=bytes(32))}},
            Reason.CONTRADICTION,
        ),
    ]
    for changes, reason in cases:
        with pytest.raises(Rejected) as refused:
            check_progress(facts, progress(facts, **changes))
        assert refused.value.reason is reason
