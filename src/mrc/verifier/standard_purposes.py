"""The purposes that the practice services ask for. An operator's own are configuration."""

from datetime import timedelta

from mrc.formats.catalogue.card_types import CardType
from mrc.verifier.purposes import Purpose, PurposeId

_RESIDENCE = (CardType.RESIDENCE, CardType.PERMANENT, CardType.OVERSEAS_KOREAN)
_ANY_CARD = (*_RESIDENCE, CardType.DRIVING_LICENCE, CardType.RESIDENT_REGISTRATION)

STANDARD_PURPOSES = {
    purpose.id: purpose
    for purpose in (
        Purpose(
            id=PurposeId("age-19"),
            text={"ko": "만 19세 이상인지 확인합니다", "en": "Check that you are 19 or over"},
            claims=("age_over_19",),
            card_types=_ANY_CARD,
        ),
        Purpose(
            id=PurposeId("identity"),
            text={"ko": "본인 확인", "en": "Check who you are"},
            claims=("family_name_latin", "given_name_latin", "birth_date", "portrait"),
            card_types=_ANY_CARD,
        ),
        Purpose(
            id=PurposeId("stay"),
            text={"ko": "체류자격과 체류기간 확인", "en": "Check your status of stay"},
            claims=("status_of_stay", "permitted_until", "work_permission"),
            card_types=_RESIDENCE,
        ),
        Purpose(
            id=PurposeId("bank-account"),
            text={"ko": "계좌 개설", "en": "Open a bank account"},
            claims=(
                "family_name_latin",
                "given_name_latin",
                "birth_date",
                "nationality",
                "registration_number",
                "status_of_stay",
                "permitted_until",
                "portrait",
            ),
            card_types=_RESIDENCE,
            kept_for=timedelta(days=5 * 365),
        ),
        Purpose(
            id=PurposeId("police-check"),
            text={"ko": "경찰 신원 확인", "en": "Police identity check"},
            claims=(
                "family_name_latin",
                "given_name_latin",
                "birth_date",
                "nationality",
                "registration_number",
                "status_of_stay",
                "permitted_until",
                "portrait",
            ),
            card_types=_RESIDENCE,
        ),
    )
}
