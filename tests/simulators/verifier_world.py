"""A verifier with everything it needs, in memory but for its database, and a clock to turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslCipher, OpensslVerifier, SystemEntropy
from mrc.infra.status_client import StatusListClient
from mrc.infra.stores.verifier import DatabaseTransactionStore
from mrc.infra.stores.verifier_keys import SealedResponseKeys
from mrc.protocols.dcql.query import CredentialFormat
from mrc.protocols.openid4vp.request import AuthorizationRequest, ResponseMode
from mrc.protocols.openid4vp.request_object import RequestSigner
from mrc.protocols.openid4vp.response import ResponseReceipt
from mrc.verifier.checks.answer import Grounds
from mrc.verifier.purposes import Purpose, PurposeId
from mrc.verifier.requests import Asking, VerifierProfile
from mrc.verifier.service import Asked, Verifier
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.verifier.transactions import Outcome, RequestId
from mrc.verifier.trust import Authority, IssuerTrust
from tests.simulators.pki import NOW, Pki, practice_pki
from tests.simulators.practice_cards import PracticeCard
from tests.simulators.status_publisher import StatusPublisher
from tests.simulators.wallet_simulator import WalletSimulator

BASE_URL = "https://verifier.localhost:8444"
RESIDENCE_TYPES = frozenset(
    identifier
    for card_type in (CardType.RESIDENCE, CardType.PERMANENT, CardType.OVERSEAS_KOREAN)
    for identifier in (STANDARD.get(card_type).doctype, STANDARD.get(card_type).vct)
)


def one_format(format_: CredentialFormat, **changes: object) -> Purpose:
    """A purpose that only a residence card of one format answers."""
    purpose = Purpose(
        id=PurposeId(f"test-{format_.name}"),
        text={"en": "Test"},
        claims=("family_name_latin", "age_over_19"),
        card_types=(CardType.RESIDENCE,),
        formats=(format_,),
    )
    return replace(purpose, **changes)  # type: ignore[arg-type]


def practice_trust(pki: Pki | None = None) -> IssuerTrust:
    pki = pki or practice_pki()
    authority = Authority(name="MOJ", anchors=(pki.iaca.certificate,), types=RESIDENCE_TYPES)
    return IssuerTrust([authority], verifier=OpensslVerifier())


def practice_profile() -> VerifierProfile:
    reader = practice_pki().reader
    own = {purpose.id: purpose for purpose in (one_format(f) for f in CredentialFormat)}
    kept = one_format(CredentialFormat.SD_JWT_VC, id="kept", kept_for=timedelta(days=1))
    return VerifierProfile(
        asker={"en": "Practice asker", "ko": "연습 기관"},
        base_url=BASE_URL,
        signer=RequestSigner(signer=reader.signer, certificates=(reader.certificate,)),
        catalogue=STANDARD,
        purposes={**STANDARD_PURPOSES, **own, kept.id: kept},
    )


@dataclass(kw_only=True)
class VerifierWorld:
    """`verifier` with a practice PKI and one status list; `now` stands still."""

    database: Database
    profile: VerifierProfile = field(default_factory=practice_profile)
    trust: IssuerTrust = field(default_factory=practice_trust)
    publisher: StatusPublisher = field(default_factory=StatusPublisher)
    now: datetime = NOW
    lists: StatusListClient = field(init=False)
    verifier: Verifier = field(init=False)

    def __post_init__(self) -> None:
        entropy, cipher = SystemEntropy(), OpensslCipher()
        self.lists = StatusListClient(self.publisher, verifier=OpensslVerifier())
        self.verifier = Verifier(
            profile=self.profile,
            grounds=Grounds(trust=self.trust, lists=self.lists, catalogue=STANDARD),
            store=DatabaseTransactionStore(self.database),
            keys=SealedResponseKeys(b"s" * 32, entropy=entropy, cipher=cipher),
            entropy=entropy,
            cipher=cipher,
        )

    async def ask(
        self, format_: CredentialFormat, *, mode: ResponseMode = ResponseMode.DIRECT_POST_JWT
    ) -> tuple[Asked, AuthorizationRequest]:
        """A question for one format, and the request as an honest wallet decodes it."""
        purpose = PurposeId(f"test-{format_.name}")
        return await self.ask_for(Asking(purpose=purpose, response_mode=mode))

    async def ask_for(self, asking: Asking) -> tuple[Asked, AuthorizationRequest]:
        asked = await self.verifier.ask(asking, now=self.now)
        text = await self.verifier.request_object(request_id(asked), None, now=self.now)
        client_id = str(self.profile.signer.client_id(asking.client_id_prefix))
        request = WalletSimulator(cards=[]).check(text, client_id, nonce=None, at=self.now)
        return asked, request

    async def receive(self, asked: Asked, body: bytes) -> ResponseReceipt:
        return await self.verifier.receive(request_id(asked), body, now=self.now)

    async def outcome(self, asked: Asked, response_code: str | None = None) -> Outcome:
        found = await self.verifier.outcome(asked.id, response_code=response_code, now=self.now)
        assert found is not None
        return found

    async def show(
        self,
        cards: Sequence[PracticeCard],
        asked: Asked,
        request: AuthorizationRequest,
        *,
        pretended: AuthorizationRequest | None = None,
    ) -> Outcome:
        """Answer with `cards`, as if the request had been `pretended`, and read the outcome."""
        wallet = WalletSimulator(cards=cards)
        response = await wallet.answer(pretended or request, at=self.now)
        await self.receive(asked, await wallet.encode(response, request))
        return await self.outcome(asked)


def request_id(asked: Asked) -> RequestId:
    return RequestId(asked.request_uri.rpartition("/")[2])


def reasons(outcome: Outcome) -> tuple[str, ...]:
    assert outcome.verdict is not None
    return outcome.verdict.reasons
