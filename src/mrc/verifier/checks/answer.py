"""A whole answer: every presentation, the query, and the transaction data.

OpenID4VP 1.0, 8.6. A presentation that fails is discarded (its claims are not used), and one that
failed makes the answer not valid even where the rest would satisfy the query: nobody shows a
forged card by mistake.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from mrc.formats.catalogue.card_types import Catalogue
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined
from mrc.protocols.dcql.matching import choose_claims
from mrc.protocols.dcql.query import CredentialFormat, CredentialQuery
from mrc.protocols.openid4vp.response import VpToken, check_complete, check_vp_token
from mrc.protocols.openid4vp.transaction_data import (
    TransactionData,
    TransactionDataHashes,
    check_approved,
    decode_hashes,
)
from mrc.verifier.checks.mdoc import check_mdoc
from mrc.verifier.checks.presentation import CheckedPresentation, Exchange
from mrc.verifier.checks.sd_jwt_vc import check_sd_jwt_vc
from mrc.verifier.checks.shown import (
    catalogue_values,
    claims_tree,
    find_definition,
    json_form,
)
from mrc.verifier.ledger import LedgerGrounds
from mrc.verifier.reasons import Reason
from mrc.verifier.status import CHECK as STATUS_CHECK
from mrc.verifier.status import StatusAnswer, StatusLists, look_up
from mrc.verifier.transactions import Question, ShownCard
from mrc.verifier.trust import IssuerTrust


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What the checks stand on: whom to believe, which lists to ask, which cards there are.

    `ledger` None: nobody asks whether the lists are the anchored ones.
    """

    trust: IssuerTrust
    lists: StatusLists
    catalogue: Catalogue
    ledger: LedgerGrounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """All findings in order, the cards, and how old the words about locking are."""

    findings: tuple[Finding, ...]
    cards: tuple[ShownCard, ...]
    status_times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CheckedCard:
    presentation: CheckedPresentation
    card: ShownCard
    status: StatusAnswer | None

    @property
    def discarded(self) -> bool:
        return any(finding.outcome is Outcome.FAILED for finding in self.card.findings)


async def check_answer(
    vp_token: VpToken,
    question: Question,
    *,
    exchange: Exchange,
    grounds: Grounds,
    at: datetime,
) -> CheckedAnswer:
    """Every check of 8.6, in its order.

    1. The token has the shape that was asked for. 2. Each presentation: its format's checks, the
    claims that were asked for, and last its status. 3. What remains satisfies the query.
    4. Transaction data was approved (B.3.3).
    """
    query = question.query
    shape = _found(
        "vp_token.shape", "OpenID4VP 8.6 (1)", lambda: check_vp_token(vp_token, query=query)
    )
    if shape.outcome is not Outcome.PASSED:
        return CheckedAnswer(findings=(shape,), cards=(), status_times=())
    checked = [
        await _check_card(text, asked, exchange, grounds, at)  # 2
        for asked in query.credentials
        for text in vp_token.get(asked.id, ())
    ]
    answered = frozenset(one.card.query_id for one in checked if not one.discarded)
    complete = _found(
        "vp_token.complete", "OpenID4VP 8.6 (3)", lambda: check_complete(answered, query=query)
    )
    findings = [shape, *(finding for one in checked for finding in one.card.findings), complete]
    if question.transaction_data:
        findings.append(_check_transaction_data(question.transaction_data, checked))  # 4
    return CheckedAnswer(
        findings=tuple(findings),
        cards=tuple(one.card for one in checked),
        status_times=tuple(_status_times(checked)),
    )


def _status_times(checked: Sequence[_CheckedCard]) -> Iterator[datetime]:
    for one in checked:
        if one.status is not None and one.status.as_of is not None:
            yield one.status.as_of


def _found(check: str, clause: str, act: Callable[[], None]) -> Finding:
    """The finding of a check that raises."""
    try:
        act()
    except Rejected as error:
        return failed(check, error.clause, error.reason.value, error.detail)
    except Malformed as error:
        return failed(check, clause, Reason.MALFORMED.value, str(error))
    return passed(check, clause)


