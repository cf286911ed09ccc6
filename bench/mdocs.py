"""mdocs to be issued, shown and verified."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.cards import CLIENT, DAYS, DEFINITION, HOLDERS, NONCE, RESPONSE_URI, STATUS, values
from mrc.formats.catalogue.values import name_spaces
from mrc.formats.mdoc.issuing import PrepareInput, encode_name_spaces, prepare
from mrc.formats.mdoc.mso import Validity
from mrc.formats.mdoc.presenting import present
from mrc.formats.mdoc.session_transcript import SessionTranscript, openid4vp_redirect
from mrc.formats.mdoc.verifying import ResponseVerdict, verify_device_response
from mrc.formats.status_list.reference import encode_status
from mrc.formats.x509.chain import ChainChecker
from mrc.infra.keys.software import OpensslVerifier, SoftwareSigner, SystemEntropy
from mrc.kernel.findings import Outcome, worst
from mrc.kernel.inline import run_inline
from mrc.kernel.keys import Algorithm
from tests.simulators.pki import Pki, practice_pki

NAME_SPACE = "org.iso.18013.5.1"


@dataclass(kw_only=True)
class Mdocs:
    """One licence for many holders, and a verifier who trusts its issuer. Everything at `at`."""

    at: datetime
    pki: Pki = field(default_factory=practice_pki)
    device: SoftwareSigner = field(default_factory=SoftwareSigner.generate)
    elements: dict[str, dict[str, object]] = field(init=False)
    transcript: SessionTranscript = field(init=False)

    def __post_init__(self) -> None:
        self.elements = name_spaces(DEFINITION, values())
        self.transcript = openid4vp_redirect(
            client_id=CLIENT, nonce=NONCE, jwk_thumbprint=None, response_uri=RESPONSE_URI
        )
        self._encoded = encode_name_spaces(self.elements)
        self._entropy = SystemEntropy()
        self._trust = ChainChecker(anchors=[self.pki.iaca.certificate], verifier=OpensslVerifier())
        self._copy = self._copy_for(self.device)

    def issue(self) -> bytes:
        return self._issue(self._copy)

    def shown(self, count: int, device: SoftwareSigner) -> bytes:
        """A response of `device` with so many elements; the portrait only among all of them."""
        names = list(self.elements[NAME_SPACE])
        small = [name for name in names if name != "portrait"]
        return run_inline(
            present(
                self._issue(self._copy_for(device)),
                doc_type=DEFINITION.doctype,
                disclose={NAME_SPACE: names if count == len(names) else small[:count]},
                session_transcript=self.transcript,
                device_signer=device,
            )
        )

    def shown_by_all(self, count: int) -> list[bytes]:
        """The responses of `HOLDERS` holders. Each is verified once."""
        made = [self.shown(count, SoftwareSigner.generate()) for _ in range(HOLDERS)]
        for response in made:
            if worst(self.verify(response).findings) is not Outcome.PASSED:
                raise ValueError("a presentation to be measured does not verify")
        return made

    def verify(self, response: bytes) -> ResponseVerdict:
        return verify_device_response(
            response, trust=self._trust, session_transcript=self.transcript, at=self.at
        )

    def _issue(self, copy: PrepareInput) -> bytes:
        prepared, signer = prepare(copy, entropy=self._entropy), self.pki.document_signer
        return prepared.finish(signer.signer.sign_now(prepared.to_be_signed), x5chain=[signer.der])

    def _copy_for(self, device: SoftwareSigner) -> PrepareInput:
        begin = self.at.replace(microsecond=0) - timedelta(hours=1)
        until = begin + timedelta(days=DAYS)
        return PrepareInput(
            doc_type=DEFINITION.doctype,
            name_spaces=self._encoded,
            device_key=device.public_key,
            validity=Validity(signed=begin, valid_from=begin, valid_until=until),
            algorithm=Algorithm.ES256,
            status=encode_status(STATUS),
        )
