"""The verifier's values as JSON documents of its table, and back.

An outcome is two documents: what was found, which may stay, and what the cards said, which may
not. Reading an outcome whose claims were forgotten gives cards without claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mrc.formats import base64url
from mrc.kernel.findings import Finding
from mrc.kernel.findings import Outcome as FindingOutcome
from mrc.protocols.dcql.query import decode_query, encode_query
from mrc.protocols.openid4vp.client_id import decode_client_id
from mrc.protocols.openid4vp.errors import ErrorResponse
from mrc.protocols.openid4vp.request import ResponseMode
from mrc.protocols.openid4vp.stated_purpose import encode_stated_purpose, find_stated_purpose
from mrc.protocols.openid4vp.transaction_data import decode_transaction_data
from mrc.verifier.policy import Decision, Verdict
from mrc.verifier.transactions import KeptKey, Outcome, Question, ShownCard

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDocuments:
    """`findings` without and `claims` with personal data; None where nothing was shown."""

    findings: Json
    claims: list[Json] | None


def encode_question(question: Question) -> Json:
    stated = question.stated_purpose
    return {
        "query": encode_query(question.query),
        "client_id": str(question.client_id),
        "response_mode": question.response_mode.value,
        "max_status_age": question.max_status_age.total_seconds(),
        "kept_for": question.kept_for.total_seconds(),
        "purpose": question.purpose,
        "stated_purpose": None if stated is None else encode_stated_purpose(stated),
        "transaction_data": [item.encoded for item in question.transaction_data],
        "return_uri": question.return_uri,
        "number_match": question.number_match,
    }


def decode_question(document: Json) -> Question:
    stated = document["stated_purpose"]
    return Question(
        query=decode_query(document["query"]),
        client_id=decode_client_id(document["client_id"]),
        response_mode=ResponseMode(document["response_mode"]),
        max_status_age=timedelta(seconds=document["max_status_age"]),
        kept_for=timedelta(seconds=document["kept_for"]),
        purpose=document["purpose"],
        stated_purpose=None if stated is None else find_stated_purpose((stated,)),
        transaction_data=tuple(
            decode_transaction_data(text) for text in document["transaction_data"]
        ),
        return_uri=document["return_uri"],
        number_match=document.get("number_match", False),  # absent in questions of older releases
    )


def encode_key(key: KeptKey) -> Json:
    """The public half only; the sealed half has a column of its own."""
    return {
        "kid": key.kid,
        "thumbprint": base64url.encode(key.thumbprint),
        "jwk": dict(key.jwk),
    }


def decode_key(document: Json | None, sealed: bytes | None) -> KeptKey | None:
    if document is None or sealed is None:
        return None
    return KeptKey(
        kid=document["kid"],
        thumbprint=base64url.decode(document["thumbprint"]),
        jwk=document["jwk"],
        sealed=bytes(sealed),
    )


def encode_outcome(outcome: Outcome) -> OutcomeDocuments:
    declined = outcome.declined
    findings: Json = {
        "verdict": None if outcome.verdict is None else _encode_verdict(outcome.verdict),
        "cards": [_encode_card(card) for card in outcome.cards],
        "declined": None
        if declined is None
        else {"code": declined.code, "description": declined.description},
    }
    claims = [{"claims": dict(card.claims), "values": dict(card.values)} for card in outcome.cards]
    return OutcomeDocuments(findings=findings, claims=claims or None)


def decode_outcome(document: Json, claims: list[Json] | None) -> Outcome:
    cards: list[Json] = document["cards"]
    shown = claims if claims is not None else [{"claims": {}, "values": {}}] * len(cards)
    declined, verdict = document["declined"], document["verdict"]
    return Outcome(
        verdict=None if verdict is None else _decode_verdict(verdict),
        cards=tuple(_decode_card(card, said) for card, said in zip(cards, shown, strict=True)),
        declined=None if declined is None else ErrorResponse(**declined),
    )


def _encode_verdict(verdict: Verdict) -> Json:
    return {
        "decision": verdict.decision.value,
        "findings": [_encode_finding(finding) for finding in verdict.findings],
        "data_as_of": None if verdict.data_as_of is None else verdict.data_as_of.isoformat(),
    }


def _decode_verdict(document: Json) -> Verdict:
    as_of = document["data_as_of"]
    return Verdict(
        decision=Decision(document["decision"]),
        findings=tuple(_decode_finding(finding) for finding in document["findings"]),
        data_as_of=None if as_of is None else datetime.fromisoformat(as_of),
    )


def _encode_card(card: ShownCard) -> Json:
    return {
        "query_id": card.query_id,
        "format": card.format,
        "type": card.type,
        "card_type": card.card_type,
        "authority": card.authority,
        "findings": [_encode_finding(finding) for finding in card.findings],
    }


def _decode_card(document: Json, said: Mapping[str, Any]) -> ShownCard:
    members = {name: value for name, value in document.items() if name != "findings"}
    return ShownCard(
        **members,
        findings=tuple(_decode_finding(finding) for finding in document["findings"]),
        claims=said["claims"],
        values=said["values"],
    )


def _encode_finding(finding: Finding) -> Json:
    return {
        "check": finding.check,
        "outcome": finding.outcome.value,
        "clause": finding.clause,
        "reason": finding.reason,
        "detail": finding.detail,
    }


def _decode_finding(document: Json) -> Finding:
    return Finding(**{**document, "outcome": FindingOutcome(document["outcome"])})
