"""JSON Web Encryption in the compact serialisation (RFC 7516), as OpenID4VP and OpenID4VCI use it.

Key management is ECDH-ES in direct mode (RFC 7518, 4.6), content encryption A128GCM or A256GCM,
compression ``DEF`` with a bound on what it may inflate to. Nothing else is understood.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mrc.formats import base64url, json_text
from mrc.formats.deflate import RAW_FORMAT, deflate, inflate
from mrc.formats.jose.jwk import decode_ec_jwk, encode_jwk
from mrc.formats.jose.reasons import Reason
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import Cipher, Entropy, KeyAgreement, KeyMaker

ALGORITHM = "ECDH-ES"
DEFLATE = "DEF"
MAX_JWE_CHARS = 12 * 2**20
MAX_PLAINTEXT = 8 * 2**20
"""Bytes: a batch of sixty credentials with portraits, with room to spare."""

_IV_BYTES = 12
_TAG_BYTES = 16


class Encryption(StrEnum):
    """Content encryption algorithms (RFC 7518, section 5.1)."""

    A128GCM = "A128GCM"
    A256GCM = "A256GCM"

    @property
    def key_bytes(self) -> int:
        return 16 if self is Encryption.A128GCM else 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Agreement PartyUInfo and PartyVInfo (RFC 7518, 4.6.1.2 and 4.6.1.3)."""

    apu: bytes | None = None
    apv: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactJwe:
    """A decoded JWE; `protected` is the header's text as it came, which the tag covers."""

    header: Mapping[str, object]
    protected: str
    encryption: Encryption
    ephemeral_key: EcPublicKey
    parties: Parties
    compressed: bool
    iv: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    @property
    def kid(self) -> str | None:
        """The recipient's key id, as the sender wrote it."""
        value = self.header.get("kid")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a sender's host supplies: ephemeral keys, random IVs and AES-GCM."""

    key_maker: KeyMaker
    entropy: Entropy
    cipher: Cipher


async def encrypt(
    plaintext: bytes,
    *,
    recipient: EcPublicKey,
    kid: str | None,
    encryption: Encryption,
    sender: Sender,
    compress: bool = False,
    parties: Parties = Parties(),
) -> str:
    """The compact JWE of `plaintext` for `recipient`. RFC 7516, 5.1."""
    ephemeral = await sender.key_maker.agreement_key(recipient.curve)
    header = _header(kid, encryption, ephemeral.public_key, compress, parties)
    protected = base64url.encode(json_text.encode(header))
    secret = await ephemeral.shared_secret(recipient)
    key = concat_kdf(secret, encryption.value, encryption.key_bytes, parties)
    content = deflate(plaintext, level=6, wbits=RAW_FORMAT) if compress else plaintext
    iv = sender.entropy.token(_IV_BYTES)
    sealed = await sender.cipher.seal(key, iv, content, protected.encode("ascii"))
    parts = (iv, sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:])
    return ".".join((protected, "", *(base64url.encode(part) for part in parts)))


def decode(text: str) -> CompactJwe:
    """Decode the five parts. RFC 7516, 5.2 steps 1 to 5.

    Raises `Malformed`, and `Rejected` for an algorithm that is not ours.
    """
    if len(text) > MAX_JWE_CHARS:
        raise Malformed("JWE", f"longer than {MAX_JWE_CHARS} characters")
    parts = _parts(text)
    header = json_text.decode_object(base64url.decode(parts[0]), "JWE header")
    encryption = _check_header(header)
    iv, ciphertext, tag = (base64url.decode(part) for part in parts[2:])
    if parts[1] or len(iv) != _IV_BYTES or len(tag) != _TAG_BYTES:
        raise Malformed("JWE", "expected no encrypted key, a 96-bit IV and a 128-bit tag")
    return CompactJwe(
        header=header,
        protected=parts[0],
        encryption=encryption,
        ephemeral_key=decode_ec_jwk(header.get("epk")),
        parties=Parties(apu=_find_binary(header, "apu"), apv=_find_binary(header, "apv")),
        compressed="zip" in header,
        iv=iv,
        sealed=ciphertext + tag,
    )


