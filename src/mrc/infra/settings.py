"""Settings: one frozen object, read once from the environment (prefix ``MRC_``), refused if incomplete.

Secrets are never settings: they are files with mode 600 below `home`.
"""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Mode(StrEnum):
    PRACTICE = "practice"
    PRODUCTION = "production"


class AttestationPolicy(StrEnum):
    """Whether a wallet must prove by an attestation which provider stands behind it."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


class LedgerPolicy(StrEnum):
    """What it means for a check that the ledger does not confirm a status list.

    ``note``: a missing or late anchor is noted, a contradiction asks further. ``required``: a missing
    or late anchor asks further, a contradiction refuses.
    """

    OFF = "off"
    NOTE = "note"
    REQUIRED = "required"


class IcFace(StrEnum):
    """What is done about the holder's face when a card is issued by IC card."""

    NOT_REQUIRED = "not_required"
    COUNTER = "counter"
    MATCHER = "matcher"


class IcReader(StrEnum):
    """Where the front desk finds the chip cards that it makes."""

    EMULATED = "emulated"
    PCSC = "pcsc"


class Host(StrEnum):
    """The web origins of the system. Each has a port of its own; see `Settings.url_of`."""

    DESK = "desk"
    ISSUER = "issuer"
    WALLET = "wallet"
    VERIFIER = "verifier"
    POLICE = "police"
    MOIS = "mois"
    PROVIDER = "provider"
    CARRIER = "carrier"
    ONLINE = "online"
    CHECKER = "checker"
    EXPLORER = "explorer"
    PHONE = "phone"
    LOST = "lost"


_PORT_OFFSETS = {host: number for number, host in enumerate(Host, start=1)}


class Settings(BaseSettings):
    """Every setting of every role, with its default.

    `home` holds keys, databases and certificates. `host_name` empty means loopback names
    (``https://desk.localhost:8441``); set to a name of the local network (``my-pc.local``) all
    roles are served there, each on its own port, so that a real phone can open them; `bind`
    narrows the addresses they listen on.
    """

    model_config = SettingsConfigDict(env_prefix="MRC_", frozen=True, extra="forbid")

    home: Path = Path("var")
    mode: Mode = Mode.PRACTICE
    host_name: str = ""
    bind: str = ""
    first_port: int = Field(default=8440, ge=1024, le=65000)
    ledger_port: int = Field(default=8545, ge=1024, le=65535)
    ledger_rpc: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    database_url: str = ""
    haip: bool = False
    attestation: AttestationPolicy = AttestationPolicy.OPTIONAL
    batch_size: int = Field(default=8, ge=2, le=64)
    issuer_workers: int = Field(default=1, ge=1, le=64)
    copy_days: int = Field(default=14, ge=1, le=365)
    offer_seconds: int = Field(default=180, ge=30, le=3600)
    status_ttl_seconds: int = Field(default=60, ge=1, le=86400)
    status_list_size: int = Field(default=100_000, ge=128, le=10_000_000)
    anchor_seconds: int = Field(default=600, ge=1, le=86400)
    ledger_policy: LedgerPolicy = LedgerPolicy.NOTE
    ledger_rpc_body_bytes: int = Field(default=2_000_000, ge=10_000, le=100_000_000)
    ledger_rpc_answer_bytes: int = Field(default=10_000_000, ge=10_000, le=1_000_000_000)
    ledger_rpc_batch: int = Field(default=100, ge=1, le=10_000)
    ledger_rpc_requests: int = Field(default=32, ge=1, le=10_000)
    ledger_rpc_request_seconds: float = Field(default=10, gt=0, le=600)
    ledger_rpc_connections: int = Field(default=256, ge=1, le=100_000)
    ledger_rpc_sockets: int = Field(default=64, ge=1, le=100_000)
    ledger_rpc_subscriptions: int = Field(default=16, ge=1, le=10_000)
    ledger_rpc_unsent_blocks: int = Field(default=1_000, ge=1, le=1_000_000)
    ledger_rpc_client_seconds: float = Field(default=10, gt=0, le=600)
    ledger_rpc_log_blocks: int = Field(default=10_000, ge=1, le=1_000_000_000)
    ledger_rpc_logs: int = Field(default=10_000, ge=1, le=1_000_000)
    ledger_rpc_call_gas: int = Field(default=16_777_216, ge=100_000, le=200_000_000)
    ledger_rpc_call_seconds: float = Field(default=2, gt=0, le=600)
    ledger_rpc_transaction_gas: int = Field(default=16_777_216, ge=6_000_000, le=200_000_000)
    ic_face: IcFace | None = None
    ic_reader: IcReader | None = None
    ic_reader_name: str = ""
    key_token: str = ""
    desk_face: bool | None = None
    asker_report_days: int = Field(default=365, ge=30, le=3650)
    extra_ca: Path | None = None

    @model_validator(mode="after")
    def _refuse_half_made_production(self) -> Self:
        if self.mode is Mode.PRODUCTION and not self.database_url.startswith("postgresql"):
            raise ValueError("production needs MRC_DATABASE_URL=postgresql://…")
        if self.mode is Mode.PRODUCTION and not self.host_name:
            raise ValueError("production needs MRC_HOST_NAME, the public name of the service")
        if self.mode is Mode.PRODUCTION and self.ic_face is IcFace.NOT_REQUIRED:
            raise ValueError("MRC_IC_FACE=not_required is for practice only")
        if self.mode is Mode.PRODUCTION and self.ic_reader is IcReader.EMULATED:
            raise ValueError("MRC_IC_READER=emulated is for practice only")
        return self

    @property
    def face_policy(self) -> IcFace:
        """`ic_face`; where it is not set, no comparison in practice and the counter's otherwise."""
        if self.ic_face is not None:
            return self.ic_face
        return IcFace.NOT_REQUIRED if self.mode is Mode.PRACTICE else IcFace.COUNTER

    @property
    def face_advice(self) -> bool:
        """`desk_face`; where it is not set, advice in practice and none in production."""
        return self.mode is Mode.PRACTICE if self.desk_face is None else self.desk_face

    @property
    def reader(self) -> IcReader:
        """`ic_reader`; where it is not set, emulated blanks in practice and PC/SC otherwise."""
        if self.ic_reader is not None:
            return self.ic_reader
        return IcReader.EMULATED if self.mode is Mode.PRACTICE else IcReader.PCSC

    @property
    def address(self) -> str:
        """What servers listen on: loopback, unless the installation has a name for others."""
        return self.bind or ("0.0.0.0" if self.host_name else "127.0.0.1")  # noqa: S104  # a LAN name was asked for

    def port_of(self, host: Host) -> int:
        return self.first_port + _PORT_OFFSETS[host]

    def name_of(self, host: Host) -> str:
        return self.host_name or f"{host.value}.localhost"

    def url_of(self, host: Host) -> str:
        """The origin, without a slash at the end."""
        return f"https://{self.name_of(host)}:{self.port_of(host)}"

    @property
    def ledger_url(self) -> str:
        """The JSON-RPC to which issuers send their anchors: `ledger_rpc`, else the practice ledger's."""
        return self.ledger_rpc or f"http://127.0.0.1:{self.ledger_port}"

    def database_of(self, role: str) -> str:
        """The database URL of one role: its own SQLite file, or its own schema of the server."""
        if self.database_url.startswith("sqlite"):
            return self.database_url
        if self.database_url:
            separator = "&" if "?" in self.database_url else "?"
            return f"{self.database_url}{separator}search_path={role}"
        return f"sqlite:///{(self.home / role / 'data.sqlite3').absolute()}"
