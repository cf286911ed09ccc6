"""The checker and the sample service over a real verifier, beside the verifier's own wallet door."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from starlette.applications import Starlette

from mrc.authority.plastic_cards import PlasticCards
from mrc.infra.database.engine import Database
from mrc.infra.plastic_register import HttpPlasticRegister
from mrc.infra.practice_faces import draw_face
from mrc.infra.stores.checker import DatabaseChecks, DatabaseSignIns
from mrc.infra.stores.registry import DatabaseRegistry
from mrc.kernel.errors import Unavailable
from mrc.kernel.ports import Clock, HttpRequest, HttpResponse
from mrc.protocols.openid4vp.request import AuthorizationRequest
from mrc.registry.eligibility import EligibilityRules
from mrc.verifier.standard_purposes import STANDARD_PURPOSES
from mrc.web.checker.app import create_app as create_checker
from mrc.web.checker.parts import CheckerParts, Root, TrustData
from mrc.web.online.app import create_app as create_online
from mrc.web.online.parts import OnlineParts
from mrc.web.plastic_api.app import PlasticApi
from mrc.web.plastic_api.app import create_app as create_plastic
from mrc.web.signed_text import SignedTexts
from mrc.web.verifier_api.app import VerifierApi
from mrc.web.verifier_api.app import create_app as create_verifier
from tests.simulators.asgi_client import AsgiClient
from tests.simulators.pki import END
from tests.simulators.practice_cards import PracticeCard
from tests.simulators.verifier_world import BASE_URL, VerifierWorld, practice_profile
from tests.simulators.wallet_simulator import WalletSimulator

PIN = "24681357"
TOKEN = "t" * 40
ASKER = {"ko": "원곡마트 (견본)", "en": "Wongok Mart (sample)"}
CHECKER_URL, ONLINE_URL = "https://checker.localhost:8450", "https://online.localhost:8449"


@dataclass(kw_only=True)
class MovingClock:
    """Stands where the verifier's world stands, and moves with it."""

    world: VerifierWorld

    def now(self) -> datetime:
        return self.world.now


@dataclass(kw_only=True)
class Plug:
    """The line to the register; a test pulls it out."""

    world: "CheckingWorld"
    client: AsgiClient

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not self.world.plastic_register_answers:
            raise Unavailable(request.url, "nobody there")
        return await self.client.send(request)


@dataclass(kw_only=True)
class CheckingWorld:
    """`checker` and `online` are the applications, `wallet_door` what wallets talk to."""

    database: Database
    checker_url: str = CHECKER_URL
    online_url: str = ONLINE_URL
    verifier_url: str = BASE_URL
    plastic_register_answers: bool = True
    verifying: VerifierWorld = field(init=False)
    clock: Clock = field(init=False)
    wallet_door: Starlette = field(init=False)
    checker: Starlette = field(init=False)
    online: Starlette = field(init=False)

    def __post_init__(self) -> None:
        profile = replace(
            practice_profile(),
            asker=ASKER,
            base_url=self.verifier_url,
            purposes=STANDARD_PURPOSES,
        )
        self.verifying = VerifierWorld(database=self.database, profile=profile)
        self.clock = MovingClock(world=self.verifying)
        self.wallet_door = create_verifier(self._api())
        self.checker = create_checker(self._checker_parts())
        self.online = create_online(self._online_parts())

    def _api(self) -> VerifierApi:
        return VerifierApi(
            verifier=self.verifying.verifier,
            clock=self.clock,
            drop_list=self.verifying.lists.drop,
            management_token=TOKEN,
            push_token=TOKEN,
        )

    def _checker_parts(self) -> CheckerParts:
        register = PlasticCards(DatabaseRegistry(self.database), EligibilityRules())
        door = create_plastic(PlasticApi(cards=register, clock=self.clock, token=TOKEN))
        return CheckerParts(
            verifier=self.verifying.verifier,
            checks=DatabaseChecks(self.database),
            plastic=HttpPlasticRegister(
                Plug(world=self, client=AsgiClient(door)),
                url="https://issuer.localhost/",
                token=TOKEN,
            ),
            clock=self.clock,
            texts=SignedTexts(b"s" * 32),
            origin=self.checker_url,
            organisation=ASKER,
            trust=TrustData(
                roots=[Root(name="authority", until=END)],
                certificate_until=END,
                loaded_at=self.clock.now(),
            ),
            drop_lists=self.verifying.lists.drop_all,
            draw_face=draw_face,
            wallets={"process": "https://wallet.localhost:8443/app/open"},
            pin=PIN,
        )

    def _online_parts(self) -> OnlineParts:
        verifier = self.verifying.verifier
        landing = replace(verifier.profile, wallet_endpoint=f"{self.online_url}/open")
        return OnlineParts(
            verifier=verifier,
            landing_verifier=replace(verifier, profile=landing),
            sign_ins=DatabaseSignIns(self.database),
            clock=self.clock,
            texts=SignedTexts(b"o" * 32),
            origin=self.online_url,
            service=ASKER,
            wallets={"process": "https://wallet.localhost:8443/app/open"},
        )

    def later(self, **by: float) -> None:
        self.verifying.now += timedelta(**by)

    async def show(self, link: str, *cards: PracticeCard) -> str | None:
        """What an honest wallet with `cards` does with a link; the address it leads back to."""
        wallet = WalletSimulator(cards=cards)
        receipt = await wallet.show(link, http=AsgiClient(self.wallet_door), at=self.verifying.now)
        return receipt.redirect_uri

    async def fetch(self, link: str, cards: Sequence[PracticeCard] = ()) -> AuthorizationRequest:
        """A wallet that only reads the request."""
        wallet = WalletSimulator(cards=cards)
        return await wallet.fetch(link, http=AsgiClient(self.wallet_door), at=self.verifying.now)
