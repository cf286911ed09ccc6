"""Chip cards made at the front desk, put together."""

from mrc.authority.ic_issuance.at_desk import DeskCards
from mrc.authority.ic_issuance.desk_parts import CardOffice, DeskCardParts
from mrc.formats.x509.certificate import encode_pem
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslCipher, SystemEntropy
from mrc.infra.readers.authority import CscaFolder
from mrc.infra.readers.desk import DeskOffice, DeskReader, EmulatedReader, PcscReader
from mrc.infra.settings import IcReader, Mode, Settings
from mrc.infra.stores.card_jobs import DatabaseCardJobs
from mrc.infra.stores.ic_sessions import DatabaseIcCards
from mrc.infra.stores.staff import DatabaseStaff
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.ports import Clock
from mrc.registry.store import RegistryStore
from mrc.wiring.ic_cards import make_chip_cards
from mrc.wiring.issuers import IMMIGRATION, shared_secret

ROOT_NAME = "front-desk"


def make_card_office(settings: Settings, clock: Clock) -> CardOffice:
    """The desk's reader and signer. In practice a root is made and trusted; no network is used."""
    folder = settings.home / IMMIGRATION.role / "ic-desk"
    reader: DeskReader = PcscReader(settings.ic_reader_name)
    if settings.reader is IcReader.EMULATED:
        reader = EmulatedReader(folder / "cards")
    return DeskOffice(
        folder=folder,
        reader=reader,
        production=settings.mode is Mode.PRODUCTION,
        clock=clock,
        publish=lambda csca: _trust(settings, csca),
    )


def _trust(settings: Settings, csca: CscaFolder) -> None:
    """Practice trusts what practice makes; in production an operator does (`mrc trust add`)."""
    TrustStore(settings.home / "trust").add(TrustKind.CSCA, ROOT_NAME, encode_pem(csca.root()))


def make_desk_cards(
    settings: Settings,
    database: Database,
    registry: RegistryStore,
    *,
    office: CardOffice,
    clock: Clock,
) -> DeskCards:
    return DeskCards(
        DeskCardParts(
            store=DatabaseStaff(database),
            jobs=DatabaseCardJobs(database),
            cards=DatabaseIcCards(database),
            register=make_chip_cards(database, registry),
            registry=registry,
            office=office,
            clock=clock,
            entropy=SystemEntropy(),
            cipher=OpensslCipher(),
            key=shared_secret(settings.home / IMMIGRATION.role / "card-jobs.secret"),
        )
    )
