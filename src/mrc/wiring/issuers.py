"""An issuer's process: keys, store, source and configuration put together.

Three authorities issue cards, each with a root, a database and keys of its own: in files for
practice, in a token by setting. Their roots are exported to the folder of trusted roots, so that the roles of one
installation know each other without an operator.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.x509.certificate import encode_pem
from mrc.formats.x509.profiles import Purpose
from mrc.infra.chain.sealing import SoftwareSealer, read_or_make_secret
from mrc.infra.database.engine import Database
from mrc.infra.files import read_secret, write_secret
from mrc.infra.keys.certified import FileKeys, KeyPlace
from mrc.infra.keys.identities import Identity, IdentityFiles, IdentityRequest
from mrc.infra.keys.pkcs11_uri import decode_pkcs11_uri
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.infra.keys.token_keys import TokenKeys, Tokens
from mrc.infra.settings import AttestationPolicy, Host, Settings
from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.issuer.configuration import (
    IssuerConfiguration,
    IssuerSecrets,
    Lifetimes,
    Requirement,
    StatusPolicy,
)
from mrc.issuer.copies import CertifiedSigner
from mrc.issuer.issuer import Issuer, IssuerKeys
from mrc.issuer.ports import CardDataSource, Tools
from mrc.kernel.errors import Malformed
from mrc.ledger.headers import Address
from mrc.ledger.statements import Role
from mrc.protocols.oauth.attesters import AttesterKey, TrustedAttesters
from mrc.wiring.ledger_files import Applicant, LedgerFiles, apply_to_council


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingAuthority:
    """Who issues what, and where."""

    role: str
    host: Host
    name_ko: str
    name_en: str
    card_types: tuple[CardType, ...]


IMMIGRATION = IssuingAuthority(
    role="authority",
    host=Host.ISSUER,
    name_ko="법무부 출입국·외국인정책본부",
    name_en="Korea Immigration Service",
    card_types=(CardType.RESIDENCE, CardType.PERMANENT, CardType.OVERSEAS_KOREAN),
)
POLICE = IssuingAuthority(
    role="police",
    host=Host.POLICE,
    name_ko="경찰청",
    name_en="Korean National Police Agency",
    card_types=(CardType.DRIVING_LICENCE,),
)
INTERIOR = IssuingAuthority(
    role="mois",
    host=Host.MOIS,
    name_ko="행정안전부",
    name_en="Ministry of the Interior and Safety",
    card_types=(CardType.RESIDENT_REGISTRATION,),
)
AUTHORITIES: Sequence[IssuingAuthority] = (IMMIGRATION, POLICE, INTERIOR)


def make_issuer(
    authority: IssuingAuthority,
    settings: Settings,
    database: Database,
    source: CardDataSource,
    *,
    at: datetime,
) -> Issuer:
    """The authority's issuer. Makes practice keys at the first start."""
    folder = settings.home / authority.role
    keys = _keys(authority, settings, at)
    return Issuer(
        _configuration(authority, settings),
        keys=keys,
        secrets=IssuerSecrets(shared_secret(folder / "issuer.secret")),
        store=DatabaseIssuerStore(database),
        source=source,
        tools=Tools(
            entropy=SystemEntropy(),
            verifier=OpensslVerifier(),
            key_maker=SoftwareKeyMaker(),
            cipher=OpensslCipher(),
        ),
    )


def shared_secret(path: Path) -> bytes:
    """32 random bytes in a file of mode 600, made at the first call."""
    if not path.exists():
        write_secret(path, os.urandom(32))
    return read_secret(path)


