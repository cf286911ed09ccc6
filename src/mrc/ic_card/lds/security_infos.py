"""SecurityInfos (ICAO Doc 9303-11, 9.2): EF.CardAccess and data group 14.

Unknown objects are kept out, not refused: real chips carry national ones.
"""

from dataclasses import dataclass
from enum import IntEnum

from mrc.ic_card import der, tlv
from mrc.ic_card.crypto.suites import CipherSuite
from mrc.ic_card.lds.public_keys import ChipKey, decode_public_key, encode_public_key
from mrc.kernel.errors import Malformed
from mrc.kernel.keys import RsaPublicKey

_PACE = "0.4.0.127.0.7.2.2.4."
_CHIP_AUTHENTICATION = "0.4.0.127.0.7.2.2.3."
_CHIP_KEY_DH = "0.4.0.127.0.7.2.2.1.1"
_CHIP_KEY_ECDH = "0.4.0.127.0.7.2.2.1.2"
_ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"
ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"


class Mapping(IntEnum):
    """How PACE maps the nonce; value: the arc before the last of the OID."""

    DH_GENERIC = 1
    ECDH_GENERIC = 2
    DH_INTEGRATED = 3
    ECDH_INTEGRATED = 4
    ECDH_CHIP_AUTHENTICATION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceInfo:
    """PACEInfo (9.2.1): which PACE the chip speaks, on which domain parameters."""

    mapping: Mapping
    suite: CipherSuite
    parameter_id: int
    version: int = 2

    @property
    def oid(self) -> str:
        return f"{_PACE}{self.mapping.value}.{self.suite.value}"

    def encode(self) -> bytes:
        parts = (der.oid(self.oid), der.integer(self.version), der.integer(self.parameter_id))
        return tlv.encode(der.SEQUENCE, *parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationInfo:
    """ChipAuthenticationInfo (9.2.5), elliptic curves only."""

    suite: CipherSuite
    key_id: int | None = None

    @property
    def oid(self) -> str:
        return f"{_CHIP_AUTHENTICATION}2.{self.suite.value}"

    def encode(self) -> bytes:
        tail = b"" if self.key_id is None else der.integer(self.key_id)
        return tlv.encode(der.SEQUENCE, der.oid(self.oid), der.integer(1), tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationKey:
    """ChipAuthenticationPublicKeyInfo (9.2.6)."""

    key: ChipKey
    key_id: int | None = None

    def encode(self) -> bytes:
        tail = b"" if self.key_id is None else der.integer(self.key_id)
        return tlv.encode(der.SEQUENCE, der.oid(_CHIP_KEY_ECDH), encode_public_key(self.key), tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAuthenticationInfo:
    """ActiveAuthenticationInfo (9.2.4): DG15 does not say the hash, this does."""

    signature_algorithm: str

    def encode(self) -> bytes:
        parts = (der.oid(_ACTIVE_AUTHENTICATION), der.integer(1), der.oid(self.signature_algorithm))
        return tlv.encode(der.SEQUENCE, *parts)


SecurityInfo = PaceInfo | ChipAuthenticationInfo | ChipAuthenticationKey | ActiveAuthenticationInfo


def encode_security_infos(*infos: SecurityInfo) -> bytes:
    """A DER SET: members in ascending order of their encodings (X.690, 11.6)."""
    return tlv.encode(der.SET, *sorted(info.encode() for info in infos))


def decode_security_infos(data: bytes) -> tuple[SecurityInfo, ...]:
    """Those that we know. Raises `Malformed` where the SET itself does not decode."""
    found = []
    for item in der.children(data, der.SET):
        members = list(tlv.parse(der.expect(item, der.SEQUENCE)))
        if len(members) < 2:
            raise Malformed("SecurityInfo", "OID and required data expected")
        info = _decode_info(der.decode_oid(der.expect(members[0], der.OID)), members[1:])
        if info is not None:
            found.append(info)
    return tuple(found)


def _decode_info(oid: str, members: list[tlv.Tlv]) -> SecurityInfo | None:
    if oid.startswith(_PACE):
        return _decode_pace(oid, members)
    if oid.startswith(_CHIP_AUTHENTICATION + "2."):
        suite = _suite(oid)
        key_id = der.expect_integer(members[1]) if len(members) > 1 else None
        return None if suite is None else ChipAuthenticationInfo(suite=suite, key_id=key_id)
    if oid == _CHIP_KEY_ECDH:
        return _decode_chip_key(members)
    if oid == _ACTIVE_AUTHENTICATION and len(members) > 1:
        algorithm = der.decode_oid(der.expect(members[1], der.OID))
        return ActiveAuthenticationInfo(signature_algorithm=algorithm)
    return None


def _suite(oid: str) -> CipherSuite | None:
    last = int(oid.rsplit(".", 1)[1])
    return CipherSuite(last) if last in CipherSuite._value2member_map_ else None


def _decode_pace(oid: str, members: list[tlv.Tlv]) -> PaceInfo | None:
    arcs, suite = oid.removeprefix(_PACE).split("."), _suite(oid)
    known = len(arcs) == 2 and int(arcs[0]) in Mapping._value2member_map_
    if not known or suite is None or len(members) < 2:
        return None  # PACEDomainParameterInfo, or a mapping we have never heard of
    return PaceInfo(
        mapping=Mapping(int(arcs[0])),
        suite=suite,
        version=der.expect_integer(members[0]),
        parameter_id=der.expect_integer(members[1]),
    )


def _decode_chip_key(members: list[tlv.Tlv]) -> ChipAuthenticationKey | None:
    key = decode_public_key(tlv.encode(members[0].tag, members[0].value))
    if isinstance(key, RsaPublicKey):
        raise Malformed("ChipAuthenticationPublicKeyInfo", "an elliptic curve key expected")
    key_id = der.expect_integer(members[1]) if len(members) > 1 else None
    return ChipAuthenticationKey(key=key, key_id=key_id)
