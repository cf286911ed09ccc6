"""The dialogue of a server-driven chip authentication: four round trips (IC-CARD 5.4).

`start` → DG14 → first batch → answers → second batch → answers → proof. Each message claims its
stage before it is judged, so nothing can be sent twice; a refusal ends the session.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from mrc.ic_card import chip_authentication
from mrc.ic_card.crypto.ports import SymmetricCiphers
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.issuance_signature import decode_issuance_signature
from mrc.ic_card.lds.data_groups import decode_dg14
from mrc.ic_card.lds.files import ISSUANCE_AID
from mrc.ic_card.lds.public_keys import ec_public_key
from mrc.ic_card.passive_authentication import CscaTrust
from mrc.ic_card.reasons import Reason
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.ic_card.server import batches
from mrc.ic_card.server.stages import (
    NONCE_BYTES,
    HeadsRead,
    Keyed,
    Stage,
    Started,
    context_of,
    decode_stage,
    encode_stage,
)
from mrc.ic_card.server.verdict import (
    CardRegister,
    ChipProof,
    ChipReading,
    check_chip,
    check_files,
    check_register,
)
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import Entropy, KeyMaker, SignatureVerifier

LIFETIME = timedelta(seconds=120)
MAX_DG14 = 4096  # bytes; ours has 172
_CLAUSE = "IC-CARD 5.4"
_S = TypeVar("_S", Started, Keyed, HeadsRead)


class Sessions(Protocol):
    """Where stages wait. `claim` takes and removes in one atomic act."""

    async def put(self, session_id: str, stage: bytes) -> None: ...

    async def claim(self, session_id: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the phone is told first: read DG14 under your own keys."""

    nonce: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """`plain` the phone wraps with its own keys; `wrapped` it only forwards."""

    plain: list[bytes]
    wrapped: list[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipDialogue:
    """One issuer's side. Holds no session: those are in `sessions`.

    `session_id` is the caller's: the `auth_session` of the First-Party Apps endpoint.
    """

    issuer_id: str
    sessions: Sessions
    register: CardRegister
    trust: CscaTrust
    verifier: SignatureVerifier
    entropy: Entropy
    key_maker: KeyMaker
    ciphers: SymmetricCiphers
    issuance_aid: bytes = ISSUANCE_AID

    async def start(
        self,
        session_id: str,
        *,
        dpop_thumbprint: bytes,
        extended_length: bool = False,
        at: datetime,
    ) -> Start:
        """Round trip 1. A session of the same id that was open is replaced."""
        started = Started(
            nonce=self.entropy.token(NONCE_BYTES),
            dpop_thumbprint=dpop_thumbprint,
            expires_at=at.replace(microsecond=0) + LIFETIME,
            extended_length=extended_length,
        )
        await self.sessions.put(session_id, encode_stage(started))
        return Start(nonce=started.nonce, expires_at=started.expires_at)

    async def take_dg14(
        self, session_id: str, dg14: bytes, *, dpop_thumbprint: bytes, at: datetime
    ) -> FirstBatch:
        """Round trip 2: chip authentication with a fresh key, and the heads of all files.

        DG14 is believed only later, when it has come again under the new keys and the SOD
        vouches for it (checks 2 and 3).
        """
        started = await self._claim(session_id, Started, dpop_thumbprint, at)
        if len(dg14) > MAX_DG14:
            raise Rejected(Reason.FILE_TOO_LARGE, _CLAUSE, "DG14")
        info, static = chip_authentication.choose(decode_dg14(dg14))
        if info.suite is CipherSuite.TRIPLE_DES:
            raise Rejected(Reason.NO_COMMON_PROTOCOL, _CLAUSE, "AES expected")
        peer = ec_public_key(static.key)
        own = await self.key_maker.agreement_key(peer.curve)
        if own.public_key == peer:
            raise Rejected(Reason.REFLECTED_KEY, _CLAUSE)
        secret = await own.shared_secret(peer)
        channel = chip_authentication.new_channel(info.suite, secret)
        ephemeral = own.public_key.uncompressed
        _, wrapped = batches.wrap(channel, self.ciphers, self._first(started, channel))
        keyed = Keyed(started=started, dg14=dg14, ephemeral_key=ephemeral, channel=channel)
        await self.sessions.put(session_id, encode_stage(keyed))
        plain = [command.encode() for command in chip_authentication.commands(info, ephemeral)]
        return FirstBatch(plain=plain, wrapped=wrapped)

    def _first(self, started: Started, channel: SecureChannel) -> list[batches.Ask]:
        chunk = batches.chunk_bytes(channel, extended_length=started.extended_length)
        return batches.first_asks(chunk, self.issuance_aid)

    def _second(self, stage: HeadsRead, session_id: str) -> list[batches.Ask]:
        started = stage.keyed.started
        chunk = batches.chunk_bytes(stage.channel, extended_length=started.extended_length)
        return batches.second_asks(
            stage.heads, self._context(stage.keyed, session_id), chunk, self.issuance_aid
        )

    def _context(self, keyed: Keyed, session_id: str) -> bytes:
        return context_of(keyed, issuer_id=self.issuer_id, session_id=session_id).digest()

    async def take_first(
        self, session_id: str, answers: Sequence[bytes], *, dpop_thumbprint: bytes, at: datetime
    ) -> list[bytes]:
        """Round trip 3: the rest of every file and the signature over the context."""
        keyed = await self._claim(session_id, Keyed, dpop_thumbprint, at)
        asks = self._first(keyed.started, keyed.channel)
        responses = batches.unwrap(keyed.channel, self.ciphers, asks, answers)  # check 4
        channel, _ = batches.wrap(keyed.channel, self.ciphers, asks)
        heads = batches.collect(asks, responses, {})
        stage = HeadsRead(keyed=keyed, channel=channel, heads=heads)
        _, wrapped = batches.wrap(channel, self.ciphers, self._second(stage, session_id))
        await self.sessions.put(session_id, encode_stage(stage))
        return wrapped

    async def take_second(
        self, session_id: str, answers: Sequence[bytes], *, dpop_thumbprint: bytes, at: datetime
    ) -> ChipProof:
        """Round trip 4: the proof. Raises `Rejected` at the first check that fails.

        Checks 1 to 6 in their order, but for 4: nothing is read from an answer before its MAC.
        """
        stage = await self._claim(session_id, HeadsRead, dpop_thumbprint, at)  # 1
        asks = self._second(stage, session_id)
        responses = batches.unwrap(stage.channel, self.ciphers, asks, answers)  # 4
        reading = ChipReading(
            files=batches.collect(asks, responses, stage.heads),
            signature=decode_issuance_signature(responses[-1].data),
            context=self._context(stage.keyed, session_id),
            dg14_used=stage.keyed.dg14,
            dpop_thumbprint=dpop_thumbprint,
        )
        authentic = check_files(reading, trust=self.trust, at=at, verifier=self.verifier)  # 2
        genuine = check_chip(authentic)  # 3
        return await check_register(genuine, register=self.register, verifier=self.verifier)  # 5, 6

    async def _claim(
        self, session_id: str, kind: type[_S], dpop_thumbprint: bytes, at: datetime
    ) -> _S:
        """Check 1: open, unused, at this stage, not expired, and the same phone's key."""
        data = await self.sessions.claim(session_id)
        stage = None if data is None else decode_stage(data)
        if not isinstance(stage, kind):
            raise Rejected(Reason.SESSION_CLOSED, _CLAUSE, "no session waits for this message")
        started = _started(stage)
        if at >= started.expires_at:
            raise Rejected(Reason.SESSION_EXPIRED, _CLAUSE)
        if started.dpop_thumbprint != dpop_thumbprint:
            raise Rejected(Reason.DEVICE_KEY_DIFFERS, _CLAUSE)
        return stage


def _started(stage: Stage) -> Started:
    match stage:
        case Started():
            return stage
        case Keyed():
            return stage.started
        case HeadsRead():
            return stage.keyed.started
