"""Where the ledger's files stand in an installation's home, and how a role applies to the council.

Light to import: nothing here brings web3 or an EVM, so every role may use it.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mrc.formats.catalogue.card_types import STANDARD, CardDefinition, CardType
from mrc.formats.x509.certificate import Certificate
from mrc.infra.chain.stream_files import StreamFiles
from mrc.infra.files import read_secret, write_secret
from mrc.infra.settings import Host, Settings
from mrc.kernel.errors import Malformed
from mrc.ledger.application import (
    SEED_BYTES,
    Application,
    decode_application,
    encode_application,
)
from mrc.ledger.headers import Address
from mrc.ledger.proofs import LedgerTrust
from mrc.ledger.statements import (
    OrganisationId,
    Role,
    StreamId,
    issuer_stream_id,
    organisation_id,
    stream_id,
)
from mrc.ledger.trust_file import decode_trust

FIRST_AUDITED = "authority"
"""The role that had an audit log before the others."""

_SEED = "organisation.seed"


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """The ledger's files below `home`."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "ledger"

    @property
    def journal(self) -> Path:
        """The council's; before issuers published themselves, everybody's."""
        return self.folder / "journal.sqlite"

    @property
    def stream_seed(self) -> Path:
        return self.folder / "stream"

    @property
    def applications(self) -> Path:
        return self.folder / "applications"

    @property
    def trust_list(self) -> Path:
        return self.folder / "trust-list.json"

    @property
    def trust(self) -> Path:
        """The ledger that this installation believes (`mrc.ledger.trust_file`)."""
        return self.home / "trust" / "ledger.json"

    def audit_log(self, role: str) -> Path:
        return self.home / role / "audit.sqlite"

    def stream_files(self, role: str) -> StreamFiles:
        """An issuer's own key and journal."""
        folder = self.home / role
        return StreamFiles(
            key=folder / "keys" / "ledger-writer.key",
            journal=folder / "anchors.sqlite",
            former=self.journal,
        )

    def journals(self, role: str) -> tuple[Path, ...]:
        """Every journal that may hold batches with an authority's audit log."""
        return (self.stream_files(role).journal, self.journal)

    def find_council_stream(self) -> StreamId | None:
        """The stream that carried everything before issuers had their own."""
        seed = self.stream_seed
        return stream_id(seed.read_bytes()) if seed.exists() else None

    def get_application(self, role: str) -> Application:
        """What a role told the council. Raises `Malformed` where it does not decode."""
        return decode_application(read_secret(self.applications / f"{role}.json"))

    def find_organisation(self, role: str) -> OrganisationId | None:
        """Under which identifier a role applied to the council; None before it did."""
        path = self.home / role / _SEED
        return organisation_id(read_secret(path)) if path.exists() else None

    def find_audit_streams(self, role: str) -> tuple[StreamId, ...]:
        """Every stream that ever anchored an authority's audit log.

        The immigration authority's stood in the council's stream before issuers had streams.
        """
        name = self.find_organisation(role)
        streams = () if name is None else (issuer_stream_id(name),)
        council = self.find_council_stream()
        return (council, *streams) if role == FIRST_AUDITED and council else streams


def load_ledger_trust(settings: Settings) -> LedgerTrust | None:
    """Which ledger this installation believes; None where it has none."""
    path = LedgerFiles(settings.home).trust
    return decode_trust(path.read_bytes()) if path.exists() else None


def get_ledger_trust(settings: Settings) -> LedgerTrust:
    """As `load_ledger_trust`; raises `Malformed` where there is none."""
    trust = load_ledger_trust(settings)
    if trust is None:
        raise Malformed("ledger trust", f"{LedgerFiles(settings.home).trust} does not exist")
    return trust


def askers_url(settings: Settings) -> str:
    """Where this installation's register of askers is served to everybody."""
    return f"{settings.url_of(Host.EXPLORER)}/askers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What a role says about itself; `writer` is the key with which an issuer anchors."""

    name: str
    role: Role
    names: Mapping[str, str]
    url: str
    certificate: Certificate
    writer: Address | None = None


def apply_to_council(
    settings: Settings,
    applicant: Applicant,
    *,
    card_types: Sequence[CardType] = (),
    purposes: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Put the role's application where the practice council finds it. Repeating is harmless."""
    files = LedgerFiles(settings.home)
    definitions = [STANDARD.get(card_type) for card_type in card_types]
    application = Application(
        seed=_seed(settings.home / applicant.name / _SEED),
        role=applicant.role,
        names=applicant.names,
        url=applicant.url,
        certificate=applicant.certificate.der,
        valid_from=applicant.certificate.not_before,
        valid_until=applicant.certificate.not_after,
        credential_types={
            name: _schema_hash(definition)
            for definition in definitions
            for name in (definition.doctype, definition.vct)
        },
        purposes=purposes or {},
        writer=applicant.writer,
    )
    write_secret(files.applications / f"{applicant.name}.json", encode_application(application))


def _seed(path: Path) -> bytes:
    if not path.exists():
        write_secret(path, os.urandom(SEED_BYTES))
    return read_secret(path)


def _schema_hash(definition: CardDefinition) -> bytes:
    """The hash of a card type's claims as the catalogue has them, in both formats."""
    claims = [[claim.namespace, claim.element, list(claim.path)] for claim in definition.claims]
    text = json.dumps([definition.doctype, definition.vct, sorted(claims)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
