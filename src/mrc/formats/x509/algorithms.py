"""Public keys and signatures between their X.509 forms and the kernel's.

RFC 5480 (EC keys), RFC 5758 (ECDSA signatures), RFC 8410 (Ed25519), RFC 8017 (RSA). A key with
explicit domain parameters, as passports carry, is accepted when they are those of a known curve.
"""

from asn1crypto import algos, keys

from mrc.kernel.errors import Malformed
from mrc.kernel.keys import Algorithm, Curve, EcPublicKey, OkpPublicKey, PublicKey, RsaPublicKey

_CURVES = {
    "secp256r1": Curve.P256,
    "secp384r1": Curve.P384,
    "secp521r1": Curve.P521,
    "brainpoolp256r1": Curve.BRAINPOOL_P256R1,
    "secp256k1": Curve.SECP256K1,
}
_CURVE_NAMES = {curve: name for name, curve in _CURVES.items()}
_SIGNATURES = {
    "sha256_ecdsa": Algorithm.ES256,
    "sha384_ecdsa": Algorithm.ES384,
    "sha512_ecdsa": Algorithm.ES512,
    "sha256_rsa": Algorithm.RS256,
    "ed25519": Algorithm.EDDSA,
}
_SIGNATURE_NAMES = {algorithm: name for name, algorithm in _SIGNATURES.items()}


def decode_public_key(info: keys.PublicKeyInfo) -> PublicKey | None:
    """The key, None for a kind that the kernel does not know. Raises `Malformed`."""
    match info.algorithm:
        case "ec":
            curve = _curve(info["algorithm"]["parameters"])
            if curve is None:
                return None
            return EcPublicKey.from_uncompressed(curve, info["public_key"].native)
        case "ed25519":
            return OkpPublicKey(info["public_key"].native)
        case "rsa":
            native = info["public_key"].parsed.native
            return RsaPublicKey(native["modulus"], native["public_exponent"])
    return None


def _curve(parameters: keys.ECDomainParameters) -> Curve | None:
    if parameters.name == "named":
        return _CURVES.get(parameters.native)
    if parameters.name != "specified":
        return None
    given = parameters.chosen
    for curve in Curve:
        known = curve.parameters
        size = known.field_bytes
        generator = b"\x04" + known.gx.to_bytes(size) + known.gy.to_bytes(size)
        if (
            given["field_id"]["parameters"].native == known.p
            and int.from_bytes(given["curve"]["a"].native) == known.a % known.p
            and int.from_bytes(given["curve"]["b"].native) == known.b
            and given["base"].native == generator
            and given["order"].native == known.n
        ):
            return curve
    return None


def encode_public_key(key: EcPublicKey) -> keys.PublicKeyInfo:
    return keys.PublicKeyInfo(
        {
            "algorithm": {
                "algorithm": "ec",
                "parameters": keys.ECDomainParameters(name="named", value=_CURVE_NAMES[key.curve]),
            },
            "public_key": key.uncompressed,
        }
    )


def decode_signature_algorithm(identifier: algos.SignedDigestAlgorithm) -> Algorithm | None:
    """The algorithm, None for one that the kernel does not know."""
    name = identifier["algorithm"].native
    if name == "rsassa_pss":
        return _pss(identifier["parameters"])
    return _SIGNATURES.get(name)


def decode_pss_parameters(encoded: bytes) -> Algorithm | None:
    """The algorithm that RSASSA-PSS-params name, None for one that the kernel does not know.

    RFC 4055, 2.1: the hashes' own parameters may be NULL or absent. Raises `Malformed`.
    """
    try:
        parameters = algos.RSASSAPSSParams.load(encoded, strict=True)
        return _pss(parameters)
    except (ValueError, TypeError, KeyError) as error:
        raise Malformed("RSASSA-PSS-params") from error


def _pss(parameters: algos.RSASSAPSSParams) -> Algorithm | None:
    """RFC 4055, 3.1: PS256 where hash, mask and salt length are those of RFC 7518, 3.5."""
    mask = parameters["mask_gen_algorithm"]
    fits = (
        parameters["hash_algorithm"]["algorithm"].native == "sha256"
        and mask["algorithm"].native == "mgf1"
        and mask["parameters"]["algorithm"].native == "sha256"
        and parameters["salt_length"].native == 32
    )
    return Algorithm.PS256 if fits else None


def encode_signature_algorithm(algorithm: Algorithm) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": _SIGNATURE_NAMES[algorithm]})


def raw_signature(signature: bytes, key: PublicKey) -> bytes:
    """An X.509 signature as the kernel's verifier takes it: r||s for ECDSA.

    Raises `Malformed` where the DER of an ECDSA signature does not decode.
    """
    if not isinstance(key, EcPublicKey):
        return signature
    size = key.curve.parameters.order_bytes
    try:
        native = algos.DSASignature.load(signature, strict=True).native
        return bytes(native["r"].to_bytes(size) + native["s"].to_bytes(size))
    except (ValueError, TypeError, OverflowError) as error:
        raise Malformed("ECDSA signature") from error


def der_signature(signature: bytes, algorithm: Algorithm) -> bytes:
    """A kernel signature as X.509 carries it: DER for ECDSA."""
    if algorithm not in (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512):
        return signature
    half = len(signature) // 2
    numbers = {"r": int.from_bytes(signature[:half]), "s": int.from_bytes(signature[half:])}
    der: bytes = algos.DSASignature(numbers).dump()
    return der
