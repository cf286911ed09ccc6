"""The stages of a server-driven chip authentication, as values that can be written down.

Each holds only what exists then. They carry session keys: whoever stores them seals them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mrc.formats import base64url, json_text
from mrc.ic_card.crypto.suites import CipherSuite, SessionKeys
from mrc.ic_card.lds.files import Application, FileRef
from mrc.ic_card.secure_messaging import SecureChannel
from mrc.ic_card.server.context import Context
from mrc.kernel.errors import Malformed

NONCE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The phone has been asked for DG14."""

    nonce: bytes
    dpop_thumbprint: bytes
    expires_at: datetime
    extended_length: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """The server's ephemeral key is chosen; the first batch is with the phone."""

    started: Started
    dg14: bytes = field(repr=False)
    ephemeral_key: bytes
    channel: SecureChannel
    """At the start of the batch: it opens the batch's answers in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsRead:
    """The beginnings of all files are here; the second batch is with the phone."""

    keyed: Keyed
    channel: SecureChannel
    heads: Mapping[FileRef, bytes] = field(repr=False)


Stage = Started | Keyed | HeadsRead


def context_of(keyed: Keyed, *, issuer_id: str, session_id: str) -> Context:
    started = keyed.started
    return Context(
        issuer_id=issuer_id,
        session_id=session_id,
        nonce=started.nonce,
        dpop_thumbprint=started.dpop_thumbprint,
        ephemeral_key=keyed.ephemeral_key,
        expires_at=started.expires_at,
    )


def encode_stage(stage: Stage) -> bytes:
    match stage:
        case Started():
            body = {"stage": "started", **_started(stage)}
        case Keyed():
            body = {"stage": "keyed", **_keyed(stage)}
        case HeadsRead():
            body = {
                "stage": "heads_read",
                **_keyed(stage.keyed),
                "next_channel": _channel(stage.channel),
                "heads": {_name(ref): base64url.encode(head) for ref, head in stage.heads.items()},
            }
    return json_text.encode(body)


def _started(stage: Started) -> dict[str, object]:
    return {
        "nonce": base64url.encode(stage.nonce),
        "dpop_thumbprint": base64url.encode(stage.dpop_thumbprint),
        "expires_at": int(stage.expires_at.timestamp()),
        "extended_length": stage.extended_length,
    }


def _keyed(stage: Keyed) -> dict[str, object]:
    return {
        **_started(stage.started),
        "dg14": base64url.encode(stage.dg14),
        "ephemeral_key": base64url.encode(stage.ephemeral_key),
        "channel": _channel(stage.channel),
    }


def _channel(channel: SecureChannel) -> list[object]:
    keys = channel.keys
    parts = (base64url.encode(keys.encryption), base64url.encode(keys.mac))
    return [keys.suite.value, *parts, channel.counter]


def _name(ref: FileRef) -> str:
    return f"{ref.application.value}:{ref.file_id:04x}"


def decode_stage(data: bytes) -> Stage:
    raw = json_text.decode_object(data)
    try:
        started = Started(
            nonce=_bytes(raw["nonce"]),
            dpop_thumbprint=_bytes(raw["dpop_thumbprint"]),
            expires_at=datetime.fromtimestamp(_int(raw["expires_at"]), UTC),
            extended_length=raw["extended_length"] is True,
        )
        if raw["stage"] == "started":
            return started
        keyed = Keyed(
            started=started,
            dg14=_bytes(raw["dg14"]),
            ephemeral_key=_bytes(raw["ephemeral_key"]),
            channel=_decode_channel(raw["channel"]),
        )
        if raw["stage"] == "keyed":
            return keyed
        return HeadsRead(
            keyed=keyed,
            channel=_decode_channel(raw["next_channel"]),
            heads=_decode_heads(raw["heads"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Malformed("chip authentication session") from error


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("base64url expected")
    return base64url.decode(value)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a number expected")
    return value


def _decode_channel(value: object) -> SecureChannel:
    if not isinstance(value, list) or len(value) != 4:
        raise TypeError("a channel expected")
    keys = SessionKeys(
        suite=CipherSuite(value[0]), encryption=_bytes(value[1]), mac=_bytes(value[2])
    )
    return SecureChannel(keys=keys, counter=_int(value[3]))


def _decode_heads(value: object) -> dict[FileRef, bytes]:
    if not isinstance(value, dict):
        raise TypeError("file heads expected")
    found = {}
    for name, head in value.items():
        application, file_id = name.split(":")
        found[FileRef(Application(int(application)), int(file_id, 16))] = _bytes(head)
    return found
