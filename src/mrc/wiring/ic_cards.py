"""Issuance by IC card put together: whose cards are good, the steps, the register of chip cards."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from mrc.authority.face_matching.reading import FaceReader
from mrc.authority.ic_issuance.chip_steps import ChipParts
from mrc.authority.ic_issuance.plastic import ChipCards, PlasticParts, PlasticPolicy
from mrc.authority.ic_issuance.steps import IcCardSteps, StepParts
from mrc.authority.ports import Carrier
from mrc.formats.x509.revocation import decode_revocation_list
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.server.dialogue import ChipDialogue
from mrc.infra.clock import SystemClock
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslCipher, OpensslVerifier, SoftwareKeyMaker, SystemEntropy
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.settings import Host, Mode, Settings
from mrc.infra.stores.ic_sessions import DatabaseIcCards, DatabaseIcSessions
from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.issuer.cards import Cards
from mrc.issuer.issuer import Issuer
from mrc.kernel.ports import Clock
from mrc.registry.eligibility import EligibilityRules
from mrc.registry.store import RegistryStore
from mrc.wiring.faces import ic_face_step
from mrc.wiring.issuers import IMMIGRATION, shared_secret
from mrc.wiring.providers import CLIENT_ID
from mrc.wiring.repeating import repeating

ROOM = "ic"
POLICY = PlasticPolicy()
EXPIRE_EVERY = timedelta(hours=1)


def load_csca_trust(settings: Settings) -> CscaTrust:
    """The roots of ``trust/csca``, and the lists (``.crl``, DER) that stand beside them.

    Raises `Rejected` where a production installation trusts a practice root.
    """
    folder = settings.home / "trust"
    lists = sorted((folder / TrustKind.CSCA.value).glob("*.crl"))
    return CscaTrust(
        production=settings.mode is Mode.PRODUCTION,
        anchors=TrustStore(folder).certificates(TrustKind.CSCA),
        crls=[decode_revocation_list(path.read_bytes()) for path in lists],
    )


def make_chip_parts(
    settings: Settings,
    database: Database,
    *,
    issuer: Issuer,
    registry: RegistryStore,
    clock: Clock | None = None,
    faces: FaceReader | None = None,
) -> ChipParts:
    """What the chip's steps need. Refused at the start where the trust is not good.

    `ValueError` where faces are to be compared and there is no reader of `faces`.
    """
    clock, entropy = clock or SystemClock(), SystemEntropy()
    cards = DatabaseIcCards(database)
    sessions = DatabaseIcSessions(
        database,
        key=shared_secret(settings.home / IMMIGRATION.role / "ic-sessions.secret"),
        cipher=OpensslCipher(),
        entropy=entropy,
        clock=clock,
    )
    load_csca_trust(settings)

    def dialogue() -> ChipDialogue:
        return ChipDialogue(
            issuer_id=settings.url_of(Host.ISSUER),
            sessions=sessions,
            register=cards,
            trust=load_csca_trust(settings),
            verifier=OpensslVerifier(),
            entropy=entropy,
            key_maker=SoftwareKeyMaker(),
            ciphers=OpensslCiphers(),
        )

    return ChipParts(
        issuer=issuer,
        issuer_store=DatabaseIssuerStore(database),
        registry=registry,
        cards=cards,
        sessions=sessions,
        dialogue=dialogue,
        face=ic_face_step(settings, faces, registry),
        first_party=frozenset({CLIENT_ID}),
        clock=clock,
        entropy=entropy,
    )


def make_challenge_steps(
    chip: ChipParts, *, carrier: Carrier, rules: EligibilityRules
) -> IcCardSteps:
    """The steps behind `authorize-challenge`."""
    return IcCardSteps(StepParts(chip=chip, carrier=carrier, rules=rules))


def make_chip_cards(database: Database, registry: RegistryStore) -> ChipCards:
    """The register of chip cards on the authority's database."""
    return ChipCards(
        PlasticParts(
            cards=DatabaseIcCards(database),
            registry=registry,
            mobile=Cards(DatabaseIssuerStore(database)),
            policy=POLICY,
        )
    )


def expiring(chip_cards: ChipCards) -> AbstractAsyncContextManager[None]:
    """End from time to time the chip cards whose last day is over."""
    return repeating("ic_cards", lambda now: chip_cards.end_expired(now=now), every=EXPIRE_EVERY)
