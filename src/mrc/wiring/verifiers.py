"""The verifier's process: one practice asker, its certificate, its database and its API."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mrc.formats.catalogue.card_types import STANDARD
from mrc.formats.x509.certificate import encode_pem
from mrc.formats.x509.profiles import Purpose
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.files import write_secret
from mrc.infra.keys.identities import IdentityFiles, IdentityRequest
from mrc.infra.keys.software import OpensslCipher, OpensslVerifier, SystemEntropy
from mrc.infra.ledger_lists import EvidenceFolder, ListLedger
from mrc.infra.settings import Host, LedgerPolicy, Settings
from mrc.infra.status_client import StatusListClient
from mrc.infra.stores.verifier import DatabaseTransactionStore
from mrc.infra.stores.verifier_keys import SealedResponseKeys
from mrc.infra.tokens import shared_token
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.ports import HttpClient
from mrc.ledger.statements import Role
from mrc.protocols.openid4vp.request_object import RequestSigner
from mrc.verifier.checks.answer import Grounds
from mrc.verifier.ledger import LedgerGrounds
from mrc.verifier.ledger import LedgerPolicy as Policy
from mrc.verifier.requests import VerifierProfile
from mrc.verifier.service import Verifier
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.verifier.trust import Authority, IssuerTrust
from mrc.web.verifier_api.app import VerifierApi
from mrc.wiring.issuers import AUTHORITIES, shared_secret
from mrc.wiring.ledger_files import (
    Applicant,
    apply_to_council,
    get_ledger_trust,
    load_ledger_trust,
)

UNANCHORED_PERIODS = 2
UNANCHORED_GRACE = timedelta(minutes=1)
ASKER = {"ko": "한빛은행 (견본)", "en": "Hanbit Bank (sample)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierParts:
    """The verifier with what its front ends need besides."""

    verifier: Verifier
    lists: StatusListClient
    management_token: str
    push_token: str

    def api(self) -> VerifierApi:
        return VerifierApi(
            verifier=self.verifier,
            clock=SystemClock(),
            drop_list=self.lists.drop,
            management_token=self.management_token,
            push_token=self.push_token,
        )


def make_verifier(
    settings: Settings, database: Database, http: HttpClient, *, at: datetime
) -> VerifierParts:
    """The practice asker's verifier. Makes keys and tokens at the first start."""
    folder = settings.home / "verifier"
    checker = OpensslVerifier()
    lists = StatusListClient(http, verifier=checker, ledger=_list_ledger(settings, http))
    verifier = Verifier(
        profile=VerifierProfile(
            asker=ASKER,
            base_url=settings.url_of(Host.VERIFIER),
            signer=_signer(settings, at),
            catalogue=STANDARD,
            purposes=STANDARD_PURPOSES,
            haip=settings.haip,
        ),
        grounds=Grounds(
            trust=IssuerTrust(_authorities(settings), verifier=checker),
            lists=lists,
            catalogue=STANDARD,
            ledger=_ledger_grounds(settings, lists),
        ),
        store=DatabaseTransactionStore(database),
        keys=SealedResponseKeys(
            shared_secret(folder / "response-keys.secret"),
            entropy=SystemEntropy(),
            cipher=OpensslCipher(),
        ),
        entropy=SystemEntropy(),
        cipher=OpensslCipher(),
    )
    push_token = shared_token(folder / "push.token")
    _subscribe(settings, push_token)
    return VerifierParts(
        verifier=verifier,
        lists=lists,
        management_token=shared_token(folder / "management.token"),
        push_token=push_token,
    )


def evidence_folder(settings: Settings) -> EvidenceFolder:
    return EvidenceFolder(settings.home / "verifier" / "evidence")


def _list_ledger(settings: Settings, http: HttpClient) -> ListLedger | None:
    """Raises `Malformed` where anchors are required and no ledger is trusted."""
    if settings.ledger_policy is LedgerPolicy.OFF:
        return None
    required = settings.ledger_policy is LedgerPolicy.REQUIRED
    trust = get_ledger_trust(settings) if required else load_ledger_trust(settings)
    if trust is None:
        return None
    return ListLedger(
        http=http,
        trust=trust,
        evidence=evidence_folder(settings),
        max_unanchored_age=UNANCHORED_PERIODS * timedelta(seconds=settings.anchor_seconds)
        + UNANCHORED_GRACE,
    )


def _ledger_grounds(settings: Settings, lists: StatusListClient) -> LedgerGrounds | None:
    if load_ledger_trust(settings) is None:
        return None
    return LedgerGrounds(lists=lists, policy=Policy(settings.ledger_policy.value))


def _subscribe(settings: Settings, push_token: str) -> None:
    """Ask every issuer of this installation to tell this verifier of changed lists."""
    url = f"{settings.url_of(Host.VERIFIER)}/status-changed"
    content = json.dumps({"url": url, "token": push_token}).encode()
    write_secret(settings.home / "subscriptions" / "verifier.json", content)


def _authorities(settings: Settings) -> Sequence[Authority]:
    """Trusted roots. Our own authorities may issue their own card types and nothing else."""
    known = {authority.role: authority for authority in AUTHORITIES}
    found = []
    for entry in TrustStore(settings.home / "trust").entries(TrustKind.ISSUER):
        if entry.certificate is None:
            continue
        own = known.get(entry.name)
        types = None if own is None else _types_of(own.card_types)
        found.append(Authority(name=entry.name, anchors=(entry.certificate,), types=types))
    return found


def _types_of(card_types: Sequence[object]) -> frozenset[str]:
    definitions = [d for card_type, d in STANDARD.definitions.items() if card_type in card_types]
    return frozenset(name for d in definitions for name in (d.doctype, d.vct))


def _signer(settings: Settings, at: datetime) -> RequestSigner:
    url = settings.url_of(Host.VERIFIER)
    files = IdentityFiles(
        settings.home / "verifier" / "keys", organization=ASKER["en"], uri=url, at=at
    )
    root = files.root("reader-ca", Purpose.READER_CA, "Practice register of askers")
    request = IdentityRequest(
        name="reader",
        purpose=Purpose.READER,
        common_name=ASKER["en"],
        dns_names=(settings.name_of(Host.VERIFIER),),
        uris=(url,),
    )
    leaf = files.leaf(request, issuer=root)
    TrustStore(settings.home / "trust").add(
        TrustKind.READER, "practice-askers", encode_pem(root.certificate)
    )
    applicant = Applicant(
        name="verifier", role=Role.ASKER, names=ASKER, url=url, certificate=leaf.certificate
    )
    purposes = {str(purpose.id): purpose.claims for purpose in STANDARD_PURPOSES.values()}
    apply_to_council(settings, applicant, purposes=purposes)
    return RequestSigner(signer=leaf.signer, certificates=(leaf.certificate,))
