"""The counter's management API (FastAPI, because a published description is worth its price).

Every call needs the operator's bearer token; a wrong one learns nothing else.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mrc.authority.counter import Counter, CounterOrder, Officer
from mrc.authority.desk import Desk, DeskReason, IssueOrder
from mrc.issuer.cards import Order
from mrc.issuer.records import HolderReference, MobileCard, OfferId
from mrc.kernel.errors import Forbidden, Malformed, MrcError, Rejected, Unavailable
from mrc.kernel.ports import Clock
from mrc.registry.people import RegistrantId
from mrc.registry.phones import decode_phone_number
from mrc.web.desk_api.models import (
    AssessmentView,
    CardBody,
    CardView,
    OfferBody,
    OfferView,
    Problem,
    ProgressView,
)

NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskApi:
    """`desk` None: an authority without the immigration register."""

    counter: Counter
    desk: Desk | None
    clock: Clock
    practice: bool
    token: str = field(repr=False)


def create_app(api: DeskApi) -> FastAPI:
    bearer = HTTPBearer(auto_error=False)

    def operator(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        said = "" if given is None else given.credentials
        if not hmac.compare_digest(said.encode(), api.token.encode()):
            raise NotOperator

    app = FastAPI(title="Counter", version="1", docs_url=None, redoc_url=None)
    app.add_exception_handler(NotOperator, _not_operator)
    app.add_exception_handler(MrcError, _problem)
    guarded = APIRouter(dependencies=[Depends(operator)])
    _add_offers(guarded, api)
    _add_cards(guarded, api)
    app.include_router(guarded)
    return app


class NotOperator(Exception):
    """No token, or a wrong one."""


def _add_offers(guarded: APIRouter, api: DeskApi) -> None:
    @guarded.post("/assessments")
    async def assess(body: OfferBody) -> AssessmentView:
        desk = _desk(api)
        return AssessmentView.of(await desk.assess(_issue_order(body), now=api.clock.now()))

    @guarded.post("/offers", status_code=201)
    async def offer(body: OfferBody) -> OfferView:
        return await (_plain_offer(api, body) if api.desk is None else _desk_offer(api, body))

    @guarded.get("/offers/{offer_id}")
    async def progress(offer_id: str) -> ProgressView:
        state = await api.counter.progress(OfferId(offer_id), now=api.clock.now())
        return ProgressView(id=offer_id, state=state.value)

    @guarded.delete("/offers/{offer_id}")
    async def withdraw(offer_id: str) -> ProgressView:
        await api.counter.withdraw(OfferId(offer_id))
        return await progress(offer_id)


def _add_cards(guarded: APIRouter, api: DeskApi) -> None:
    Act = Callable[..., Awaitable[list[MobileCard]]]
    acts: dict[str, Act] = {
        "lock": api.counter.lock,
        "unlock": api.counter.unlock,
        "cancel": api.counter.cancel,
    }

    @guarded.get("/cards/{registrant}")
    async def cards(registrant: str) -> list[CardView]:
        return [CardView.of(c) for c in await api.counter.live_cards(HolderReference(registrant))]

    def add(name: str, act: Act) -> None:
        @guarded.post(f"/cards/{name}", name=name)
        async def move(body: CardBody) -> list[CardView]:
            order = Order(
                holder=HolderReference(body.registrant),
                actor=body.officer,
                reason=body.reason,
                card_type=body.card_type,
            )
            return [CardView.of(card) for card in await act(order, now=api.clock.now())]

    for name, act in acts.items():
        add(name, act)


async def _desk_offer(api: DeskApi, body: OfferBody) -> OfferView:
    issued = await _desk(api).offer(_issue_order(body), now=api.clock.now())
    return OfferView(
        id=issued.offer.id,
        link=issued.offer.link,
        expires_at=issued.offer.expires_at,
        code_sent=issued.code_sent,
        transaction_code=issued.offer.tx_code if api.practice else None,
        assessment=AssessmentView.of(issued.assessment),
    )


async def _plain_offer(api: DeskApi, body: OfferBody) -> OfferView:
    if body.card_type is None:
        raise Malformed("offer", "card_type is needed at this authority")
    order = CounterOrder(
        holder=HolderReference(body.registrant),
        card_type=body.card_type,
        officer=Officer(id=body.officer, office=body.office, session="api"),
    )
    made = await api.counter.offer(order, now=api.clock.now())
    return OfferView(
        id=made.id,
        link=made.link,
        expires_at=made.expires_at,
        code_sent=False,
        transaction_code=made.tx_code if api.practice else None,
    )


def _desk(api: DeskApi) -> Desk:
    if api.desk is None:
        raise Forbidden(DeskReason.UNKNOWN_REGISTRANT, "this authority keeps no such register")
    return api.desk


def _issue_order(body: OfferBody) -> IssueOrder:
    return IssueOrder(
        registrant=RegistrantId(body.registrant),
        officer=Officer(id=body.officer, office=body.office, session="api"),
        method=body.method,
        phone=None if body.phone is None else decode_phone_number(body.phone),
        replacement_agreed=body.replacement_agreed,
    )


async def _not_operator(_: Request, __: Exception) -> JSONResponse:
    problem = Problem(error="invalid_token", detail="the operator's token is needed")
    headers = NO_STORE | {"www-authenticate": "Bearer"}
    return JSONResponse(problem.model_dump(), 401, headers=headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    match error:
        case Forbidden():
            status, problem = 403, Problem(error=error.reason.value, detail=error.detail)
        case Rejected():
            status, problem = 404, Problem(error=error.reason.value, detail=error.clause)
        case Malformed():
            status, problem = 400, Problem(error="malformed", detail=str(error))
        case Unavailable():
            status, problem = 503, Problem(error="unavailable", detail=error.what)
        case _:
            raise error
    return JSONResponse(problem.model_dump(), status, headers=NO_STORE)
