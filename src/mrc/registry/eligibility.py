"""Whether a registrant may have a mobile card: a pure decision, rule by rule, with reasons.

Every rule is always decided and reported, also after another has failed, so that an officer sees
all that is missing at once. A fact that nobody could find out is undetermined, never a pass. The
rules' numbers are configuration (`EligibilityRules`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from mrc.formats.catalogue.ages import age_on, seoul_date
from mrc.formats.catalogue.card_types import CardType
from mrc.kernel.errors import Forbidden
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined, worst
from mrc.registry.people import Registrant
from mrc.registry.residence import StatusCode


class Method(StrEnum):
    COUNTER_QR = "counter_qr"
    IC_CARD = "ic_card"


class Rule(StrEnum):
    """The rules, in the order in which they are shown; each value is its finding's check."""

    REGISTERED = "eligibility.registered"
    NOT_ENDED = "eligibility.not_ended"
    STAY_IN_FORCE = "eligibility.stay_in_force"
    AGE = "eligibility.age"
    OWN_PHONE = "eligibility.own_phone"
    PORTRAIT = "eligibility.portrait"
    CARD_TYPE = "eligibility.card_type"
    ONE_PHONE = "eligibility.one_phone"
    METHOD = "eligibility.method"


class Reason(StrEnum):
    NOT_REGISTERED = "not_registered"
    STATUS_NOT_REGISTRABLE = "status_not_registrable"
    REGISTRATION_ENDED = "registration_ended"
    STAY_EXPIRED = "stay_expired"
    UNDER_AGE = "under_age"
    PHONE_OF_ANOTHER = "phone_of_another"
    PHONE_OWNER_UNKNOWN = "phone_owner_unknown"
    SIM_CHANGED_RECENTLY = "sim_changed_recently"
    NO_PHONE_NUMBER = "no_phone_number"
    NO_PORTRAIT = "no_portrait"
    PORTRAIT_TOO_SMALL = "portrait_too_small"
    WRONG_CARD_TYPE = "wrong_card_type"
    OTHER_PHONE_ACTIVE = "other_phone_active"
    OTHER_PHONE_UNKNOWN = "other_phone_unknown"
    METHOD_NOT_OFFERED = "method_not_offered"
    VISIT_NEEDED = "visit_needed"


