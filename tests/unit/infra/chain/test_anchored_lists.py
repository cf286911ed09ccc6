"""A verifier's status list beside its bundle: cheating issuers, missing proofs, and the policy."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mrc.formats.status_list.bits import Status
from mrc.infra.chain.client import LedgerWriter, Reverted, Wanted
from mrc.infra.chain.council import nominate_writer, register_organisation
from mrc.infra.chain.publisher import Publisher
from mrc.infra.keys.software import OpensslVerifier
from mrc.infra.ledger_lists import EvidenceFolder, ListLedger, find_proof_link
from mrc.infra.status_client import StatusListClient
from mrc.kernel.findings import Finding, Outcome
from mrc.kernel.ports import HttpRequest, HttpResponse
from mrc.ledger.anchors import Publication, publication
from mrc.ledger.application import key_hash
from mrc.ledger.bundle import PROOF_RELATION
from mrc.ledger.reasons import Reason
from mrc.ledger.statements import OrganisationId, Role, Standing
from mrc.verifier.ledger import LedgerGrounds, LedgerPolicy
from tests.simulators.ledger_world import (
    ISSUER,
    JWT,
    NOW,
    OTHER_ISSUER,
    OTHER_STREAM,
    STREAM,
    CountingEntropy,
    World,
    organisation,
    secret,
)
from tests.simulators.pki import practice_pki
from tests.simulators.practice_cards import STATUS_URI
from tests.simulators.status_publisher import StatusPublisher

PROOF = f"{STATUS_URI}/proof?form=jwt"
ANCHORS = [practice_pki().iaca.certificate]
ROOT_HASH = key_hash(practice_pki().iaca.der)
OTHER_ROOT_HASH = key_hash(practice_pki().reader.der)
GRACE = timedelta(minutes=20)


@dataclass
class Issuer:
    """Serves a list with a link to its proof, and whatever proof the test puts there."""

    lists: StatusPublisher = field(default_factory=StatusPublisher)
    proof: bytes | None = None
    link: str = PROOF

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url == PROOF:
            found = self.proof
            return HttpResponse(status=404 if found is None else 200, headers={}, body=found or b"")
        answer = await self.lists.send(request)
        headers = {**answer.headers, "link": f'<{self.link}>; rel="{PROOF_RELATION}"'}
        return replace(answer, headers=headers)

    def published(self) -> tuple[Publication, bytes]:
        token = self.lists.token()
        return publication(STATUS_URI, JWT, self.lists.signed_at, token), token


@dataclass
class Checking:
    world: World
    issuer: Issuer
    evidence: EvidenceFolder
    client: StatusListClient

    def anchor(self, *entries: Publication) -> None:
        """Anchor and serve the proof with the issuer's entry."""
        self.world.publisher.anchor(entries)
        facts = Wanted(organisations=[ISSUER])
        self.issuer.proof = self.world.publisher.bundle_of([(STATUS_URI, JWT)], facts)

    async def findings(
        self, policy: LedgerPolicy = LedgerPolicy.REQUIRED, *, at: datetime = NOW
    ) -> list[Finding]:
        await self.client.get_list(STATUS_URI, anchors=ANCHORS, at=at)
        return list(LedgerGrounds(lists=self.client, policy=policy).findings(STATUS_URI))


@pytest.fixture
def checking(world: World, tmp_path: Path) -> Checking:
    world.decide(register_organisation(ISSUER, organisation(Role.ISSUER, ROOT_HASH)))
    issuer, evidence = Issuer(), EvidenceFolder(tmp_path / "evidence")
    ledger = ListLedger(http=issuer, trust=world.trust, evidence=evidence, max_unanchored_age=GRACE)
    client = StatusListClient(issuer, verifier=OpensslVerifier(), ledger=ledger)
    return Checking(world, issuer, evidence, client)


def told(findings: list[Finding]) -> list[tuple[str, Outcome, str | None]]:
    return [(finding.check, finding.outcome, finding.reason) for finding in findings]


async def anchored_list(checking: Checking) -> None:
    """The list as served is the anchored one: JWTs of one second differ in their signature."""
    entry, token = checking.issuer.published()
    checking.issuer.lists.token = lambda: token  # type: ignore[method-assign]
    checking.anchor(entry)


async def test_the_anchored_list_of_a_registered_issuer_passes(checking: Checking) -> None:
    await anchored_list(checking)
    assert told(await checking.findings()) == [
        ("ledger.status_list", Outcome.PASSED, None),
        ("ledger.issuer", Outcome.PASSED, None),
    ]
    assert not checking.evidence.files()


async def test_a_list_older_than_the_anchored_one_is_refused(checking: Checking) -> None:
    checking.issuer.lists.set(3, Status.LOCKED, at=NOW)
    checking.anchor(checking.issuer.published()[0])
    checking.issuer.lists.set(3, Status.VALID, at=NOW - timedelta(minutes=1))
    found = (await checking.findings())[0]
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.OLDER_THAN_ANCHOR)


