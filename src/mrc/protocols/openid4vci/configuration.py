"""One entry of `credential_configurations_supported` (OpenID4VCI 1.0, 12.2.4, A.2.2, A.3.2).

Formats other than `mso_mdoc` and `dc+sd-jwt` decode, so that a wallet can say what it leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrc.kernel.errors import Malformed
from mrc.protocols.oauth.members import (
    as_object,
    optional_object,
    optional_objects,
    optional_text,
    optional_texts,
    present,
    required_text,
)

MSO_MDOC = "mso_mdoc"
DC_SD_JWT = "dc+sd-jwt"
PROOF_JWT = "jwt"
PROOF_ATTESTATION = "attestation"
_WHAT = "credential configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAttestationsRequired:
    """Accepted attack potentials (Appendix D.2); an empty tuple sets no constraint."""

    key_storage: tuple[str, ...] = ()
    user_authentication: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTypeSupport:
    proof_signing_alg_values_supported: tuple[str, ...]
    key_attestations_required: KeyAttestationsRequired | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDescription:
    """Appendix B.2. `path` elements are strings, non-negative integers or None (all elements)."""

    path: tuple[str | int | None, ...]
    mandatory: bool = False
    display: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialConfiguration:
    """`doctype` belongs to mso_mdoc, `vct` to dc+sd-jwt; algorithm ids are COSE's or JOSE's."""

    format: str
    scope: str | None = None
    doctype: str | None = None
    vct: str | None = None
    credential_signing_alg_values_supported: tuple[str | int, ...] = ()
    cryptographic_binding_methods_supported: tuple[str, ...] = ()
    proof_types_supported: Mapping[str, ProofTypeSupport] = field(default_factory=dict)
    display: tuple[Mapping[str, object], ...] = ()
    claims: tuple[ClaimDescription, ...] = ()


def encode_configuration(configuration: CredentialConfiguration) -> dict[str, object]:
    """`credential_metadata` is always written: by it peers tell 1.0 from the drafts."""
    proof_types = {
        name: _encode_proof_type(support)
        for name, support in configuration.proof_types_supported.items()
    }
    members = present(
        format=configuration.format,
        scope=configuration.scope,
        doctype=configuration.doctype,
        vct=configuration.vct,
        credential_signing_alg_values_supported=(
            configuration.credential_signing_alg_values_supported
        ),
        cryptographic_binding_methods_supported=(
            configuration.cryptographic_binding_methods_supported
        ),
        proof_types_supported=proof_types or None,
    )
    claims = tuple(_encode_claim(claim) for claim in configuration.claims)
    members["credential_metadata"] = present(display=configuration.display, claims=claims)
    return members


def _encode_proof_type(support: ProofTypeSupport) -> dict[str, object]:
    required = support.key_attestations_required
    return present(
        proof_signing_alg_values_supported=support.proof_signing_alg_values_supported,
        key_attestations_required=None
        if required is None
        else present(
            key_storage=required.key_storage, user_authentication=required.user_authentication
        ),
    )


def _encode_claim(claim: ClaimDescription) -> dict[str, object]:
    members: dict[str, object] = {"path": list(claim.path)}
    if claim.mandatory:
        members["mandatory"] = True
    return members | present(display=claim.display)


def decode_configuration(members: Mapping[str, object]) -> CredentialConfiguration:
    """Raises `Malformed`. Members that another format defines are ignored."""
    shown = optional_object(members, "credential_metadata", _WHAT) or {}
    methods = optional_texts(members, "cryptographic_binding_methods_supported", _WHAT)
    proof_types = optional_object(members, "proof_types_supported", _WHAT) or {}
    if bool(methods) != bool(proof_types):
        raise Malformed(_WHAT, "binding methods and proof types come together or not at all")
    return CredentialConfiguration(
        format=required_text(members, "format", _WHAT),
        scope=optional_text(members, "scope", _WHAT),
        doctype=optional_text(members, "doctype", _WHAT),
        vct=optional_text(members, "vct", _WHAT),
        credential_signing_alg_values_supported=_algorithms(members),
        cryptographic_binding_methods_supported=methods,
        proof_types_supported={
            name: _decode_proof_type(as_object(value, _WHAT)) for name, value in proof_types.items()
        },
        display=optional_objects(shown, "display", _WHAT),
        claims=tuple(_decode_claim(item) for item in optional_objects(shown, "claims", _WHAT)),
    )


def _algorithms(members: Mapping[str, object]) -> tuple[str | int, ...]:
    value = members.get("credential_signing_alg_values_supported")
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise Malformed(_WHAT, "credential_signing_alg_values_supported is not a non-empty array")
    algorithms = tuple(
        item for item in value if isinstance(item, (str, int)) and not isinstance(item, bool)
    )
    if len(algorithms) != len(value):
        raise Malformed(_WHAT, "an algorithm identifier is neither a string nor an integer")
    return algorithms


def _decode_proof_type(members: Mapping[str, object]) -> ProofTypeSupport:
    algorithms = optional_texts(members, "proof_signing_alg_values_supported", _WHAT)
    if not algorithms:
        raise Malformed(_WHAT, "proof_signing_alg_values_supported is missing")
    required = optional_object(members, "key_attestations_required", _WHAT)
    return ProofTypeSupport(
        proof_signing_alg_values_supported=algorithms,
        key_attestations_required=None
        if required is None
        else KeyAttestationsRequired(
            key_storage=optional_texts(required, "key_storage", _WHAT),
            user_authentication=optional_texts(required, "user_authentication", _WHAT),
        ),
    )


def _decode_claim(members: Mapping[str, object]) -> ClaimDescription:
    path = members.get("path")
    if not isinstance(path, list) or not path or not all(_is_pointer(item) for item in path):
        raise Malformed("claims path pointer", "expected strings, non-negative integers or nulls")
    return ClaimDescription(
        path=tuple(path),
        mandatory=members.get("mandatory") is True,
        display=optional_objects(members, "display", _WHAT),
    )


def _is_pointer(item: object) -> bool:
    if isinstance(item, int) and not isinstance(item, bool):
        return item >= 0
    return item is None or isinstance(item, str)
