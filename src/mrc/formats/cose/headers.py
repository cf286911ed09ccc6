"""Protected and unprotected headers (RFC 9052, 3), algorithm numbers, x5chain (RFC 9360, 2)."""

from collections.abc import Mapping

from mrc.formats import cbor
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm

ALG = 1
CRIT = 2
CONTENT_TYPE = 3
KID = 4
X5CHAIN = 33
TYP = 16  # RFC 9596

HMAC_256_256 = 5

# RFC 9053, 2; RFC 8812; the fully specified ones of RFC 9864. The kernel's verifier holds an
# algorithm to its curve, so that both spellings mean the same here.
ALGORITHMS: Mapping[int, Algorithm] = {
    -7: Algorithm.ES256,
    -9: Algorithm.ES256,
    -35: Algorithm.ES384,
    -51: Algorithm.ES384,
    -36: Algorithm.ES512,
    -52: Algorithm.ES512,
    -8: Algorithm.EDDSA,
    -19: Algorithm.EDDSA,
    -37: Algorithm.PS256,
    -257: Algorithm.RS256,
}
ALGORITHM_NUMBERS: Mapping[Algorithm, int] = {
    Algorithm.ES256: -7,
    Algorithm.ES384: -35,
    Algorithm.ES512: -36,
    Algorithm.EDDSA: -8,
    Algorithm.PS256: -37,
    Algorithm.RS256: -257,
}

Header = dict[object, object]


def decode_headers(
    protected: object, unprotected: object, what: str
) -> tuple[bytes, Header, Header]:
    """The protected bytes, what they say, and the unprotected header. Raises `Malformed`.

    A label that stands in both is refused (RFC 9052, 3): two readers could read two values.
    """
    received = cbor.expect(bytes, protected, f"{what} protected header")
    open_header: Header = cbor.expect(dict, unprotected, f"{what} unprotected header")
    said: Header = {}
    if received:
        said = cbor.decode_as(dict, received, what=f"{what} protected header")
    if said.keys() & open_header.keys():
        raise Malformed(what, "a label stands in both headers")
    return received, said, open_header


def encode_protected(header: Mapping[int, object]) -> bytes:
    return cbor.encode(dict(header)) if header else b""


def in_structure(received: bytes, said: Header) -> bytes:
    """The protected header inside Sig_structure and MAC_structure (RFC 9052, 4.4 step 2).

    As received; an empty map counts as no header at all.
    """
    return received if said else b""


def x5chain(protected: Header, unprotected: Header) -> tuple[bytes, ...]:
    """The certificates, leaf first, empty where there are none. Raises `Malformed`."""
    value = unprotected.get(X5CHAIN, protected.get(X5CHAIN))
    match value:
        case None:
            return ()
        case bytes():
            return (value,)
        case list() if value and all(isinstance(entry, bytes) for entry in value):
            return tuple(value)
    raise Malformed("x5chain", "expected a byte string or an array of them")


def encode_x5chain(chain: tuple[bytes, ...]) -> object:
    """One certificate is a byte string, several are an array."""
    return chain[0] if len(chain) == 1 else list(chain)
