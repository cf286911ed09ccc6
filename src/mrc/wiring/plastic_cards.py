"""The immigration authority's word about plastic cards, beside its issuer."""

from starlette.applications import Starlette
from starlette.routing import Mount

from mrc.authority.plastic_cards import PlasticCards
from mrc.infra.clock import SystemClock
from mrc.infra.settings import Host, Settings
from mrc.infra.tokens import shared_token
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.store import RegistryStore
from mrc.web.plastic_api.app import PlasticApi, create_app
from mrc.wiring.issuers import IMMIGRATION

_PATH = "/plastic-cards"


def plastic_cards_url(settings: Settings) -> str:
    return f"{settings.url_of(Host.ISSUER)}{_PATH}/"


def plastic_cards_token(settings: Settings) -> str:
    """The token by which checkers ask."""
    return shared_token(settings.home / IMMIGRATION.role / "plastic-cards.token")


def with_plastic_cards(
    settings: Settings, registry: RegistryStore, rules: EligibilityRules, issuer: Starlette
) -> Starlette:
    """`issuer` with the endpoint for checkers of plastic cards."""
    api = PlasticApi(
        cards=PlasticCards(registry, rules),
        clock=SystemClock(),
        token=plastic_cards_token(settings),
    )
    issuer.router.routes.append(Mount(_PATH, create_app(api)))
    return issuer
