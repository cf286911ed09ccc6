"""An issuer on a real database with practice keys, and a wallet that collects from it.

The wallet is the other party in memory: it makes every message itself, so a test can make each
one wrong. `World.now` is the clock of both.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from PIL import Image

from mrc.formats.catalogue.ages import age_claims
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import (
    OpensslCipher,
    OpensslVerifier,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SoftwareSigner,
    SystemEntropy,
)
from mrc.infra.stores.issuer import DatabaseIssuerStore
from mrc.issuer.clients import ClientHeaders
from mrc.issuer.configuration import IssuerConfiguration, IssuerSecrets, StatusPolicy
from mrc.issuer.copies import CertifiedSigner
from mrc.issuer.issuer import CredentialAnswer, Issuer, IssuerKeys
from mrc.issuer.offers import MadeOffer, OfferOrder
from mrc.issuer.ports import CardData, NotYet, Tools
from mrc.issuer.records import HolderReference
from mrc.kernel.errors import Forbidden
from mrc.protocols.oauth import client_attestation as abca
from mrc.protocols.oauth import dpop
from mrc.protocols.oauth.attesters import TrustedAttesters
from mrc.protocols.openid4vci import key_attestation, proofs
from mrc.protocols.openid4vci.credential import (
    CredentialRequest,
    CredentialResponse,
    IssuedCredentials,
    JwtProofs,
    Notification,
    NotificationEvent,
    ResponseEncryptionRequest,
    decode_credential_response,
    encode_credential_request,
    encode_notification,
)
from mrc.protocols.openid4vci.token import (
    AnyTokenRequest,
    PreAuthorizedTokenRequest,
    RefreshTokenRequest,
    TokenResponse,
)
from tests.simulators.pki import NOW, Identity, practice_pki

ISSUER = "https://issuer.localhost:8442"
WALLET = "https://wallet.example"
MDOC, SD_JWT = "residence_mdoc", "residence_sd_jwt"
ENTROPY = SystemEntropy()
ENCRYPTION = SoftwareKeyAgreement.generate()
SEED = b"practice secret of the issuer..!"
HOLDER = HolderReference("registrant-1")


def jpeg() -> bytes:
    out = BytesIO()
    Image.new("RGB", (24, 32), (120, 140, 160)).save(out, "JPEG")
    return out.getvalue()


def card_values() -> dict[str, object]:
    birth = date(1990, 2, 3)
    return {
        "family_name_latin": "NGUYEN",
        "given_name_latin": "VAN AN",
        "birth_date": birth,
        "sex": 1,
        "nationality": "VNM",
        "portrait": jpeg(),
        "issue_date": NOW.date(),
        "expiry_date": date(2027, 6, 1),
        "document_number": "F12345678",
        "issuing_authority": "MOJ",
        "issuing_country": "KR",
        **age_claims(birth, NOW.date()),
        "registration_number": "9002035123456",
        "card_type": "residence",
        "status_of_stay": "E-9",
        "registering_office": "Seoul",
    }


@dataclass(kw_only=True)
class Source:
    """A `CardDataSource`; `refusal` and `wait` make it say no or not yet."""

    refusal: Forbidden | None = None
    wait: timedelta | None = None
    valid_until: datetime = datetime(2027, 6, 1, tzinfo=UTC)
    values: dict[str, object] = field(default_factory=card_values)

    async def card_data(
        self, holder: HolderReference, card_type: CardType, *, at: datetime
    ) -> CardData | NotYet:
        if self.refusal is not None:
            raise self.refusal
        if self.wait is not None:
            return NotYet(interval=self.wait)
        return CardData(values=self.values, valid_until=self.valid_until)


def configuration(**changes: object) -> IssuerConfiguration:
    base = IssuerConfiguration(
        credential_issuer=ISSUER,
        name={"en-US": "Practice issuer"},
        cards=(STANDARD.get(CardType.RESIDENCE), STANDARD.get(CardType.PERMANENT)),
        batch_size=3,
        attesters=TrustedAttesters(anchors=(practice_pki().wallet_provider_ca.certificate,)),
        status=StatusPolicy(list_size=1000, decoys=64, reserve=8),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def certified(identity: Identity) -> CertifiedSigner:
    return CertifiedSigner(signer=identity.signer, chain=(identity.certificate,))


def make_issuer(database: Database, source: Source, chosen: IssuerConfiguration) -> Issuer:
    pki = practice_pki()
    return Issuer(
        chosen,
        keys=IssuerKeys(
            mdoc=certified(pki.document_signer),
            sd_jwt=certified(pki.sd_jwt_issuer),
            status=certified(pki.status_signer),
            metadata=certified(pki.sd_jwt_issuer),
            encryption={"1": ENCRYPTION},
        ),
        secrets=IssuerSecrets(SEED),
        store=DatabaseIssuerStore(database),
        source=source,
        tools=Tools(
            entropy=ENTROPY,
            verifier=OpensslVerifier(),
            key_maker=SoftwareKeyMaker(),
            cipher=OpensslCipher(),
        ),
    )


@dataclass(kw_only=True)
class World:
    """One issuer, its data and the time."""

    database: Database
    issuer: Issuer
    source: Source
    now: datetime = NOW

    async def offer(self, **changes: object) -> MadeOffer:
        order = OfferOrder(
            holder=HOLDER,
            card_type=CardType.RESIDENCE,
            officer="officer-1",
            office="SEL",
            session="desk-1",
        )
        changed = replace(order, **changes)  # type: ignore[arg-type]
        return await self.issuer.offers.make(changed, now=self.now)

    def again(self, **changes: object) -> "World":
        """The same database behind another process, possibly configured otherwise."""
        chosen = replace(self.issuer.configuration, **changes)  # type: ignore[arg-type]
        issuer = make_issuer(self.database, self.source, chosen)
        return World(database=self.database, issuer=issuer, source=self.source, now=self.now)


def make_world(database: Database, **changes: object) -> World:
    source = Source()
    issuer = make_issuer(database, source, configuration(**changes))
    return World(database=database, issuer=issuer, source=source)


@dataclass(kw_only=True)
class Phone:
    """A wallet instance: a DPoP key, an instance key, and the tokens it was given."""

    world: World
    dpop_key: SoftwareSigner = field(default_factory=SoftwareSigner.generate)
    instance_key: SoftwareSigner = field(default_factory=SoftwareSigner.generate)
    attested: bool = False
    token: TokenResponse | None = None

    async def proof(self, path: str, token: str | None = None, **changes: object) -> str:
        request = dpop.DpopRequest(
            method="POST",
            url=f"{ISSUER}/{path}",
            access_token=token,
            nonce=self.world.issuer.clients.dpop_nonce(self.world.now),
        )
        return await dpop.make_proof(
            replace(request, **changes),  # type: ignore[arg-type]
            signer=self.dpop_key,
            now=self.world.now,
            entropy=ENTROPY,
        )

    async def attestation(self, by: Identity | None = None) -> str:
        provider = by or practice_pki().wallet_provider
        said = abca.ClientAttestation(
            client_id=WALLET,
            instance_key=self.instance_key.public_key,
            issued_at=self.world.now,
            expires_at=self.world.now + timedelta(days=1),
            issuer="https://provider.example",
        )
        return await abca.make_attestation(
            said, signer=provider.signer, chain=(provider.certificate,), kid=None
        )

    async def pop(self, audience: str = ISSUER) -> str:
        return await abca.make_pop(
            client_id=WALLET,
            audience=audience,
            challenge=None,
            signer=self.instance_key,
            now=self.world.now,
            entropy=ENTROPY,
        )

    async def headers(self, path: str) -> ClientHeaders:
        return ClientHeaders(
            dpop=await self.proof(path),
            attestation=await self.attestation() if self.attested else None,
            pop=await self.pop() if self.attested else None,
        )

    async def ask_token(self, request: AnyTokenRequest) -> TokenResponse:
        return await self.world.issuer.tokens.token(
            request, await self.headers("token"), now=self.world.now
        )

    async def redeem(self, offer: MadeOffer, tx_code: str | None = None) -> TokenResponse:
        grant = offer.offer.pre_authorized
        assert grant is not None
        request = PreAuthorizedTokenRequest(
            pre_authorized_code=grant.pre_authorized_code, tx_code=tx_code or offer.tx_code
        )
        self.token = await self.ask_token(request)
        return self.token

    async def refresh(self) -> TokenResponse:
        assert self.token is not None
        assert self.token.refresh_token is not None
        kept = self.token.refresh_token
        fresh = await self.ask_token(RefreshTokenRequest(refresh_token=kept))
        self.token = replace(fresh, refresh_token=kept)
        return self.token

    async def access(self, path: str, **changes: object) -> ClientHeaders:
        assert self.token is not None
        token = self.token.access_token
        headers = ClientHeaders(dpop=await self.proof(path, token), authorization=f"DPoP {token}")
        return replace(headers, **changes)  # type: ignore[arg-type]

    async def request(
        self,
        configuration_id: str = MDOC,
        keys: list[SoftwareSigner] | None = None,
        nonce: str | None = None,
        encryption: ResponseEncryptionRequest | None = None,
        client_id: str | None = None,
    ) -> CredentialRequest:
        c_nonce = nonce or self.world.issuer.requests.nonce(self.world.now)
        made = [
            await proofs.make_jwt_proof(
                credential_issuer=ISSUER,
                c_nonce=c_nonce,
                client_id=client_id,
                key_attestation=None,
                signer=key,
                now=self.world.now,
            )
            for key in keys or [SoftwareSigner.generate() for _ in range(3)]
        ]
        return CredentialRequest(
            credential_configuration_id=configuration_id,
            proofs=JwtProofs(jwts=tuple(made)),
            response_encryption=encryption,
        )

    async def key_attestation(self, keys: list[SoftwareSigner], nonce: str) -> str:
        provider = practice_pki().wallet_provider
        said = key_attestation.KeyAttestation(
            attested_keys=tuple(key.public_key for key in keys),
            issued_at=self.world.now,
            expires_at=self.world.now + timedelta(hours=1),
            nonce=nonce,
            key_storage=("iso_18045_moderate",),
        )
        return await key_attestation.make_key_attestation(
            said, signer=provider.signer, chain=(provider.certificate,), kid=None
        )

    async def send(
        self, request: CredentialRequest, headers: ClientHeaders | None = None
    ) -> CredentialAnswer:
        return await self.world.issuer.credential(
            encode_credential_request(request),
            encrypted=False,
            headers=headers or await self.access("credential"),
            now=self.world.now,
        )

    async def collect(self, request: CredentialRequest | None = None) -> IssuedCredentials:
        answer = await self.send(request or await self.request())
        response: CredentialResponse = decode_credential_response(answer.body)
        assert isinstance(response, IssuedCredentials)
        return response

    async def notify(self, notification_id: str, event: NotificationEvent) -> None:
        note = Notification(notification_id=notification_id, event=event)
        await self.world.issuer.notify(
            encode_notification(note),
            headers=await self.access("notification"),
            now=self.world.now,
        )
