"""The practice council's clerk: whoever of this installation applies is registered.

Roles put their applications into a folder that only this installation's owner can write; in a real
consortium the same actions are proposed and approved by the seats (`mrc.infra.chain.council`).
Repeating changes nothing: each entry is compared with the ledger before anything is proposed.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog

from mrc.infra.chain.client import Wanted
from mrc.infra.chain.practice import PracticeLedger
from mrc.infra.files import write_atomic
from mrc.kernel.errors import Malformed
from mrc.ledger.application import (
    Application,
    TrustList,
    decode_application,
    decode_trust_list,
    encode_trust_list,
)
from mrc.ledger.asker_register import encode_register
from mrc.ledger.headers import Address
from mrc.ledger.statements import Role, issuer_stream_id

_log = structlog.get_logger(__name__)


def read_applications(folder: Path) -> tuple[Application, ...]:
    """Every application in the folder, by file name; one that does not decode is left out."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(decode_application(path.read_bytes()))
        except Malformed as error:
            _log.warning("ledger_application_refused", name=path.name, detail=str(error))
    return tuple(found)


class PracticeClerk:
    """Brings applications onto the ledger and keeps the trust list."""

    def __init__(self, ledger: PracticeLedger, applications: Path, trust_list: Path) -> None:
        self._ledger = ledger
        self._folder = applications
        self._file = trust_list
        self.accepted: tuple[Application, ...] = ()

    def work(self, now: datetime) -> None:
        """Register what is new or changed. Blocks; raises `Unavailable` or `Reverted`."""
        found = read_applications(self._folder)
        if found == self.accepted:
            return
        for application in found:
            self._register(application)
        self._publish(found, now)
        self.accepted = found

    def retire_writers(self) -> None:
        """Delete the writers' keys that were here, as far as their streams are in other hands."""
        for application in self.accepted:
            name = application.organisation_id
            if application.role is Role.ISSUER and self._ledger.retire_writer(name):
                _log.info("ledger_writer_retired", organisation=name.hex()[:16])

    def is_writer(self, address: Address) -> bool:
        """Whether an accepted issuer writes its stream by that key."""
        return any(one.writer == address for one in self.accepted)

    def trust_list(self) -> tuple[datetime, bytes] | None:
        """The trust list as it is published; None while nobody is registered."""
        if not self._file.exists():
            return None
        data = self._file.read_bytes()
        return decode_trust_list(data).issued_at, data

    def asker_register(self) -> bytes:
        """The register of askers with its proof, at the newest block."""
        askers = [one for one in self.accepted if one.role is Role.ASKER]
        names = [asker.organisation_id for asker in askers]
        entitlements = [
            (asker.organisation_id, purpose)
            for asker in askers
            for purpose in asker.claim_sets_by_id()
        ]
        wanted = Wanted(organisations=names, entitlements=entitlements)
        claim_sets = {
            code: frozenset(claims) for asker in askers for code, claims in asker.purposes.items()
        }
        return encode_register(self._ledger.client.bundle(wanted), claim_sets)

    def _register(self, application: Application) -> None:
        ledger, name = self._ledger, application.organisation_id
        ledger.register(name, application.entry)
        for identifier, schema_hash in application.types_by_id().items():
            ledger.register_type(identifier, schema_hash, name)
        for purpose, claims in application.claim_sets_by_id().items():
            ledger.entitle(name, purpose, claims)
        if application.writer is not None:
            ledger.nominate(issuer_stream_id(name), application.writer)

    def _publish(self, applications: Sequence[Application], now: datetime) -> None:
        """A new list only where something changed: its `iat` says when."""
        known = self._known()
        if known is None or known.applications != tuple(applications):
            write_atomic(self._file, encode_trust_list(now, applications))

    def _known(self) -> TrustList | None:
        return decode_trust_list(self._file.read_bytes()) if self._file.exists() else None
