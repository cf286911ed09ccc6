"""A DCQL query as a value: decoding with every rule of validity, and encoding.

OpenID4VP 1.0, section 6 (query), section 7 (claims path pointer), B.2.3, B.2.4 (mdoc) and B.3.5
(SD-JWT VC). Verifier and wallet use the same values. Unknown members are ignored, as section 6
demands; a query for a format unknown to us decodes and simply matches nothing.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mrc.kernel.errors import Malformed
from mrc.protocols.dcql.members import (
    JsonObject,
    as_array,
    as_boolean,
    as_filled_string,
    as_object,
    as_string,
    as_strings,
    get_member,
)

PathElement = str | int | None
ClaimPath = tuple[PathElement, ...]
ClaimValue = str | int | bool

MAX_CREDENTIALS = 64  # queries in one request; real ones have fewer than ten
MAX_CLAIMS = 256  # claims of one credential; a card has about 40
MAX_OPTIONS = 64  # options of one set, and elements of one option
MAX_PATH = 16  # components of one path; json_text's depth is larger
MAX_VALUES = 256  # values or authorities compared with one claim

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+\Z")


class CredentialFormat(StrEnum):
    """Credential Format Identifiers that we understand (OpenID4VP 1.0, B.2 and B.3)."""

    MSO_MDOC = "mso_mdoc"
    SD_JWT_VC = "dc+sd-jwt"


class AuthorityType(StrEnum):
    """Trusted Authorities Query types (OpenID4VP 1.0, 6.1.1)."""

    AKI = "aki"
    ETSI_TL = "etsi_tl"
    OPENID_FEDERATION = "openid_federation"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsQuery:
    """One claim that is asked for (6.3). `values` None: any value will do."""

    path: ClaimPath
    id: str | None = None
    values: tuple[ClaimValue, ...] | None = None
    intent_to_retain: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedAuthority:
    """One Trusted Authorities Query (6.1.1). `type` may be one that nobody here knows."""

    type: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialQuery:
    """One credential that is asked for (6.1).

    `types` are the accepted doctype (exactly one) or `vct` values; for a format unknown to us
    it is empty. `claims` None asks for nothing that is selectively disclosable.
    """

    id: str
    format: str
    types: tuple[str, ...]
    multiple: bool = False
    trusted_authorities: tuple[TrustedAuthority, ...] | None = None
    require_cryptographic_holder_binding: bool = True
    claims: tuple[ClaimsQuery, ...] | None = None
    claim_sets: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSetQuery:
    """Which of the credentials together satisfy one use (6.2)."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DcqlQuery:
    """A valid DCQL query (6)."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSetQuery, ...] | None = None

    def find_credential(self, identifier: str) -> CredentialQuery | None:
        return next((query for query in self.credentials if query.id == identifier), None)


def decode_query(value: object) -> DcqlQuery:
    """The query in a decoded JSON value. Raises `Malformed` for anything section 6 forbids."""
    source = as_object(value, "dcql_query")
    listed = as_array(
        get_member(source, "credentials", "dcql_query"),
        "dcql_query.credentials",
        limit=MAX_CREDENTIALS,
    )
    credentials = tuple(_decode_credential(entry) for entry in listed)
    identifiers = [query.id for query in credentials]
    _check_unique(identifiers, "dcql_query.credentials")
    sets = None
    if "credential_sets" in source:
        entries = as_array(
            source["credential_sets"], "dcql_query.credential_sets", limit=MAX_OPTIONS
        )
        sets = tuple(_decode_credential_set(entry, set(identifiers)) for entry in entries)
    return DcqlQuery(credentials=credentials, credential_sets=sets)


def _decode_credential(value: object) -> CredentialQuery:
    source = as_object(value, "credential query")
    identifier = _decode_identifier(get_member(source, "id", "credential query"))
    format_ = as_filled_string(get_member(source, "format", "credential query"), "format")
    claims = _decode_claims(source, format_)
    return CredentialQuery(
        id=identifier,
        format=format_,
        types=_decode_meta(get_member(source, "meta", "credential query"), format_),
        multiple=as_boolean(source.get("multiple", False), "multiple"),
        trusted_authorities=_decode_authorities(source),
        require_cryptographic_holder_binding=as_boolean(
            source.get("require_cryptographic_holder_binding", True),
            "require_cryptographic_holder_binding",
        ),
        claims=claims,
        claim_sets=_decode_claim_sets(source, claims),
    )


def _decode_meta(value: object, format_: str) -> tuple[str, ...]:
    """B.2.3: `doctype_value` is required. B.3.5: `vct_values` is required."""
    meta = as_object(value, "meta")
    if format_ == CredentialFormat.MSO_MDOC:
        return (as_filled_string(get_member(meta, "doctype_value", "meta"), "doctype_value"),)
    if format_ == CredentialFormat.SD_JWT_VC:
        return as_strings(get_member(meta, "vct_values", "meta"), "vct_values", limit=MAX_VALUES)
    return ()


def _decode_authorities(source: JsonObject) -> tuple[TrustedAuthority, ...] | None:
    if "trusted_authorities" not in source:
        return None
    what = "trusted_authorities"
    entries = [as_object(entry, what) for entry in as_array(source[what], what, limit=MAX_VALUES)]
    return tuple(
        TrustedAuthority(
            type=as_filled_string(get_member(entry, "type", what), f"{what}.type"),
            values=as_strings(
                get_member(entry, "values", what), f"{what}.values", limit=MAX_VALUES
            ),
        )
        for entry in entries
    )


def _decode_claims(source: JsonObject, format_: str) -> tuple[ClaimsQuery, ...] | None:
    if "claims" not in source:
        return None
    entries = as_array(source["claims"], "claims", limit=MAX_CLAIMS)
    claims = tuple(_decode_claim(entry, format_) for entry in entries)
    _check_unique([claim.id for claim in claims if claim.id is not None], "claims")
    return claims


def _decode_claim(value: object, format_: str) -> ClaimsQuery:
    source = as_object(value, "claims query")
    path = decode_path(get_member(source, "path", "claims query"))
    if format_ == CredentialFormat.MSO_MDOC:
        check_mdoc_path(path)
    values = None
    if "values" in source:
        listed = as_array(source["values"], "values", limit=MAX_VALUES)
        values = tuple(_decode_value(entry) for entry in listed)
    retain = source.get("intent_to_retain")
    return ClaimsQuery(
        path=path,
        id=_decode_identifier(source["id"]) if "id" in source else None,
        values=values,
        intent_to_retain=None if retain is None else as_boolean(retain, "intent_to_retain"),
    )


def _decode_value(value: object) -> ClaimValue:
    if isinstance(value, str | int | bool):
        return value
    raise Malformed("values", "expected strings, integers or booleans")


def decode_path(value: object) -> ClaimPath:
    """A claims path pointer (7): strings, non-negative integers and nulls, at least one."""
    elements = as_array(value, "claims path pointer", limit=MAX_PATH)
    path: list[PathElement] = []
    for element in elements:
        if isinstance(element, bool) or not isinstance(element, str | int | None):
            raise Malformed("claims path pointer", "expected strings, integers or null")
        if isinstance(element, int) and element < 0:
            raise Malformed("claims path pointer", "a negative index")
        path.append(element)
    return tuple(path)


def check_mdoc_path(path: ClaimPath) -> None:
    """7.2.1: a namespace and a data element identifier, nothing else."""
    if len(path) != 2 or not all(isinstance(element, str) for element in path):
        raise Malformed("claims path pointer", "an mdoc path is [namespace, element identifier]")


def _decode_claim_sets(
    source: JsonObject, claims: tuple[ClaimsQuery, ...] | None
) -> tuple[tuple[str, ...], ...] | None:
    """6.1, 6.4.1: `claim_sets` needs `claims`, and then every claim has an `id`."""
    if "claim_sets" not in source:
        return None
    if claims is None:
        raise Malformed("claim_sets", "present without claims")
    if any(claim.id is None for claim in claims):
        raise Malformed("claim_sets", "a claim has no id")
    known = {claim.id for claim in claims}
    sets = as_array(source["claim_sets"], "claim_sets", limit=MAX_OPTIONS)
    return tuple(_decode_references(entry, known, "claim_sets") for entry in sets)


def _decode_credential_set(value: object, known: set[str]) -> CredentialSetQuery:
    source = as_object(value, "credential set query")
    options = as_array(
        get_member(source, "options", "credential set query"), "options", limit=MAX_OPTIONS
    )
    return CredentialSetQuery(
        options=tuple(_decode_references(option, known, "options") for option in options),
        required=as_boolean(source.get("required", True), "required"),
    )


def _decode_references(value: object, known: Collection[str | None], what: str) -> tuple[str, ...]:
    references = as_strings(value, what, limit=MAX_CLAIMS)
    _check_unique(references, what)
    for reference in references:
        if reference not in known:
            raise Malformed(what, "a reference to an id that does not exist")
    return references


def _decode_identifier(value: object) -> str:
    text = as_string(value, "id")
    if not _IDENTIFIER.match(text):
        raise Malformed("id", "expected letters, digits, underscores and hyphens")
    return text


def _check_unique(values: Sequence[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise Malformed(what, "an id stands twice")


def check_no_claim_twice(query: DcqlQuery) -> None:
    """Raise `Malformed` where a query points to the same claim twice.

    6.1: "Verifiers MUST NOT point to the same claim more than once in a single query"; a
    wallet ignores the repetition, so decoding does not refuse it.
    """
    for credential in query.credentials:
        paths = [claim.path for claim in credential.claims or ()]
        if len(set(paths)) != len(paths):
            raise Malformed("claims", "two claims queries with the same path")


def encode_query(query: DcqlQuery) -> dict[str, object]:
    """The query as JSON members; defaults are left out."""
    encoded: dict[str, object] = {
        "credentials": [_encode_credential(credential) for credential in query.credentials]
    }
    if query.credential_sets is not None:
        encoded["credential_sets"] = [
            {"options": [list(option) for option in entry.options]}
            | ({} if entry.required else {"required": False})
            for entry in query.credential_sets
        ]
    return encoded


def _encode_credential(query: CredentialQuery) -> dict[str, object]:
    encoded: dict[str, object] = {
        "id": query.id,
        "format": query.format,
        "meta": _encode_meta(query),
    }
    if query.multiple:
        encoded["multiple"] = True
    if query.trusted_authorities is not None:
        encoded["trusted_authorities"] = [
            {"type": entry.type, "values": list(entry.values)}
            for entry in query.trusted_authorities
        ]
    if not query.require_cryptographic_holder_binding:
        encoded["require_cryptographic_holder_binding"] = False
    if query.claims is not None:
        encoded["claims"] = [_encode_claim(claim) for claim in query.claims]
    if query.claim_sets is not None:
        encoded["claim_sets"] = [list(option) for option in query.claim_sets]
    return encoded


def _encode_meta(query: CredentialQuery) -> dict[str, object]:
    if query.format == CredentialFormat.MSO_MDOC:
        return {"doctype_value": query.types[0]}
    if query.format == CredentialFormat.SD_JWT_VC:
        return {"vct_values": list(query.types)}
    return {}


def _encode_claim(claim: ClaimsQuery) -> dict[str, object]:
    encoded: dict[str, object] = {"path": list(claim.path)}
    if claim.id is not None:
        encoded["id"] = claim.id
    if claim.values is not None:
        encoded["values"] = list(claim.values)
    if claim.intent_to_retain is not None:
        encoded["intent_to_retain"] = claim.intent_to_retain
    return encoded
