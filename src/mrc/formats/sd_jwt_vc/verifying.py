"""Verifying an SD-JWT VC, as a verifier and as a holder.

RFC 9901, 7.1 to 7.3, with the additions of SD-JWT VC (2.2 and 2.4), in the standard's order. Each
step is a function of its own; `verify_presentation` runs them and reports every one: after the
first that does not pass, the rest is undetermined and no claim is given out. Status is looked up
afterwards, from the reference in the result (SD-JWT VC 2.4: only of a credential that is valid).
"""

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NewType, TypeVar

from mrc.formats.jose import jws, jwt
from mrc.formats.jose.jwk import decode_ec_jwk
from mrc.formats.sd_jwt_vc.disclosure import hash_name
from mrc.formats.sd_jwt_vc.issuer_trust import IssuerKey, IssuerTrust
from mrc.formats.sd_jwt_vc.issuing import ALWAYS_DISCLOSED, TYPE
from mrc.formats.sd_jwt_vc.presenting import KB_TYPE
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import ProcessedSdJwt, SdJwt, process, sd_hash
from mrc.formats.status_list.reference import StatusReference, decode_status
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.findings import Finding, Outcome, failed, passed, undetermined
from mrc.kernel.keys import Algorithm, EcPublicKey
from mrc.kernel.ports import SignatureVerifier

T = TypeVar("T")

_KB_STEP = "RFC 9901 7.3 step"

AuthenticSdJwt = NewType("AuthenticSdJwt", SdJwt)
"""Its issuer's signature holds. Made only by `check_issuer_signature`."""

BindingClaims = NewType("BindingClaims", dict[str, object])
"""The claims of a key binding JWT whose signature holds. Made only by `check_binding_signature`."""

