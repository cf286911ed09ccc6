"""The call centre's management API: open a case, answer its questions, lock.

Each operator has a token and a name; the name goes into the record of every act. Answers are read
once and never logged, kept or repeated, also not in an error.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from mrc.authority.loss.call_centre import Answers, CallCentre
from mrc.authority.loss.records import LossReason
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Unavailable
from mrc.kernel.ports import Clock
from mrc.registry.numbers import decode_number

NO_STORE = {"cache-control": "no-store"}
_STATUS = {
    LossReason.TOO_MANY_TRIES: 429,
    LossReason.UNKNOWN_REGISTRANT: 404,
    LossReason.CASE_UNKNOWN: 404,
}


class Operators(Protocol):
    def tokens(self) -> Mapping[str, str]:
        """The operators' tokens by name, as of now: who is taken out is out at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCentreApi:
    desk: CallCentre
    operators: Operators = field(repr=False)
    clock: Clock


class NotOperator(Exception):
    """No token, or a wrong one."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CaseBody(Strict):
    registration_number: str = Field(min_length=13, max_length=14)


class CaseView(Strict):
    case: str
    questions: list[str]
    expires_at: datetime


class AnswerBody(Strict):
    """`answers` by question; one that the caller does not know is left out."""

    answers: dict[str, Annotated[str, Field(max_length=200)]]
    reason: str = Field(min_length=1, max_length=200)


class ReceiptView(Strict):
    reference: str
    refused_from: datetime


def create_app(api: CallCentreApi) -> FastAPI:
    bearer = HTTPBearer(auto_error=False)

    def operator(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
        return _name_of(api.operators, given)

    app = FastAPI(title="Call centre", version="1", docs_url=None, redoc_url=None)
    app.add_exception_handler(NotOperator, _not_operator)
    app.add_exception_handler(MrcError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)

    @app.post("/cases", status_code=201)
    async def open_case(body: CaseBody, name: str = Depends(operator)) -> CaseView:
        number = decode_number(body.registration_number)
        case = await api.desk.open_case(number, name, now=api.clock.now())
        return CaseView(case=case.id, questions=list(case.questions), expires_at=case.expires_at)

    @app.post("/cases/{case}/lock")
    async def lock(case: str, body: AnswerBody, name: str = Depends(operator)) -> ReceiptView:
        answers = Answers(case=case, reason=body.reason, given=body.answers)
        receipt = await api.desk.lock(answers, name, now=api.clock.now())
        return ReceiptView(reference=receipt.reference, refused_from=receipt.refused_from)

    return app


def _name_of(operators: Operators, given: HTTPAuthorizationCredentials | None) -> str:
    """Every token is compared, so that time tells nothing about which of them is near."""
    said = b"" if given is None else given.credentials.encode()
    names = [
        name
        for name, token in operators.tokens().items()
        if hmac.compare_digest(token.encode(), said)
    ]
    if len(names) != 1 or not said:
        raise NotOperator
    return names[0]


async def _not_operator(_: Request, __: Exception) -> JSONResponse:
    headers = NO_STORE | {"www-authenticate": "Bearer"}
    return JSONResponse({"error": "invalid_token"}, 401, headers=headers)


async def _invalid(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"error": "malformed"}, 400, headers=NO_STORE)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    match error:
        case Forbidden():
            status = next((code for why, code in _STATUS.items() if why is error.reason), 403)
            return JSONResponse({"error": error.reason.value}, status, headers=NO_STORE)
        case Malformed():
            return JSONResponse({"error": "malformed"}, 400, headers=NO_STORE)
        case Unavailable():
            return JSONResponse({"error": "unavailable"}, 503, headers=NO_STORE)
        case _:
            raise error
