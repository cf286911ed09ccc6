"""Making a card, step by step, so that it can go on after any interruption (IC-CARD 5.3)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mrc.ic_card import pace, scp03
from mrc.ic_card.apdu import CommandApdu, Ins
from mrc.ic_card.chip.ports import KeySlot
from mrc.ic_card.chip.state import SUITE, LifeCycle
from mrc.ic_card.lds.files import CARD_ACCESS, ISSUANCE_AID, SOD, data_group
from mrc.ic_card.pace import Password
from mrc.ic_card.passive_authentication import CscaTrust, verify_files
from mrc.ic_card.personalisation.blank import BlankCard, open_blank, read_serial
from mrc.ic_card.personalisation.building import DocumentSigner, add_sod, build_files
from mrc.ic_card.personalisation.job import Job, JobStore, Step
from mrc.ic_card.reasons import Reason
from mrc.ic_card.terminal import opening, proving, reading
from mrc.ic_card.terminal.connection import CardConnection
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Finding, Outcome, worst
from mrc.kernel.ports import Entropy, SignatureVerifier

PUK_DIGITS = 10
_CLAUSE = "IC-CARD 5.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRule:
    least: int = 6
    most: int = 6

    def check(self, pin: str) -> None:
        """Raise `Rejected` for anything but digits in number, or one digit over and over."""
        if not (pin.isascii() and pin.isdigit() and self.least <= len(pin) <= self.most):
            detail = f"{self.least} to {self.most} digits"
            raise Rejected(Reason.PIN_RULE, "IC-CARD 5.2", detail)
        steps = {int(b) - int(a) for a, b in zip(pin, pin[1:], strict=False)}
        if steps in ({0}, {1}, {-1}):
            raise Rejected(Reason.PIN_RULE, "IC-CARD 5.2", "too easy to guess")


class PinPad(Protocol):
    """The holder's own pad: what is typed there is neither shown nor stored."""

    async def choose(self, rule: PinRule) -> str:
        """A new PIN, typed twice."""

    async def enter(self, tries_left: int | None) -> str:
        """The PIN of a card that has one; None where all tries are there."""

    async def hand_out(self, puk: str) -> None:
        """Give the PUK to the holder, once, on paper."""


class TransportKeySource(Protocol):
    async def find_keys(self, serial: bytes) -> scp03.TransportKeys: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the front desk has."""

    transport_keys: TransportKeySource
    document_signer: DocumentSigner
    trust: CscaTrust
    verifier: SignatureVerifier
    entropy: Entropy
    pin_pad: PinPad
    jobs: JobStore
    pin_rule: PinRule = PinRule()
    issuance_aid: bytes = ISSUANCE_AID
    bac: bool = False
    """Load BAC's key seed too: development only, and only a blank made for it takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """What the register keeps of an active card. Never a secret."""

    order_id: str
    document_number: str
    serial: bytes
    sod_hash: bytes
    dg1_hash: bytes
    chip_key: bytes
    issuance_key: bytes
    document_signer: bytes
    findings: tuple[Finding, ...]


Listener = Callable[[Step], None]


async def make_card(
    connection: CardConnection,
    job: Job,
    office: Office,
    *,
    at: datetime,
    listener: Listener | None = None,
) -> CardRecord:
    """The active card of `job`, from wherever the job was left.

    1. Authenticate the blank. 2. Keys on the chip. 3. Build and sign. 4. Load. 5. CAN, PIN, PUK.
    6. Lock. 7. Read back and verify everything. 8. Activate. Raises `TagLost` and `Rejected`;
    `DISCARD_CARD` means that this piece of plastic must be destroyed and a new one taken.
    """
    report = listener or (lambda _: None)
    await connection.connect()
    serial = await _find_serial(connection, job, office)
    pin = None
    if serial is not None:
        keys = await office.transport_keys.find_keys(serial)
        blank = await open_blank(
            connection, keys, entropy=office.entropy, issuance_aid=office.issuance_aid
        )  # 1
        job = await _save(office, await _make_keys(blank, job, serial), report)  # 2
        job = await _save(office, await _sign(blank, job, office), report)  # 3
        await _load(blank, job)  # 4
        pin = await _set_secrets(blank, job, office)  # 5
        job = await _save(office, replace(job, step=Step.LOCKING), report)
        await blank.set_status(LifeCycle.PERSONALISED)  # 6
        await connection.connect()
    findings = await _read_back(connection, job, office, pin, at)  # 7
    await _activate(connection)  # 8
    job = await _save(office, replace(job, step=Step.ACTIVE), report)
    return _record(job, office, findings)


async def _save(office: Office, job: Job, report: Listener) -> Job:
    await office.jobs.save(job)
    report(job.step)
    return job


async def _find_serial(connection: CardConnection, job: Job, office: Office) -> bytes | None:
    """The blank's serial; None where it has been locked by this job already."""
    answer = await read_serial(connection, office.entropy.token(scp03.CHALLENGE_BYTES))
    if answer is None:
        if job.step < Step.LOCKING:
            raise Rejected(Reason.CARD_NOT_BLANK, _CLAUSE, "a finished card, not a blank one")
        return None
    if job.serial not in (b"", answer[0]):
        raise Rejected(Reason.CARD_NOT_BLANK, _CLAUSE, "this job was begun on another card")
    return answer[0]


