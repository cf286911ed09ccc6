"""Staff on a real database with practice people, and their passkeys."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from mrc.authority.staff.approvals import ApprovalPolicy, Approvals
from mrc.authority.staff.records import Role, StaffMember
from mrc.authority.staff.signing_in import NewSession, SignedIn, SigningIn
from mrc.authority.staff.visits import VisitParts, Visits
from mrc.infra.database.engine import Database
from mrc.infra.keys.software import OpensslCipher, SystemEntropy
from mrc.infra.settings import Host
from mrc.wiring.front_desk import make_passkeys
from tests.simulators.authenticator import Authenticator
from tests.simulators.front_desk_world import FrontDeskWorld, make_front_desk_world

ENTROPY = SystemEntropy()


@dataclass(kw_only=True)
class Staff:
    """The use cases, and the way of a new member to a session."""

    world: FrontDeskWorld
    signing_in: SigningIn
    approvals: Approvals
    visits: Visits

    def authenticator(self, name: str = "a") -> Authenticator:
        settings = self.world.settings
        return Authenticator(
            origin=settings.url_of(Host.DESK),
            rp_id=settings.name_of(Host.DESK),
            credential=f"passkey {name}".encode(),
        )

    async def enrol(self, link: str, key: Authenticator) -> StaffMember:
        now = self.world.clock.now()
        options = await self.signing_in.begin_enrolment(link, now=now)
        return await self.signing_in.finish_enrolment(link, key.enrol(options), now=now)

    async def sign_in(self, key: Authenticator) -> NewSession:
        now = self.world.clock.now()
        options = await self.signing_in.begin_sign_in(now=now)
        return await self.signing_in.finish_sign_in(key.sign_in(options), now=now)

    async def supervisor(self, key: Authenticator) -> SignedIn:
        made = await self.world.administration.bootstrap(
            "김하늘", "SES", now=self.world.clock.now()
        )
        await self.enrol(made.link, key)
        return (await self.sign_in(key)).signed_in

    async def colleague(self, by: SignedIn, role: Role, key: Authenticator) -> SignedIn:
        made = await self.world.administration.invite(
            f"{role.value} {key.credential.decode()}",
            role,
            by=by.member,
            now=self.world.clock.now(),
        )
        await self.enrol(made.link, key)
        return (await self.sign_in(key)).signed_in


@pytest.fixture
async def staff(database: Database, tmp_path: Path) -> Staff:
    world = await make_front_desk_world(database, tmp_path, people=12)
    parts = VisitParts(
        store=world.staff,
        desk=world.desk,
        counter=world.counter,
        registry=world.registry,
        entropy=ENTROPY,
        cipher=OpensslCipher(),
        key=bytes(32),
    )
    return Staff(
        world=world,
        signing_in=SigningIn(world.staff, make_passkeys(world.settings), ENTROPY),
        approvals=Approvals(world.staff, world.counter, ApprovalPolicy(), ENTROPY),
        visits=Visits(parts),
    )
