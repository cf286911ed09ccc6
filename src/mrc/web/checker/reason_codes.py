"""Which sentence explains which reason code. One table: codes of cards, formats, lists and answers.

Many codes, few sentences: a checker can do nothing different for two kinds of broken signature.
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

from mrc.formats.cose.reasons import Reason as Cose
from mrc.formats.jose.reasons import Reason as Jose
from mrc.formats.mdoc.reasons import Reason as Mdoc
from mrc.formats.sd_jwt_vc.reasons import Reason as SdJwt
from mrc.formats.status_list.reasons import Reason as StatusList
from mrc.formats.x509.reasons import Reason as X509
from mrc.protocols.openid4vp.reasons import Reason as Presentation
from mrc.verifier.in_person.answers import Shortfall
from mrc.verifier.in_person.plastic import PlasticReason
from mrc.verifier.reasons import Reason as Own


class Sentence(Enum):
    LOCKED = auto()
    CANCELLED = auto()
    RENEWAL = auto()
    UNUSABLE = auto()
    SIGNATURE = auto()
    CHANGED = auto()
    UNKNOWN_OFFICE = auto()
    CERTIFICATE = auto()
    NO_ANSWER = auto()
    LIST_OLD = auto()
    LIST_SILENT = auto()
    LIST_DOUBTFUL = auto()
    ENDED = auto()
    NOT_BEGUN = auto()
    HOLDER = auto()
    OTHER_REQUEST = auto()
    UNREADABLE = auto()
    OTHER_CARD = auto()
    NOT_CHECKED = auto()
    UNDER_AGE = auto()
    STAY_ENDED = auto()
    WORK_LIMITED = auto()
    PERMIT_NEEDED = auto()
    NOT_FOUND = auto()


_CODES: Mapping[Sentence, tuple[str, ...]] = {
    Sentence.LOCKED: (Own.STATUS_LOCKED,),
    Sentence.CANCELLED: (Own.STATUS_CANCELLED,),
    Sentence.RENEWAL: (Own.STATUS_RENEWAL_NEEDED,),
    Sentence.UNUSABLE: (Own.STATUS_UNKNOWN_VALUE, StatusList.INDEX_OUT_OF_RANGE),
    Sentence.SIGNATURE: (
        Mdoc.ISSUER_SIGNATURE,
        Mdoc.ISSUER_NOT_AUTHENTIC,
        Mdoc.X5CHAIN_MISSING,
        Mdoc.SIGNED_OUTSIDE_CERTIFICATE,
        Cose.ALGORITHM,
        Cose.CRITICAL_HEADER,
        Cose.PAYLOAD,
        Cose.SIGNATURE,
        Cose.MAC,
        Jose.ALGORITHM_NOT_EXPECTED,
        Jose.KEY_DOES_NOT_FIT,
        Jose.SIGNATURE_INVALID,
        Jose.CRITICAL_NOT_UNDERSTOOD,
        Jose.TYPE_NOT_EXPECTED,
        SdJwt.HASH_ALGORITHM,
    ),
    Sentence.CHANGED: (
        Mdoc.NAMESPACE_UNKNOWN,
        Mdoc.DIGEST_UNKNOWN,
        Mdoc.DIGEST_MISMATCH,
        Mdoc.ELEMENT_TWICE,
        Mdoc.DEVICE_ELEMENT,
        Mdoc.ELEMENT_NOT_HELD,
        SdJwt.DIGEST_TWICE,
        SdJwt.DISCLOSURE_TWICE,
        SdJwt.DISCLOSURE_NOT_REFERENCED,
        SdJwt.DISCLOSURE_ARITY,
        SdJwt.CLAIM_NAME_RESERVED,
        SdJwt.CLAIM_NAME_TWICE,
        SdJwt.NOT_DISCLOSABLE,
        SdJwt.TYPE_METADATA_INTEGRITY,
        SdJwt.TYPE_METADATA_VCT,
        SdJwt.TYPE_METADATA_CLAIM,
    ),
    Sentence.UNKNOWN_OFFICE: (X509.ISSUER_UNKNOWN, SdJwt.NO_ISSUER_KEY, Own.NOT_ITS_TYPE),
    Sentence.CERTIFICATE: (
        X509.CHAIN_EMPTY,
        X509.CHAIN_TOO_LONG,
        X509.NOT_YET_VALID,
        X509.EXPIRED,
        X509.NOT_A_CA,
        X509.IS_A_CA,
        X509.PATH_LENGTH,
        X509.KEY_USAGE,
        X509.EXTENDED_KEY_USAGE,
        X509.CRITICAL_EXTENSION,
        X509.COUNTRY,
        X509.ALGORITHM,
        X509.REVOKED,
    ),
    Sentence.NO_ANSWER: (
        Own.CLAIMS_MISSING,
        Mdoc.RESPONSE_STATUS,
        Mdoc.DOCUMENT_MISSING,
        Presentation.QUERY_NOT_SATISFIED,
        Presentation.UNKNOWN_CREDENTIAL_QUERY,
        Presentation.TOO_MANY_PRESENTATIONS,
        Shortfall.NOT_SAID,
    ),
    Sentence.LIST_OLD: (Own.STATUS_TOO_OLD,),
    Sentence.LIST_SILENT: (Own.STATUS_NOT_REACHABLE,),
    Sentence.LIST_DOUBTFUL: (
        Own.STATUS_NOT_AUTHENTIC,
        Own.STATUS_ROLLED_BACK,
        StatusList.SUBJECT_DIFFERS,
        StatusList.EXPIRED,
        StatusList.ISSUED_IN_FUTURE,
        StatusList.TYPE_NOT_EXPECTED,
        StatusList.NO_SIGNER,
    ),
    Sentence.ENDED: (Mdoc.EXPIRED, Jose.EXPIRED, PlasticReason.STAY_ENDED),
    Sentence.NOT_BEGUN: (Mdoc.NOT_YET_VALID, Jose.NOT_YET_VALID, Jose.ISSUED_IN_FUTURE),
    Sentence.HOLDER: (
        Mdoc.DEVICE_AUTH_MISSING,
        Mdoc.DEVICE_SIGNATURE,
        Mdoc.DEVICE_MAC,
        Mdoc.DEVICE_MAC_UNEXPECTED,
        SdJwt.KEY_BINDING_MISSING,
        SdJwt.KEY_BINDING_NOT_WANTED,
        SdJwt.HOLDER_KEY_MISSING,
        SdJwt.HOLDER_KEY_DIFFERS,
    ),
    Sentence.OTHER_REQUEST: (
        SdJwt.KEY_BINDING_TOO_OLD,
        SdJwt.KEY_BINDING_IN_FUTURE,
        SdJwt.NONCE_DIFFERS,
        SdJwt.AUDIENCE_DIFFERS,
        SdJwt.SD_HASH_DIFFERS,
        Mdoc.READER_AUTH_MISSING,
        Mdoc.READER_SIGNATURE,
        Own.UNKNOWN_REQUEST,
        Own.ALREADY_ANSWERED,
        Own.REQUEST_EXPIRED,
        Own.RESPONSE_CODE_MISMATCH,
        Own.UNKNOWN_PURPOSE,
        Own.QUERY_NOT_SUPPORTED,
        *(
            code
            for code in Presentation
            if code
            not in (
                Presentation.QUERY_NOT_SATISFIED,
                Presentation.UNKNOWN_CREDENTIAL_QUERY,
                Presentation.TOO_MANY_PRESENTATIONS,
                Presentation.NOT_ENCRYPTED,
            )
        ),
    ),
    Sentence.UNREADABLE: (
        Own.MALFORMED,
        Jose.ENCRYPTION_NOT_SUPPORTED,
        Jose.NOT_DECRYPTABLE,
        Presentation.NOT_ENCRYPTED,
    ),
    Sentence.OTHER_CARD: (
        Own.WRONG_TYPE,
        Own.SEVERAL_DOCUMENTS,
        Mdoc.DOC_TYPE,
        SdJwt.VCT_NOT_EXPECTED,
    ),
    Sentence.NOT_CHECKED: (Own.NOT_REACHED,),
    Sentence.UNDER_AGE: (Shortfall.UNDER_AGE,),
    Sentence.STAY_ENDED: (Shortfall.STAY_ENDED,),
    Sentence.WORK_LIMITED: (Shortfall.WORK_LIMITED,),
    Sentence.PERMIT_NEEDED: (Shortfall.PERMIT_NEEDED,),
    Sentence.NOT_FOUND: (PlasticReason.NOT_FOUND,),
}

SENTENCE_OF: Mapping[str, Sentence] = MappingProxyType(
    {str(code): sentence for sentence, codes in _CODES.items() for code in codes}
)
