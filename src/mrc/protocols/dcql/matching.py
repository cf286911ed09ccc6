"""Evaluating a DCQL query against credentials that somebody holds.

OpenID4VP 1.0, 6.4. Pure: the wallet hands its cards in as plain values and gets back, for each
query, which of them match and which claims to disclose; the verifier uses the same rules on what
was presented. Which of several matching cards is shown is the holder's choice, not made here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mrc.formats import base64url
from mrc.protocols.dcql.claims_path import ConcretePath, SelectedClaim, select_claims
from mrc.protocols.dcql.query import (
    ClaimsQuery,
    ClaimValue,
    CredentialQuery,
    CredentialSetQuery,
    DcqlQuery,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCredential:
    """A credential as far as a query may look at it.

    `types` is the doctype, or the `vct` with every type it extends. `claims` maps an mdoc's
    namespaces to their elements, or is an SD-JWT VC's processed payload. `authorities` maps a
    Trusted Authorities type to the values that this credential matches (``aki``: base64url of
    every AuthorityKeyIdentifier in its chain). `id` is the caller's own handle.
    """

    id: str
    format: str
    types: tuple[str, ...]
    claims: Mapping[str, object] = field(repr=False)
    authorities: Mapping[str, frozenset[str]] = field(default_factory=dict)
    holder_bound: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A held credential that satisfies a query, and the claims to disclose with it."""

    query: CredentialQuery
    credential: HeldCredential
    claims: tuple[SelectedClaim, ...]

    @property
    def paths(self) -> tuple[ConcretePath, ...]:
        return tuple(claim.path for claim in self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a wallet can answer: for each query id its matches, in the order of the wallet."""

    query: DcqlQuery
    matches: Mapping[str, tuple[Match, ...]]

    @property
    def answerable(self) -> frozenset[str]:
        return frozenset(identifier for identifier, found in self.matches.items() if found)

    @property
    def satisfiable(self) -> bool:
        """6.4.2: where this is False, nothing at all may be returned."""
        return is_satisfied(self.query, self.answerable)


def evaluate(query: DcqlQuery, held: Sequence[HeldCredential]) -> Evaluation:
    """Match every credential query with every held credential (6.4)."""
    matches = {
        credential_query.id: tuple(_matches(credential_query, held))
        for credential_query in query.credentials
    }
    return Evaluation(query=query, matches=matches)


def _matches(query: CredentialQuery, held: Sequence[HeldCredential]) -> Iterable[Match]:
    for credential in held:
        found = find_match(query, credential)
        if found is not None:
            yield found


def find_match(query: CredentialQuery, credential: HeldCredential) -> Match | None:
    """The match of one credential with one query, by every criterion of 6.1; None for none."""
    if not is_of_type(query, credential.format, credential.types):
        return None
    if query.require_cryptographic_holder_binding and not credential.holder_bound:
        return None
    if not _is_trusted(query, credential):
        return None
    claims = choose_claims(query, credential.claims)
    if claims is None:
        return None
    return Match(query=query, credential=credential, claims=claims)


def is_of_type(query: CredentialQuery, format_: str, types: Collection[str]) -> bool:
    """`format` and `meta` (6.1): the same format, and one of the accepted types."""
    return query.format == format_ and any(accepted in types for accepted in query.types)


def _is_trusted(query: CredentialQuery, credential: HeldCredential) -> bool:
    """6.1.1: one of the values of one of the types. A type nobody knows matches nothing."""
    if query.trusted_authorities is None:
        return True
    return any(
        not credential.authorities.get(authority.type, frozenset()).isdisjoint(authority.values)
        for authority in query.trusted_authorities
    )


def choose_claims(
    query: CredentialQuery, claims: Mapping[str, object]
) -> tuple[SelectedClaim, ...] | None:
    """The claims to disclose by 6.4.1; None where the query cannot be satisfied.

    Without `claims` nothing selectively disclosable is asked for: an empty choice. With
    `claim_sets` the first option that can be satisfied, else all of `claims`.
    """
    if query.claims is None:
        return ()
    if query.claim_sets is None:
        return _select_all(query.claims, claims)
    by_id = {claim.id: claim for claim in query.claims}
    for option in query.claim_sets:
        chosen = _select_all([by_id[identifier] for identifier in option], claims)
        if chosen is not None:
            return chosen
    return None


def _select_all(
    queries: Sequence[ClaimsQuery], claims: Mapping[str, object]
) -> tuple[SelectedClaim, ...] | None:
    chosen: dict[ConcretePath, SelectedClaim] = {}
    for query in queries:
        selected = _select(query, claims)
        if not selected:
            return None
        # 6.1: the same claim asked for twice is sent once.
        chosen.update({claim.path: claim for claim in selected})
    return tuple(chosen.values())


def _select(query: ClaimsQuery, claims: Mapping[str, object]) -> tuple[SelectedClaim, ...]:
    selected = select_claims(claims, query.path)
    if query.values is None:
        return selected
    wanted = query.values
    return tuple(claim for claim in selected if _is_among(claim.value, wanted))


def _is_among(value: object, wanted: Sequence[ClaimValue]) -> bool:
    """6.3: type and value match exactly; 1 is neither true nor "1"."""
    json_value = _json_value(value)
    return any(
        type(json_value) is type(candidate) and json_value == candidate for candidate in wanted
    )


def _json_value(value: object) -> object:
    """An mdoc's element as JSON, by the advice of RFC 8949, 6.1: bytes as base64url."""
    return base64url.encode(value) if isinstance(value, bytes) else value


def is_satisfied(query: DcqlQuery, answered: Collection[str]) -> bool:
    """Whether presentations for the `answered` query ids satisfy the whole query (6.4.2)."""
    if query.credential_sets is None:
        return all(credential.id in answered for credential in query.credentials)
    return all(
        find_option(entry, answered) is not None
        for entry in query.credential_sets
        if entry.required
    )


def find_option(entry: CredentialSetQuery, answerable: Collection[str]) -> tuple[str, ...] | None:
    """The first option of which every credential can be had: the verifier's preference."""
    return next(
        (option for option in entry.options if all(each in answerable for each in option)), None
    )


def choose_credentials(evaluation: Evaluation, *, include_optional: bool) -> tuple[str, ...]:
    """The query ids to answer by the verifier's preference, least first.

    Empty where the query cannot be satisfied: then nothing may be returned (6.4.2). Sets that
    are not required are answered only where `include_optional` (the holder's wish) says so.
    """
    if not evaluation.satisfiable:
        return ()
    query, answerable = evaluation.query, evaluation.answerable
    if query.credential_sets is None:
        return tuple(credential.id for credential in query.credentials)
    wanted: set[str] = set()
    for entry in query.credential_sets:
        if entry.required or include_optional:
            wanted.update(find_option(entry, answerable) or ())
    return tuple(credential.id for credential in query.credentials if credential.id in wanted)
