"""SD-JWT VCs to be issued, shown and verified."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.cards import CLIENT, DAYS, DEFINITION, HOLDERS, NONCE, STATUS, values
from mrc.formats.catalogue.values import claim_tree
from mrc.formats.sd_jwt_vc import sd_jwt
from mrc.formats.sd_jwt_vc.issuer_trust import X5cTrust
from mrc.formats.sd_jwt_vc.issuing import SdJwtVcInput, encode_claims, prepare
from mrc.formats.sd_jwt_vc.presenting import KeyBinding, present
from mrc.formats.sd_jwt_vc.verifying import (
    Expectation,
    ExpectedBinding,
    Verification,
    verify_presentation,
)
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm
from tests.simulators.pki import Pki, practice_pki

ISSUER = "https://issuer.localhost:8442"
SHOWN = ("family_name", "given_name", "birthdate", "sex", "height")
PORTRAIT = "picture"


@dataclass(kw_only=True)
class SdJwts:
    """One licence for many holders, and a verifier who trusts its issuer. Everything at `at`."""

    at: datetime
    pki: Pki = field(default_factory=practice_pki)
    device: SoftwareSigner = field(default_factory=SoftwareSigner.generate)

    def __post_init__(self) -> None:
        self.claims = claim_tree(DEFINITION, values())
        small = {name: value for name, value in self.claims.items() if name != PORTRAIT}
        self._full, self._small = encode_claims(self.claims), encode_claims(small)
        self._entropy, self._verifier = SystemEntropy(), OpensslVerifier()
        self._expectation = self._expected()

    def issue(self, *, portrait: bool) -> str:
        return self._issue(self.device, portrait=portrait)

    def shown(self, device: SoftwareSigner) -> str:
        """Five claims and the proof of the holder's key."""
        binding = KeyBinding(audience=CLIENT, nonce=NONCE, issued_at=self.at)
        issued = sd_jwt.decode(self._issue(device, portrait=True))
        paths = [(name,) for name in SHOWN]
        return run_inline(present(issued, disclose=paths, binding=binding, signer=device))

    def shown_by_all(self) -> list[str]:
        """The presentations of `HOLDERS` holders. Each is verified once."""
        made = [self.shown(SoftwareSigner.generate()) for _ in range(HOLDERS)]
        if any(self.verify(text).verified is None for text in made):
            raise ValueError("a presentation to be measured does not verify")
        return made

    def verify(self, text: str) -> Verification:
        return verify_presentation(
            sd_jwt.decode(text), expectation=self._expectation, verifier=self._verifier
        )

    def _issue(self, device: SoftwareSigner, *, portrait: bool) -> str:
        issuer = self.pki.sd_jwt_issuer
        source = SdJwtVcInput(
            vct=DEFINITION.vct,
            claims=self._full if portrait else self._small,
            holder_key=device.public_key,
            status=STATUS,
            expires_at=self.at + timedelta(days=DAYS),
            x5c=[issuer.der],
            issuer=ISSUER,
        )
        made = prepare(source, algorithm=Algorithm.ES256, entropy=self._entropy)
        return made.finish(issuer.signer.sign_now(made.signing_input))

    def _expected(self) -> Expectation:
        checker = ChainChecker(anchors=[self.pki.iaca.certificate], verifier=OpensslVerifier())
        return Expectation(
            vcts=(DEFINITION.vct,),
            issuer_algorithms=(Algorithm.ES256,),
            trust=X5cTrust(checker=checker),
            binding=ExpectedBinding(
                audience=CLIENT,
                nonce=NONCE,
                algorithms=(Algorithm.ES256,),
                max_age=timedelta(minutes=5),
            ),
            at=self.at,
        )
