"""The lines of IC-CARD 5.5 that bite at the server, sent over HTTP to the real endpoint."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mrc.formats.x509.certificate import encode_pem
from mrc.ic_card.lds.files import data_group
from mrc.infra.keys.software import SoftwareSigner
from mrc.infra.settings import Mode
from mrc.infra.trust_store import TrustKind, TrustStore
from mrc.kernel.errors import Rejected
from mrc.kernel.findings import Outcome
from mrc.protocols.ic_issuance.messages import (
    MEMBER,
    AskAgain,
    Begin,
    ChipKey,
    Face,
    FirstAnswers,
    SecondAnswers,
)
from mrc.protocols.oauth.errors import OAuthError, OAuthErrorCode
from mrc.protocols.oauth.first_party import AuthorizationGranted
from mrc.wiring.ic_cards import load_csca_trust
from tests.simulators.ic_card_scene import flipped, new_keys, with_files
from tests.simulators.ic_card_world import World, practice_world
from tests.simulators.ic_issuance_world import (
    HOLDER,
    Matcher,
    Person,
    Talk,
    ic_world,
    opened_card,
    refused,
)


async def test_replayed_transcript_of_the_same_session_is_refused(world):
    """Every message of a session that gave a code, sent once more."""
    talk, card = await Talk.of(await world.phone()), await opened_card(world)
    first = await talk.answers_of_first(card)
    second = await talk.say(FirstAnswers(answers=first))
    from mrc.ic_card.terminal import pipe

    last = await pipe.forward(card, second.wrapped)
    granted = await talk.say(SecondAnswers(answers=last))
    assert isinstance(granted, AuthorizationGranted)
    for message in (FirstAnswers(answers=first), SecondAnswers(answers=last), AskAgain()):
        assert await refused(talk.say(message)) == "session_over"


async def test_replayed_transcript_in_a_new_session_is_refused(world):
    """Old answers were under another ephemeral key of the server."""
    phone = await world.phone()
    old, card = await Talk.of(phone), await opened_card(world)
    first = await old.answers_of_first(card)
    new = await Talk.of(phone)
    await new.begin(await opened_card(world))
    assert await refused(new.say(FirstAnswers(answers=first))) == "card_unreadable"
    assert await refused(new.say(FirstAnswers(answers=first))) == "session_over"


async def test_answers_moved_to_another_session_are_refused(world):
    one, other = await Talk.of(await world.phone()), await Talk.of(await world.phone())
    last = await one.last_answers(await opened_card(world))
    await other.last_answers(await opened_card(world))
    assert await refused(other.say(SecondAnswers(answers=last))) == "card_unreadable"


async def test_a_session_taken_to_another_device_is_refused_and_over(world):
    """Another DPoP key with the same `auth_session`; the thief's try ends it for both."""
    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    owner, talk.key = talk.key, SoftwareSigner.generate()
    assert await refused(talk.say(SecondAnswers(answers=last))) == "another_phone"
    talk.key = owner
    assert await refused(talk.say(SecondAnswers(answers=last))) == "session_over"


async def test_a_session_taken_to_another_wallet_instance_is_refused(world):
    """The same DPoP key, another attested instance."""
    talk, other = await Talk.of(await world.phone()), await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    talk.client = other.client
    assert await refused(talk.say(SecondAnswers(answers=last))) == "another_phone"


async def test_a_code_is_of_no_use_to_another_key_or_verifier(world):
    from mrc.protocols.openid4vci.token import AuthorizationCodeTokenRequest

    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    granted = await talk.say(SecondAnswers(answers=last))
    request = AuthorizationCodeTokenRequest(
        client_id=talk.client.client_id,
        code=granted.authorization_code,
        code_verifier=talk.verifier,
    )
    with pytest.raises(OAuthError) as caught:
        await talk._issuers.request_token(
            talk.issuer, request, key=SoftwareSigner.generate(), client=talk.client
        )
    assert caught.value.code is OAuthErrorCode.INVALID_GRANT
    with pytest.raises(OAuthError):  # and the code is gone with the thief's try
        await talk._issuers.request_token(talk.issuer, request, key=talk.key, client=talk.client)


async def test_an_expired_session_is_refused(world):
    talk = await Talk.of(await world.phone())
    first = await talk.answers_of_first(await opened_card(world))
    world.clock.by = timedelta(seconds=121)
    assert await refused(talk.say(FirstAnswers(answers=first))) == "session_expired"


async def test_copied_files_on_a_chip_with_own_keys_are_refused(world):
    """A clone: DG14 is the signed one, the key behind it is not."""
    clone = await new_keys(world.chip)
    phone = await world.phone()
    with pytest.raises(Rejected):  # the phone sees no good answer, or the server says why
        await phone.tap(chip=clone)
    assert await world.live() == []


async def test_a_clone_with_its_own_dg14_is_refused(world):
    clone = await new_keys(world.chip)
    other, _ = await World(root=world.office.root).make()
    files = {data_group(14): other.load().files[data_group(14)]}
    swapped = with_files(clone, files=files, keys=other._keys)
    assert await refused((await world.phone()).tap(chip=swapped)) == "card_not_authentic"
    assert await world.live() == []


