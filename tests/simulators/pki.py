"""A practice PKI in memory: real keys, fixed dates, one authority per root.

`practice_pki()` is made once per test run. Every certificate is valid from `BEGIN` to `END` and
tests work at `NOW`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count

from mrc.formats.x509.certificate import Certificate
from mrc.formats.x509.issuing import CertificateRequest, issue_leaf_now, issue_root_now
from mrc.formats.x509.profiles import Purpose
from mrc.infra.keys.software import SoftwareSigner
from mrc.kernel.keys import Curve

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 9, 0, 0, tzinfo=UTC)
END = datetime(2031, 1, 1, tzinfo=UTC)
ROOT_END = datetime(2036, 1, 1, tzinfo=UTC)

_SERIALS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A key and its certificate."""

    signer: SoftwareSigner
    certificate: Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.der


@dataclass(frozen=True, slots=True, kw_only=True)
class Pki:
    """Everyone who has a certificate in the practice world."""

    iaca: Identity
    document_signer: Identity
    sd_jwt_issuer: Identity
    status_signer: Identity
    reader_ca: Identity
    reader: Identity
    wallet_provider_ca: Identity
    wallet_provider: Identity


def subject(name: str, country: str = "KR") -> dict[str, str]:
    return {"country_name": country, "organization_name": "Practice", "common_name": name}


def make_root(
    purpose: Purpose,
    name: str,
    *,
    names: Mapping[str, str] | None = None,
    not_before: datetime = BEGIN,
    not_after: datetime = ROOT_END,
    curve: Curve = Curve.P256,
) -> Identity:
    signer = SoftwareSigner.generate(curve)
    request = CertificateRequest(
        purpose=purpose,
        subject=names or subject(name),
        public_key=signer.public_key,
        serial=next(_SERIALS),
        not_before=not_before,
        not_after=not_after,
        issuer_uri="https://mois.localhost:8446",
    )
    return Identity(signer=signer, certificate=issue_root_now(request, signer))


def make_leaf(
    purpose: Purpose,
    name: str,
    *,
    issuer: Identity,
    names: Mapping[str, str] | None = None,
    not_before: datetime = BEGIN,
    not_after: datetime = END,
    dns_names: tuple[str, ...] = (),
    uris: tuple[str, ...] = (),
    curve: Curve = Curve.P256,
) -> Identity:
    signer = SoftwareSigner.generate(curve)
    request = CertificateRequest(
        purpose=purpose,
        subject=names or subject(name),
        public_key=signer.public_key,
        serial=next(_SERIALS),
        not_before=not_before,
        not_after=not_after,
        dns_names=dns_names,
        uris=uris,
        issuer_uri="https://mois.localhost:8446",
        crl_url="https://mois.localhost:8446/crl",
    )
    made = issue_leaf_now(request, issuer=issuer.certificate, signer=issuer.signer)
    return Identity(signer=signer, certificate=made)


@cache
def practice_pki() -> Pki:
    iaca = make_root(Purpose.IACA_ROOT, "Practice IACA")
    reader_ca = make_root(Purpose.READER_CA, "Practice reader CA")
    provider_ca = make_root(Purpose.WALLET_PROVIDER_CA, "Practice wallet provider CA")
    issuer_uri = ("https://issuer.localhost:8442",)
    return Pki(
        iaca=iaca,
        document_signer=make_leaf(Purpose.DOCUMENT_SIGNER, "Practice DS", issuer=iaca),
        sd_jwt_issuer=make_leaf(
            Purpose.SD_JWT_ISSUER,
            "Practice issuer",
            issuer=iaca,
            dns_names=("issuer.localhost",),
            uris=issuer_uri,
        ),
        status_signer=make_leaf(Purpose.STATUS_SIGNER, "Practice status", issuer=iaca),
        reader_ca=reader_ca,
        reader=make_leaf(
            Purpose.READER, "Practice asker", issuer=reader_ca, dns_names=("verifier.localhost",)
        ),
        wallet_provider_ca=provider_ca,
        wallet_provider=make_leaf(
            Purpose.WALLET_PROVIDER, "Practice wallet provider", issuer=provider_ca
        ),
    )
