"""Standardised elliptic curve domain parameters by their number (ICAO Doc 9303-11, 9.5.1).

A chip names its curve by this number, by an OID, or by explicit parameters. Explicit ones are
accepted only where they are one of these curves: a chip may not bring a curve of its own.
The MODP groups (numbers 0 to 2) are left out: no card of ours uses them.
"""

from mrc.kernel.curves import BRAINPOOL_P256R1, P256, P384, P521, DomainParameters, Point
from mrc.kernel.errors import Malformed

P224 = DomainParameters(
    name="P-224",
    p=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000000000000000000001,
    a=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFE,
    b=0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
    gx=0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
    gy=0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
)
BRAINPOOL_P224R1 = DomainParameters(
    name="brainpoolP224r1",
    p=0xD7C134AA264366862A18302575D1D787B09F075797DA89F57EC8C0FF,
    a=0x68A5E62CA9CE6C1C299803A6C1530B514E182AD8B0042A59CAD29F43,
    b=0x2580F63CCFE44138870713B1A92369E33E2135D266DBB372386C400B,
    gx=0xD9029AD2C7E5CF4340823B2A87DC68C9E4CE3174C1E6EFDEE12C07D,
    gy=0x58AA56F772C0726F24C6B89E4ECDAC24354B9E99CAA3F6D3761402CD,
    n=0xD7C134AA264366862A18302575D0FB98D116BC4B6DDEBCA3A5A7939F,
)
BRAINPOOL_P320R1 = DomainParameters(
    name="brainpoolP320r1",
    p=0xD35E472036BC4FB7E13C785ED201E065F98FCFA6F6F40DEF4F92B9EC7893EC28FCD412B1F1B32E27,
    a=0x3EE30B568FBAB0F883CCEBD46D3F3BB8A2A73513F5EB79DA66190EB085FFA9F492F375A97D860EB4,
    b=0x520883949DFDBC42D3AD198640688A6FE13F41349554B49ACC31DCCD884539816F5EB4AC8FB1F1A6,
    gx=0x43BD7E9AFB53D8B85289BCC48EE5BFE6F20137D10A087EB6E7871E2A10A599C710AF8D0D39E20611,
    gy=0x14FDD05545EC1CC8AB4093247F77275E0743FFED117182EAA9C77877AAAC6AC7D35245D1692E8EE1,
    n=0xD35E472036BC4FB7E13C785ED201E065F98FCFA5B68F12A32D482EC7EE8658E98691555B44C59311,
)
BRAINPOOL_P384R1 = DomainParameters(
    name="brainpoolP384r1",
    p=0x8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53,
    a=0x7BC382C63D8C150C3C72080ACE05AFA0C2BEA28E4FB22787139165EFBA91F90F8AA5814A503AD4EB04A8C7DD22CE2826,
    b=0x4A8C7DD22CE28268B39B55416F0447C2FB77DE107DCD2A62E880EA53EEB62D57CB4390295DBC9943AB78696FA504C11,
    gx=0x1D1C64F068CF45FFA2A63A81B7C13F6B8847A3E77EF14FE3DB7FCAFE0CBD10E8E826E03436D646AAEF87B2E247D4AF1E,
    gy=0x8ABE1D7520F9C2A45CB1EB8E95CFD55262B70B29FEEC5864E19C054FF99129280E4646217791811142820341263C5315,
    n=0x8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B31F166E6CAC0425A7CF3AB6AF6B7FC3103B883202E9046565,
)
BRAINPOOL_P512R1 = DomainParameters(
    name="brainpoolP512r1",
    p=0xAADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA703308717D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3,
    a=0x7830A3318B603B89E2327145AC234CC594CBDD8D3DF91610A83441CAEA9863BC2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CA,
    b=0x3DF91610A83441CAEA9863BC2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CADC083E67984050B75EBAE5DD2809BD638016F723,
    gx=0x81AEE4BDD82ED9645A21322E9C4C6A9385ED9F70B5D916C1B43B62EEF4D0098EFF3B1F78E2D0D48D50D1687B93B97D5F7C6D5047406A5E688B352209BCB9F822,
    gy=0x7DDE385D566332ECC0EABFA9CF7822FDF209F70024A57B1AA000C55B881F8111B2DCDE494A5F485E5BCA4BD88A2763AED1CA2B2FA8F0540678CD1E0F3AD80892,
    n=0xAADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330870553E5C414CA92619418661197FAC10471DB1D381085DDADDB58796829CA90069,
)

BY_NUMBER: dict[int, DomainParameters] = {
    10: P224,
    11: BRAINPOOL_P224R1,
    12: P256,
    13: BRAINPOOL_P256R1,
    14: BRAINPOOL_P320R1,
    15: P384,
    16: BRAINPOOL_P384R1,
    17: BRAINPOOL_P512R1,
    18: P521,
}
_BY_OID: dict[str, DomainParameters] = {
    "1.3.132.0.33": P224,
    "1.2.840.10045.3.1.7": P256,
    "1.3.132.0.34": P384,
    "1.3.132.0.35": P521,
    "1.3.36.3.3.2.8.1.1.5": BRAINPOOL_P224R1,
    "1.3.36.3.3.2.8.1.1.7": BRAINPOOL_P256R1,
    "1.3.36.3.3.2.8.1.1.9": BRAINPOOL_P320R1,
    "1.3.36.3.3.2.8.1.1.11": BRAINPOOL_P384R1,
    "1.3.36.3.3.2.8.1.1.13": BRAINPOOL_P512R1,
}


def number_of(curve: DomainParameters) -> int:
    """The standardised number of `curve`."""
    return next(number for number, known in BY_NUMBER.items() if known is curve)


def oid_of(curve: DomainParameters) -> str:
    """The named-curve OID of `curve` (RFC 5480, RFC 5639)."""
    return next(oid for oid, known in _BY_OID.items() if known is curve)


def by_number(number: int) -> DomainParameters:
    if number not in BY_NUMBER:
        raise Malformed("domain parameters", f"number {number} is not supported")
    return BY_NUMBER[number]


def by_oid(oid: str) -> DomainParameters:
    if oid not in _BY_OID:
        raise Malformed("domain parameters", f"named curve {oid} is not supported")
    return _BY_OID[oid]


def by_values(p: int, a: int, b: int, generator: bytes, order: int) -> DomainParameters:
    """The known curve with exactly these explicit parameters."""
    for curve in BY_NUMBER.values():
        same = (curve.p, curve.a % curve.p, curve.b, curve.n) == (p, a % p, b, order)
        if same and encode_point(curve, curve.generator) == generator:
            return curve
    raise Malformed("domain parameters", "explicit parameters of an unknown curve")


def encode_point(curve: DomainParameters, point: Point) -> bytes:
    """The uncompressed form 04||x||y (SEC 1, 2.3.3)."""
    size = curve.field_bytes
    return b"\x04" + point[0].to_bytes(size) + point[1].to_bytes(size)


def decode_point(curve: DomainParameters, data: bytes) -> Point:
    """The point, checked to lie on `curve` (invalid-curve attack). The point at infinity has
    no uncompressed form and is refused with everything else."""
    size = curve.field_bytes
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise Malformed("EC point", f"expected 04||x||y of {1 + 2 * size} bytes")
    point = (int.from_bytes(data[1 : 1 + size]), int.from_bytes(data[1 + size :]))
    if not curve.contains(point):
        raise Malformed("EC point", f"not on {curve.name}")
    return point
