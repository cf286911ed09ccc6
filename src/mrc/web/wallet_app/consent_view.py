"""A question in the holder's words (W-16): who, what with values, why, how long, passed on to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mrc.formats.catalogue.claim import Claim
from mrc.protocols.dcql.claims_path import SelectedClaim
from mrc.protocols.openid4vp.stated_purpose import StatedPurpose
from mrc.wallet.holdings import Format, HistoryEntry, ShowOutcome
from mrc.wallet.presenting import Choice
from mrc.web.design.dates import format_moment
from mrc.web.design.languages import Language
from mrc.web.design.translator import Message, Translator
from mrc.web.wallet_app.card_view import value_words
from mrc.web.wallet_app.labels import card_name, claim_label, find_definition, kind_words
from mrc.web.wallet_app.register_words import RegisterWords, register_words
from mrc.web.wallet_app.session import ShareFlow
from mrc.web.wallet_app.ways import Way, optional_choices

DAY = 24 * 3600
YEAR = 365 * DAY
FORMAT_NAMES = {Format.MSO_MDOC: "ISO mdoc", Format.SD_JWT_VC: "SD-JWT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One kind of data with its value; `name` is what its tick sends."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    asker: str
    registered: bool
    why: str | None
    why_language: str | None
    kept: str | None
    passed_on: str | None
    needed: Sequence[Item]
    optional: Sequence[Item]
    ways: Sequence[Mapping[str, object]]
    cards: Sequence[str]
    register: RegisterWords | None


def consent_view(flow: ShareFlow, _: Translator) -> ConsentView:
    way, purpose = flow.ways[flow.way], flow.question.purpose
    optional = optional_choices(flow.proposal, way)
    why = None if purpose is None else in_language(purpose.text, _.language)
    return ConsentView(
        asker=flow.question.asker.name,
        registered=flow.question.asker.registered,
        why=None if why is None else why[1],
        why_language=None if why is None else why[0],
        kept=None if purpose is None else kept_words(purpose.kept_for_seconds, _),
        passed_on=None if purpose is None else _passed_on(purpose, _),
        needed=[item for choice in way.choices for item in _items(choice, _)],
        optional=[_one_item(choice, _) for choice in optional],
        ways=[_way(number, each, _) for number, each in enumerate(flow.ways)],
        cards=[str(card_name(choice.card, _)) for choice in way.choices],
        register=register_words(flow.question.standing, _),
    )


def item_name(choice: Choice, index: int) -> str:
    return f"{choice.query_id}.{index}"


def sent_labels(flow: ShareFlow, _: Translator) -> Sequence[str]:
    """The kinds of data that were agreed to, in words."""
    return [item.label for choice in flow.agreed or () for item in _items(choice, _)]


def kept_words(seconds: int, _: Translator) -> Message:
    if seconds == 0:
        return _("It does not keep them.")
    if seconds >= YEAR:
        return _.ngettext("{n} year", "{n} years", seconds // YEAR)
    if seconds >= DAY:
        return _.ngettext("{n} day", "{n} days", seconds // DAY)
    return _.ngettext("{n} hour", "{n} hours", max(1, seconds // 3600))


def in_language(texts: Mapping[str, str], language: Language) -> tuple[str, str]:
    """The text and its language: the reader's, else English, else Korean, else any."""
    for tag in (language.value, language.value.split("-")[0], "en", "ko"):
        if tag in texts:
            return tag, texts[tag]
    return next(iter(texts.items()))


def last_shared(history: Sequence[HistoryEntry], asker: str) -> datetime | None:
    shared = (e.at for e in history if e.asker == asker and e.outcome is ShowOutcome.SHARED)
    return max(shared, default=None)


def times_shared(history: Sequence[HistoryEntry], asker: str) -> int:
    return sum(e.asker == asker and e.outcome is ShowOutcome.SHARED for e in history)


def asker_timeline(
    history: Sequence[HistoryEntry], asker: str, _: Translator
) -> Sequence[Mapping[str, object]]:
    """What happened with one asker, newest first, as `ui.timeline` draws it."""
    words = {
        ShowOutcome.SHARED: (_("Shared"), "share"),
        ShowOutcome.NOT_SHARED: (_("Not shared"), "minus"),
        ShowOutcome.NOT_CERTAIN: (_("Not certain"), "question"),
    }
    return [
        {
            "title": words[entry.outcome][0],
            "icon": words[entry.outcome][1],
            "text": ", ".join(kind_words(kind, _) for kind in entry.kinds),
            "when": format_moment(entry.at, _.language),
        }
        for entry in history
        if entry.asker == asker
    ]


def _passed_on(purpose: StatedPurpose, _: Translator) -> str:
    return ", ".join(purpose.passed_on_to) if purpose.passed_on_to else _("Nobody")


def _items(choice: Choice, _: Translator) -> Sequence[Item]:
    return [_item(choice, index, _) for index in range(len(choice.match.claims))]


def _item(choice: Choice, index: int, _: Translator) -> Item:
    selected = choice.match.claims[index]
    claim, name = _claim_of(choice, selected), item_name(choice, index)
    if claim is None:
        label = " · ".join(str(step) for step in selected.path[-1:])
        return Item(name=name, label=label, value=str(selected.value)[:200])
    return Item(
        name=name,
        label=str(claim_label(claim, _)),
        value=str(value_words(claim, selected.value, _)),
    )


def _one_item(choice: Choice, _: Translator) -> Item:
    """Several kinds that are asked for together are agreed to together."""
    items = _items(choice, _)
    return Item(
        name=choice.query_id,
        label=", ".join(item.label for item in items),
        value=", ".join(item.value for item in items),
    )


def _claim_of(choice: Choice, selected: SelectedClaim) -> Claim | None:
    definition = find_definition(choice.card)
    if definition is None:
        return None
    path = tuple(str(step) for step in selected.path)
    if choice.format is Format.MSO_MDOC:
        return definition.find_element(path[0], path[1]) if len(path) == 2 else None
    return definition.find_path(path)


def _way(number: int, way: Way, _: Translator) -> Mapping[str, object]:
    """One option of the choice between cards and forms."""
    names = dict.fromkeys(str(card_name(choice.card, _)) for choice in way.choices)
    forms = dict.fromkeys(FORMAT_NAMES[choice.format] for choice in way.choices)
    return {"value": str(number), "label": " + ".join(names), "hint": " + ".join(forms)}
