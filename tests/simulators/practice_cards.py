"""Cards of a fictional holder in both formats, with real keys, as an issuer would hand them out."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from mrc.formats.catalogue.ages import AGE_THRESHOLDS
from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.formats.catalogue.values import claim_tree, name_spaces
from mrc.formats.mdoc.mso import Validity
from mrc.formats.sd_jwt_vc.issuing import SdJwtVcInput, prepare
from mrc.formats.status_list.reference import StatusReference, encode_status
from mrc.infra.keys.software import SoftwareSigner, SystemEntropy
from mrc.protocols.dcql.query import CredentialFormat
from tests.simulators.mdocs import issue_mdoc
from tests.simulators.pki import NOW, Identity, practice_pki

PORTRAIT = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"
HOLDER: dict[str, object] = {
    "family_name_latin": "HONG",
    "given_name_latin": "GILDONG",
    "birth_date": date(1990, 5, 17),
    "sex": 1,
    "nationality": "DE",
    "portrait": PORTRAIT,
    "issue_date": date(2026, 2, 1),
    "expiry_date": date(2027, 2, 1),
    "document_number": "R12345678",
    "issuing_authority": "법무부",
    "issuing_country": "KR",
    "resident_address": "서울특별시 종로구",
    "registration_number": "9005175000000",
    "card_type": "residence",
    "status_of_stay": "E-7",
    "permitted_until": date(2027, 2, 1),
    "registering_office": "서울출입국·외국인청",
    "work_permission": "E-7",
    **{f"age_over_{age}": age <= 36 for age in AGE_THRESHOLDS},
}
STATUS_URI = "https://issuer.localhost:8442/status/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeCard:
    """One copy: the credential as issued, and the key that it is bound to."""

    format: CredentialFormat
    type: str
    credential: bytes | str = field(repr=False)
    key: SoftwareSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """What is different about a card; the defaults are a good residence card."""

    card_type: CardType = CardType.RESIDENCE
    status: StatusReference | None = StatusReference(uri=STATUS_URI, idx=7)
    valid_from: datetime = datetime(2026, 2, 1, tzinfo=UTC)
    valid_until: datetime = datetime(2027, 2, 1, tzinfo=UTC)
    values: dict[str, object] = field(default_factory=lambda: HOLDER)
    document_signer: Identity = field(default_factory=lambda: practice_pki().document_signer)
    sd_jwt_issuer: Identity = field(default_factory=lambda: practice_pki().sd_jwt_issuer)
    with_x5c: bool = True


def make_mdoc(order: CardOrder | None = None) -> PracticeCard:
    order = order or CardOrder()
    definition = STANDARD.get(order.card_type)
    key = SoftwareSigner.generate()
    issued = issue_mdoc(
        key.public_key,
        doc_type=definition.doctype,
        elements=name_spaces(definition, order.values),
        validity=Validity(
            signed=order.valid_from, valid_from=order.valid_from, valid_until=order.valid_until
        ),
        signer=order.document_signer.signer,
        x5chain=[order.document_signer.der],
        status=None if order.status is None else encode_status(order.status),
    )
    return PracticeCard(
        format=CredentialFormat.MSO_MDOC, type=definition.doctype, credential=issued, key=key
    )


def make_sd_jwt_vc(order: CardOrder | None = None) -> PracticeCard:
    order = order or CardOrder()
    definition = STANDARD.get(order.card_type)
    key = SoftwareSigner.generate()
    signer = order.sd_jwt_issuer.signer
    prepared = prepare(
        SdJwtVcInput(
            vct=definition.vct,
            claims=claim_tree(definition, order.values),
            holder_key=key.public_key,
            status=order.status,
            expires_at=order.valid_until,
            not_before=order.valid_from,
            x5c=[order.sd_jwt_issuer.der] if order.with_x5c else [],
        ),
        algorithm=signer.algorithm,
        entropy=SystemEntropy(),
    )
    issued = prepared.finish(signer.sign_now(prepared.signing_input))
    return PracticeCard(
        format=CredentialFormat.SD_JWT_VC, type=definition.vct, credential=issued, key=key
    )


def make_card(format_: CredentialFormat, order: CardOrder | None = None) -> PracticeCard:
    return make_mdoc(order) if format_ is CredentialFormat.MSO_MDOC else make_sd_jwt_vc(order)


EXPIRED = CardOrder(valid_from=NOW - timedelta(days=90), valid_until=NOW - timedelta(days=1))
NOT_YET_VALID = CardOrder(valid_from=NOW + timedelta(days=1), valid_until=NOW + timedelta(days=90))