async def test_a_card_of_a_rogue_csca_of_the_same_name_is_refused(world):
    rogue, _ = await World().make()
    assert await refused((await world.phone()).tap(chip=rogue)) == "card_not_authentic"


async def test_a_development_card_is_refused_by_a_production_trust(tmp_path):
    """The root of practice is not, and cannot be, among those of production."""
    async with ic_world(tmp_path) as world:
        practice = practice_world()
        chip, _ = await practice.make()
        assert await refused((await world.phone()).tap(chip=chip)) == "card_not_authentic"
        TrustStore(world.settings.home / "trust").add(
            TrustKind.CSCA, "practice", encode_pem(practice.root[1])
        )
        production = world.settings.model_copy(update={"mode": Mode.PRODUCTION})
        with pytest.raises(Rejected, match="practice CSCA"):
            load_csca_trust(production)


async def test_a_genuine_card_that_is_not_registered_is_refused(world):
    from mrc.ic_card.personalisation.job import Job
    from tests.simulators.ic_card_world import order

    stranger, _ = await world.office.make(job=Job(order=order("M0STRANGER")))
    assert await refused((await world.phone()).tap(chip=stranger)) == "card_unknown"


@pytest.mark.parametrize("place", range(0, 40, 7))
async def test_a_flipped_bit_of_any_answer_ends_the_session(world, place):
    talk = await Talk.of(await world.phone())
    first = await talk.answers_of_first(await opened_card(world))
    spoiled = [flipped(answer, min(place, len(answer) - 3)) for answer in first]
    reason = await refused(talk.say(FirstAnswers(answers=spoiled)))
    assert reason in ("card_unreadable", "card_not_authentic")
    assert await refused(talk.say(FirstAnswers(answers=first))) == "session_over"


async def test_a_card_opened_with_the_can_alone_gives_nothing(world):
    """Relay, or a borrowed card without its PIN: EF.RES and IK stay shut."""
    from tests.simulators.ic_card_world import connect, open_can

    card = await connect(world.chip)
    await open_can(card)
    talk = await Talk.of(await world.phone())
    first = await talk.answers_of_first(card)
    assert await refused(talk.say(FirstAnswers(answers=first))) in (
        "card_unreadable",
        "card_not_authentic",
    )


async def test_a_face_that_somebody_says_is_anothers_ends_the_session(world):
    """A matcher of others may find that; ours only sends to the counter (test_face)."""
    world.with_face(Matcher(outcome=Outcome.FAILED))
    talk = await Talk.of(await world.phone())
    last = await talk.last_answers(await opened_card(world))
    asked = await talk.say(SecondAnswers(answers=last))
    thief = Face(nonce=asked.nonce, frames=(b"thief",) * 4)
    assert await refused(talk.say(thief)) == "face_differs"
    assert await refused(talk.say(thief)) == "session_over"
    acts = [recorded.act.reason for recorded in await world.registry.acts_of(HOLDER)]
    assert any("face (another-matcher): failed" in reason for reason in acts)


async def test_a_phone_in_anothers_name_is_refused(world):
    world.carrier.outcome = Outcome.FAILED
    assert await refused((await world.phone()).tap()) == "phone_of_another"


async def test_a_wallet_that_is_not_first_party_is_sent_to_the_counter(world):
    phone = await world.phone(attested=False)
    talk = await Talk.of(phone)
    with pytest.raises(OAuthError) as caught:
        await talk.say(Begin(extended_length=False), client_id="third-party")
    assert caught.value.code is OAuthErrorCode.UNAUTHORIZED_CLIENT
    assert caught.value.members["next"] == "counter"


async def test_steps_out_of_order_end_the_session(world):
    for message in (
        SecondAnswers(answers=[]),
        FirstAnswers(answers=[]),
        Face(nonce=b"", frames=()),
    ):
        talk = await Talk.of(await world.phone())
        await talk.say(Begin(extended_length=False))
        assert await refused(talk.say(message)) == "session_over"
        assert await refused(talk.say(ChipKey(dg14=b"x"))) == "session_over"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"step":"dg14"}', '{"step":"first"}'])
async def test_a_message_that_does_not_decode_is_no_step(world, text):
    talk = await Talk.of(await world.phone())
    with pytest.raises(OAuthError) as caught:
        await talk.say(Begin(extended_length=False), answers={MEMBER: text})
    assert caught.value.code is OAuthErrorCode.INVALID_REQUEST


async def test_pkce_and_scope_are_asked_for_before_the_card(world):
    talk = await Talk.of(await world.phone())
    for changes in ({"code_challenge": None}, {"code_challenge_method": "plain"}, {"scope": "x"}):
        with pytest.raises(OAuthError):
            await talk.say(Begin(extended_length=False), **changes)
        talk.session = None


async def test_an_old_signature_counter_is_refused(world):
    """Register and chip disagree on how often IK signed: a chip brought back to an old state."""
    phone = await world.phone()
    old = world.chip.load()
    await phone.tap()
    restored = with_files(world.chip)
    restored._state = replace(old)
    assert await refused(phone.tap(Person(), chip=restored)) == "card_not_authentic"
