"""Keys in PKCS#11 tokens (v2.40), through python-pkcs11 (`pip install mrc[hsm]`).

A private key is made in its token and never leaves it. One login serves every key of a token. What
a token answers is checked under the public key before it goes on, so neither a wrong key nor a
faulty token signs anything. ECDSA only, hashed here: not every token has the hash mechanisms.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from mrc.infra.files import read_secret
from mrc.infra.keys.pkcs11_uri import Pkcs11Uri
from mrc.infra.keys.software import OpensslVerifier, SystemEntropy
from mrc.kernel.errors import Rejected, Unavailable
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey

_CURVES: Final = {
    "1.2.840.10045.3.1.7": Curve.P256,
    "1.3.132.0.34": Curve.P384,
    "1.3.132.0.35": Curve.P521,
    "1.3.36.3.3.2.8.1.1.7": Curve.BRAINPOOL_P256R1,
}
_P256_OID: Final = "1.2.840.10045.3.1.7"
_CHALLENGE_BYTES: Final = 32
_PROOF: Final = b"mobile residence card: proof of a token's key\x00"


class TokenReason(StrEnum):
    """Why a token, or a key in it, does not serve."""

    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    KEY_MISSING = "key_missing"
    KEY_AMBIGUOUS = "key_ambiguous"
    LABEL_TAKEN = "label_taken"
    WRONG_CURVE = "wrong_curve"
    KEY_LEAVES_TOKEN = "key_leaves_token"
    KEY_MISMATCH = "key_mismatch"


PinSource = Callable[[str], str]
"""The PIN of the token of this label. Asked for once a login, never kept."""


def no_pin(token: str) -> str:
    """For processes that have nobody to ask."""
    raise Unavailable(f"PIN of token {token}", "the address has no pin-source")


class Token:
    """A token, logged in to at the first need and again after it was away.

    A PIN that was refused is not tried again by this object: retries would lock the token. Another
    one in the PIN's file is.
    """

    def __init__(self, address: Pkcs11Uri, pin: PinSource = no_pin) -> None:
        self._address = address
        self._pin = pin
        self._session: Any = None
        self._tried: bytes | None = None
        self._refused: bytes | None = None
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"Token({self._address.token})"

    @property
    def address(self) -> Pkcs11Uri:
        return self._address

    @contextmanager
    def session(self) -> Iterator[Any]:
        """The session, for one caller at a time. Raises `Rejected` and `Unavailable`; after the
        latter it is opened anew at the next call."""
        with self._lock, self._translated():
            if self._session is None:
                self._session = self._open()
            yield self._session

    def close(self) -> None:
        """Log out."""
        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                with suppress(RuntimeError):  # the token may be gone already
                    session.close()

    def make_key(self, label: str, key_id: bytes) -> "TokenSigner":
        """A new P-256 key. Raises `Rejected` where the label names a key already."""
        from pkcs11 import Attribute, KeyType, MechanismFlag
        from pkcs11.util.ec import encode_named_curve_parameters

        with self.session() as session:
            if list(session.get_objects({Attribute.LABEL: label})):
                raise self._rejected(TokenReason.LABEL_TAKEN, f"{label} is there already")
            parameters = session.create_domain_parameters(
                KeyType.EC,
                {Attribute.EC_PARAMS: encode_named_curve_parameters(_P256_OID)},
                local=True,
            )
            parameters.generate_keypair(
                store=True,
                label=label,
                id=key_id,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            return self.find_key(label=label, key_id=key_id)

    def find_key(
        self,
        *,
        label: str | None = None,
        key_id: bytes | None = None,
        expected: EcPublicKey | None = None,
    ) -> "TokenSigner":
        """The one private key of this label and id, proved by a signature.

        It must be on `expected`'s curve (P-256 where None) and sign under `expected`; where that is
        None, under the public key that stands beside it. Raises `Rejected` and `Unavailable`.
        """
        with self.session() as session:
            key = self._find_private(session, label, key_id)
            found = _curve_of(key)
            wanted = Curve.P256 if expected is None else expected.curve
            if found is not wanted:
                detail = f"{wanted} expected, {found or 'another curve'} found"
                raise self._rejected(TokenReason.WRONG_CURVE, detail)
            public = expected or self._public_of(session, label, key_id, wanted)
            signer = TokenSigner(self, public, label=label, key_id=key_id)
            signer.prove()
            return signer

    def destroy(self, key_id: bytes) -> None:
        """Both halves of a key, as far as they are there."""
        from pkcs11 import Attribute

        with self.session() as session:
            for each in list(session.get_objects({Attribute.ID: key_id})):
                each.destroy()

    def _find_private(self, session: Any, label: str | None, key_id: bytes | None) -> Any:
        from pkcs11 import Attribute, ObjectClass

        wanted = {**_named(label, key_id), Attribute.CLASS: ObjectClass.PRIVATE_KEY}
        found = list(session.get_objects(wanted))
        name = label or (key_id or b"").hex()
        if not found:
            raise self._rejected(TokenReason.KEY_MISSING, f"no private key {name}")
        if len(found) > 1:
            raise self._rejected(TokenReason.KEY_AMBIGUOUS, f"{len(found)} keys {name}")
        if found[0][Attribute.EXTRACTABLE]:
            raise self._rejected(TokenReason.KEY_LEAVES_TOKEN, f"{name} can be exported")
        return found[0]

    def _public_of(
        self, session: Any, label: str | None, key_id: bytes | None, curve: Curve
    ) -> EcPublicKey:
        from asn1crypto.core import OctetString
        from pkcs11 import Attribute, ObjectClass

        wanted = {**_named(label, key_id), Attribute.CLASS: ObjectClass.PUBLIC_KEY}
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            raise self._rejected(TokenReason.KEY_MISSING, "no public key beside the private one")
        point: bytes = OctetString.load(found[0][Attribute.EC_POINT]).native
        return EcPublicKey.from_uncompressed(curve, point)

    def _open(self) -> Any:
        if self._refused is not None and self._address.pin_file is None:
            raise self._refused_before()
        token = _library(self._address.module).get_token(token_label=self._address.token)
        pin = self._read_pin()
        self._tried = hashlib.sha256(pin.encode()).digest()
        if self._tried == self._refused:
            raise self._refused_before()
        return self._log_in(token, pin)

    def _refused_before(self) -> Rejected:
        return self._rejected(TokenReason.WRONG_PIN, "refused before, not tried again")

    def _log_in(self, token: Any, pin: str) -> Any:
        from pkcs11.exceptions import UserAlreadyLoggedIn

        try:
            return token.open(user_pin=pin, rw=True)
        except UserAlreadyLoggedIn:  # by this process: a login is the application's, not ours
            return token.open(rw=True)

    def _read_pin(self) -> str:
        path = self._address.pin_file
        if path is None:
            return self._pin(self._address.token)
        try:
            return read_secret(path).decode().strip()
        except OSError as error:
            raise Unavailable(f"PIN of token {self._address.token}", str(error)) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The library's errors as ours."""
        from pkcs11 import exceptions as theirs

        try:
            yield
        except (theirs.PinIncorrect, theirs.PinInvalid, theirs.PinLenRange) as error:
            self._refused = self._tried
            raise self._rejected(TokenReason.WRONG_PIN, "the token refuses it") from error
        except theirs.PinLocked as error:
            self._refused = self._tried
            raise self._rejected(TokenReason.PIN_LOCKED, "its officer must unlock it") from error
        except theirs.NoSuchToken as error:
            raise self._unavailable("no token of this label is there") from error
        except theirs.MultipleTokensReturned as error:
            raise self._unavailable("several tokens bear this label") from error
        except theirs.PKCS11Error as error:
            self.close()
            name = type(error).__name__
            raise self._unavailable(f"it does not answer ({name}); was it taken out?") from error

    def _rejected(self, reason: TokenReason, detail: str) -> Rejected:
        return Rejected(reason, "PKCS#11", f"token {self._address.token}: {detail}")

    def _unavailable(self, detail: str) -> Unavailable:
        return Unavailable(f"token {self._address.token}", detail)


