"""The front desk as an app. It stands at the root of the desk's own origin."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from mrc.web.design.assets import Assets
from mrc.web.design.headers import ContentPolicy, SecurityHeaders
from mrc.web.design.language_choice import language_route
from mrc.web.design.languages import Language
from mrc.web.design.pages import Audience, Pages
from mrc.web.design.same_origin import SameOriginWrites
from mrc.web.front_desk import (
    advice,
    approvals,
    asker_reports,
    audit,
    cards,
    counter,
    customer,
    ic_card,
    issue,
    numbers,
    office,
    receipts,
    record,
    search,
    sign_in,
)
from mrc.web.front_desk.desk import FrontDesk
from mrc.web.front_desk.page import Door, Rooms

PACKAGE = "mrc.web.front_desk"


def make_app(desk_app: FrontDesk) -> Starlette:
    assets = Assets(desk=PACKAGE)
    rooms = Rooms(
        officer=Pages(audience=Audience.OFFICER, package=PACKAGE, assets=assets),
        customer=Pages(
            audience=Audience.OFFICER,
            package=PACKAGE,
            assets=assets,
            languages=tuple(Language),
            domains=("common", "customer"),
        ),
    )
    door = Door(desk_app, rooms)
    assets_route, language = assets.route(), language_route()
    assets_route.name, language.name = "assets", "language"
    routes: list[BaseRoute] = [assets_route, language]
    routes += [*_sign_in(door), *_counter(door), *_visit(door), *_cards(door), *_customer(door)]
    routes += [*_ic_card(door), *_supervising(door)]
    policy = ContentPolicy(wasm=False)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await desk_app.cards.close()

    app = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, policy=policy), Middleware(SameOriginWrites)],
        lifespan=lifespan,
    )
    app.state.cards = desk_app.cards
    return app


def _sign_in(door: Door) -> list[BaseRoute]:
    return [
        door.route("/sign-in", sign_in.sign_in, "sign_in"),
        door.route("/sign-in/options", sign_in.options, "sign_in_options", "POST"),
        door.route("/sign-in", sign_in.finish, "sign_in_finish", "POST"),
        door.route("/sign-out", sign_in.sign_out, "sign_out", "POST"),
        door.route("/enrol/{link}", sign_in.enrol, "enrol"),
        door.route("/enrol/{link}/options", sign_in.enrol_options, "enrol_options", "POST"),
        door.route("/enrol/{link}", sign_in.enrol_finish, "enrol_finish", "POST"),
    ]


def _counter(door: Door) -> list[BaseRoute]:
    return [
        door.route("/", counter.home, "home"),
        door.route("/counter", counter.choose, "counter"),
        door.route("/counter", counter.chosen, "counter_choose", "POST"),
        door.route("/screen", counter.screen_link, "screen_link", "POST"),
        door.route("/search", search.search, "search"),
        door.route("/search", search.results, "search_results", "POST"),
        door.route("/visits", search.open_record, "visit_open", "POST"),
    ]


def _visit(door: Door) -> list[BaseRoute]:
    visit = "/visits/{visit}"
    return [
        door.route(visit, record.record, "record"),
        door.route(f"{visit}/portrait", record.portrait, "portrait"),
        door.route(f"{visit}/number", record.show_number, "number_show", "POST"),
        door.route(f"{visit}/number", record.hide_number, "number_hide"),
        door.route(f"{visit}/eligibility", record.eligibility, "eligibility"),
        door.route(f"{visit}/choices", record.choices, "choices", "POST"),
        door.route(f"{visit}/person", record.person, "person"),
        door.route(f"{visit}/person", record.decide_person, "person_decide", "POST"),
        door.route(f"{visit}/person/advice", advice.person_advice, "person_advice", "POST"),
        door.route(f"{visit}/issue", issue.issue, "issue"),
        door.route(f"{visit}/issue", issue.new_code, "issue_new", "POST"),
        door.route(f"{visit}/issue/steps", issue.steps, "issue_steps"),
        door.route(f"{visit}/issue/withdraw", issue.withdraw, "issue_withdraw", "POST"),
    ]


def _cards(door: Door) -> list[BaseRoute]:
    visit = "/visits/{visit}"
    return [
        door.route(f"{visit}/loss", cards.loss, "loss"),
        door.route(f"{visit}/loss", cards.lock, "loss_lock", "POST"),
        door.route(f"{visit}/change/{{act}}", cards.change, "change"),
        door.route(f"{visit}/change/{{act}}", cards.ask, "change_ask", "POST"),
        door.route(f"{visit}/receipt", receipts.receipt, "receipt"),
        door.route(f"{visit}/receipt.pdf", receipts.pdf, "receipt_pdf"),
    ]


def _ic_card(door: Door) -> list[BaseRoute]:
    making = "/visits/{visit}/ic-card"
    return [
        door.route(making, ic_card.ic_card, "ic_card"),
        door.route(making, ic_card.start, "ic_card_start", "POST"),
        door.route(f"{making}/steps", ic_card.steps, "ic_card_steps"),
        door.route(f"{making}/go-on", ic_card.go_on, "ic_card_go_on", "POST"),
        door.route(f"{making}/stop", ic_card.stop, "ic_card_stop", "POST"),
        door.route(f"{making}/give-up", ic_card.give_up, "ic_card_give_up", "POST"),
    ]


def _customer(door: Door) -> list[BaseRoute]:
    return [
        door.route("/customer", customer.screen, "customer"),
        door.route("/customer/body", customer.body, "customer_body"),
        door.route("/customer/language", customer.language, "customer_language", "POST"),
        door.route("/customer/pad/{ask}", customer.pad, "customer_pad", "POST"),
        door.route("/customer/{link}", customer.link, "customer_link"),
        door.route("/customer/{link}", customer.start, "customer_start", "POST"),
    ]


def _supervising(door: Door) -> list[BaseRoute]:
    return [
        door.route("/approvals", approvals.approvals, "approvals"),
        door.route("/approvals/{approval}", approvals.decide, "approval_decide", "POST"),
        door.route("/numbers", numbers.numbers, "numbers"),
        door.route("/audit", audit.audit, "audit"),
        door.route("/audit", audit.search, "audit_search", "POST"),
        door.route("/audit/export", audit.export, "audit_export", "POST"),
        door.route("/asker-reports", asker_reports.reports, "asker_reports"),
        door.route("/asker-reports/{reference}", asker_reports.report, "asker_report"),
        door.route(
            "/asker-reports/{reference}", asker_reports.decide, "asker_report_decide", "POST"
        ),
        door.route("/office", office.office, "office"),
        door.route("/office/counters", office.set_counters, "office_counters", "POST"),
        door.route("/office/staff", office.invite, "staff_invite", "POST"),
        door.route("/office/staff/{member}/{act}", office.change, "staff_change", "POST"),
    ]
