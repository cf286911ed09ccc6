"""The practice wallet provider's process, which also hands the phone shell to browsers."""

from datetime import datetime, timedelta

from starlette.applications import Starlette

from mrc.formats.x509.certificate import encode_pem
from mrc.formats.x509.profiles import Purpose
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.keys.identities import IdentityFiles, IdentityRequest
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.infra.settings import Host, Mode, Settings
from mrc.infra.stores.provider import DatabaseInstanceStore
from mrc.infra.tokens import shared_token
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.ledger.statements import Role
from mrc.protocols.oauth.nonces import NonceMint, NoncePurpose
from mrc.wallet_provider.service import ProviderProfile, WalletProviderService
from mrc.web.provider_api.app import make_app
from mrc.wiring.device_evidence import evidence_checkers
from mrc.wiring.issuers import shared_secret
from mrc.wiring.ledger_files import Applicant, apply_to_council

CLIENT_ID = "mobile-id"
CHALLENGE_LIFETIME = timedelta(minutes=5)
ORGANIZATION = "Mobile ID practice provider"


def make_provider(settings: Settings, database: Database, *, at: datetime) -> Starlette:
    """The provider's app. Makes keys and tokens at the first start."""
    folder = settings.home / "provider"
    url = settings.url_of(Host.PROVIDER)
    files = IdentityFiles(folder / "keys", organization=ORGANIZATION, uri=url, at=at)
    root = files.root("provider-ca", Purpose.WALLET_PROVIDER_CA, "Practice wallet provider CA")
    request = IdentityRequest(
        name="provider", purpose=Purpose.WALLET_PROVIDER, common_name=ORGANIZATION, uris=(url,)
    )
    leaf = files.leaf(request, issuer=root)
    TrustStore(settings.home / "trust").add(
        TrustKind.WALLET_PROVIDER, "practice-provider", encode_pem(root.certificate)
    )
    applicant = Applicant(
        name="provider",
        role=Role.WALLET_PROVIDER,
        names={"en": ORGANIZATION},
        url=url,
        certificate=root.certificate,
    )
    apply_to_council(settings, applicant)
    service = WalletProviderService(
        profile=ProviderProfile(
            url=url,
            client_id=CLIENT_ID,
            wallet_name="Mobile ID",
            wallet_link=settings.url_of(Host.PHONE),
            chain=(leaf.certificate,),
            practice=settings.mode is Mode.PRACTICE,
        ),
        signer=leaf.signer,
        challenges=NonceMint(
            shared_secret(folder / "challenges.secret"),
            NoncePurpose.WALLET_PROVIDER,
            CHALLENGE_LIFETIME,
        ),
        store=DatabaseInstanceStore(database),
        checkers=evidence_checkers(settings),
        verifier=OpensslVerifier(),
        entropy=SystemEntropy(),
    )
    return make_app(service, SystemClock(), shared_token(folder / "operator.token"))
