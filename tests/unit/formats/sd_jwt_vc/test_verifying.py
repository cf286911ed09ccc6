"""Verification end to end with certificates: forgeries first, each with its own reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats import base64url
from mrc.formats.jose import jws, jwt
from mrc.formats.sd_jwt_vc.claims import Disclosable
from mrc.formats.sd_jwt_vc.disclosure import digest
from mrc.formats.sd_jwt_vc.issuer_trust import IssuerKey, KeyTrust, X5cTrust
from mrc.formats.sd_jwt_vc.issuing import SdJwtVcInput, prepare
from mrc.formats.sd_jwt_vc.presenting import KeyBinding, present
from mrc.formats.sd_jwt_vc.reasons import Reason
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt, decode, sd_hash
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    ExpectedBinding,
    Verification,
    check_issued,
    verify_presentation,
)
from mrc.formats.status_list.reference import StatusReference
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.findings import Outcome
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm
from tests.simulators.pki import NOW, Identity, practice_pki

PKI = practice_pki()
HOLDER = SoftwareSigner.generate()
VERIFIER = OpensslVerifier()
VCT = "urn:kr:moj:residence:1"
AUDIENCE, NONCE = "x509_hash:abc", "n-0S6_WzA2Mj"
STATUS = StatusReference(uri="https://issuer.localhost:8442/status/1", idx=7)
ES256 = (Algorithm.ES256,)
BINDING = ExpectedBinding(
    audience=AUDIENCE, nonce=NONCE, algorithms=ES256, max_age=timedelta(minutes=5)
)
TRUST = X5cTrust(checker=ChainChecker(anchors=[PKI.iaca.certificate], verifier=VERIFIER))
EXPECTATION = Expectation(vcts=[VCT], issuer_algorithms=ES256, trust=TRUST, binding=BINDING, at=NOW)
SOURCE = SdJwtVcInput(
    vct=VCT,
    claims={"family_name": Disclosable("DOE"), "age": Disclosable(30), "country": "KR"},
    holder_key=HOLDER.public_key,
    status=STATUS,
    issued_at=NOW,
    expires_at=NOW + timedelta(days=30),
    x5c=[PKI.sd_jwt_issuer.der],
)


def issue(source: SdJwtVcInput = SOURCE, issuer: Identity = PKI.sd_jwt_issuer) -> SdJwt:
    prepared = prepare(source, algorithm=Algorithm.ES256, entropy=SystemEntropy())
    return decode(prepared.finish(issuer.signer.sign_now(prepared.signing_input)))


def show(
    sd_jwt: SdJwt,
    binding: KeyBinding | None = None,
    holder: SoftwareSigner = HOLDER,
    disclose: Sequence[Sequence[str]] = (("family_name",),),
) -> SdJwt:
    binding = binding or KeyBinding(audience=AUDIENCE, nonce=NONCE, issued_at=NOW)
    return decode(run_inline(present(sd_jwt, disclose=disclose, binding=binding, signer=holder)))


def verify(sd_jwt: SdJwt, expectation: Expectation = EXPECTATION) -> Verification:
    return verify_presentation(sd_jwt, expectation=expectation, verifier=VERIFIER)


def failure(sd_jwt: SdJwt, expectation: Expectation = EXPECTATION) -> tuple[str, str | None]:
    """The one check that failed and why; everything after it was not reached."""
    found = verify(sd_jwt, expectation)
    assert found.verified is found.status is found.issuer is found.key_binding is None
    outcomes = [finding.outcome for finding in found.findings]
    at = outcomes.index(Outcome.FAILED)
    assert set(outcomes[:at]) <= {Outcome.PASSED}
    assert {finding.reason for finding in found.findings[at + 1 :]} <= {Reason.NOT_REACHED}
    return found.findings[at].check, found.findings[at].reason


def rebound(sd_jwt: SdJwt, header: dict[str, object], **changes: object) -> SdJwt:
    """A presentation whose key binding the holder signed with other claims."""
    claims = {
        "iat": jwt.encode_time(NOW),
        "aud": AUDIENCE,
        "nonce": NONCE,
        "sd_hash": sd_hash(sd_jwt),
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    kb = jws.sign_now(header, jwt.encode_claims(kept), HOLDER)
    return decode(sd_jwt.without_key_binding + kb)


KB = {"typ": "kb+jwt"}


@pytest.mark.parametrize(
    ("changes", "check", "reason"),
    [
        ({"nonce": "other"}, "request", Reason.NONCE_DIFFERS),
        ({"nonce": None}, "request", "malformed"),
        ({"nonce": 5}, "request", "malformed"),
        ({"aud": AUDIENCE + "x"}, "request", Reason.AUDIENCE_DIFFERS),
        ({"aud": [AUDIENCE]}, "request", "malformed"),
        ({"aud": None}, "request", "malformed"),
        ({"sd_hash": "x"}, "hash", Reason.SD_HASH_DIFFERS),
        ({"sd_hash": None}, "hash", "malformed"),
        ({"iat": None}, "time", "malformed"),
        ({"iat": jwt.encode_time(NOW) - 301}, "time", Reason.KEY_BINDING_TOO_OLD),
        ({"iat": jwt.encode_time(NOW) + 61}, "time", Reason.KEY_BINDING_IN_FUTURE),
        ({"exp": jwt.encode_time(NOW) - 61}, "time", "jose_expired"),
        ({"nbf": jwt.encode_time(NOW) + 61}, "time", "jose_not_yet_valid"),
    ],
    ids=str,
)
def test_key_binding_claims(changes: dict[str, object], check: str, reason: str) -> None:
    assert failure(rebound(issue(), KB, **changes)) == (f"sd_jwt.key_binding_{check}", reason)


def test_key_binding_of_another_type_is_rejected() -> None:
    expected = ("sd_jwt.key_binding_signature", "jose_type_not_expected")
    assert failure(rebound(issue(), {"typ": "JWT"})) == expected
    assert failure(rebound(issue(), {})) == expected


def test_the_ends_of_the_key_binding_window_pass() -> None:
    for seconds in (-300, 60):
        found = verify(rebound(issue(), KB, iat=jwt.encode_time(NOW) + seconds))
        assert found.verified is not None


def test_a_missing_key_binding_is_rejected() -> None:
    assert failure(issue()) == ("sd_jwt.key_binding_present", Reason.KEY_BINDING_MISSING)


def test_another_holders_key_is_rejected() -> None:
    shown = show(issue(), holder=SoftwareSigner.generate())
    assert failure(shown) == ("sd_jwt.key_binding_signature", "jose_signature_invalid")


def test_an_unsigned_key_binding_is_rejected() -> None:
    shown = show(issue())
    kb = jws.decode_compact(shown.kb_jwt or "")
    unsigned = jws.assemble(jws.signing_input({**kb.header, "alg": "none"}, kb.payload), b"")
    forged = decode(shown.without_key_binding + unsigned)
    assert failure(forged) == ("sd_jwt.key_binding_signature", "jose_algorithm_not_expected")


def test_a_disclosure_added_or_removed_on_the_way_is_rejected() -> None:
    issued = issue()
    shown = show(issued)
    everything = decode(issued.text + (shown.kb_jwt or ""))
    nothing = decode(shown.issuer_jwt + "~" + (shown.kb_jwt or ""))
    for forged in (everything, nothing):
        assert failure(forged) == ("sd_jwt.key_binding_hash", Reason.SD_HASH_DIFFERS)


def test_the_key_binding_of_another_copy_is_rejected() -> None:
    one, other = show(issue()), show(issue())
    forged = decode(one.without_key_binding + (other.kb_jwt or ""))
    assert failure(forged) == ("sd_jwt.key_binding_hash", Reason.SD_HASH_DIFFERS)


def test_a_credential_without_a_holder_key_is_rejected() -> None:
    shown = rebound(issue(replace(SOURCE, holder_key=None)), KB)
    assert failure(shown) == ("sd_jwt.holder_key", Reason.HOLDER_KEY_MISSING)


def test_an_expired_or_early_credential_is_rejected() -> None:
    for source, reason in (
        (replace(SOURCE, expires_at=NOW - timedelta(seconds=60)), "jose_expired"),
        (replace(SOURCE, not_before=NOW + timedelta(seconds=61)), "jose_not_yet_valid"),
        (replace(SOURCE, issued_at=NOW + timedelta(seconds=61)), "jose_issued_in_future"),
    ):
        assert failure(show(issue(source))) == ("sd_jwt.validity", reason)


def test_another_vct_is_rejected() -> None:
    shown = show(issue(replace(SOURCE, vct="urn:kr:police:mdl:1")))
    assert failure(shown) == ("sd_jwt_vc.vct", Reason.VCT_NOT_EXPECTED)


def forged_credential(header: dict[str, object], payload: dict[str, object]) -> SdJwt:
    header = {"typ": "dc+sd-jwt", "x5c": issue().jws.header["x5c"], **header}
    signed = jws.sign_now(header, jwt.encode_claims(payload), PKI.sd_jwt_issuer.signer)
    return rebound(decode(signed + "~"), KB)


def test_a_credential_of_another_type_is_rejected() -> None:
    forged = forged_credential({"typ": "JWT"}, dict(issue().payload))
    assert failure(forged) == ("sd_jwt_vc.type", "jose_type_not_expected")


def test_an_unknown_hash_algorithm_is_rejected() -> None:
    payload = dict(issue().payload)
    signed = jws.sign_now(
        issue().jws.header,
        jwt.encode_claims({**payload, "_sd_alg": "md5"}),
        PKI.sd_jwt_issuer.signer,
    )
    shown = show(issue())
    forged = decode(f"{signed}~{shown.kb_jwt}")
    assert failure(forged) == ("sd_jwt.hash_algorithm", Reason.HASH_ALGORITHM)


def test_a_malformed_status_is_rejected() -> None:
    payload = {**issue().payload, "status": {"status_list": {"idx": -1, "uri": "x"}}}
    assert failure(forged_credential({}, payload)) == ("sd_jwt_vc.status_reference", "malformed")


def test_a_status_that_came_from_a_disclosure_is_rejected() -> None:
    text = base64url.encode(b'["salt","status",{"status_list":{"idx":1,"uri":"https://x"}}]')
    payload = {"vct": VCT, "_sd": [digest(text, "sha256")], "cnf": issue().payload["cnf"]}
    signed = jws.sign_now(issue().jws.header, jwt.encode_claims(payload), PKI.sd_jwt_issuer.signer)
    forged = rebound(decode(f"{signed}~{text}~"), KB)
    assert failure(forged) == ("sd_jwt.disclosures", Reason.NOT_DISCLOSABLE)


def test_a_foreign_root_is_rejected() -> None:
    other = replace(
        EXPECTATION,
        trust=X5cTrust(
            checker=ChainChecker(anchors=[PKI.reader_ca.certificate], verifier=VERIFIER)
        ),
    )
    assert failure(show(issue()), other) == ("sd_jwt.issuer_trusted", "issuer_unknown")


def test_a_certificate_of_another_purpose_is_rejected() -> None:
    signer = PKI.status_signer
    shown = show(issue(replace(SOURCE, x5c=[signer.der]), signer))
    assert failure(shown) == ("sd_jwt.issuer_trusted", "extended_key_usage")


def test_a_signature_by_another_key_than_the_certificates_is_rejected() -> None:
    shown = show(issue(issuer=PKI.document_signer))
    assert failure(shown) == ("sd_jwt.issuer_signature", "jose_signature_invalid")


def test_no_certificate_is_rejected() -> None:
    shown = show(issue(replace(SOURCE, x5c=[])))
    assert failure(shown) == ("sd_jwt.issuer_trusted", Reason.NO_ISSUER_KEY)


def test_an_unsigned_credential_is_rejected() -> None:
    issued = issue()
    header = {**issued.jws.header, "alg": "none"}
    unsigned = jws.assemble(jws.signing_input(header, issued.jws.payload), b"")
    forged = rebound(decode("~".join((unsigned, *issued.disclosures, ""))), KB)
    assert failure(forged) == ("sd_jwt.issuer_signature", "jose_algorithm_not_expected")


def test_trust_that_could_not_be_found_out_is_undetermined() -> None:
    class Silent:
        def issuer_key(self, sd_jwt: SdJwt, *, at: object) -> IssuerKey:
            raise Unavailable("issuer metadata")

    found = verify(show(issue()), replace(EXPECTATION, trust=Silent()))
    assert found.verified is None
    assert [f.outcome for f in found.findings[:2]] == [Outcome.PASSED, Outcome.UNDETERMINED]
    assert found.findings[1].reason == "unavailable"
    assert {f.reason for f in found.findings[2:]} == {Reason.NOT_REACHED}


def test_a_good_presentation_gives_what_was_shown_and_nothing_else() -> None:
    found = verify(show(issue()))
    assert {finding.outcome for finding in found.findings} == {Outcome.PASSED}
    assert [finding.check for finding in found.findings] == [
        "sd_jwt.key_binding_present",
        "sd_jwt.issuer_trusted",
        "sd_jwt.issuer_signature",
        "sd_jwt_vc.type",
        "sd_jwt.hash_algorithm",
        "sd_jwt.disclosures",
        "sd_jwt.validity",
        "sd_jwt_vc.vct",
        "sd_jwt_vc.status_reference",
        "sd_jwt.holder_key",
        "sd_jwt.key_binding_signature",
        "sd_jwt.key_binding_time",
        "sd_jwt.key_binding_request",
        "sd_jwt.key_binding_hash",
    ]
    assert found.verified is not None
    assert found.verified.claims["family_name"] == "DOE"
    assert "age" not in found.verified.claims
    assert found.status == STATUS
    assert found.issuer is not None
    assert found.issuer.chain is not None
    assert found.issuer.chain.leaf == PKI.sd_jwt_issuer.certificate
    assert "DOE" not in repr(found)


def test_transaction_data_hashes_come_through() -> None:
    binding = KeyBinding(
        audience=AUDIENCE, nonce=NONCE, issued_at=NOW, extra={"transaction_data_hashes": ["h"]}
    )
    found = verify(show(issue(), binding))
    assert found.key_binding is not None
    assert found.key_binding["transaction_data_hashes"] == ["h"]


def test_extra_claims_cannot_replace_the_bindings_own() -> None:
    binding = KeyBinding(audience=AUDIENCE, nonce=NONCE, issued_at=NOW, extra={"nonce": "other"})
    assert verify(show(issue(), binding)).verified is not None


def test_without_key_binding_by_policy_none_is_looked_at() -> None:
    found = verify(issue(replace(SOURCE, holder_key=None)), replace(EXPECTATION, binding=None))
    assert found.verified is not None
    assert found.key_binding is None


def received(sd_jwt: SdJwt, holder: SoftwareSigner = HOLDER) -> None:
    check_issued(sd_jwt, expectation=EXPECTATION, holder_key=holder.public_key, verifier=VERIFIER)


def test_a_holder_refuses_a_key_binding_and_another_holders_credential() -> None:
    with pytest.raises(Rejected) as caught:
        received(show(issue()))
    assert caught.value.reason is Reason.KEY_BINDING_NOT_WANTED
    with pytest.raises(Rejected) as caught:
        received(issue(), SoftwareSigner.generate())
    assert caught.value.reason is Reason.HOLDER_KEY_DIFFERS


def test_a_holder_makes_the_verifiers_checks() -> None:
    received(issue())
    for source, issuer in (
        (replace(SOURCE, x5c=[]), PKI.sd_jwt_issuer),
        (SOURCE, PKI.document_signer),
        (replace(SOURCE, vct="urn:x"), PKI.sd_jwt_issuer),
        (replace(SOURCE, expires_at=NOW - timedelta(days=1)), PKI.sd_jwt_issuer),
        (replace(SOURCE, holder_key=None), PKI.sd_jwt_issuer),
    ):
        with pytest.raises(Rejected):
            received(issue(source, issuer))
    with pytest.raises(Rejected):
        received(
            decode(
                jws.sign_now(
                    {**issue().jws.header, "typ": "JWT"},
                    issue().jws.payload,
                    PKI.sd_jwt_issuer.signer,
                )
                + "~"
            )
        )
    payload = {**issue().payload, "status": []}
    signed = jws.sign_now(issue().jws.header, jwt.encode_claims(payload), PKI.sd_jwt_issuer.signer)
    with pytest.raises(Malformed):
        received(decode(signed + "~"))


@pytest.mark.parametrize(
    ("keys", "kid", "found"),
    [
        ([(None, 0)], None, True),
        ([("a", 0)], None, True),
        ([("a", 1), ("b", 0)], "b", True),
        ([("a", 1), ("b", 0)], "a", False),
        ([("a", 1), ("b", 0)], None, False),
        ([("a", 0)], "c", False),
        ([], None, False),
    ],
)
def test_looked_up_keys_are_chosen_by_issuer_and_kid(
    keys: list[tuple[str | None, int]], kid: str | None, found: bool
) -> None:
    known = [PKI.sd_jwt_issuer.signer.public_key, PKI.document_signer.signer.public_key]
    trust = KeyTrust(keys={"https://issuer": [(name, known[index]) for name, index in keys]})
    header = {"typ": "dc+sd-jwt"} | ({} if kid is None else {"kid": kid})
    payload = {**issue().payload, "iss": "https://issuer"}
    signed = jws.sign_now(header, jwt.encode_claims(payload), PKI.sd_jwt_issuer.signer)
    shown = rebound(decode(signed + "~"), KB)
    assert (verify(shown, replace(EXPECTATION, trust=trust)).verified is not None) is found
    elsewhere = KeyTrust(keys={"https://other": [(None, known[0])]})
    assert verify(shown, replace(EXPECTATION, trust=elsewhere)).verified is None
