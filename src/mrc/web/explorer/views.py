"""What the explorer shows, as values, and the port behind which the ledger stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mrc.ledger.findings import Document
from mrc.ledger.proofs import Facts
from mrc.ledger.statements import OrganisationId, Role, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation. `names` is empty where the trust list does not name it."""

    names: Mapping[str, str]
    identifier: bytes
    key_hash: bytes
    roles: tuple[Role, ...]
    standing: Standing
    valid_until: datetime
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeView:
    """A credential type. `name` is empty where the trust list does not name it."""

    name: str
    identifier: bytes
    issuer: Mapping[str, str]
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementView:
    asker: Mapping[str, str]
    purpose: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationView:
    """An anchored document. `owner` is empty for the council's own."""

    uri: str
    owner: Mapping[str, str]
    media_type: str
    published_at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A stream of anchors and who writes it. `names` is empty for the council's own.

    `answers`: whether its owner proves what it anchored last.
    """

    names: Mapping[str, str]
    of_the_council: bool
    identifier: bytes
    writer: bytes
    tick: int
    anchored_at: datetime | None
    late: bool
    answers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision of the council: the contract's function, and whom it is about, where known.

    `of_the_council`: it is about the council's own stream.
    """

    number: int
    function: str
    about: Mapping[str, str]
    of_the_council: bool
    approvals: int
    executed: bool
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    number: int
    hash: bytes
    sealed_at: datetime
    transactions: int
    sealers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """Everything at one moment. `tick` counts the anchors of all streams; None: there are none yet.

    `anchored_at` is of the stream that was anchored longest ago.
    """

    read_at: datetime
    organisations: tuple[OrganisationView, ...]
    types: tuple[TypeView, ...]
    entitlements: tuple[EntitlementView, ...]
    publications: tuple[PublicationView, ...]
    streams: tuple[StreamView, ...]
    decisions: tuple[DecisionView, ...]
    blocks: tuple[BlockView, ...]
    seats: int
    threshold: int
    validators: int
    paused: bool
    tick: int | None
    anchored_at: datetime | None
    next_tick: datetime
    late: bool
    contract: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBundle:
    """What a bundle that somebody brought proves, or why it is refused."""

    facts: Facts | None
    outcome: str
    reason: str | None
    names: Mapping[OrganisationId, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a document is proved: its issuer's address."""

    url: str


class Explored(Protocol):
    """The ledger behind the page. Raises `Unavailable` where it does not answer."""

    async def view(self) -> LedgerView: ...

    async def check(self, bundle: bytes) -> CheckedBundle: ...

    async def bundle(self, uri: str, media_type: str) -> bytes | Elsewhere: ...

    async def asker_register(self) -> bytes: ...

    async def trust_list(self) -> Document | None: ...

    async def trust(self) -> bytes: ...
