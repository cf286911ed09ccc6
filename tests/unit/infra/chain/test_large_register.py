"""A register of more askers than one proof request holds, and more nodes than a list's proof."""

from pathlib import Path

from mrc.infra.chain.client import PROOF_KEYS, Wanted
from mrc.infra.chain.council import entitle, register_organisation
from mrc.ledger.application import key_hash
from mrc.ledger.asker_register import encode_register, judge_asker
from mrc.ledger.bundle import decode_bundle
from mrc.ledger.statements import Role, claim_set_hash, organisation_id, purpose_id
from tests.simulators.ledger_world import NOW, make_world, organisation

ASKERS = 30
SETS = {f"purpose-{number}": frozenset({"age_over_19", f"claim-{number}"}) for number in range(4)}


def test_every_asker_of_a_large_register_is_proven(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    names, entitlements = [], []
    for number in range(ASKERS):
        name = organisation_id(f"asker {number}".encode().ljust(16))
        key = key_hash(f"certificate {number}".encode())
        world.decide(register_organisation(name, organisation(Role.ASKER, key)))
        for code, claims in SETS.items():
            world.decide(entitle(name, purpose_id(code), claim_set_hash(claims)))
            entitlements.append((name, purpose_id(code)))
        names.append(name)
    bundle = world.client.bundle(Wanted(organisations=names, entitlements=entitlements))
    assert 3 * len(names) + len(entitlements) > PROOF_KEYS
    assert len(decode_bundle(bundle).nodes) > 256
    register = encode_register(bundle, SETS)
    for number in (0, ASKERS - 1):
        certificate = f"certificate {number}".encode()
        standing = judge_asker(register, certificate, SETS["purpose-3"], trust=world.trust, at=NOW)
        assert standing.registered
        assert standing.purpose == "purpose-3"
    world.close()