async def test_another_list_of_the_same_time_is_evidence_that_is_kept(checking: Checking) -> None:
    checking.issuer.lists.set(3, Status.LOCKED, at=NOW)
    checking.anchor(checking.issuer.published()[0])
    checking.issuer.lists.set(3, Status.VALID, at=NOW)
    found = (await checking.findings(LedgerPolicy.NOTE))[0]
    assert (found.outcome, found.reason) == (Outcome.UNDETERMINED, Reason.CONTRADICTION)
    (kept,) = checking.evidence.files()
    members = json.loads(kept.read_bytes())
    assert members["uri"] == STATUS_URI
    assert members["found_digest"] != members["anchored_digest"]


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [(LedgerPolicy.NOTE, Outcome.PASSED), (LedgerPolicy.REQUIRED, Outcome.UNDETERMINED)],
)
async def test_a_missing_bundle_means_what_the_policy_says(
    checking: Checking, policy: LedgerPolicy, outcome: Outcome
) -> None:
    found = await checking.findings(policy)
    assert {finding.outcome for finding in found} == {outcome}


async def test_off_says_nothing(checking: Checking) -> None:
    assert await checking.findings(LedgerPolicy.OFF) == []


async def test_a_late_anchor_is_undetermined_and_a_fresh_change_is_not(checking: Checking) -> None:
    await anchored_list(checking)
    del checking.issuer.lists.token
    checking.issuer.lists.set(3, Status.LOCKED, at=NOW + timedelta(minutes=1))
    fresh = await checking.findings(at=NOW + timedelta(minutes=2))
    assert fresh[0].outcome is Outcome.PASSED
    late = await checking.findings(at=NOW + GRACE + timedelta(minutes=5))
    assert late[0].reason == Reason.ANCHOR_LATE


def open_stream_of_another(world: World) -> Publisher:
    """A second issuer with a root, a stream and a writer of its own."""
    entry = organisation(Role.ISSUER, OTHER_ROOT_HASH)
    world.decide(register_organisation(OTHER_ISSUER, entry))
    writer = LedgerWriter(world.client, secret("other writer"))
    world.decide(nominate_writer(OTHER_STREAM, writer.address))
    publisher = Publisher(writer, world.journal, OTHER_STREAM, CountingEntropy())
    publisher.take_stream()
    return publisher


@pytest.mark.parametrize("named", [[ISSUER], [ISSUER, OTHER_ISSUER], [OTHER_ISSUER, ISSUER]])
async def test_a_list_proved_by_another_issuers_stream_is_refused(
    checking: Checking, named: list[OrganisationId]
) -> None:
    """The other issuer anchors this one's old list, genuinely signed, in its own stream."""
    other = open_stream_of_another(checking.world)
    entry, token = checking.issuer.published()
    checking.issuer.lists.token = lambda: token  # type: ignore[method-assign]
    other.anchor([entry])
    checking.issuer.proof = other.bundle_of([(STATUS_URI, JWT)], Wanted(organisations=named))
    list_found, issuer_found = await checking.findings()
    assert (list_found.outcome, list_found.reason) == (Outcome.FAILED, Reason.OTHER_STREAM)
    assert issuer_found.outcome is Outcome.PASSED


async def test_a_proof_that_names_only_the_other_issuer_says_nothing_good(
    checking: Checking,
) -> None:
    other = open_stream_of_another(checking.world)
    other.anchor([checking.issuer.published()[0]])
    facts = Wanted(organisations=[OTHER_ISSUER])
    checking.issuer.proof = other.bundle_of([(STATUS_URI, JWT)], facts)
    list_found, issuer_found = await checking.findings()
    assert list_found.outcome is Outcome.UNDETERMINED
    assert issuer_found.reason == Reason.OTHER_KEY


async def test_one_writer_cannot_write_in_the_stream_of_another(checking: Checking) -> None:
    open_stream_of_another(checking.world)
    thief = LedgerWriter(checking.world.client, secret("other writer"))
    with pytest.raises(Reverted, match="not the writer"):
        thief.write("anchor", STREAM, 1, b"\x01" * 32)


async def test_a_bundle_that_names_another_issuer_fails(checking: Checking) -> None:
    await anchored_list(checking)
    other = organisation(Role.ISSUER, bytes(31) + b"\x01")
    checking.world.decide(register_organisation(ISSUER, other))
    facts = Wanted(organisations=[ISSUER])
    checking.issuer.proof = checking.world.publisher.bundle_of([(STATUS_URI, JWT)], facts)
    assert (await checking.findings())[1].reason == Reason.OTHER_KEY


async def test_an_issuer_whose_entry_was_stopped_fails(checking: Checking) -> None:
    await anchored_list(checking)
    stopped = replace(organisation(Role.ISSUER, ROOT_HASH), standing=Standing.STOPPED)
    checking.world.decide(register_organisation(ISSUER, stopped))
    facts = Wanted(organisations=[ISSUER])
    checking.issuer.proof = checking.world.publisher.bundle_of([(STATUS_URI, JWT)], facts)
    assert (await checking.findings())[1].reason == Reason.NOT_ACTIVE


async def test_an_altered_bundle_fails(checking: Checking) -> None:
    await anchored_list(checking)
    members = json.loads(checking.issuer.proof or b"")
    members["publications"][0]["digest"] = "0x" + "00" * 32
    checking.issuer.proof = json.dumps(members).encode()
    found = (await checking.findings())[0]
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.NOT_IN_TREE)


@pytest.mark.parametrize(
    "header",
    [
        "",
        f'<https://elsewhere.example/proof>; rel="{PROOF_RELATION}"',
        f'<{PROOF}>; rel="next"',
        f"{PROOF}",
    ],
)
def test_a_link_to_somebody_else_is_not_followed(header: str) -> None:
    assert find_proof_link(header, STATUS_URI) is None