async def _check_card(
    text: str, query: CredentialQuery, exchange: Exchange, grounds: Grounds, at: datetime
) -> _CheckedCard:
    presentation = _check_format(text, query, exchange, grounds.trust, at)
    tree, claims_finding = _check_claims(presentation)
    status = await _check_status(presentation, claims_finding, grounds, at)
    status_finding = status.finding if status else _not_reached(STATUS_CHECK, "TSL 8.3")
    anchors = _check_anchor(presentation, status, grounds.ledger)
    findings = (*presentation.findings, claims_finding, status_finding, *anchors)
    values, kinds = _read_values(presentation, tree, grounds.catalogue)
    definition = find_definition(grounds.catalogue, query.format, presentation.type)
    authority = presentation.authority
    card = ShownCard(
        query_id=query.id,
        format=query.format,
        type=presentation.type,
        card_type=None if definition is None else definition.card_type.value,
        authority=None if authority is None else authority.name,
        findings=(*findings, *kinds),
        claims={name: json_form(value) for name, value in tree.items()},
        values={name: json_form(value) for name, value in values.items()},
    )
    return _CheckedCard(presentation=presentation, card=card, status=status)


def _check_format(
    text: str, query: CredentialQuery, exchange: Exchange, trust: IssuerTrust, at: datetime
) -> CheckedPresentation:
    format_ = CredentialFormat(query.format)
    match format_:
        case CredentialFormat.MSO_MDOC:
            return check_mdoc(text, query, exchange=exchange, trust=trust, at=at)
        case CredentialFormat.SD_JWT_VC:
            return check_sd_jwt_vc(text, query, exchange=exchange, trust=trust, at=at)
    assert_never(format_)


def _check_claims(presentation: CheckedPresentation) -> tuple[dict[str, object], Finding]:
    """8.6 step 2.2: everything that was asked for; and nothing else is kept."""
    check, clause = "dcql.claims", "OpenID4VP 8.6 (2.2)"
    if not presentation.passed:
        return {}, _not_reached(check, clause)
    selected = choose_claims(presentation.query, presentation.claims)
    if selected is None:
        return {}, failed(check, clause, Reason.CLAIMS_MISSING.value)
    return claims_tree(selected), passed(check, clause)


async def _check_status(
    presentation: CheckedPresentation, claims: Finding, grounds: Grounds, at: datetime
) -> StatusAnswer | None:
    """8.6 step 2.5; only of a card that is otherwise good (SD-JWT VC 2.4)."""
    authority = presentation.authority
    if not presentation.passed or claims.outcome is not Outcome.PASSED or authority is None:
        return None
    return await look_up(grounds.lists, presentation.status, anchors=authority.anchors, at=at)


def _check_anchor(
    presentation: CheckedPresentation, status: StatusAnswer | None, ledger: LedgerGrounds | None
) -> tuple[Finding, ...]:
    """Whether the list that was used is the one on the ledger."""
    reference = presentation.status
    if ledger is None or reference is None or status is None or status.as_of is None:
        return ()
    return tuple(ledger.findings(reference.uri))


def _read_values(
    presentation: CheckedPresentation, tree: Mapping[str, object], catalogue: Catalogue
) -> tuple[Mapping[str, object], tuple[Finding, ...]]:
    """The claims by the catalogue's keys; a value of another kind than the table's is a fault."""
    format_ = presentation.query.format
    definition = find_definition(catalogue, format_, presentation.type)
    if definition is None or not tree:
        return {}, ()
    check, clause = "catalogue.values", "docs/standards.md"
    try:
        values = catalogue_values(definition, format_, tree)
    except Malformed as error:
        return {}, (failed(check, clause, Reason.MALFORMED.value, error.what),)
    return values, (passed(check, clause),)


def _check_transaction_data(
    items: tuple[TransactionData, ...], checked: list[_CheckedCard]
) -> Finding:
    return _found(
        "transaction_data", "OpenID4VP B.3.3.1", lambda: check_approved(items, _approvals(checked))
    )


def _approvals(checked: list[_CheckedCard]) -> dict[str, TransactionDataHashes]:
    found: dict[str, TransactionDataHashes] = {}
    for one in checked:
        hashes = decode_hashes(one.presentation.key_binding)
        if hashes is not None and not one.discarded:
            found[one.card.query_id] = hashes
    return found


def _not_reached(check: str, clause: str) -> Finding:
    return undetermined(check, clause, Reason.NOT_REACHED.value)
