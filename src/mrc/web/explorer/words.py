"""The ledger's codes in words that a reader of a newspaper understands."""

from collections.abc import Mapping

from mrc.formats.catalogue.card_types import STANDARD, CardType
from mrc.ledger.statements import Role, Standing
from mrc.web.design.languages import Language
from mrc.web.design.translator import Message, Translator

_CLAIMS = {claim.key: claim for entry in STANDARD.definitions.values() for claim in entry.claims}


def role_words(role: Role, _: Translator) -> str:
    return {
        Role.ISSUER: _("issues cards"),
        Role.WALLET_PROVIDER: _("provides the wallet"),
        Role.ASKER: _("asks for cards"),
        Role.VERIFIER: _("checks cards"),
        Role.AUDITOR: _("audits"),
    }[role]


def standing_words(standing: Standing, _: Translator) -> tuple[str, str]:
    """The badge's kind and its text."""
    return {
        Standing.ACTIVE: ("ok", _("Active")),
        Standing.STOPPED: ("caution", _("Stopped")),
        Standing.ENDED: ("stop", _("Ended for good")),
    }[standing]


def decision_words(function: str, _: Translator) -> str:
    """The contract's functions that a council can call, in words."""
    return {
        "set_organisation": _("Register or change an organisation"),
        "set_credential_type": _("Say who may issue a card type"),
        "set_entitlement": _("Say what an organisation may ask for"),
        "nominate_writer": _("Name who may write a list"),
        "nominate_seat": _("Name a member of the council"),
        "vacate_seat": _("End a membership of the council"),
        "set_threshold": _("Change how many members must agree"),
        "set_paused": _("Pause or resume the ledger"),
    }.get(function, function)


def claim_words(key: str, language: Language, _: Translator) -> Message | str:
    """A kind of data; the catalogue's name where screens have no word, else the key itself."""
    if key.startswith("age_over_"):
        return _("{n} or over", n=key.removeprefix("age_over_"))
    known = {
        "family_name_latin": _("Family name"),
        "given_name_latin": _("Given names"),
        "birth_date": _("Birth date"),
        "nationality": _("Nationality"),
        "portrait": _("Photo"),
        "registration_number": _("Registration number"),
        "status_of_stay": _("Stay status"),
        "permitted_until": _("Stay ends"),
        "work_permission": _("Work permission"),
    }
    claim = _CLAIMS.get(key)
    return known.get(key) or (key if claim is None else claim.display.in_language(language.value))


def type_words(identifier: str, _: Translator) -> str:
    """A card type's name and the format that the identifier stands for."""
    definition = STANDARD.find_doctype(identifier)
    form = "mdoc" if definition else "SD-JWT"
    definition = definition or STANDARD.find_vct(identifier)
    if definition is None:
        return identifier
    names = {
        CardType.RESIDENCE: _("Residence card"),
        CardType.PERMANENT: _("Permanent resident card"),
        CardType.OVERSEAS_KOREAN: _("Overseas Korean residence card"),
        CardType.DRIVING_LICENCE: _("Driver's licence"),
        CardType.RESIDENT_REGISTRATION: _("Resident registration card"),
    }
    return f"{names[definition.card_type]} ({form})"


def publication_words(uri: str, media_type: str, _: Translator) -> str:
    """What kind of document a publication is."""
    if uri == "urn:mrc:audit-log":
        return _("Head of the audit log")
    if media_type.startswith("application/statuslist"):
        form = "JWT" if media_type.endswith("jwt") else "CWT"
        return _("Status list of cards ({form})", form=form)
    if media_type.endswith("trust-list+json"):
        return _("List of registered organisations")
    return _("Description of an issuer")


def refusal_words(reason: str | None, _: Translator) -> str:
    return {
        "other_contract": _("It speaks of another ledger."),
        "other_validators": _("It was sealed by a group that this ledger does not know."),
        "too_few_seals": _("Too few validators sealed it."),
        "invalid_seal": _("A seal does not fit: the content was changed after sealing."),
        "unknown_sealer": _("Somebody sealed it who is no validator."),
        "missing_node": _("Its proof has a gap: something was changed or left out."),
        "other_stream": _("Somebody else’s stream anchored it, not its issuer’s."),
        "not_in_tree": _("A document named in it is not what was anchored."),
        "stale_header": _("It is too old to say anything about now."),
        "form_too_long": _("That is too long for a bundle of one list."),
        "malformed_bundle": _("It is not a proof bundle, or it was damaged."),
    }.get(reason or "", _("It does not hold."))


def name_in(names: Mapping[str, str], language: Language, unknown: str) -> str:
    """The name in the page's language, else in English, else any."""
    return names.get(language.value) or names.get("en") or next(iter(names.values()), unknown)
