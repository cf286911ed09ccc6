"""A reader of published status lists that trusts the practice signer."""

from datetime import datetime

from mrc.formats.status_list import jwt_token
from mrc.formats.status_list.reference import StatusReference
from mrc.infra.keys.software import OpensslVerifier
from mrc.issuer.records import PublishedToken
from mrc.kernel.keys import Algorithm
from tests.simulators.pki import practice_pki


def read_status(token: PublishedToken, reference: StatusReference, *, at: datetime) -> int:
    """The value that a checked token has for a copy."""
    found = jwt_token.check_jwt(
        jwt_token.decode_jwt(token.jwt.decode()),
        key=practice_pki().status_signer.signer.public_key,
        expected_algorithms=(Algorithm.ES256,),
        expected_uri=reference.uri,
        at=at,
        verifier=OpensslVerifier(),
    )
    return found.get(reference)