class TokenSigner:
    """A signing key in a token; an `InlineSigner`."""

    def __init__(
        self, token: Token, public_key: EcPublicKey, *, label: str | None, key_id: bytes | None
    ) -> None:
        self._token = token
        self._public = public_key
        self._label, self._id = label, key_id
        self._algorithm = _ALGORITHMS[public_key.curve]
        self._found: tuple[Any, Any] | None = None

    def __repr__(self) -> str:
        return f"TokenSigner({self._token!r}, {self._algorithm})"

    @property
    def algorithm(self) -> Algorithm:
        return self._algorithm

    @property
    def public_key(self) -> EcPublicKey:
        return self._public

    def sign_now(self, message: bytes) -> bytes:
        """Raises `Unavailable`, and `Rejected` where the answer is not this key's signature."""
        from pkcs11 import Mechanism

        digest = hashlib.new(_HASHES[self._algorithm], message).digest()
        with self._token.session() as session:
            signature = bytes(self._key(session).sign(digest, mechanism=Mechanism.ECDSA))
        if not OpensslVerifier().holds(self._public, self._algorithm, message, signature):
            detail = "the signature is not of the expected key"
            raise Rejected(TokenReason.KEY_MISMATCH, "PKCS#11", f"{self._token!r}: {detail}")
        return signature

    async def sign(self, message: bytes) -> bytes:
        return self.sign_now(message)

    def prove(self) -> None:
        """Raise `Rejected` unless the key signs under our public key. What is signed means
        nothing to anybody."""
        self.sign_now(_PROOF + SystemEntropy().token(_CHALLENGE_BYTES))

    def _key(self, session: Any) -> Any:
        """The key's handle, which ends with its session."""
        if self._found is None or self._found[0] is not session:
            self._found = (session, self._token._find_private(session, self._label, self._id))
        return self._found[1]


_ALGORITHMS: Final = {
    Curve.P256: Algorithm.ES256,
    Curve.BRAINPOOL_P256R1: Algorithm.ES256,
    Curve.P384: Algorithm.ES384,
    Curve.P521: Algorithm.ES512,
}
_HASHES: Final = {
    Algorithm.ES256: "sha256",
    Algorithm.ES384: "sha384",
    Algorithm.ES512: "sha512",
}


def _library(module: Path) -> Any:
    try:
        import pkcs11
    except ImportError as error:
        text = "python-pkcs11 is not installed (pip install mrc[hsm])"
        raise Unavailable("PKCS#11", text) from error
    try:
        return pkcs11.lib(str(module))
    except pkcs11.PKCS11Error as error:
        raise Unavailable("PKCS#11 module", str(error)) from error


def _named(label: str | None, key_id: bytes | None) -> dict[Any, Any]:
    from pkcs11 import Attribute

    if label is None and key_id is None:
        raise ValueError("a key is sought by its label, its id or both")
    return {
        **({} if label is None else {Attribute.LABEL: label}),
        **({} if key_id is None else {Attribute.ID: key_id}),
    }


def _curve_of(key: Any) -> Curve | None:
    """None for a key of another kind."""
    from asn1crypto.core import ObjectIdentifier
    from pkcs11 import Attribute, KeyType

    if key.key_type is not KeyType.EC:
        return None
    return _CURVES.get(ObjectIdentifier.load(key[Attribute.EC_PARAMS]).native)