VerifiedClaims = NewType("VerifiedClaims", ProcessedSdJwt)
"""Every check of this module passed. Made only by `verify_presentation` and `check_issued`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedBinding:
    """The request a key binding must answer. `max_age` is the window for its ``iat``."""

    audience: str
    nonce: str
    algorithms: Collection[Algorithm]
    max_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a verifier demands of a presentation. `binding` None: policy asks for no key binding."""

    vcts: Collection[str]
    issuer_algorithms: Collection[Algorithm]
    trust: IssuerTrust
    binding: ExpectedBinding | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Every finding in order; `verified` and what follows only where all of them passed."""

    findings: tuple[Finding, ...]
    verified: VerifiedClaims | None = field(repr=False, default=None)
    issuer: IssuerKey | None = None
    status: StatusReference | None = None
    key_binding: Mapping[str, object] | None = field(repr=False, default=None)
    """The claims of the key binding JWT, for ``transaction_data_hashes``."""


def check_binding_present(sd_jwt: SdJwt, *, expected: bool) -> None:
    """7.3 steps 1 and 2; whether one is needed is never decided by its being there."""
    if expected and sd_jwt.kb_jwt is None:
        raise Rejected(Reason.KEY_BINDING_MISSING, "RFC 9901 7.3", "step 2")


def check_issuer_signature(
    sd_jwt: SdJwt,
    *,
    issuer: IssuerKey,
    expected_algorithms: Collection[Algorithm],
    verifier: SignatureVerifier,
) -> AuthenticSdJwt:
    """7.1 steps 2.1 and 2.2. Whose key it is was step 2.3, by `IssuerTrust`."""
    jws.check_signature(
        sd_jwt.jws, key=issuer.key, expected_algorithms=expected_algorithms, verifier=verifier
    )
    return AuthenticSdJwt(sd_jwt)


def check_disclosures(sd_jwt: AuthenticSdJwt) -> ProcessedSdJwt:
    """7.1 steps 3 to 5, and SD-JWT VC 2.2.2.3: some claims may not come from a disclosure."""
    processed = process(sd_jwt)
    for path in processed.disclosed:
        if path[0] in ALWAYS_DISCLOSED:
            raise Rejected(Reason.NOT_DISCLOSABLE, "SD-JWT VC 2.2.2.3", str(path[0]))
    return processed


def check_vct(processed: ProcessedSdJwt, *, expected: Collection[str]) -> None:
    if jwt.get_text(processed.claims, "vct") not in expected:
        raise Rejected(Reason.VCT_NOT_EXPECTED, "SD-JWT VC 2.2.2.1")


def get_holder_key(processed: ProcessedSdJwt) -> EcPublicKey:
    """7.3 step 5.1: the key in ``cnf.jwk``. Raises `Rejected` where there is none."""
    confirmation = processed.claims.get("cnf")
    if not isinstance(confirmation, Mapping) or "jwk" not in confirmation:
        raise Rejected(Reason.HOLDER_KEY_MISSING, "RFC 9901 7.3", "step 5.1")
    return decode_ec_jwk(confirmation["jwk"])


def find_status(processed: ProcessedSdJwt) -> StatusReference | None:
    """The reference to a status list, None where the credential has none. Raises `Malformed`."""
    if "status" not in processed.claims:
        return None
    return decode_status(processed.claims["status"])


def check_binding_signature(
    sd_jwt: AuthenticSdJwt,
    *,
    holder_key: EcPublicKey,
    expected_algorithms: Collection[Algorithm],
    verifier: SignatureVerifier,
) -> BindingClaims:
    """7.3 steps 5.2 to 5.4; the claims of the key binding JWT. Raises `Rejected`, `Malformed`."""
    if sd_jwt.kb_jwt is None:
        raise Rejected(Reason.KEY_BINDING_MISSING, "RFC 9901 7.3", "step 2")
    kb = jws.decode_compact(sd_jwt.kb_jwt)
    jws.check_signature(  # 5.2, 5.3
        kb, key=holder_key, expected_algorithms=expected_algorithms, verifier=verifier
    )
    jws.check_type(kb.header, expected=KB_TYPE)  # 5.4
    return BindingClaims(jwt.decode_claims(kb))


def check_binding_time(claims: BindingClaims, *, at: datetime, max_age: timedelta) -> None:
    """7.3 step 5.5, and ``exp`` and ``nbf`` where they are there (5.8)."""
    issued_at = jwt.get_time(claims, "iat")
    if issued_at < at - max_age:
        raise Rejected(Reason.KEY_BINDING_TOO_OLD, "RFC 9901 7.3", "step 5.5")
    if issued_at > at + jwt.CLOCK_SKEW:
        raise Rejected(Reason.KEY_BINDING_IN_FUTURE, "RFC 9901 7.3", "step 5.5")
    jwt.check_times(claims, at=at)


def check_binding_request(
    claims: BindingClaims, *, expected_nonce: str, expected_audience: str
) -> None:
    """7.3 step 5.6: made for this request and this verifier. Stops replays."""
    if not _same(jwt.get_text(claims, "nonce"), expected_nonce):
        raise Rejected(Reason.NONCE_DIFFERS, "RFC 9901 7.3", "step 5.6")
    if not _same(jwt.get_text(claims, "aud"), expected_audience):
        raise Rejected(Reason.AUDIENCE_DIFFERS, "RFC 9901 7.3", "step 5.6")


def check_binding_hash(claims: BindingClaims, sd_jwt: AuthenticSdJwt) -> None:
    """7.3 step 5.7: over exactly these disclosures. Stops adding or removing one on the way."""
    if not _same(jwt.get_text(claims, "sd_hash"), sd_hash(sd_jwt)):
        raise Rejected(Reason.SD_HASH_DIFFERS, "RFC 9901 7.3", "step 5.7")


def check_issued(
    sd_jwt: SdJwt, *, expectation: Expectation, holder_key: EcPublicKey, verifier: SignatureVerifier
) -> VerifiedClaims:
    """What a holder checks of a credential just received (7.2). Raises the first refusal.

    No key binding may be there, and the credential must be bound to the holder's own key.
    """
    if sd_jwt.kb_jwt is not None:
        raise Rejected(Reason.KEY_BINDING_NOT_WANTED, "RFC 9901 7.2")
    issuer = expectation.trust.issuer_key(sd_jwt, at=expectation.at)
    processed = _credential(sd_jwt, issuer, expectation, verifier)
    if get_holder_key(processed) != holder_key:
        raise Rejected(Reason.HOLDER_KEY_DIFFERS, "RFC 9901 7.2")
    find_status(processed)
    return VerifiedClaims(processed)


def _credential(
    sd_jwt: SdJwt, issuer: IssuerKey, expectation: Expectation, verifier: SignatureVerifier
) -> ProcessedSdJwt:
    authentic = check_issuer_signature(
        sd_jwt,
        issuer=issuer,
        expected_algorithms=expectation.issuer_algorithms,
        verifier=verifier,
    )
    jws.check_type(sd_jwt.jws.header, expected=TYPE)
    processed = check_disclosures(authentic)
    jwt.check_times(processed.claims, at=expectation.at)
    check_vct(processed, expected=expectation.vcts)
    return processed


def verify_presentation(
    sd_jwt: SdJwt, *, expectation: Expectation, verifier: SignatureVerifier
) -> Verification:
    """Run every step of RFC 9901, 7.3 in order; never raises for what a stranger sent."""
    run = _Run()
    binding = expectation.binding
    run.step(
        "sd_jwt.key_binding_present",
        "RFC 9901 7.3 steps 1-2",
        lambda: check_binding_present(sd_jwt, expected=binding is not None),
    )
    issuer, authentic = _issuer_steps(run, sd_jwt, expectation, verifier)
    processed, status = _claims_steps(run, sd_jwt, authentic, expectation)
    kb_claims = None
    if binding is not None:
        kb_claims = _binding_steps(run, authentic, processed, binding, expectation.at, verifier)
    if run.stopped or processed is None:
        return Verification(findings=tuple(run.findings))
    return Verification(
        findings=tuple(run.findings),
        verified=VerifiedClaims(processed),
        issuer=issuer,
        status=status,
        key_binding=kb_claims,
    )


def _issuer_steps(
    run: "_Run", sd_jwt: SdJwt, expectation: Expectation, verifier: SignatureVerifier
) -> tuple[IssuerKey | None, AuthenticSdJwt | None]:
    """7.1 step 2. Trust comes first here, because the key comes with it."""
    issuer = run.step(
        "sd_jwt.issuer_trusted",
        "RFC 9901 7.1 step 2.3",
        lambda: expectation.trust.issuer_key(sd_jwt, at=expectation.at),
    )
    authentic = run.step(
        "sd_jwt.issuer_signature",
        "RFC 9901 7.1 steps 2.1-2.2",
        lambda: check_issuer_signature(
            sd_jwt,
            issuer=_made(issuer),
            expected_algorithms=expectation.issuer_algorithms,
            verifier=verifier,
        ),
    )
    run.step(
        "sd_jwt_vc.type",
        "SD-JWT VC 2.2.1",
        lambda: jws.check_type(sd_jwt.jws.header, expected=TYPE),
    )
    return issuer, authentic


def _claims_steps(
    run: "_Run", sd_jwt: SdJwt, authentic: AuthenticSdJwt | None, expectation: Expectation
) -> tuple[ProcessedSdJwt | None, StatusReference | None]:
    """7.1 steps 2.5 to 6, and the claims that SD-JWT VC adds."""
    run.step("sd_jwt.hash_algorithm", "RFC 9901 7.1 step 2.5", lambda: hash_name(sd_jwt.payload))
    processed = run.step(
        "sd_jwt.disclosures",
        "RFC 9901 7.1 steps 3-5",
        lambda: check_disclosures(_made(authentic)),
    )
    run.step(
        "sd_jwt.validity",
        "RFC 9901 7.1 step 6",
        lambda: jwt.check_times(_made(processed).claims, at=expectation.at),
    )
    run.step(
        "sd_jwt_vc.vct",
        "SD-JWT VC 2.2.2.1",
        lambda: check_vct(_made(processed), expected=expectation.vcts),
    )
    status = run.step(
        "sd_jwt_vc.status_reference", "TSL 6.2", lambda: find_status(_made(processed))
    )
    return processed, status


def _binding_steps(
    run: "_Run",
    authentic: AuthenticSdJwt | None,
    processed: ProcessedSdJwt | None,
    binding: ExpectedBinding,
    at: datetime,
    verifier: SignatureVerifier,
) -> BindingClaims | None:
    """7.3 step 5."""
    holder_key = run.step(
        "sd_jwt.holder_key", f"{_KB_STEP} 5.1", lambda: get_holder_key(_made(processed))
    )
    claims = run.step(
        "sd_jwt.key_binding_signature",
        f"{_KB_STEP}s 5.2-5.4",
        lambda: check_binding_signature(
            _made(authentic),
            holder_key=_made(holder_key),
            expected_algorithms=binding.algorithms,
            verifier=verifier,
        ),
    )
    run.step(
        "sd_jwt.key_binding_time",
        f"{_KB_STEP} 5.5",
        lambda: check_binding_time(_made(claims), at=at, max_age=binding.max_age),
    )
    run.step(
        "sd_jwt.key_binding_request",
        f"{_KB_STEP} 5.6",
        lambda: check_binding_request(
            _made(claims), expected_nonce=binding.nonce, expected_audience=binding.audience
        ),
    )
    run.step(
        "sd_jwt.key_binding_hash",
        f"{_KB_STEP} 5.7",
        lambda: check_binding_hash(_made(claims), _made(authentic)),
    )
    return claims


_passed = lru_cache(maxsize=32)(passed)
"""The same finding each time a step passes."""


class _Run:
    """Runs steps until one does not pass; what comes after is reported as not reached."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.stopped = False

    def step(self, check: str, clause: str, act: Callable[[], T]) -> T | None:
        if self.stopped:
            self.findings.append(undetermined(check, clause, Reason.NOT_REACHED))
            return None
        value: T | None = None
        try:
            value = act()
            finding = _passed(check, clause)
        except Rejected as error:
            finding = failed(check, error.clause, error.reason.value, error.detail)
        except Malformed as error:
            finding = failed(check, clause, "malformed", str(error))
        except Unavailable as error:
            finding = undetermined(check, clause, "unavailable", str(error))
        self.stopped = finding.outcome is not Outcome.PASSED
        self.findings.append(finding)
        return value


def _made(value: T | None) -> T:
    """The value of an earlier step, which passed or this one would not run."""
    if value is None:
        raise ValueError("a step ran although an earlier one did not pass")
    return value


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8"), right.encode("utf-8"))