CLAUSES: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.REGISTERED: "Immigration Act, art. 31; Overseas Koreans Act, art. 6",
        Rule.NOT_ENDED: "Immigration Act, art. 37",
        Rule.STAY_IN_FORCE: "Immigration Act, art. 17",
        Rule.AGE: "rules of issue: age; Civil Act, art. 158 and 160",
        Rule.OWN_PHONE: "rules of issue: own phone",
        Rule.PORTRAIT: "rules of issue: portrait",
        Rule.CARD_TYPE: "Immigration Act, art. 33; Overseas Koreans Act, art. 7",
        Rule.ONE_PHONE: "rules of issue: one phone",
        Rule.METHOD: "rules of issue: method",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRules:
    """`first_issue` and `replacement`: what this way may be used for without a visit elsewhere."""

    first_issue: bool = True
    replacement: bool = True
    replacement_needs_agreement: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityRules:
    """Configuration of the rules and of how long cards live."""

    minimum_age: int = 14
    portrait_width: int = 240
    portrait_height: int = 300
    not_registrable: frozenset[StatusCode] = frozenset(
        {
            StatusCode.VISA_EXEMPTED,
            StatusCode.TRANSIT,
            StatusCode.SHORT_TERM_NEWS,
            StatusCode.SHORT_TERM_VISIT,
            StatusCode.SHORT_TERM_WORK,
        }
    )
    card_types: Mapping[StatusCode, CardType] = field(
        default_factory=lambda: {
            StatusCode.PERMANENT: CardType.PERMANENT,
            StatusCode.OVERSEAS_KOREAN: CardType.OVERSEAS_KOREAN,
        }
    )
    other_card_type: CardType = CardType.RESIDENCE
    methods: Mapping[Method, MethodRules] = field(
        default_factory=lambda: {
            Method.COUNTER_QR: MethodRules(),
            Method.IC_CARD: MethodRules(replacement_needs_agreement=False),
        }
    )
    longest_life_years: Mapping[CardType, int] = field(
        default_factory=lambda: {
            CardType.RESIDENCE: 5,
            CardType.OVERSEAS_KOREAN: 3,
            CardType.PERMANENT: 10,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFacts:
    """What is known about the phone that asks.

    `in_own_name` is the carrier's answer: undetermined where it did not answer or does not know.
    `sim_changed`: it is undetermined for no other cause than a SIM that was changed lately, and
    `sim_change_accepted` says that two officers looked at that and accept it.
    `other_active` says whether another phone holds this card of this person (None: not known),
    `replacement_agreed` whether the holder agreed that it ends.
    """

    in_own_name: Outcome
    other_active: bool | None
    replacement_agreed: bool = False
    sim_changed: bool = False
    sim_change_accepted: bool = False

    def __post_init__(self) -> None:
        if self.sim_changed and self.in_own_name is not Outcome.UNDETERMINED:
            raise ValueError("a changed SIM leaves the line's owner undetermined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Who asks for which card, in which way, with which phone, and when."""

    registrant: Registrant
    card_type: CardType
    method: Method
    phone: PhoneFacts
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One finding per rule, in the order of `Rule`."""

    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        return worst(self.findings)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason(item.reason) for item in self.findings if item.reason is not None)


def decide(case: Case, rules: EligibilityRules) -> Decision:
    """Apply every rule. Passed only where every rule passed."""
    today = seoul_date(case.at)
    person = case.registrant
    return Decision(
        findings=(
            _registered(person, today, rules),
            _not_ended(person, today),
            _stay_in_force(person, today),
            _age(person, today, rules),
            _own_phone(case),
            _portrait(person, rules),
            _card_type(case, rules),
            _one_phone(case, rules),
            _method(case, rules),
        )
    )


def check_eligible(case: Case, rules: EligibilityRules) -> Decision:
    """The decision, if it is passed; else raise `Forbidden` with the first reason."""
    decision = decide(case, rules)
    if decision.outcome is not Outcome.PASSED:
        raise Forbidden(decision.reasons[0], decision.outcome.value)
    return decision


def card_type_for(status: StatusCode, rules: EligibilityRules) -> CardType:
    return rules.card_types.get(status, rules.other_card_type)


def card_expiry(
    registrant: Registrant, card_type: CardType, issued_on: date, rules: EligibilityRules
) -> date:
    """The last day of a card issued on `issued_on`: never after the permitted stay."""
    longest = _years_after(issued_on, rules.longest_life_years[card_type])
    permitted = registrant.residence.permitted_until
    return longest if permitted is None else min(longest, permitted)


def _years_after(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)


def _pass(rule: Rule) -> Finding:
    return passed(rule.value, CLAUSES[rule])


def _fail(rule: Rule, reason: Reason) -> Finding:
    return failed(rule.value, CLAUSES[rule], reason.value)


def _unknown(rule: Rule, reason: Reason) -> Finding:
    return undetermined(rule.value, CLAUSES[rule], reason.value)


def _registered(person: Registrant, today: date, rules: EligibilityRules) -> Finding:
    since = person.residence.registered_on
    if since is None or since > today:
        return _fail(Rule.REGISTERED, Reason.NOT_REGISTERED)
    if person.residence.status.code in rules.not_registrable:
        return _fail(Rule.REGISTERED, Reason.STATUS_NOT_REGISTRABLE)
    return _pass(Rule.REGISTERED)


def _not_ended(person: Registrant, today: date) -> Finding:
    end = person.residence.end
    if end is not None and end.on <= today:
        return _fail(Rule.NOT_ENDED, Reason.REGISTRATION_ENDED)
    return _pass(Rule.NOT_ENDED)


def _stay_in_force(person: Registrant, today: date) -> Finding:
    until = person.residence.permitted_until
    if until is not None and until < today:
        return _fail(Rule.STAY_IN_FORCE, Reason.STAY_EXPIRED)
    return _pass(Rule.STAY_IN_FORCE)


def _age(person: Registrant, today: date, rules: EligibilityRules) -> Finding:
    if person.birth_date > today or age_on(person.birth_date, today) < rules.minimum_age:
        return _fail(Rule.AGE, Reason.UNDER_AGE)
    return _pass(Rule.AGE)


def _own_phone(case: Case) -> Finding:
    if not case.registrant.phones:
        return _fail(Rule.OWN_PHONE, Reason.NO_PHONE_NUMBER)
    match case.phone.in_own_name:
        case Outcome.PASSED:
            return _pass(Rule.OWN_PHONE)
        case Outcome.FAILED:
            return _fail(Rule.OWN_PHONE, Reason.PHONE_OF_ANOTHER)
        case Outcome.UNDETERMINED if not case.phone.sim_changed:
            return _unknown(Rule.OWN_PHONE, Reason.PHONE_OWNER_UNKNOWN)
        case Outcome.UNDETERMINED if not case.phone.sim_change_accepted:
            return _unknown(Rule.OWN_PHONE, Reason.SIM_CHANGED_RECENTLY)
        case Outcome.UNDETERMINED:
            return _pass(Rule.OWN_PHONE)


def _portrait(person: Registrant, rules: EligibilityRules) -> Finding:
    if person.portrait is None:
        return _fail(Rule.PORTRAIT, Reason.NO_PORTRAIT)
    small = (
        person.portrait.width < rules.portrait_width
        or person.portrait.height < rules.portrait_height
    )
    return _fail(Rule.PORTRAIT, Reason.PORTRAIT_TOO_SMALL) if small else _pass(Rule.PORTRAIT)


def _card_type(case: Case, rules: EligibilityRules) -> Finding:
    if card_type_for(case.registrant.residence.status.code, rules) is not case.card_type:
        return _fail(Rule.CARD_TYPE, Reason.WRONG_CARD_TYPE)
    return _pass(Rule.CARD_TYPE)


def _one_phone(case: Case, rules: EligibilityRules) -> Finding:
    if case.phone.other_active is None:
        return _unknown(Rule.ONE_PHONE, Reason.OTHER_PHONE_UNKNOWN)
    method = rules.methods.get(case.method, MethodRules())
    agreed = case.phone.replacement_agreed or not method.replacement_needs_agreement
    if case.phone.other_active and not agreed:
        return _fail(Rule.ONE_PHONE, Reason.OTHER_PHONE_ACTIVE)
    return _pass(Rule.ONE_PHONE)


def _method(case: Case, rules: EligibilityRules) -> Finding:
    method = rules.methods.get(case.method)
    if method is None:
        return _fail(Rule.METHOD, Reason.METHOD_NOT_OFFERED)
    if case.phone.other_active is None:
        return _unknown(Rule.METHOD, Reason.OTHER_PHONE_UNKNOWN)
    offered = method.replacement if case.phone.other_active else method.first_issue
    return _pass(Rule.METHOD) if offered else _fail(Rule.METHOD, Reason.VISIT_NEEDED)
