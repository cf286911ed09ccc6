"""The checker and the sample service: front ends over the verifier, in its process."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette

from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.files import read_secret, write_secret
from mrc.infra.plastic_register import HttpPlasticRegister
from mrc.infra.practice_faces import draw_face
from mrc.infra.settings import Host, Mode, Settings
from mrc.infra.stores.checker import DatabaseChecks, DatabaseSignIns
from mrc.kernel.ports import HttpClient
from mrc.verifier.service import Verifier
from mrc.web.checker.app import create_app as create_checker
from mrc.web.checker.parts import CheckerParts, Root, TrustData
from mrc.web.online.app import create_app as create_online
from mrc.web.online.parts import OnlineParts
from mrc.web.signed_text import SignedTexts
from mrc.wiring.issuers import AUTHORITIES, shared_secret
from mrc.wiring.plastic_cards import plastic_cards_token, plastic_cards_url
from mrc.wiring.verifiers import VerifierParts

ROOM = "checker"
"""The tables of both front ends; brought up to date beside the verifier's."""

_PIN_DIGITS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontParts:
    """What both front ends have besides the verifier. `at` is the time of the start."""

    database: Database
    http: HttpClient
    at: datetime


def make_checker(settings: Settings, parts: VerifierParts, front: FrontParts) -> Starlette:
    folder = settings.home / "verifier"
    verifier = parts.verifier
    return create_checker(
        CheckerParts(
            verifier=verifier,
            checks=DatabaseChecks(front.database),
            plastic=HttpPlasticRegister(
                front.http,
                url=plastic_cards_url(settings),
                token=plastic_cards_token(settings),
            ),
            clock=SystemClock(),
            texts=SignedTexts(shared_secret(folder / "checker.secret")),
            origin=settings.url_of(Host.CHECKER),
            organisation=verifier.profile.asker,
            trust=_trust_data(verifier, front.at),
            drop_lists=parts.lists.drop_all,
            draw_face=draw_face,
            wallets=practice_wallets(settings),
            pin=_pin(folder / "checker.pin"),
            pin_hint=str(folder / "checker.pin") if settings.mode is Mode.PRACTICE else "",
        )
    )


def make_online(settings: Settings, parts: VerifierParts, front: FrontParts) -> Starlette:
    """The sample service. Its codes are web addresses of its own, which any camera can open."""
    origin = settings.url_of(Host.ONLINE)
    verifier = parts.verifier
    landing = replace(verifier.profile, wallet_endpoint=f"{origin}/open")
    return create_online(
        OnlineParts(
            verifier=verifier,
            landing_verifier=replace(verifier, profile=landing),
            sign_ins=DatabaseSignIns(front.database),
            clock=SystemClock(),
            texts=SignedTexts(shared_secret(settings.home / "verifier" / "online.secret")),
            origin=origin,
            service=verifier.profile.asker,
            wallets=practice_wallets(settings),
        )
    )


def practice_wallets(settings: Settings) -> Mapping[str, str]:
    """Where a link opens in the wallets of this installation; none outside of practice."""
    if settings.mode is not Mode.PRACTICE:
        return {}
    return {
        "process": f"{settings.url_of(Host.WALLET)}/app/open",
        "browser": f"{settings.url_of(Host.PHONE)}/app/open",
    }


def _trust_data(verifier: Verifier, at: datetime) -> TrustData:
    names = {known.role: f"{known.name_ko} · {known.name_en}" for known in AUTHORITIES}
    return TrustData(
        roots=[
            Root(name=names.get(authority.name, authority.name), until=anchor.not_after)
            for authority in verifier.grounds.trust.authorities
            for anchor in authority.anchors
        ],
        certificate_until=verifier.profile.signer.certificates[0].not_after,
        loaded_at=at,
    )


def _pin(path: Path) -> str:
    """The organisation's sign-in code, made at the first start."""
    if not path.exists():
        write_secret(
            path, "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS)).encode()
        )
    return read_secret(path).decode().strip()
