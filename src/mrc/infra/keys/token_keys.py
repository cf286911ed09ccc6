"""Certified keys in a token: the certificate's file, and beside it the key's address.

The address is a PKCS#11 URI in a file named after the public key, so a certificate always finds its
own key, and an older certificate's file can be put back. A key being made is noted before it is
made: what a killed ceremony left in the token is destroyed by the next one.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mrc.infra.files import write_atomic
from mrc.infra.keys.certified import CertificateFile, CertifiedKey, Issue
from mrc.infra.keys.pkcs11_tokens import PinSource, Token, TokenReason, TokenSigner, no_pin
from mrc.infra.keys.pkcs11_uri import Pkcs11Uri, decode_pkcs11_uri
from mrc.kernel.errors import MrcError, Rejected, Unavailable
from mrc.kernel.keys import EcPublicKey
from mrc.kernel.ports import Entropy

_ID_BYTES: Final = 16
_LABEL_DIGITS: Final = 8


@dataclass(slots=True)
class Tokens:
    """The tokens of one process: a login is shared by all keys of a token."""

    pin: PinSource = field(default=no_pin, repr=False)
    _open: dict[tuple[Path, str], Token] = field(default_factory=dict)

    def at(self, address: Pkcs11Uri) -> Token:
        return self._open.setdefault((address.module, address.token), Token(address, self.pin))


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeys:
    """Keys in the token of `address`, whose `label` names a new key.

    `existing` certifies the key of that label instead of making one.
    """

    tokens: Tokens
    address: Pkcs11Uri
    entropy: Entropy
    existing: bool = False

    def certify(self, file: CertificateFile, issue: Issue) -> CertifiedKey:
        token = self.tokens.at(self.address)
        _clear_remains(file, self.tokens)
        if self.existing:
            found = _found(token, self.address, None)
            return _store(file, issue, found, self.address)
        key_id = self.entropy.token(_ID_BYTES)
        label = self.address.label or f"{file.name}-{key_id.hex()[:_LABEL_DIGITS]}"
        address = self.address.of_key(label, key_id)
        write_atomic(_making(file), str(address).encode())
        try:
            made = _store(file, issue, token.make_key(label, key_id), address)
        except BaseException:  # a cancelled act is undone too
            with suppress(MrcError):  # the token may be gone: the next ceremony clears up
                _clear_remains(file, self.tokens)
            raise
        _making(file).unlink()
        return made

    def find(self, file: CertificateFile) -> CertifiedKey | None:
        return find_in_token(file, self.tokens)


def find_in_token(file: CertificateFile, tokens: Tokens) -> CertifiedKey | None:
    """The certificate of `file` and its key in the token that it was made in; None where no key
    of this name is in a token. Raises `Rejected` where the token's key is not the certificate's."""
    certificate = file.find()
    if certificate is None or not isinstance(certificate.public_key, EcPublicKey):
        return None
    pointer = _pointer(file, certificate.public_key)
    if not pointer.exists():
        if any(_pointers(file)):
            text = f"{file.path.name} is of no key that was made in a token"
            raise Rejected(TokenReason.KEY_MISMATCH, "PKCS#11", text)
        return None
    address = decode_pkcs11_uri(pointer.read_text().strip())
    signer = _found(tokens.at(address), address, certificate.public_key)
    return CertifiedKey(signer=signer, certificate=certificate)


def _found(token: Token, address: Pkcs11Uri, expected: EcPublicKey | None) -> TokenSigner:
    if address.label is None and address.id is None:
        text = f"token {address.token}: object=LABEL of the key is needed"
        raise Rejected(TokenReason.KEY_MISSING, "PKCS#11", text)
    return token.find_key(label=address.label, key_id=address.id, expected=expected)


def _store(
    file: CertificateFile, issue: Issue, signer: TokenSigner, address: Pkcs11Uri
) -> CertifiedKey:
    """The address first: the certificate that is stored after it commits."""
    certificate = issue(signer)
    pointer = _pointer(file, signer.public_key)
    write_atomic(pointer, str(address).encode())
    file.store(certificate)
    return CertifiedKey(signer=signer, certificate=certificate)


def _clear_remains(file: CertificateFile, tokens: Tokens) -> None:
    """Destroy the key of a ceremony that ended before its certificate was stored."""
    making = _making(file)
    if not making.exists():
        return
    address = decode_pkcs11_uri(making.read_text().strip())
    stored = file.find()
    if stored is not None and isinstance(stored.public_key, EcPublicKey):
        pointer = _pointer(file, stored.public_key)
        if pointer.exists() and pointer.read_bytes() == making.read_bytes():
            making.unlink()  # it was stored: only the note is left over
            return
    if address.id is None:
        raise Unavailable("unfinished key", f"{making} names no id")
    tokens.at(address).destroy(address.id)
    for pointer in _pointers(file):
        if pointer.read_bytes() == making.read_bytes():
            pointer.unlink()
    making.unlink()


def _making(file: CertificateFile) -> Path:
    return file.path.with_name(f"{file.name}.making")


def _pointers(file: CertificateFile) -> Iterable[Path]:
    return file.path.parent.glob(f"{file.name}-*.pkcs11")


def _pointer(file: CertificateFile, key: EcPublicKey) -> Path:
    digest = hashlib.sha256(key.uncompressed).hexdigest()[:16]
    return file.path.with_name(f"{file.name}-{digest}.pkcs11")