async def _make_keys(blank: BlankCard, job: Job, serial: bytes) -> Job:
    if await blank.life_cycle() is LifeCycle.MANUFACTURED:
        await blank.set_status(LifeCycle.INITIALISED)
    keys = {slot.value: await blank.key(slot) for slot in KeySlot}
    if job.keys and dict(job.keys) != keys:
        raise Rejected(Reason.DISCARD_CARD, _CLAUSE, "the chip's keys changed under the job")
    return replace(job, step=max(job.step, Step.KEYS_MADE), serial=serial, keys=keys)


async def _sign(blank: BlankCard, job: Job, office: Office) -> Job:
    """Signed once: a job that has its SOD keeps it."""
    if SOD in job.files:
        return job
    files = build_files(job.order, job.keys, parameter_id=await blank.parameter_id())
    signed = await add_sod(files, office.document_signer)
    return replace(job, step=max(job.step, Step.SIGNED), files=signed)


async def _load(blank: BlankCard, job: Job) -> None:
    application = None
    for file in sorted(job.files, key=lambda ref: (ref.application, ref.file_id)):
        if file.application is not application:
            application = file.application
            await blank.enter(application)
        await blank.load(file, job.files[file])


async def _set_secrets(blank: BlankCard, job: Job, office: Office) -> str:
    """CAN from the order, PIN from the holder, PUK drawn here. Only derived keys go out."""
    pin = await office.pin_pad.choose(office.pin_rule)
    office.pin_rule.check(pin)
    puk = "".join(str(byte % 10) for byte in _unbiased(office.entropy, PUK_DIGITS))
    secrets = {
        Password.MRZ: job.order.zone.key.secret,
        Password.CAN: job.order.can.encode(),
        Password.PIN: pin.encode(),
        Password.PUK: puk.encode(),
    }
    for password, secret in secrets.items():
        await blank.put_secret(password, pace.password_key(SUITE, secret))
    if office.bac:
        await blank.put_bac_seed(job.order.zone.key.secret[:16])
    await office.pin_pad.hand_out(puk)
    return pin


def _unbiased(entropy: Entropy, count: int) -> list[int]:
    """Bytes below 250, so that every digit is as likely as another."""
    found: list[int] = []
    while len(found) < count:
        found += [byte for byte in entropy.token(4 * count) if byte < 250]
    return found[:count]


async def _read_back(
    connection: CardConnection, job: Job, office: Office, pin: str | None, at: datetime
) -> tuple[Finding, ...]:
    """Everything as a reader sees it: equal to what was loaded, authentic, and no copy."""
    card_access = await opening.read_card_access(connection)
    info = opening.choose_pace(card_access)
    if pin is None:
        left = await opening.ask_tries(connection, info, Password.PIN)
        pin = await office.pin_pad.enter(left)
    typed = pin

    async def opener(card: CardConnection) -> None:
        await opening.open_with_pin(
            card, info, typed, entropy=office.entropy, can=job.order.can, last_try_agreed=False
        )

    await opener(connection)
    read = await reading.read_document(
        connection, opener, residence=True, issuance_aid=office.issuance_aid
    )
    files = {**read.files, CARD_ACCESS: card_access}
    if files != dict(job.files):
        raise Rejected(Reason.READ_BACK, _CLAUSE, "the card holds other bytes than were loaded")
    findings = verify_files(files, trust=office.trust, at=at, verifier=office.verifier)
    findings += await _prove(connection, files[data_group(14)], files[data_group(15)], office)
    if worst(findings) is not Outcome.PASSED:
        names = ", ".join(f.check for f in findings if f.outcome is not Outcome.PASSED)
        raise Rejected(Reason.READ_BACK, _CLAUSE, names)
    return tuple(findings)


async def _prove(
    connection: CardConnection, dg14: bytes, dg15: bytes, office: Office
) -> list[Finding]:
    return [
        await proving.find_chip_copy(connection, dg14, entropy=office.entropy),
        await proving.find_active_copy(connection, dg15, dg14, entropy=office.entropy),
    ]


async def _activate(connection: CardConnection) -> None:
    """Once; a card that was activated just before an interruption is left as it is."""
    life = await connection.expect(CommandApdu(0, Ins.GET_DATA, 0x01, 0x01, b"", 1))
    if life != bytes([LifeCycle.ACTIVE]):
        await connection.expect(CommandApdu(0, Ins.ACTIVATE, 0, 0))


def _record(job: Job, office: Office, findings: tuple[Finding, ...]) -> CardRecord:
    return CardRecord(
        order_id=job.order.order_id,
        document_number=job.order.zone.document_number,
        serial=job.serial,
        sod_hash=hashlib.sha256(job.files[SOD]).digest(),
        dg1_hash=hashlib.sha256(job.files[data_group(1)]).digest(),
        chip_key=job.keys[KeySlot.CHIP_AUTHENTICATION],
        issuance_key=job.keys[KeySlot.ISSUANCE],
        document_signer=office.document_signer.certificate.fingerprint,
        findings=findings,
    )