def _parts(text: str) -> list[str]:
    """The five parts; `str.split` would look at each character, a third of a long text's cost."""
    marks = [-1]
    while len(marks) <= 5 and (mark := text.find(".", marks[-1] + 1)) >= 0:
        marks.append(mark)
    if len(marks) != 5:
        raise Malformed("JWE", "expected five parts")
    return [text[mark + 1 : end] for mark, end in zip(marks, [*marks[1:], None], strict=True)]


async def decrypt(
    jwe: CompactJwe, agreement: KeyAgreement, cipher: Cipher, *, limit: int = MAX_PLAINTEXT
) -> bytes:
    """The plaintext, at most `limit` bytes. RFC 7516, 5.2 steps 6 to 18. Raises `Rejected`."""
    if jwe.ephemeral_key.curve is not agreement.public_key.curve:
        raise Rejected(Reason.KEY_DOES_NOT_FIT, "RFC 7518 4.6.1.1", "epk is on another curve")
    secret = await agreement.shared_secret(jwe.ephemeral_key)
    key = concat_kdf(secret, jwe.encryption.value, jwe.encryption.key_bytes, jwe.parties)
    try:
        content = await cipher.open(key, jwe.iv, jwe.sealed, jwe.protected.encode("ascii"))
    except Malformed as error:
        raise Rejected(Reason.NOT_DECRYPTABLE, "RFC 7516 5.2") from error
    if jwe.compressed:
        return inflate(content, limit=limit, wbits=RAW_FORMAT)
    if len(content) > limit:
        raise Malformed("JWE", f"the plaintext is longer than {limit} bytes")
    return content


def concat_kdf(secret: bytes, algorithm: str, key_bytes: int, parties: Parties) -> bytes:
    """One round of the Concat KDF with SHA-256 (RFC 7518, 4.6.2): up to 32 bytes."""
    fields = (algorithm.encode("ascii"), parties.apu or b"", parties.apv or b"")
    info = b"".join(len(item).to_bytes(4) + item for item in fields) + (8 * key_bytes).to_bytes(4)
    return hashlib.sha256((1).to_bytes(4) + secret + info).digest()[:key_bytes]


def _header(
    kid: str | None,
    encryption: Encryption,
    ephemeral: EcPublicKey,
    compress: bool,
    parties: Parties,
) -> dict[str, object]:
    optional: dict[str, object | None] = {
        "kid": kid,
        "zip": DEFLATE if compress else None,
        "apu": None if parties.apu is None else base64url.encode(parties.apu),
        "apv": None if parties.apv is None else base64url.encode(parties.apv),
    }
    present = {name: value for name, value in optional.items() if value is not None}
    epk = encode_jwk(ephemeral)
    return {"alg": ALGORITHM, "enc": encryption.value, **present, "epk": epk}


def _check_header(header: Mapping[str, object]) -> Encryption:
    if "crit" in header:
        raise Rejected(Reason.CRITICAL_NOT_UNDERSTOOD, "RFC 7516 4.1.13")
    if header.get("alg") != ALGORITHM:
        raise Rejected(Reason.ENCRYPTION_NOT_SUPPORTED, "HAIP 5", f"expected alg {ALGORITHM}")
    if header.get("zip", DEFLATE) != DEFLATE:
        raise Rejected(Reason.ENCRYPTION_NOT_SUPPORTED, "RFC 7516 4.1.3", "unknown zip")
    for encryption in Encryption:
        if header.get("enc") == encryption.value:
            return encryption
    raise Rejected(Reason.ENCRYPTION_NOT_SUPPORTED, "HAIP 5", "unknown enc")


def _find_binary(header: Mapping[str, object], name: str) -> bytes | None:
    if name not in header:
        return None
    value = header[name]
    if not isinstance(value, str):
        raise Malformed("JWE header", f"{name} is not a text")
    return base64url.decode(value)
