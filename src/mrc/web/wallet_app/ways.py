"""The ways in which a question can be answered: which card, in which form.

OpenID4VP 1.0, 6.4.2: the asker's preference comes first; the holder may take another.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from mrc.protocols.dcql.matching import Evaluation, find_option
from mrc.wallet.presenting import Choice, Proposal

MOST_WAYS = 12  # more cards than anybody holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One complete answer: for each needed part, a card and its form."""

    choices: tuple[Choice, ...] = field(repr=False)

    @property
    def card_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(choice.card.id for choice in self.choices))


def ways_to_answer(proposal: Proposal) -> Sequence[Way]:
    """Every way, the preferred one first."""
    found: list[Way] = []
    for wanted in _wanted(proposal.evaluation):
        options = [proposal.choices[query_id] for query_id in wanted]
        found += [Way(choices=choices) for choices in itertools.product(*options)]
    return found[:MOST_WAYS]


def optional_choices(proposal: Proposal, way: Way) -> Sequence[Choice]:
    """What may be shared besides, from the cards of `way` where they can tell it."""
    sets = proposal.evaluation.query.credential_sets or ()
    needed = {choice.query_id for choice in way.choices}
    found = []
    for entry in sets:
        option = None if entry.required else find_option(entry, proposal.evaluation.answerable)
        for query_id in option or ():
            if query_id not in needed:
                found.append(_same_card(proposal.choices[query_id], way))
    return found


def _same_card(choices: Sequence[Choice], way: Way) -> Choice:
    return next((c for c in choices if c.card.id in way.card_ids), choices[0])


def _wanted(evaluation: Evaluation) -> Sequence[tuple[str, ...]]:
    """The sets of query ids that satisfy the question: one per combination of options."""
    query, answerable = evaluation.query, evaluation.answerable
    if query.credential_sets is None:
        return [tuple(credential.id for credential in query.credentials)]
    options = [
        [option for option in entry.options if all(each in answerable for each in option)]
        for entry in query.credential_sets
        if entry.required
    ]
    combined = (itertools.chain.from_iterable(parts) for parts in itertools.product(*options))
    return [tuple(dict.fromkeys(ids)) for ids in combined]
