"""The signed request object: made by the verifier, checked by the wallet.

RFC 9101 (JAR); OpenID4VP 1.0, 5, 5.8, 5.9.3 and 5.10; HAIP 1.0, 5. A wallet uses nothing of a
request before `check_request_object` gave it back; an unsigned request has a type of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats.jose import jws, jwt, x5c
from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import TrustedChain, check_chain
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason as X509Reason
from mrc.kernel.errors import Rejected
from mrc.kernel.keys import Algorithm, PublicKey
from mrc.kernel.ports import SignatureVerifier, Signer
from mrc.protocols.openid4vp.addresses import host_of
from mrc.protocols.openid4vp.client_id import (
    ClientId,
    ClientIdPrefix,
    client_id_of_certificate,
    decode_client_id,
    is_hash_of,
)
from mrc.protocols.openid4vp.reasons import Reason
from mrc.protocols.openid4vp.request import AuthorizationRequest, decode_request, encode_request

TYPE = "oauth-authz-req+jwt"
STATIC_AUDIENCE = "https://self-issued.me/v2"
MAX_REQUEST_OBJECT = 256 * 1024
"""Characters; a request with four certificates has about 8,000."""

_ALGORITHMS = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSigner:
    """The verifier's signing key with its certificates, leaf first, without the anchor."""

    signer: Signer
    certificates: tuple[Certificate, ...]

    def client_id(self, prefix: ClientIdPrefix) -> ClientId:
        """The identifier that this certificate stands for. `ValueError` where it cannot."""
        leaf = self.certificates[0]
        match prefix:
            case ClientIdPrefix.X509_HASH:
                return client_id_of_certificate(leaf.der)
            case ClientIdPrefix.X509_SAN_DNS if leaf.dns_names:
                return ClientId(prefix=prefix, original=leaf.dns_names[0])
            case _:
                raise ValueError(f"the certificate has no {prefix} identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """`iat` and `exp` of a request object."""

    issued_at: datetime
    expires_at: datetime


async def sign_request_object(
    request: AuthorizationRequest, *, signer: RequestSigner, lifetime: Lifetime
) -> str:
    """The request object for a wallet that is not known in advance (`aud` by 5.8).

    `ValueError` where the client identifier is not that of the certificate: no wallet would
    accept the request.
    """
    if request.client_id != signer.client_id(request.client_id.prefix):
        raise ValueError("the client identifier is not the certificate's")
    header = {
        "typ": TYPE,
        "x5c": x5c.encode_x5c([certificate.der for certificate in signer.certificates]),
    }
    claims = {
        **encode_request(request),
        "aud": STATIC_AUDIENCE,
        "iat": jwt.encode_time(lifetime.issued_at),
        "exp": jwt.encode_time(lifetime.expires_at),
    }
    return await jws.sign(header, jwt.encode_claims(claims), signer.signer)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerTrust:
    """Whom a wallet believes to be an asker.

    `anchors` are roots of readers' certificates, `purposes` the certificate profiles accepted
    below them (OpenID4VP leaves the profile to the ecosystem). `pinned` are leaf certificates
    that somebody decided to trust as they are, self-signed or not; HAIP allows none.
    """

    anchors: Sequence[Certificate]
    purposes: Sequence[Purpose] = (Purpose.READER,)
    pinned: Sequence[Certificate] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticRequest:
    """A request whose signature and asker were checked. Made only by `check_request_object`.

    `chain` is None for a pinned certificate.
    """

    request: AuthorizationRequest
    certificate: Certificate
    chain: TrustedChain | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedRequest:
    """A request of which nothing is known but where its answer will go (`redirect_uri` prefix)."""

    request: AuthorizationRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a wallet knows about a request object before it reads it.

    `wallet_nonce` None: none was sent. `audiences` None: the audience is not compared, for
    verifiers of others that write their own address (a departure, see docs/standards.md).
    """

    client_id: str
    wallet_nonce: str | None
    audiences: Collection[str] | None = (STATIC_AUDIENCE,)


def check_request_object(
    text: str,
    *,
    expected: Expectation,
    trust: AskerTrust,
    at: datetime,
    verifier: SignatureVerifier,
) -> AuthenticRequest:
    """The request in a signed request object. Raises `Malformed` or `Rejected`.

    1. The type is that of request objects (5). 2. The client identifier is the one of the link
    (5.10.1). 3. The leaf certificate is the one that the prefix demands (5.9.3). 4. It leads to
    an anchor. 5. Its key signed. 6. Audience and times fit (5.8; RFC 9101, 6.3). 7. The wallet's
    nonce came back (5.10.1). 8. The parameters decode (5.1). 9. The response goes to the
    certified host (5.9.3, `x509_san_dns`).
    """
    token = jws.decode_compact(text, limit=MAX_REQUEST_OBJECT)
    jws.check_type(token.header, expected=TYPE)  # 1
    claims = jwt.decode_claims(token)
    client_id = _check_client_id(claims, expected.client_id)  # 2
    chain = _decode_chain(token.header)
    _check_certificate(client_id, chain[0])  # 3
    key, trusted = _trusted_key(chain, trust, at, verifier)  # 4
    jws.check_signature(token, key=key, expected_algorithms=_ALGORITHMS, verifier=verifier)  # 5
    _check_audience(claims, expected.audiences)  # 6
    jwt.check_times(claims, at=at)
    if expected.wallet_nonce is not None and claims.get("wallet_nonce") != expected.wallet_nonce:
        raise Rejected(Reason.WALLET_NONCE_MISMATCH, "OpenID4VP 5.10.1")  # 7
    request = decode_request(claims)  # 8
    if client_id.prefix is ClientIdPrefix.X509_SAN_DNS:  # 9
        _check_host(request, client_id)
    return AuthenticRequest(request=request, certificate=chain[0], chain=trusted)


def accept_unsigned_request(parameters: Mapping[str, object]) -> UnsignedRequest:
    """An unsigned request with the `redirect_uri` prefix. Raises `Malformed` or `Rejected`.

    5.9.3: the identifier is where the answer goes. Every other prefix needs a signature.
    """
    members = dict(parameters)
    client_id = decode_client_id(str(members.get("client_id", "")))
    if client_id.prefix is not ClientIdPrefix.REDIRECT_URI:
        raise Rejected(Reason.SIGNATURE_MISSING, "OpenID4VP 5.9.3")
    members.setdefault("response_uri", client_id.original)  # it may be left out
    request = decode_request(members)
    if request.response_uri != client_id.original:
        raise Rejected(Reason.RESPONSE_URI_MISMATCH, "OpenID4VP 5.9.3")
    return UnsignedRequest(request=request)


def _check_client_id(claims: Mapping[str, object], expected: str) -> ClientId:
    if claims.get("client_id") != expected:
        raise Rejected(Reason.CLIENT_ID_MISMATCH, "OpenID4VP 5.10.1")
    client_id = decode_client_id(expected)
    if client_id.prefix is ClientIdPrefix.REDIRECT_URI:
        raise Rejected(Reason.SIGNATURE_FORBIDDEN, "OpenID4VP 5.9.3")
    return client_id


def _decode_chain(header: Mapping[str, object]) -> tuple[Certificate, ...]:
    certificates = x5c.find_x5c(header)
    if certificates is None:
        raise Rejected(Reason.CERTIFICATE_MISSING, "OpenID4VP 5.9.3")
    return tuple(decode_certificate(der) for der in certificates)


def _check_certificate(client_id: ClientId, leaf: Certificate) -> None:
    """Whether the leaf is the one that the client identifier names."""
    if client_id.prefix is ClientIdPrefix.X509_HASH:
        fits = is_hash_of(client_id, leaf.der)
    else:
        fits = client_id.original.lower() in {name.lower() for name in leaf.dns_names}
    if not fits:
        raise Rejected(Reason.CLIENT_ID_MISMATCH, "OpenID4VP 5.9.3", "another certificate")


def _trusted_key(
    chain: Sequence[Certificate], trust: AskerTrust, at: datetime, verifier: SignatureVerifier
) -> tuple[PublicKey, TrustedChain | None]:
    leaf = chain[0]
    if any(leaf.der == pinned.der for pinned in trust.pinned):
        return _pinned_key(leaf, at), None
    if leaf.self_issued:
        raise Rejected(Reason.CERTIFICATE_SELF_SIGNED, "HAIP 5")
    refusal: Rejected | None = None
    for purpose in trust.purposes:
        try:
            trusted = check_chain(
                chain, anchors=trust.anchors, expected_purpose=purpose, at=at, verifier=verifier
            )
        except Rejected as error:
            refusal = refusal or error
        else:
            return trusted.leaf_key, trusted
    if refusal is None:
        raise ValueError("an asker's certificate needs at least one accepted purpose")
    raise refusal


def _pinned_key(leaf: Certificate, at: datetime) -> PublicKey:
    if at < leaf.not_before:
        raise Rejected(X509Reason.NOT_YET_VALID, "RFC 5280 6.1.3")
    if at > leaf.not_after:
        raise Rejected(X509Reason.EXPIRED, "RFC 5280 6.1.3")
    if leaf.public_key is None:
        raise Rejected(X509Reason.ALGORITHM, "RFC 5280 6.1.3", "a key of unknown kind")
    return leaf.public_key


def _check_audience(claims: Mapping[str, object], expected: Collection[str] | None) -> None:
    """5.8. RFC 7519, 4.1.3 lets `aud` be one text or an array of them."""
    if expected is None:
        return
    value = claims.get("aud")
    audiences = value if isinstance(value, list) else [value]
    if not any(audience in expected for audience in audiences if isinstance(audience, str)):
        raise Rejected(Reason.AUDIENCE_MISMATCH, "OpenID4VP 5.8")


def _check_host(request: AuthorizationRequest, client_id: ClientId) -> None:
    """5.9.3: the FQDN of the response URI must be the certified name."""
    if host_of(request.response_uri) != client_id.original.lower():
        raise Rejected(Reason.RESPONSE_URI_MISMATCH, "OpenID4VP 5.9.3")
