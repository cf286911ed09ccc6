"""Choosing disclosures and binding them to a verifier's request (RFC 9901, 7.2 and 4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mrc.formats.jose import jws, jwt
from mrc.formats.sd_jwt_vc.sd_jwt import SdJwt, process, sd_hash, with_disclosures
from mrc.kernel.keys import Algorithm
from mrc.kernel.ports import Signer

KB_TYPE = "kb+jwt"

ClaimPath = Sequence[str | int | None]
"""As DCQL writes it (OpenID4VP 7): None stands for every element of an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBinding:
    """The request that a presentation answers. `extra` holds claims such as
    ``transaction_data_hashes`` (OpenID4VP, B.3.3.1)."""

    audience: str
    nonce: str
    issued_at: datetime
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPresentation:
    """A selection, and what the holder's key will sign."""

    selected: str = field(repr=False)
    signing_input: bytes = field(repr=False)

    def finish(self, signature: bytes) -> str:
        return self.selected + jws.assemble(self.signing_input, signature)


def select(sd_jwt: SdJwt, paths: Sequence[ClaimPath]) -> SdJwt:
    """The SD-JWT with exactly the disclosures that `paths` need (7.2 steps 1 to 3).

    A disclosure is needed where its place lies on the way to a path or inside what it names. A
    path that names nothing adds nothing: whether all was found is the asker's query's matter.
    """
    disclosed = process(sd_jwt).disclosed
    chosen = {
        item.text for place, item in disclosed.items() if any(_meets(place, path) for path in paths)
    }
    return with_disclosures(sd_jwt, tuple(text for text in sd_jwt.disclosures if text in chosen))


def _meets(place: Sequence[str | int], path: ClaimPath) -> bool:
    """Whether one is the beginning of the other."""
    return all(
        step == wanted or (wanted is None and isinstance(step, int))
        for step, wanted in zip(place, path, strict=False)
    )


def prepare_presentation(
    sd_jwt: SdJwt, *, disclose: Sequence[ClaimPath], binding: KeyBinding, algorithm: Algorithm
) -> PreparedPresentation:
    """The presentation but for the holder's signature (7.2 step 5)."""
    selected = select(sd_jwt, disclose)
    claims: dict[str, object] = {
        **binding.extra,
        "iat": jwt.encode_time(binding.issued_at),
        "aud": binding.audience,
        "nonce": binding.nonce,
        "sd_hash": sd_hash(selected),
    }
    header = {"alg": algorithm.value, "typ": KB_TYPE}
    return PreparedPresentation(
        selected=selected.without_key_binding,
        signing_input=jws.signing_input(header, jwt.encode_claims(claims)),
    )


async def present(
    sd_jwt: SdJwt, *, disclose: Sequence[ClaimPath], binding: KeyBinding, signer: Signer
) -> str:
    """The SD-JWT+KB that shows `disclose` and nothing else that is selectively disclosable."""
    prepared = prepare_presentation(
        sd_jwt, disclose=disclose, binding=binding, algorithm=signer.algorithm
    )
    return prepared.finish(await signer.sign(prepared.signing_input))
