"""Configured purposes: what an asker may ask for, why, and what it does with the answer.

A purpose names claims by the catalogue's keys; `query_for` turns it into one DCQL query that any
card type in any format can answer. Asking by purpose is the normal way; a raw query is for
services whose needs no purpose covers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import NewType

from mrc.formats.catalogue.card_types import CardDefinition, CardType, Catalogue
from mrc.formats.catalogue.claim import Claim
from mrc.protocols.dcql.query import (
    AuthorityType,
    ClaimsQuery,
    CredentialFormat,
    CredentialQuery,
    CredentialSetQuery,
    DcqlQuery,
    TrustedAuthority,
)
from mrc.protocols.openid4vp.stated_purpose import StatedPurpose
from mrc.verifier.policy import DEFAULT_MAX_STATUS_AGE
from mrc.verifier.trust import IssuerTrust

PurposeId = NewType("PurposeId", str)
BOTH_FORMATS = (CredentialFormat.SD_JWT_VC, CredentialFormat.MSO_MDOC)

_SUFFIXES = {CredentialFormat.SD_JWT_VC: "sd_jwt_vc", CredentialFormat.MSO_MDOC: "mdoc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One reason to ask.

    `card_types` and `formats` are in the order of preference. `may_lack` are claims that some good
    cards do not have (one name only, a stay without an end): a card without them answers too.
    `kept_for` zero: the claims are forgotten as soon as the outcome was read. `max_status_age`:
    how old the newest word about locking may be before somebody has to ask further.
    """

    id: PurposeId
    text: Mapping[str, str]
    claims: tuple[str, ...]
    card_types: tuple[CardType, ...]
    may_lack: tuple[str, ...] = ()
    kept_for: timedelta = timedelta()
    passed_on_to: tuple[str, ...] = ()
    formats: tuple[CredentialFormat, ...] = BOTH_FORMATS
    max_status_age: timedelta = DEFAULT_MAX_STATUS_AGE

    def __post_init__(self) -> None:
        if not (self.text and self.claims and self.card_types and self.formats):
            raise ValueError("a purpose needs a text, claims, card types and formats")
        if not set(self.may_lack) < set(self.claims):
            raise ValueError("what a card may lack is some of the claims")

    def claim_sets(self) -> tuple[tuple[str, ...], ...] | None:
        """Which claims answer together, the fullest first; None where only all of them do."""
        if not self.may_lack:
            return None
        lacking = sorted(
            (
                frozenset(gone)
                for count in range(len(self.may_lack) + 1)
                for gone in combinations(self.may_lack, count)
            ),
            key=len,
        )
        return tuple(tuple(key for key in self.claims if key not in gone) for gone in lacking)

    def stated_by(self, asker: Mapping[str, str]) -> StatedPurpose:
        """What the holder is shown; `asker` is the asker's name by language."""
        return StatedPurpose(
            name=asker,
            text=self.text,
            kept_for_seconds=int(self.kept_for.total_seconds()),
            passed_on_to=self.passed_on_to,
        )


def query_for(
    purpose: Purpose, *, catalogue: Catalogue, trust: IssuerTrust, name_authorities: bool
) -> DcqlQuery:
    """One credential query for each card type and format that has every claim of the purpose.

    Any one of them answers the question. With `name_authorities` the query says by `aki` whose
    cards count, so that a wallet offers no card that would be refused. `ValueError` where no
    card type has the claims.
    """
    queries = tuple(
        _credential_query(purpose, definition, format_, trust if name_authorities else None)
        for definition in _fitting(purpose, catalogue)
        for format_ in purpose.formats
    )
    if not queries:
        raise ValueError(f"no card type has every claim of {purpose.id}")
    if len(queries) == 1:
        return DcqlQuery(credentials=queries)
    options = tuple((query.id,) for query in queries)
    return DcqlQuery(credentials=queries, credential_sets=(CredentialSetQuery(options=options),))


def _fitting(purpose: Purpose, catalogue: Catalogue) -> Sequence[CardDefinition]:
    definitions = [catalogue.get(card_type) for card_type in purpose.card_types]
    return [
        definition
        for definition in definitions
        if {claim.key for claim in definition.claims}.issuperset(purpose.claims)
    ]


def _credential_query(
    purpose: Purpose,
    definition: CardDefinition,
    format_: CredentialFormat,
    trust: IssuerTrust | None,
) -> CredentialQuery:
    type_ = definition.vct if format_ is CredentialFormat.SD_JWT_VC else definition.doctype
    authorities = None
    if trust is not None and (values := trust.key_identifiers_for(type_)):
        authorities = (TrustedAuthority(type=AuthorityType.AKI.value, values=values),)
    claims = [definition.get_claim(key) for key in purpose.claims]
    return CredentialQuery(
        id=f"{definition.card_type.value}_{_SUFFIXES[format_]}",
        format=format_.value,
        types=(type_,),
        trusted_authorities=authorities,
        claims=tuple(_claims_query(purpose, claim, format_) for claim in claims),
        claim_sets=purpose.claim_sets(),
    )


def _claims_query(purpose: Purpose, claim: Claim, format_: CredentialFormat) -> ClaimsQuery:
    name = claim.key if purpose.may_lack else None
    if format_ is CredentialFormat.SD_JWT_VC:
        return ClaimsQuery(id=name, path=claim.path)
    kept = purpose.kept_for > timedelta()
    return ClaimsQuery(id=name, path=claim.mdoc_path, intent_to_retain=kept)
