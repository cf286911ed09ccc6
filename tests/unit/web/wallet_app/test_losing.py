"""Loss: the card is locked at once, and the lock code is written down before any office learns it."""

from mrc.wallet.holdings import CardState
from tests.unit.web.wallet_app.conftest import PIN, WRONG, Holder


async def card_of(holder: Holder) -> str:
    wallet = await holder.mobile_id.unlock(PIN)
    (card,) = await wallet.records.cards()
    return card.id


async def test_the_holder_locks_the_card_at_once(carrier: Holder) -> None:
    card_id = await card_of(carrier)
    assert "Lock this card now" in (await carrier.open("/app/lost")).words
    page = await carrier.send(f"/app/cards/{card_id}/lock")
    assert "Your card is locked." in page.words
    wallet = await carrier.mobile_id.unlock(PIN)
    assert (await wallet.records.get(card_id)).state is CardState.LOCKED
    assert 'href="/app/scan"' not in (await carrier.open("/app/")).html


async def test_a_lock_that_did_not_arrive_is_not_called_locked(carrier: Holder) -> None:
    card_id = await card_of(carrier)
    carrier.network.down = set(carrier.network.apps)
    page = await carrier.send(f"/app/cards/{card_id}/lock")
    assert "The card could not be locked. Try again or call 1345." in page.words
    wallet = await carrier.mobile_id.unlock(PIN)
    assert (await wallet.records.get(card_id)).state is CardState.USABLE


async def test_the_lost_page_of_a_locked_app_names_no_card(carrier: Holder) -> None:
    await carrier.send("/app/lock")
    page = await carrier.open("/app/lost")
    assert "Call 1345" in page.words
    assert "NGUYEN" not in page.html


async def test_the_lock_code_needs_the_pin_and_two_characters(carrier: Holder) -> None:
    wrong = await carrier.send("/app/lock-code", pin=WRONG)
    assert "This PIN is not right." in wrong.words
    page = await carrier.send("/app/lock-code", pin=PIN)
    wallet = await carrier.mobile_id.unlock(PIN)
    code = await wallet.locking.lock_code()
    assert code in page.words.replace(" ", "")
    wrong = await carrier.send("/app/lock-code/check", characters="!!")
    assert "These characters do not fit." in wrong.words
    assert carrier.world.loss.codes == []
    done = await carrier.send("/app/lock-code/check", characters=code[2] + code[8])
    assert "Your lock code is ready." in done.words
    assert carrier.world.loss.codes == [code]