def _configuration(authority: IssuingAuthority, settings: Settings) -> IssuerConfiguration:
    wanted = Requirement(settings.attestation.value)
    return IssuerConfiguration(
        credential_issuer=settings.url_of(authority.host),
        name={"ko": authority.name_ko, "en": authority.name_en},
        cards=[STANDARD.get(card_type) for card_type in authority.card_types],
        haip=settings.haip,
        wallet_attestation_wanted=wanted,
        key_attestation_wanted=wanted,
        attesters=load_attesters(settings),
        accept_draft_key_attestations=not settings.haip,
        batch_size=settings.batch_size,
        lifetimes=Lifetimes(
            offer=timedelta(seconds=settings.offer_seconds), copy=timedelta(days=settings.copy_days)
        ),
        status=StatusPolicy(
            list_size=settings.status_list_size,
            ttl=timedelta(seconds=settings.status_ttl_seconds),
        ),
    )


def load_attesters(settings: Settings) -> TrustedAttesters:
    """The wallet providers that this installation admits."""
    if settings.attestation is AttestationPolicy.OFF:
        return TrustedAttesters()
    entries = TrustStore(settings.home / "trust").entries(TrustKind.WALLET_PROVIDER)
    return TrustedAttesters(
        anchors=[entry.certificate for entry in entries if entry.certificate],
        keys=[AttesterKey(key=entry.key) for entry in entries if not entry.certificate],
    )


def _keys(authority: IssuingAuthority, settings: Settings, at: datetime) -> IssuerKeys:
    url = settings.url_of(authority.host)
    files = IdentityFiles(
        settings.home / authority.role / "keys",
        organization=authority.name_en,
        uri=url,
        at=at,
        place=key_place(settings),
    )
    root = files.root("iaca", Purpose.IACA_ROOT, f"{authority.name_en} practice root")
    TrustStore(settings.home / "trust").add(
        TrustKind.ISSUER, authority.role, encode_pem(root.certificate)
    )
    applicant = Applicant(
        name=authority.role,
        role=Role.ISSUER,
        names={"ko": authority.name_ko, "en": authority.name_en},
        url=url,
        certificate=root.certificate,
        writer=_writer(settings, authority),
    )
    apply_to_council(settings, applicant, card_types=authority.card_types)

    def certified(name: str, purpose: Purpose) -> CertifiedSigner:
        request = IdentityRequest(
            name=name, purpose=purpose, common_name=f"{authority.name_en} {name}", uris=(url,)
        )
        made: Identity = files.leaf(request, issuer=root)
        return CertifiedSigner(signer=made.signer, chain=(made.certificate,))

    return IssuerKeys(
        mdoc=certified("document-signer", Purpose.DOCUMENT_SIGNER),
        sd_jwt=certified("sd-jwt-issuer", Purpose.SD_JWT_ISSUER),
        status=certified("status-signer", Purpose.STATUS_SIGNER),
        metadata=certified("metadata-signer", Purpose.SD_JWT_ISSUER),
        encryption={"request-1": _encryption_key(settings.home / authority.role / "keys")},
    )


def _writer(settings: Settings, authority: IssuingAuthority) -> Address:
    """The address of the key with which the authority anchors; made at the first start."""
    key = LedgerFiles(settings.home).stream_files(authority.role).key
    return SoftwareSealer(read_or_make_secret(key)).address


def key_place(settings: Settings) -> KeyPlace:
    """Where signing keys live, by `settings.key_token`. Raises `Malformed` for no PKCS#11 URI."""
    if not settings.key_token:
        return FileKeys()
    address = decode_pkcs11_uri(settings.key_token)
    if address.label is not None or address.id is not None:
        raise Malformed("MRC_KEY_TOKEN", "it names a token, not a key")
    return TokenKeys(tokens=Tokens(), address=address, entropy=SystemEntropy())


def _encryption_key(folder: Path) -> SoftwareKeyAgreement:
    """The key that credential requests are encrypted to, shared by the role's processes."""
    path = folder / "request-encryption.key"
    if not path.exists():
        write_secret(path, SoftwareKeyAgreement.generate().to_pem())
    return SoftwareKeyAgreement.from_pem(read_secret(path))
