"""The metadata that an issuer of this configuration publishes (OpenID4VCI 1.0, 12.2 and 12.3)."""

from collections.abc import Mapping

from mrc.formats.catalogue.claim import Claim, DisplayName
from mrc.issuer.configuration import (
    CredentialFormat,
    IssuerConfiguration,
    OfferedCredential,
    Requirement,
)
from mrc.kernel.keys import EcPublicKey
from mrc.protocols.oauth.client_attestation import AUTH_METHOD_DPOP, AUTH_METHOD_POP
from mrc.protocols.oauth.metadata import AuthorizationServerMetadata
from mrc.protocols.oauth.pkce import METHOD
from mrc.protocols.openid4vci.configuration import (
    PROOF_ATTESTATION,
    PROOF_JWT,
    ClaimDescription,
    CredentialConfiguration,
    KeyAttestationsRequired,
    ProofTypeSupport,
)
from mrc.protocols.openid4vci.metadata import (
    CredentialIssuerMetadata,
    RequestEncryption,
    ResponseEncryption,
)
from mrc.protocols.openid4vci.offer import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE
from mrc.protocols.openid4vci.token import DETAILS_TYPE, REFRESH_TOKEN

ES256 = "ES256"
COSE_ES256 = -7
_ENCRYPTIONS = ("A128GCM", "A256GCM")


def issuer_metadata(
    configuration: IssuerConfiguration, encryption_keys: Mapping[str, EcPublicKey]
) -> CredentialIssuerMetadata:
    required = configuration.encryption_required
    return CredentialIssuerMetadata(
        credential_issuer=configuration.credential_issuer,
        credential_endpoint=configuration.endpoint("credential"),
        nonce_endpoint=configuration.endpoint("nonce"),
        deferred_credential_endpoint=configuration.endpoint("deferred_credential"),
        notification_endpoint=configuration.endpoint("notification"),
        configurations={
            name: _configuration(configuration, one) for name, one in configuration.offered.items()
        },
        request_encryption=RequestEncryption(
            keys=encryption_keys,
            enc_values_supported=_ENCRYPTIONS,
            zip_values_supported=("DEF",),
            encryption_required=required,
        ),
        response_encryption=ResponseEncryption(
            alg_values_supported=("ECDH-ES",),
            enc_values_supported=_ENCRYPTIONS,
            zip_values_supported=("DEF",),
            encryption_required=required,
        ),
        batch_size=configuration.batch_size,
        display=tuple(
            {"name": name, "locale": locale} for locale, name in configuration.name.items()
        ),
    )


def _configuration(
    configuration: IssuerConfiguration, offered: OfferedCredential
) -> CredentialConfiguration:
    definition, mdoc = offered.definition, offered.format is CredentialFormat.MDOC
    return CredentialConfiguration(
        format=offered.format.value,
        scope=offered.id,
        doctype=definition.doctype if mdoc else None,
        vct=None if mdoc else definition.vct,
        credential_signing_alg_values_supported=(COSE_ES256,) if mdoc else (ES256,),
        cryptographic_binding_methods_supported=("cose_key",) if mdoc else ("jwk",),
        proof_types_supported=_proof_types(configuration),
        display=_display(definition.display),
        claims=tuple(_claim(claim, mdoc=mdoc) for claim in definition.claims),
    )


def _proof_types(configuration: IssuerConfiguration) -> dict[str, ProofTypeSupport]:
    """`key_attestations_required` stands only where it is required (12.2.4)."""
    demanded = configuration.key_attestation
    required: KeyAttestationsRequired | None = None
    if demanded is Requirement.REQUIRED:
        required = configuration.key_attestation_levels
    jwt = ProofTypeSupport(
        proof_signing_alg_values_supported=(ES256,), key_attestations_required=required
    )
    if demanded is Requirement.OFF:
        return {PROOF_JWT: jwt}
    attestation = ProofTypeSupport(
        proof_signing_alg_values_supported=(ES256,),
        key_attestations_required=configuration.key_attestation_levels,
    )
    return {PROOF_JWT: jwt, PROOF_ATTESTATION: attestation}


def _display(name: DisplayName) -> tuple[dict[str, object], ...]:
    return ({"name": name.ko, "locale": "ko-KR"}, {"name": name.en, "locale": "en-US"})


def _claim(claim: Claim, *, mdoc: bool) -> ClaimDescription:
    return ClaimDescription(
        path=claim.mdoc_path if mdoc else claim.path,
        mandatory=claim.mandatory,
        display=_display(claim.display),
    )


def server_metadata(
    configuration: IssuerConfiguration, *, challenge_endpoint: bool
) -> AuthorizationServerMetadata:
    """`challenge_endpoint`: whether a first-party authorization challenge endpoint is there."""
    haip, attestation = configuration.haip, configuration.wallet_attestation
    code = (AUTHORIZATION_CODE, REFRESH_TOKEN)
    attested = attestation is not Requirement.OFF
    anonymous = attestation is not Requirement.REQUIRED
    methods = (AUTH_METHOD_POP, AUTH_METHOD_DPOP) if attested else ()
    algorithms = (ES256,) if attested else ()
    challenge = attested and configuration.attestation_challenges
    return AuthorizationServerMetadata(
        issuer=configuration.credential_issuer,
        token_endpoint=configuration.endpoint("token"),
        authorization_endpoint=configuration.endpoint("authorize"),
        pushed_authorization_request_endpoint=configuration.endpoint("par"),
        require_pushed_authorization_requests=True,
        authorization_challenge_endpoint=(
            configuration.endpoint("authorize-challenge") if challenge_endpoint else None
        ),
        challenge_endpoint=configuration.endpoint("challenge") if challenge else None,
        response_types_supported=("code",),
        grant_types_supported=code if haip else (PRE_AUTHORIZED_CODE, *code),
        scopes_supported=tuple(configuration.offered),
        code_challenge_methods_supported=(METHOD,),
        token_endpoint_auth_methods_supported=(*methods, "none") if anonymous else methods,
        dpop_signing_alg_values_supported=(ES256,),
        client_attestation_signing_alg_values_supported=algorithms,
        client_attestation_pop_signing_alg_values_supported=algorithms,
        authorization_details_types_supported=(DETAILS_TYPE,),
        authorization_response_iss_parameter_supported=True,
        pre_authorized_grant_anonymous_access_supported=None if haip else anonymous,
    )
