"""Statuses of stay in words, beside the code that is printed on the card."""

from mrc.registry.residence import StatusCode
from mrc.web.design.translator import Message, Translator


def status_words(_: Translator) -> dict[StatusCode, Message]:
    return {**_short_stays(_), **_studies_and_business(_), **_work(_), **_others(_)}


def _short_stays(_: Translator) -> dict[StatusCode, Message]:
    return {
        StatusCode.DIPLOMAT: _("Diplomat"),
        StatusCode.OFFICIAL: _("Foreign official"),
        StatusCode.AGREEMENT: _("Treaty or agreement"),
        StatusCode.VISA_EXEMPTED: _("Visa exempted"),
        StatusCode.TRANSIT: _("Tourist in transit"),
        StatusCode.SHORT_TERM_NEWS: _("Short-term news coverage"),
        StatusCode.SHORT_TERM_VISIT: _("Short-term visit"),
        StatusCode.SHORT_TERM_WORK: _("Short-term work"),
    }


def _studies_and_business(_: Translator) -> dict[StatusCode, Message]:
    return {
        StatusCode.CULTURE: _("Culture and art"),
        StatusCode.STUDENT: _("Student"),
        StatusCode.INDUSTRIAL_TRAINEE: _("Industrial trainee"),
        StatusCode.GENERAL_TRAINEE: _("General trainee"),
        StatusCode.NEWS: _("News coverage"),
        StatusCode.RELIGION: _("Religious work"),
        StatusCode.INTRA_COMPANY: _("Intra-company transfer"),
        StatusCode.INVESTMENT: _("Corporate investment"),
        StatusCode.TRADE: _("Trade management"),
        StatusCode.JOB_SEEKER: _("Job seeker"),
    }


def _work(_: Translator) -> dict[StatusCode, Message]:
    return {
        StatusCode.PROFESSOR: _("Professor"),
        StatusCode.LANGUAGE_TEACHER: _("Foreign language teacher"),
        StatusCode.RESEARCH: _("Research"),
        StatusCode.TECHNOLOGY: _("Technology transfer"),
        StatusCode.PROFESSIONAL: _("Professional employment"),
        StatusCode.ARTS: _("Arts and performances"),
        StatusCode.SPECIAL_OCCUPATION: _("Special occupation"),
        StatusCode.SEASONAL_WORK: _("Seasonal work"),
        StatusCode.NON_PROFESSIONAL: _("Non-professional employment"),
        StatusCode.CREW: _("Vessel crew"),
    }


def _others(_: Translator) -> dict[StatusCode, Message]:
    return {
        StatusCode.VISITING: _("Visiting or joining family"),
        StatusCode.RESIDENT: _("Resident"),
        StatusCode.DEPENDENT: _("Dependent family"),
        StatusCode.OVERSEAS_KOREAN: _("Overseas Korean"),
        StatusCode.PERMANENT: _("Permanent resident"),
        StatusCode.MARRIAGE: _("Marriage migrant"),
        StatusCode.OTHER: _("Other reasons"),
        StatusCode.WORKING_HOLIDAY: _("Working holiday"),
        StatusCode.WORKING_VISIT: _("Working visit"),
    }
