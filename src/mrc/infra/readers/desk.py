"""What a desk makes chip cards with: PC/SC and real blanks, or emulated blanks for practice.

One folder holds the CSCA's certificates with the document signer's address (`CscaFolder`) and the
transport key of the blanks. Practice makes both, and a blank for each card, when they are first
needed; production finds them or says what is missing.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mrc.authority.ic_issuance.desk_parts import Blank, Lack
from mrc.authority.staff.card_jobs import CardJobId
from mrc.ic_card.chip.state import ChipProfile
from mrc.ic_card.lds.face import FaceImage
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.personalisation.job import JobStore
from mrc.ic_card.personalisation.making import Office, PinPad
from mrc.ic_card.terminal.connection import CardConnection
from mrc.ic_card.terminal.transport import CardTransport
from mrc.infra.chip_faces import chip_face
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.infra.keys.token_keys import Tokens
from mrc.infra.readers.authority import CscaFolder
from mrc.infra.readers.blanks import MasterKey, make_blank
from mrc.infra.readers.card_file import CardFile
from mrc.infra.readers.emulator import power_on
from mrc.infra.readers.fast_ciphers import OpensslCiphers
from mrc.infra.readers.in_process import InProcessTransport
from mrc.infra.readers.pcsc import PcscTransport, list_readers
from mrc.kernel.errors import Malformed, Unavailable
from mrc.kernel.ports import Clock


class DeskReader(Protocol):
    """Where the card is."""

    def lacks(self) -> Sequence[Lack]: ...

    def next_blank(self) -> Blank | None: ...

    def transport(self, job: CardJobId, key: MasterKey) -> CardTransport: ...

    def release(self, transport: CardTransport) -> None: ...


@dataclass(frozen=True, slots=True)
class PcscReader:
    """The first reader with a card, or the one whose name holds `name`."""

    name: str = ""
    wait_seconds: float = 20.0

    def lacks(self) -> Sequence[Lack]:
        if importlib.util.find_spec("smartcard") is None:
            return (Lack.READER_SOFTWARE,)
        try:
            found = any(self.name in each for each in list_readers())
        except Unavailable:
            found = False
        return () if found else (Lack.READER,)

    def next_blank(self) -> Blank | None:
        return None

    def transport(self, job: CardJobId, key: MasterKey) -> CardTransport:
        return PcscTransport(self.name or None, wait_seconds=self.wait_seconds)

    def release(self, transport: CardTransport) -> None:
        if isinstance(transport, PcscTransport):
            transport.close()


class EmulatedReader:
    """A reader with a blank card always in it, for practice: the blank of each job is one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[int, CardFile] = {}

    def lacks(self) -> Sequence[Lack]:
        return ()

    def next_blank(self) -> Blank | None:
        """Drawn anew for each card, as a printer of blanks would."""
        digits = "".join(str(byte % 10) for byte in SystemEntropy().token(14))
        return Blank(document_number=f"M{digits[:8]}", can=digits[8:])

    def card_file(self, job: CardJobId) -> Path:
        return self._folder / f"{job}.json"

    def transport(self, job: CardJobId, key: MasterKey) -> CardTransport:
        path = self.card_file(job)
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            make_blank(path, key, ChipProfile(), SystemEntropy())
        card = CardFile.open(path)
        transport = InProcessTransport(power_on(card))
        self._open[id(transport)] = card
        return transport

    def release(self, transport: CardTransport) -> None:
        card = self._open.pop(id(transport), None)
        if card is not None:
            card.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOffice:
    """A `CardOffice`. `publish` hands the practice root to those who must trust it.

    `tokens` are one for all cards: a PIN that the signer's token refused is not sent again at every
    try to go on, which would lock the token.
    """

    folder: Path
    reader: DeskReader
    production: bool
    clock: Clock
    publish: Callable[[CscaFolder], None]
    tokens: Tokens = field(default_factory=Tokens)

    def lacks(self) -> Sequence[Lack]:
        found = list(self.reader.lacks())
        if self.production:
            if not (self._csca.path / "ds.pem").exists():
                found.append(Lack.SIGNER)
            if not self._master_key.exists():
                found.append(Lack.TRANSPORT_KEY)
        return tuple(found)

    def next_blank(self) -> Blank | None:
        return self.reader.next_blank()

    def connect(self, job: CardJobId) -> CardConnection:
        transport = self.reader.transport(job, self._key())
        return CardConnection(transport, OpensslCiphers())

    def release(self, connection: CardConnection) -> None:
        self.reader.release(connection.transport)

    def office(self, pad: PinPad, jobs: JobStore) -> Office:
        csca = self._csca
        if not self.production:
            self._make_practice_signer(csca)
        signer = csca.document_signer()
        if self.production and isinstance(signer.signer, SoftwareSigner):
            raise Malformed("document signer", "a software key is for practice only")
        return Office(
            transport_keys=self._key(),
            document_signer=signer,
            trust=CscaTrust(production=self.production, anchors=[csca.root()], crls=csca.crls()),
            verifier=OpensslVerifier(),
            entropy=SystemEntropy(),
            pin_pad=pad,
            jobs=jobs,
        )

    def face(self, jpeg: bytes) -> FaceImage:
        return chip_face(jpeg)

    @property
    def _csca(self) -> CscaFolder:
        return CscaFolder(self.folder / "csca", self.tokens)

    @property
    def _master_key(self) -> Path:
        return self.folder / "transport.key"

    def _key(self) -> MasterKey:
        if not self.production and not self._master_key.exists():
            return MasterKey.make(self._master_key, SystemEntropy())
        return MasterKey.read(self._master_key)

    def _make_practice_signer(self, csca: CscaFolder) -> None:
        entropy, at = SystemEntropy(), self.clock.now()
        if not (csca.path / "csca.pem").exists():
            csca.create(practice=True, entropy=entropy, at=at)
        if not (csca.path / "ds.pem").exists():
            csca.create_document_signer(entropy=entropy, at=at)
        self.publish(csca)
