"""Arithmetic on short Weierstrass curves, in pure Python.

For hosts without a cryptographic library (the phone's browser, a native shell): verification of
ECDSA signatures, and the point arithmetic that PACE's generic mapping needs (ICAO Doc 9303-11,
4.4.3.3). Jacobian coordinates (SEC 1, FIPS 186-5). Not constant time: signing and key agreement
with long-term keys never come here; they are behind `Signer` and `KeyAgreement`.
"""

from dataclasses import dataclass

Point = tuple[int, int]
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (1, 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainParameters:
    """y^2 = x^3 + a*x + b over the prime field p, generator (gx, gy) of prime order n."""

    name: str
    p: int
    a: int
    b: int
    gx: int
    gy: int
    n: int

    @property
    def field_bytes(self) -> int:
        return (self.p.bit_length() + 7) // 8

    @property
    def order_bytes(self) -> int:
        return (self.n.bit_length() + 7) // 8

    @property
    def generator(self) -> Point:
        return (self.gx, self.gy)

    def contains(self, point: Point) -> bool:
        x, y = point
        if not (0 <= x < self.p and 0 <= y < self.p):
            return False
        return (y * y - (x * x * x + self.a * x + self.b)) % self.p == 0


def add(curve: DomainParameters, left: Point | None, right: Point | None) -> Point | None:
    """The sum of two affine points; None is the point at infinity."""
    return to_affine(curve, _add(curve, _jacobian(left), _jacobian(right)))


def multiply(curve: DomainParameters, scalar: int, point: Point | None) -> Point | None:
    """`scalar` times `point`; None is the point at infinity. Not constant time."""
    return to_affine(curve, _multiply(curve, scalar, _jacobian(point)))


def multiply_sum(
    curve: DomainParameters, first: tuple[int, Point], second: tuple[int, Point]
) -> Point | None:
    """u1*P1 + u2*P2 in one pass (Shamir's trick)."""
    (u1, p1), (u2, p2) = first, second
    both = _add(curve, _jacobian(p1), _jacobian(p2))
    table = (INFINITY, _jacobian(p1), _jacobian(p2), both)
    total = INFINITY
    for bit in range(max(u1.bit_length(), u2.bit_length()) - 1, -1, -1):
        total = _double(curve, total)
        index = ((u1 >> bit) & 1) | (((u2 >> bit) & 1) << 1)
        if index:
            total = _add(curve, total, table[index])
    return to_affine(curve, total)


def ecdsa_holds(curve: DomainParameters, key: Point, digest: bytes, signature: bytes) -> bool:
    """Whether `signature` (r||s) over the hash `digest` verifies under `key`.

    FIPS 186-5, 6.4.2. The caller has checked that `key` is on the curve.
    """
    size = curve.order_bytes
    if len(signature) != 2 * size:
        return False
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    e = int.from_bytes(digest)
    surplus = len(digest) * 8 - curve.n.bit_length()
    if surplus > 0:
        e >>= surplus
    w = pow(s, -1, curve.n)
    point = multiply_sum(curve, (e * w % curve.n, curve.generator), (r * w % curve.n, key))
    return point is not None and point[0] % curve.n == r


def to_affine(curve: DomainParameters, point: Jacobian) -> Point | None:
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse % curve.p
    return (x * square % curve.p, y * square * inverse % curve.p)


def _jacobian(point: Point | None) -> Jacobian:
    return INFINITY if point is None else (point[0], point[1], 1)


def _double(curve: DomainParameters, point: Jacobian) -> Jacobian:
    x, y, z = point
    p = curve.p
    if z == 0 or y == 0:
        return INFINITY
    yy = y * y % p
    s = 4 * x * yy % p
    zz = z * z % p
    m = (3 * x * x + curve.a * zz * zz) % p
    nx = (m * m - 2 * s) % p
    return (nx, (m * (s - nx) - 8 * yy * yy) % p, 2 * y * z % p)


def _add(curve: DomainParameters, left: Jacobian, right: Jacobian) -> Jacobian:
    if left[2] == 0:
        return right
    if right[2] == 0:
        return left
    p = curve.p
    (x1, y1, z1), (x2, y2, z2) = left, right
    z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
    s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
    if u1 == u2:
        return _double(curve, left) if s1 == s2 else INFINITY
    h, r = (u2 - u1) % p, (s2 - s1) % p
    hh = h * h % p
    hhh = h * hh % p
    v = u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return (x3, (r * (v - x3) - s1 * hhh) % p, h * z1 * z2 % p)


def _multiply(curve: DomainParameters, scalar: int, point: Jacobian) -> Jacobian:
    total = INFINITY
    for bit in range(scalar.bit_length() - 1, -1, -1):
        total = _double(curve, total)
        if (scalar >> bit) & 1:
            total = _add(curve, total, point)
    return total


P256 = DomainParameters(
    name="P-256",
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    gx=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    gy=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
P384 = DomainParameters(
    name="P-384",
    p=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    a=-3,
    b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    gx=0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    gy=0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
)
P521 = DomainParameters(
    name="P-521",
    p=2**521 - 1,
    a=-3,
    b=0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    gx=0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
    gy=0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
    n=((2**265 - 6) << 256) | 0x51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
)
BRAINPOOL_P256R1 = DomainParameters(
    name="brainpoolP256r1",
    p=0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
    a=0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
    b=0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    gx=0x8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262,
    gy=0x547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997,
    n=0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
)
SECP256K1 = DomainParameters(
    name="secp256k1",
    p=2**256 - 2**32 - 977,
    a=0,
    b=7,
    gx=0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    gy=0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
)
