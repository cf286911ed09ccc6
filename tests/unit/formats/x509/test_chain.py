"""Chains: each way to cheat is refused for its own reason."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mrc.formats.x509.certificate import Certificate, decode_certificate
from mrc.formats.x509.chain import (
    MAX_KEPT,
    ChainChecker,
    TrustedChain,
    check_chain,
    check_revocation_known,
)
from mrc.formats.x509.issuing import prepare_revocation_list
from mrc.formats.x509.profiles import Purpose
from mrc.formats.x509.reasons import Reason
from mrc.formats.x509.revocation import RevocationList
from mrc.infra.keys.software import OpensslVerifier
from mrc.kernel.errors import Malformed, Rejected, Unavailable
from mrc.kernel.pure_verifier import PureVerifier
from tests.simulators.forger import Forgery, forge, good_root, new_key
from tests.simulators.pki import BEGIN, END, NOW, Identity, make_leaf, practice_pki

PKI = practice_pki()
ROOT = good_root()
ROOT_CERTIFICATE = forge(ROOT)


def check(
    chain: list[Certificate],
    anchors: list[Certificate] | None = None,
    purpose: Purpose = Purpose.DOCUMENT_SIGNER,
    at: datetime = NOW,
    crls: tuple[RevocationList, ...] = (),
) -> TrustedChain:
    return check_chain(
        chain,
        anchors=anchors if anchors is not None else [ROOT_CERTIFICATE],
        expected_purpose=purpose,
        at=at,
        verifier=OpensslVerifier(),
        crls=crls,
    )


def test_a_good_chain_is_trusted() -> None:
    trusted = check([forge(Forgery(), signed_by=ROOT)])
    assert trusted.anchor is ROOT_CERTIFICATE
    assert trusted.valid_until == END


def test_the_anchor_may_be_sent_too() -> None:
    assert len(check([forge(Forgery(), signed_by=ROOT), ROOT_CERTIFICATE]).certificates) == 2


def test_an_intermediate_may_stand_between() -> None:
    root = good_root(path_length=1)
    middle = good_root("Middle")
    chain = [forge(Forgery(), signed_by=middle), forge(middle, signed_by=root)]
    assert len(check(chain, [forge(root)]).certificates) == 3


def test_the_right_one_of_two_anchors_of_one_name_is_found() -> None:
    trusted = check([forge(Forgery(), signed_by=ROOT)], [forge(good_root()), ROOT_CERTIFICATE])
    assert trusted.anchor is ROOT_CERTIFICATE


@pytest.mark.parametrize("at", [BEGIN, END])
def test_both_ends_of_the_validity_count(at: datetime) -> None:
    check([forge(Forgery(), signed_by=ROOT)], at=at)


def _under_a_leaf() -> list[Certificate]:
    leaf = Forgery(name="Leaf")
    return [forge(Forgery(), signed_by=leaf), forge(leaf, signed_by=ROOT)]


def _under_two_levels() -> list[Certificate]:
    middle = good_root("Middle")
    return [forge(Forgery(), signed_by=middle), forge(middle, signed_by=ROOT)]


def _broken_middle() -> list[Certificate]:
    middle = good_root("Middle")
    return [
        forge(Forgery(), signed_by=good_root("Other"), issuer_name=middle.x509_name),
        forge(middle, signed_by=ROOT),
    ]


def _unlinked() -> list[Certificate]:
    return [forge(Forgery(), signed_by=good_root("A")), forge(good_root("B"), signed_by=ROOT)]


def _altered() -> list[Certificate]:
    der = bytearray(forge(Forgery(name="Practice DX"), signed_by=ROOT).der)
    der[der.index(b"Practice DX") + 10] = ord("S")
    return [decode_certificate(bytes(der))]


def signed(**changes: object) -> Callable[[], list[Certificate]]:
    return lambda: [forge(Forgery(**changes), signed_by=ROOT)]  # type: ignore[arg-type]


FORGERIES: dict[str, tuple[Callable[[], list[Certificate]], Reason]] = {
    "no certificate": (list, Reason.CHAIN_EMPTY),
    "a chain without end": (lambda: [ROOT_CERTIFICATE] * 5, Reason.CHAIN_TOO_LONG),
    "an unknown root": (
        lambda: [forge(Forgery(), signed_by=good_root("Strangers"))],
        Reason.ISSUER_UNKNOWN,
    ),
    "a root of the same name": (
        lambda: [forge(Forgery(), signed_by=good_root())],
        Reason.ISSUER_SIGNATURE,
    ),
    "a root of the same name, sent along": (
        lambda: [forge(Forgery(), signed_by=(false := good_root())), forge(false)],
        Reason.ISSUER_SIGNATURE,
    ),
    "an altered certificate": (_altered, Reason.ISSUER_SIGNATURE),
    "self-signed": (lambda: [forge(Forgery())], Reason.ISSUER_UNKNOWN),
    "signed by a leaf": (_under_a_leaf, Reason.NOT_A_CA),
    "signed below the path length": (_under_two_levels, Reason.PATH_LENGTH),
    "an intermediate that did not sign": (_broken_middle, Reason.ISSUER_SIGNATURE),
    "an intermediate of another name": (_unlinked, Reason.ISSUER_UNKNOWN),
    "expired": (signed(end=NOW - timedelta(seconds=1)), Reason.EXPIRED),
    "not yet valid": (signed(begin=NOW + timedelta(seconds=1)), Reason.NOT_YET_VALID),
    "a CA as signer": (signed(ca=True), Reason.IS_A_CA),
    "no key usage": (signed(usage=None), Reason.KEY_USAGE),
    "another key usage": (signed(usage=("key_agreement",)), Reason.KEY_USAGE),
    "no extended key usage": (signed(extended=None), Reason.EXTENDED_KEY_USAGE),
    "a reader's certificate": (signed(extended=("1.0.18013.5.1.6",)), Reason.EXTENDED_KEY_USAGE),
    "an unknown critical extension": (
        signed(unknown_critical="1.2.3.4"),
        Reason.CRITICAL_EXTENSION,
    ),
    "name constraints": (
        signed(unknown_critical="2.5.29.30", unknown_value=bytes.fromhex("3009a1073005820378797a")),
        Reason.CRITICAL_EXTENSION,
    ),
    "another country": (signed(country="US"), Reason.COUNTRY),
    "no country": (signed(country=None), Reason.COUNTRY),
    "a hash that does not fit the key": (
        lambda: [forge(Forgery(digest=hashes.SHA512()), signed_by=ROOT)],
        Reason.ISSUER_SIGNATURE,
    ),
    "a curve without a name here": (signed(key=new_key(ec.SECP224R1())), Reason.ALGORITHM),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forgery_is_refused(case: str) -> None:
    make, reason = FORGERIES[case]
    with pytest.raises(Rejected) as caught:
        check(make())
    assert caught.value.reason is reason


ROOTS = {
    "expired": (good_root(end=NOW - timedelta(days=1)), Reason.EXPIRED),
    "not a CA": (good_root(ca=False, path_length=None), Reason.NOT_A_CA),
    "without basic constraints": (good_root(ca=None), Reason.NOT_A_CA),
    "that may not sign": (good_root(usage=("crl_sign",)), Reason.KEY_USAGE),
    "of another state": (good_root(state="Seoul"), Reason.COUNTRY),
}


@pytest.mark.parametrize("case", ROOTS)
def test_an_unfit_anchor_is_refused(case: str) -> None:
    root, reason = ROOTS[case]
    with pytest.raises(Rejected) as caught:
        check([forge(Forgery(state="Jeju"), signed_by=root)], [forge(root)])
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("name", "purpose", "fits"),
    [
        ("document_signer", Purpose.DOCUMENT_SIGNER, True),
        ("document_signer", Purpose.SD_JWT_ISSUER, False),
        ("document_signer", Purpose.STATUS_SIGNER, False),
        ("sd_jwt_issuer", Purpose.SD_JWT_ISSUER, True),
        ("sd_jwt_issuer", Purpose.STATUS_SIGNER, False),
        ("sd_jwt_issuer", Purpose.DOCUMENT_SIGNER, False),
        ("status_signer", Purpose.STATUS_SIGNER, True),
        ("status_signer", Purpose.SD_JWT_ISSUER, False),
    ],
)
def test_a_signer_serves_its_own_purpose_alone(name: str, purpose: Purpose, fits: bool) -> None:
    identity: Identity = getattr(PKI, name)
    anchors = [PKI.iaca.certificate]
    if fits:
        check([identity.certificate], anchors, purpose)
        return
    with pytest.raises(Rejected) as caught:
        check([identity.certificate], anchors, purpose)
    assert caught.value.reason is Reason.EXTENDED_KEY_USAGE


def test_the_other_practice_chains_hold_in_pure_python_too() -> None:
    for leaf, root, purpose in (
        (PKI.reader, PKI.reader_ca, Purpose.READER),
        (PKI.wallet_provider, PKI.wallet_provider_ca, Purpose.WALLET_PROVIDER),
    ):
        checker = ChainChecker(anchors=[root.certificate], verifier=PureVerifier())
        assert checker.check([leaf.der], expected_purpose=purpose, at=NOW).leaf.der == leaf.der


def revocation_list(
    serials: dict[int, datetime], issuer: Identity = PKI.iaca, *, named: Identity = PKI.iaca
) -> RevocationList:
    prepared = prepare_revocation_list(
        issuer=named.certificate,
        number=1,
        this_update=NOW - timedelta(days=1),
        next_update=NOW + timedelta(days=1),
        revoked=serials,
        algorithm=issuer.signer.algorithm,
    )
    return prepared.finish(issuer.signer.sign_now(prepared.to_be_signed))


def test_a_revoked_signer_is_refused_and_a_forged_list_ignored() -> None:
    signer, anchors = PKI.document_signer.certificate, [PKI.iaca.certificate]
    serials = {signer.serial: NOW}
    check([signer], anchors, crls=(revocation_list({signer.serial + 1000: NOW}),))
    check([signer], anchors, crls=(revocation_list(serials, PKI.reader_ca),))
    check([signer], anchors, crls=(revocation_list(serials, PKI.reader_ca, named=PKI.reader_ca),))
    with pytest.raises(Rejected) as caught:
        check([signer], anchors, crls=(revocation_list(serials),))
    assert caught.value.reason is Reason.REVOKED


def test_a_missing_or_old_list_is_not_a_list_that_said_no() -> None:
    trusted = check([PKI.document_signer.certificate], [PKI.iaca.certificate])
    known = revocation_list({})

    def ask(at: datetime, *crls: RevocationList) -> None:
        check_revocation_known(trusted, crls=crls, at=at, verifier=OpensslVerifier())

    ask(NOW, known)
    for at, crls in ((NOW, ()), (NOW + timedelta(days=2), (known,))):
        with pytest.raises(Unavailable):
            ask(at, *crls)


def test_a_list_that_comes_later_refuses_a_trusted_chain() -> None:
    signer = PKI.document_signer.certificate
    trusted = check([signer], [PKI.iaca.certificate])
    later = revocation_list({signer.serial: NOW})
    with pytest.raises(Rejected) as caught:
        check_revocation_known(trusted, crls=(later,), at=NOW, verifier=OpensslVerifier())
    assert caught.value.reason is Reason.REVOKED


class CountingVerifier(OpensslVerifier):
    def __init__(self) -> None:
        self.count = 0

    def holds(self, *arguments: object) -> bool:
        self.count += 1
        return super().holds(*arguments)  # type: ignore[arg-type]


def test_a_checker_keeps_answers_by_bytes_purpose_and_time() -> None:
    verifier = CountingVerifier()
    checker = ChainChecker(anchors=[ROOT_CERTIFICATE], verifier=verifier)
    der = forge(Forgery(), signed_by=ROOT).der
    for _ in range(3):
        checker.check([der], expected_purpose=Purpose.DOCUMENT_SIGNER, at=NOW)
    assert verifier.count == 1
    with pytest.raises(Rejected):
        checker.check([der], expected_purpose=Purpose.READER, at=NOW)
    with pytest.raises(Rejected):
        checker.check(
            [der], expected_purpose=Purpose.DOCUMENT_SIGNER, at=datetime.max.replace(tzinfo=UTC)
        )
    with pytest.raises(Malformed):
        checker.check([der[:-1]], expected_purpose=Purpose.DOCUMENT_SIGNER, at=NOW)
    with pytest.raises(Rejected):
        checker.check([der] * 5, expected_purpose=Purpose.DOCUMENT_SIGNER, at=NOW)


def test_what_a_checker_keeps_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mrc.formats.x509.chain.MAX_KEPT", 2)
    assert MAX_KEPT == 1024
    checker = ChainChecker(anchors=[PKI.iaca.certificate], verifier=OpensslVerifier())
    for number in range(4):
        leaf = make_leaf(Purpose.DOCUMENT_SIGNER, f"DS {number}", issuer=PKI.iaca)
        checker.check([leaf.der], expected_purpose=Purpose.DOCUMENT_SIGNER, at=NOW)
    assert len(checker._kept) == 2
