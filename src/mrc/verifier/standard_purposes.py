"""The purposes that the practice services ask for. An operator's own are configuration."""

from datetime import timedelta

from mrc.formats.catalogue.card_types import CardType
from mrc.verifier.purposes import Purpose, PurposeId

_RESIDENCE = (CardType.RESIDENCE, CardType.PERMANENT, CardType.OVERSEAS_KOREAN)
_ANY_CARD = (*_RESIDENCE, CardType.DRIVING_LICENCE, CardType.RESIDENT_REGISTRATION)
_NAMES = ("family_name_latin", "given_name_latin")
_LACKS = ("given_name_latin",)  # people with one name
_STAY_LACKS = ("given_name_latin", "permitted_until")  # and permanent residents

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
            may_lack=_LACKS,
        ),
        Purpose(
            id=PurposeId("stay"),
            text={"ko": "체류자격과 체류기간 확인", "en": "Check your status of stay"},
            claims=("status_of_stay", "permitted_until", "work_permission"),
            card_types=_RESIDENCE,
            may_lack=("permitted_until",),
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
            may_lack=_STAY_LACKS,
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
            may_lack=_STAY_LACKS,
        ),
        Purpose(
            id=PurposeId("age-19-photo"),
            text={
                "ko": "만 19세 이상인지 얼굴과 함께 확인합니다",
                "en": "Check that you are 19 or over, with your photo",
            },
            claims=("age_over_19", "portrait"),
            card_types=_ANY_CARD,
        ),
        Purpose(
            id=PurposeId("right-to-stay"),
            text={"ko": "체류자격 확인", "en": "Check your right to stay"},
            claims=(*_NAMES, "status_of_stay", "permitted_until", "portrait"),
            card_types=_RESIDENCE,
            may_lack=_STAY_LACKS,
        ),
        Purpose(
            id=PurposeId("right-to-work"),
            text={"ko": "취업 자격 확인", "en": "Check your right to work"},
            claims=(*_NAMES, "status_of_stay", "permitted_until", "work_permission", "portrait"),
            card_types=_RESIDENCE,
            may_lack=_STAY_LACKS,
        ),
        Purpose(
            id=PurposeId("sign-in"),
            text={"ko": "로그인", "en": "Sign in"},
            claims=(*_NAMES, "birth_date"),
            card_types=_ANY_CARD,
            may_lack=_LACKS,
        ),
    )
}
