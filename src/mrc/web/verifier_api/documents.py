"""The management API's JSON: what an asker sends, and what it reads back.

The asker's `POST /requests` becomes an `Asking`; an `Outcome` becomes one object with the
decision, every finding, and what each card says.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from mrc.kernel.errors import Malformed
from mrc.kernel.findings import Finding
from mrc.protocols.dcql.members import (
    JsonObject,
    as_array,
    as_filled_string,
    as_object,
    as_strings,
    get_member,
)
from mrc.protocols.dcql.query import decode_query
from mrc.protocols.openid4vp.client_id import ClientIdPrefix
from mrc.protocols.openid4vp.invocation import RequestUriMethod
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.transaction_data import (
    MAX_ITEMS,
    TransactionData,
    make_transaction_data,
)
from mrc.verifier.purposes import Purpose, PurposeId
from mrc.verifier.requests import Asking
from mrc.verifier.service import Asked
from mrc.verifier.transactions import Outcome, ShownCard

E = TypeVar("E", bound=StrEnum)

_MEMBERS = frozenset(
    {
        "purpose",
        "dcql_query",
        "transaction_data",
        "return_uri",
        "response_mode",
        "client_id_prefix",
        "request_uri_method",
    }
)


def decode_asking(source: JsonObject) -> Asking:
    """Raises `Malformed`, also for a member that is not known: a misspelt wish is no wish."""
    unknown = source.keys() - _MEMBERS
    if unknown:
        raise Malformed("request", f"unknown member {min(unknown)}")
    purpose, query = source.get("purpose"), source.get("dcql_query")
    return_uri = source.get("return_uri")
    return Asking(
        purpose=None if purpose is None else PurposeId(as_filled_string(purpose, "purpose")),
        query=None if query is None else decode_query(query),
        transaction_data=_decode_transaction_data(source),
        return_uri=None if return_uri is None else as_filled_string(return_uri, "return_uri"),
        response_mode=_choice(source, "response_mode", ResponseMode.DIRECT_POST_JWT),
        client_id_prefix=_choice(source, "client_id_prefix", ClientIdPrefix.X509_HASH),
        request_uri_method=_choice(source, "request_uri_method", RequestUriMethod.POST),
    )


def _choice(source: JsonObject, name: str, usual: E) -> E:
    if name not in source:
        return usual
    try:
        return type(usual)(as_filled_string(source[name], name))
    except ValueError as error:
        raise Malformed(name, f"expected one of {', '.join(type(usual))}") from error


def _decode_transaction_data(source: JsonObject) -> tuple[TransactionData, ...]:
    what = "transaction_data"
    if what not in source:
        return ()
    entries = [as_object(entry, what) for entry in as_array(source[what], what, limit=MAX_ITEMS)]
    return tuple(_transaction_data(entry) for entry in entries)


def _transaction_data(entry: JsonObject) -> TransactionData:
    """An object with `type`, `credential_ids` and the type's own members."""
    type_ = as_filled_string(get_member(entry, "type", "transaction_data"), "type")
    ids = as_strings(
        get_member(entry, "credential_ids", "transaction_data"), "credential_ids", limit=MAX_ITEMS
    )
    own = {name: value for name, value in entry.items() if name not in ("type", "credential_ids")}
    try:
        return make_transaction_data(type_, ids, own)
    except ValueError as error:
        raise Malformed("transaction_data", str(error)) from error


def encode_asked(asked: Asked) -> dict[str, object]:
    """`link` is for the wallet (a QR code or a button), `id` for the asker's eyes only."""
    return {
        "id": asked.id,
        "link": asked.link,
        "request_uri": asked.request_uri,
        "expires_at": asked.expires_at.isoformat(),
    }


def encode_purpose(purpose: Purpose) -> dict[str, object]:
    return {
        "id": purpose.id,
        "text": dict(purpose.text),
        "claims": list(purpose.claims),
        "card_types": [card_type.value for card_type in purpose.card_types],
        "formats": [format_.value for format_ in purpose.formats],
        "kept_for": int(purpose.kept_for.total_seconds()),
        "passed_on_to": list(purpose.passed_on_to),
    }


def encode_outcome(outcome: Outcome) -> dict[str, object]:
    """`decision` is ``declined`` where the wallet answered with an error of its own."""
    if outcome.declined is not None:
        declined = outcome.declined
        return {
            "decision": "declined",
            "declined": {"error": declined.code, "error_description": declined.description},
        }
    verdict = outcome.verdict
    if verdict is None:
        raise ValueError("an outcome without a verdict that was not declined")
    return {
        "decision": verdict.decision.value,
        "reasons": list(verdict.reasons),
        "data_as_of": None if verdict.data_as_of is None else verdict.data_as_of.isoformat(),
        "findings": [encode_finding(finding) for finding in verdict.findings],
        "cards": [_encode_card(card) for card in outcome.cards],
    }


def encode_finding(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "outcome": finding.outcome.value,
        "clause": finding.clause,
        "reason": finding.reason,
        "detail": finding.detail,
    }


def _encode_card(card: ShownCard) -> Mapping[str, object]:
    return {
        "query_id": card.query_id,
        "format": card.format,
        "type": card.type,
        "card_type": card.card_type,
        "authority": card.authority,
        "claims": dict(card.claims),
        "values": dict(card.values),
    }
