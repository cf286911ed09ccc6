"""Showing a card: a request is checked, matched, consented to, and answered with one unused copy.

A checked `Question` (see `asking`) becomes a `Proposal`: which cards can answer and what would leave
the phone. The holder decides between the two; only `answer` sends data. A copy is marked used, durably, before it leaves: a crash wastes a copy and never shows one twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from mrc.formats import base64url
from mrc.formats.jose import jwe
from mrc.formats.mdoc import presenting as mdoc_presenting
from mrc.formats.mdoc.session_transcript import openid4vp_redirect
from mrc.formats.sd_jwt_vc import presenting as sd_jwt_presenting
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.kernel.errors import Rejected
from mrc.kernel.ports import (
    Clock,
    Entropy,
)
from mrc.protocols.dcql.matching import Evaluation, Match, choose_credentials, evaluate
from mrc.protocols.openid4vp import errors, response
from mrc.protocols.openid4vp.client_metadata import EncryptionChoice, choose_encryption
from mrc.protocols.openid4vp.request import AuthorizationRequest
from mrc.protocols.openid4vp.transaction_data import (
    check_transaction_data,
    hash_transaction_data,
)
from mrc.wallet.asking import Question
from mrc.wallet.delivery import Delivery, Shown
from mrc.wallet.held import held_credentials, held_id
from mrc.wallet.holdings import Card, Copy, Format, HistoryEntry, ShowOutcome
from mrc.wallet.ports import KeyStore
from mrc.wallet.reasons import Reason
from mrc.wallet.records import CardRecords

MAX_ALTERNATIVES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One card that can answer one part of the question, and what it would tell."""

    query_id: str
    card: Card = field(repr=False)
    format: Format
    match: Match = field(repr=False)

    @property
    def kinds(self) -> Sequence[str]:
        """The names of what would leave the phone, never the values."""
        return tuple(".".join(str(step) for step in path) for path in self.match.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the holder is asked to agree to: for each part, the cards that can answer it."""

    question: Question
    evaluation: Evaluation = field(repr=False)
    choices: Mapping[str, Sequence[Choice]]

    def preferred(self) -> Sequence[Choice]:
        """The verifier's preferred least answer with the newest card each."""
        wanted = choose_credentials(self.evaluation, include_optional=False)
        return [self.choices[query_id][0] for query_id in wanted]

    def alternatives(self) -> Sequence[Sequence[Sequence[Choice]]]:
        """Every least answer, the verifier's preference first: for each of its parts the cards.

        At most `MAX_ALTERNATIVES`: a person cannot choose among more.
        """
        query, answerable = self.evaluation.query, self.evaluation.answerable
        if query.credential_sets is None:
            return [[self.choices[credential.id] for credential in query.credentials]]
        possible = [
            [option for option in entry.options if answerable.issuperset(option)]
            for entry in query.credential_sets
            if entry.required
        ]
        combined = islice(product(*possible), MAX_ALTERNATIVES)
        merged = [
            dict.fromkeys(query_id for option in one for query_id in option) for one in combined
        ]
        return [[self.choices[query_id] for query_id in one] for one in merged]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentingParts:
    delivery: Delivery
    keys: KeyStore
    records: CardRecords
    sender: jwe.Sender
    clock: Clock
    entropy: Entropy
    transaction_types: frozenset[str] = frozenset()


class Presenting:
    """The use cases of showing a card. Raises `Rejected`, `Malformed` or `Unavailable`."""

    def __init__(self, parts: PresentingParts) -> None:
        self._parts = parts

    async def propose(self, question: Question) -> Proposal:
        """Match the question with the cards. Raises `Rejected` where no card can answer."""
        request = question.request
        check_transaction_data(
            request.transaction_data,
            query=request.dcql_query,
            supported_types=self._parts.transaction_types,
        )
        cards = await self._parts.records.cards()
        held = held_credentials(cards, at=self._parts.clock.now())
        evaluation = evaluate(request.dcql_query, held)
        if not evaluation.satisfiable:
            raise Rejected(Reason.NO_MATCHING_CARD, "OpenID4VP 6.4.2")
        by_id = {
            held_id(card, format_): (card, format_) for card in cards for format_ in card.types
        }
        choices = {
            query_id: [
                Choice(query_id=query_id, card=card, format=format_, match=match)
                for match in matches
                for card, format_ in [by_id[match.credential.id]]
            ]
            for query_id, matches in evaluation.matches.items()
        }
        return Proposal(question=question, evaluation=evaluation, choices=choices)

    async def answer(self, proposal: Proposal, chosen: Sequence[Choice]) -> Shown:
        """Send what the holder agreed to, and write it into the history."""
        question = proposal.question
        encryption = self._encryption(question.request)
        answers: dict[str, list[str]] = {}
        for choice in chosen:
            copy = await self._take_copy(choice)
            answers[choice.query_id] = [await self._present(choice, copy, question, encryption)]
        body = await self._encode(question.request, answers, encryption)
        shown = await self._parts.delivery.deliver(question.request.response_uri, body)
        await self._remember(question, chosen, shown.outcome)
        return shown

    async def decline(self, question: Question) -> Shown:
        """Tell the asker that nothing is shared (8.5, access_denied)."""
        error = errors.ErrorResponse(
            code=errors.ErrorCode.ACCESS_DENIED.value, state=question.request.state
        )
        shown = await self._parts.delivery.deliver(
            question.request.response_uri, response.encode_direct_post(error)
        )
        await self._remember(question, (), ShowOutcome.NOT_SHARED)
        return Shown(outcome=ShowOutcome.NOT_SHARED, redirect_uri=shown.redirect_uri)

    def _encryption(self, request: AuthorizationRequest) -> EncryptionChoice | None:
        if not request.response_mode.is_encrypted:
            return None
        return choose_encryption(request.client_metadata)

    async def _take_copy(self, choice: Choice) -> Copy:
        """An unused copy, marked used before anything of it leaves."""
        card = await self._parts.records.get(choice.card.id)
        unused = card.unused(choice.format)
        if not unused:
            raise Rejected(Reason.NO_COPY_LEFT, "OpenID4VCI 3.3.2")
        await self._parts.records.put_copy(card.id, unused[0].used(self._parts.clock.now()))
        return unused[0]

    async def _present(
        self, choice: Choice, copy: Copy, question: Question, encryption: EncryptionChoice | None
    ) -> str:
        if choice.format is Format.MSO_MDOC:
            return await self._present_mdoc(choice, copy, question, encryption)
        return await self._present_sd_jwt(choice, copy, question)

    async def _present_mdoc(
        self, choice: Choice, copy: Copy, question: Question, encryption: EncryptionChoice | None
    ) -> str:
        """OpenID4VP 1.0, B.2.5 and B.2.6.1."""
        disclose: dict[str, list[str]] = {}
        for path in choice.match.paths:
            disclose.setdefault(str(path[0]), []).append(str(path[1]))
        transcript = openid4vp_redirect(
            client_id=str(question.request.client_id),
            nonce=question.request.nonce,
            jwk_thumbprint=None if encryption is None else encryption.jwk_thumbprint,
            response_uri=question.request.response_uri,
        )
        shown = await mdoc_presenting.present(
            base64url.decode(copy.credential),
            doc_type=choice.card.types[Format.MSO_MDOC],
            disclose=disclose,
            session_transcript=transcript,
            device_signer=await self._parts.keys.signer(copy.key_id),
        )
        return base64url.encode(shown)

    async def _present_sd_jwt(self, choice: Choice, copy: Copy, question: Question) -> str:
        """OpenID4VP 1.0, B.3.5 and B.3.6; transaction data hashes by B.3.3.1."""
        items = [
            item for item in question.transaction_data if choice.query_id in item.credential_ids
        ]
        hashes = hash_transaction_data(items)
        extra: dict[str, object] = {}
        if hashes is not None:
            extra["transaction_data_hashes"] = list(hashes.hashes)
            if hashes.algorithm is not None:
                extra["transaction_data_hashes_alg"] = hashes.algorithm
        return await sd_jwt_presenting.present(
            sd_jwt.decode(copy.credential),
            disclose=choice.match.paths,
            binding=sd_jwt_presenting.KeyBinding(
                audience=str(question.request.client_id),
                nonce=question.request.nonce,
                issued_at=self._parts.delivery.time_at(question.request.response_uri),
                extra=extra,
            ),
            signer=await self._parts.keys.signer(copy.key_id),
        )

    async def _encode(
        self,
        request: AuthorizationRequest,
        answers: Mapping[str, Sequence[str]],
        encryption: EncryptionChoice | None,
    ) -> bytes:
        token = {query_id: tuple(shown) for query_id, shown in answers.items()}
        answer = response.AuthorizationResponse(vp_token=token, state=request.state)
        if encryption is None:
            return response.encode_direct_post(answer)
        return await response.encode_direct_post_jwt(
            answer, choice=encryption, sender=self._parts.sender
        )

    async def _remember(
        self, question: Question, chosen: Sequence[Choice], outcome: ShowOutcome
    ) -> None:
        purpose = question.purpose
        await self._parts.records.add_history(
            HistoryEntry(
                id=base64url.encode(self._parts.entropy.token(6)),
                at=self._parts.clock.now(),
                asker=question.asker.client_id,
                asker_name=question.asker.name,
                registered=question.asker.registered,
                purpose="" if purpose is None else next(iter(purpose.text.values())),
                card_id=",".join(choice.card.id for choice in chosen),
                kinds=[kind for choice in chosen for kind in choice.kinds],
                outcome=outcome,
            )
        )
