"""The holder's app over the real core: onboarding, PIN, adding, sharing, and what must not happen."""

from datetime import timedelta

from mrc.wallet.holdings import ShowOutcome
from tests.unit.web.wallet_app.conftest import PIN, WRONG, Holder, Page


async def test_a_new_phone_leads_to_the_language_list(holder: Holder) -> None:
    page = await holder.open("/app/")
    assert page.path == "/app/start"
    assert "Tiếng Việt" in page.words


async def test_the_language_is_remembered_without_a_cookie(holder: Holder) -> None:
    page = await holder.send("/app/language", language="ko", back="/app/start/need")
    assert 'lang="ko"' in page.html
    assert page.headers.get("set-cookie") is None


async def test_the_two_pins_must_be_equal(holder: Holder) -> None:
    await holder.send("/app/start/terms")
    await holder.send("/app/start/pin", pin=PIN)
    page = await holder.send("/app/start/pin", pin=WRONG)
    assert "The two PINs differ" in page.words
    assert not await holder.mobile_id.is_activated()


async def test_an_easy_pin_is_refused(holder: Holder) -> None:
    await holder.send("/app/start/terms")
    page = await holder.send("/app/start/pin", pin="123456")
    assert "too easy to guess" in page.words


async def test_the_wallet_is_ready_after_terms_and_pin(holder: Holder) -> None:
    page = await holder.onboard()
    assert "Mobile ID is ready" in page.words
    assert "Your card will appear here." in (await holder.open("/app/")).words


async def test_no_page_of_a_card_opens_before_the_pin(holder: Holder) -> None:
    await holder.onboard()
    await holder.send("/app/lock")
    for path in ("", "add", "scan", "history", "notices", "settings", "pin", "share", "cards/x"):
        assert (await holder.open(f"/app/{path}")).path == "/app/unlock", path


async def test_no_act_works_before_the_pin(carrier: Holder) -> None:
    await carrier.send("/app/lock")
    for path in ("add/scan", "add/read", "scan", "share", "share/confirm", "history/delete", "pin"):
        page = await carrier.send(f"/app/{path}", code="x", answer="share", entry="all")
        assert page.path == "/app/unlock", path


async def test_a_wrong_pin_says_how_many_tries_are_left(holder: Holder) -> None:
    await holder.onboard()
    await holder.send("/app/lock")
    page = await holder.unlock(WRONG)
    assert "This PIN is not right." in page.words
    assert "4 tries left" in page.words


async def test_five_wrong_pins_pause_and_a_right_one_waits_too(holder: Holder) -> None:
    await holder.onboard()
    await holder.send("/app/lock")
    for _ in range(5):
        page = await holder.unlock(WRONG)
    assert "Too many wrong PINs" in page.words
    assert "Too many wrong PINs" in (await holder.unlock()).words
    holder.clock.by = timedelta(minutes=1, seconds=1)
    assert (await holder.unlock()).path == "/app/"


async def test_a_blocked_pin_leads_to_a_new_start(holder: Holder) -> None:
    await holder.onboard()
    await holder.send("/app/lock")
    for round_ in range(4):
        holder.clock.by = timedelta(hours=2 * round_)
        for _ in range(5):
            page = await holder.unlock(WRONG)
    assert "Your PIN is blocked." in page.words
    page = await holder.send("/app/erase", sure="yes")
    assert page.path == "/app/start"
    assert not await holder.mobile_id.is_activated()


async def test_the_app_locks_itself_when_nobody_uses_it(carrier: Holder) -> None:
    carrier.clock.by = timedelta(minutes=5)
    assert (await carrier.open("/app/")).path == "/app/unlock"


async def test_use_keeps_the_app_open(carrier: Holder) -> None:
    for minutes in (4, 8, 12):
        carrier.clock.by = timedelta(minutes=minutes)
        assert (await carrier.open("/app/history")).path == "/app/history"


async def test_every_field_is_read_before_the_card_is_accepted(holder: Holder) -> None:
    await holder.onboard()
    offer = await holder.world.offer()
    page = await holder.send("/app/add/scan", code=offer.link)
    assert "Enter the number from the text message" in page.words
    page = await holder.send(
        "/app/add/offer", flow=page.hidden("flow")[0], tx_code=offer.tx_code or ""
    )
    for value in ("NGUYEN, VAN ANH", "응우옌 반 안", "E-9", "VNM", "2029-05-03"):
        assert value in page.words
    assert "900203-6••••••" in page.words
    opened = await holder.mobile_id.unlock(PIN)
    assert await opened.records.cards() == []


async def test_something_is_wrong_stores_nothing(holder: Holder) -> None:
    await holder.onboard()
    offer = await holder.world.offer(with_tx_code=False)
    page = await holder.send("/app/add/scan", code=offer.link)
    page = await holder.send("/app/add/offer", flow=page.hidden("flow")[0])
    page = await holder.send("/app/add/read", flow=page.hidden("flow")[0], answer="refuse")
    assert "Nothing was stored." in page.words
    opened = await holder.mobile_id.unlock(PIN)
    assert await opened.records.cards() == []
    assert await opened.pending.all() == []


async def test_a_wrong_transaction_code_can_be_corrected(holder: Holder) -> None:
    await holder.onboard()
    offer = await holder.world.offer()
    page = await holder.send("/app/add/scan", code=offer.link)
    page = await holder.send("/app/add/offer", flow=page.hidden("flow")[0], tx_code="00000000")
    assert "This number is not right." in page.words
    page = await holder.send(
        "/app/add/offer", flow=page.hidden("flow")[0], tx_code=offer.tx_code or ""
    )
    assert page.path == "/app/add/read"


async def test_accepting_twice_keeps_one_card(holder: Holder) -> None:
    await holder.onboard()
    offer = await holder.world.offer(with_tx_code=False)
    page = await holder.send("/app/add/scan", code=offer.link)
    page = await holder.send("/app/add/offer", flow=page.hidden("flow")[0])
    (flow,) = page.hidden("flow")
    for _ in range(2):
        done = await holder.send("/app/add/read", flow=flow, answer="accept")
        assert "The card is on your phone." in done.words
    refused = await holder.send("/app/add/read", flow=flow, answer="refuse")
    assert "The card is on your phone." in refused.words
    opened = await holder.mobile_id.unlock(PIN)
    assert len(await opened.records.cards()) == 1


async def test_a_used_code_is_told_in_words(carrier: Holder) -> None:
    page = await carrier.send("/app/add/scan", code="openid-credential-offer://?x=1")
    assert page.status == 422
    assert "This code is not for adding a card." in page.words


async def test_a_card_on_its_way_is_resumed_after_a_crash(holder: Holder) -> None:
    await holder.onboard()
    offer = await holder.world.offer(with_tx_code=False)
    page = await holder.send("/app/add/scan", code=offer.link)
    holder.network.lost = {"/credential"}
    page = await holder.send("/app/add/offer", flow=page.hidden("flow")[0])
    assert "Your card is on its way." in page.words
    await holder.send("/app/lock")
    holder.network.lost = set()
    page = await holder.unlock()
    assert "Your card is on its way." in page.words
    page = await holder.send("/app/add/resume", pending=page.hidden("pending")[0])
    page = await holder.send("/app/add/read", flow=page.hidden("flow")[0], answer="accept")
    assert "The card is on your phone." in page.words


async def test_home_shows_the_card_without_a_tick(carrier: Holder) -> None:
    page = await carrier.open("/app/")
    assert "NGUYEN, VAN ANH" in page.words
    assert "Scan to check" in page.words
    assert "Valid" not in page.words
    assert "9002036123456" not in page.html


async def test_consent_tells_who_what_why_and_how_long(carrier: Holder) -> None:
    asked = await carrier.world.ask("bank-account")
    page = await carrier.scan(asked.link)
    assert page.path == "/app/share"
    for words in (
        "Hanbit Bank (sample)",
        "Registered with the government",
        "Open a bank account",
        "5 years",
        "Nobody",
        "900203-6123456",
        "Share 8 details",
    ):
        assert words in page.words, words


async def test_sharing_needs_consent_and_pin_and_arrives(carrier: Holder) -> None:
    asked = await carrier.world.ask("bank-account")
    page = await carrier.agree(await carrier.scan(asked.link))
    assert "Enter your PIN to share" in page.words
    wrong = await carrier.confirm(page, WRONG)
    assert "This PIN is not right." in wrong.words
    assert not await carrier.world.is_valid(asked)
    done = await carrier.confirm(page)
    assert "Hanbit Bank (sample) got 8 details." in done.words
    assert await carrier.world.is_valid(asked)


async def test_sharing_twice_sends_once(carrier: Holder) -> None:
    asked = await carrier.world.ask("age-19")
    pad = await carrier.agree(await carrier.scan(asked.link))
    await carrier.confirm(pad)
    again = await carrier.confirm(pad)
    assert again.path == "/app/share/result"
    opened = await carrier.mobile_id.unlock(PIN)
    assert len(await opened.records.history()) == 1


async def test_the_back_button_after_sharing_shows_the_outcome(carrier: Holder) -> None:
    consent = await carrier.scan((await carrier.world.ask("age-19")).link)
    await carrier.confirm(await carrier.agree(consent))
    assert (await carrier.open("/app/share")).path == "/app/share/result"
    assert (await carrier.agree(consent)).path == "/app/share/result"


async def test_refusing_tells_the_asker_and_shares_nothing(carrier: Holder) -> None:
    asked = await carrier.world.ask("identity")
    page = await carrier.scan(asked.link)
    page = await carrier.send("/app/share", flow=page.hidden("flow")[0], answer="refuse")
    assert "You refused. Nothing was shared." in page.words
    opened = await carrier.mobile_id.unlock(PIN)
    (entry,) = await opened.records.history()
    assert entry.outcome is ShowOutcome.NOT_SHARED


async def test_needed_data_that_is_not_sent_back_shares_nothing(carrier: Holder) -> None:
    asked = await carrier.world.ask("bank-account")
    page = await carrier.scan(asked.link)
    page = await carrier.send(
        "/app/share", flow=page.hidden("flow")[0], share=page.hidden("share")[1:], answer="share"
    )
    assert page.status == 422
    assert "Tick what is needed" in page.words


async def test_an_answer_that_may_not_have_arrived_is_not_called_shared(carrier: Holder) -> None:
    asked = await carrier.world.ask("age-19")
    page = await carrier.agree(await carrier.scan(asked.link))
    carrier.network.lost = {"/wallet/response"}
    page = await carrier.confirm(page)
    assert "We are not certain it arrived." in page.words


async def test_an_unknown_asker_is_warned_about_and_nothing_is_ticked(carrier: Holder) -> None:
    for file in (carrier.world.settings.home / "trust" / "reader").iterdir():
        file.unlink()
    stranger = Holder(carrier.world.settings.home, carrier.world)
    await stranger.onboard()
    await stranger.get_card()
    asked = await carrier.world.ask("bank-account")
    page = await stranger.scan(asked.link)
    assert "We do not know who is asking." in page.words
    assert 'type="hidden" name="share"' not in page.html
    assert "Share 0 details" in page.words
    refused = await stranger.send("/app/share", flow=page.hidden("flow")[0], answer="share")
    assert refused.status == 422
    stranger.file.close()


async def test_another_card_or_form_can_be_chosen(carrier: Holder) -> None:
    asked = await carrier.world.ask("age-19")
    page = await carrier.scan(asked.link)
    assert "ISO mdoc" in page.words
    page = await carrier.send("/app/share/way", flow=page.hidden("flow")[0], way="1")
    done = await carrier.confirm(await carrier.agree(page))
    assert "Shared" in done.words
    assert await carrier.world.is_valid(asked)


async def test_history_names_kinds_never_values_and_can_be_deleted(carrier: Holder) -> None:
    asked = await carrier.world.ask("bank-account")
    await carrier.confirm(await carrier.agree(await carrier.scan(asked.link)))
    page = await carrier.open("/app/history")
    assert "Registration number" in page.words
    assert "9002036" not in page.html.replace("-", "")
    (entry,) = [value for value in page.hidden("entry") if value != "all"]
    assert "You shared 1 time." in (await carrier.open(f"/app/history/{entry}")).words
    assert "Nothing fits" in (await carrier.open("/app/history?outcome=not_shared")).words
    page = await carrier.send("/app/history/delete", entry=entry)
    assert "Nothing yet" in page.words


async def test_a_history_that_is_off_keeps_nothing(carrier: Holder) -> None:
    await carrier.send("/app/settings/history", history="off")
    asked = await carrier.world.ask("age-19")
    done = await carrier.confirm(await carrier.agree(await carrier.scan(asked.link)))
    assert "Shared" in done.words
    assert "Nothing yet" in (await carrier.open("/app/history")).words


async def test_a_link_waits_until_the_phone_is_unlocked(carrier: Holder) -> None:
    await carrier.send("/app/lock")
    asked = await carrier.world.ask("age-19")
    page = Page(await carrier.client.get("/app/open", params={"link": asked.link}))
    assert page.path == "/app/unlock"
    page = await carrier.unlock()
    assert page.path == "/app/share"


async def test_the_pin_is_changed_only_with_the_old_one(carrier: Holder) -> None:
    page = await carrier.send("/app/pin", old=WRONG, new="271828", again="271828")
    assert page.status == 422
    birthday = await carrier.send("/app/pin", old=PIN, new="900203", again="900203")
    assert "too easy to guess" in birthday.words
    page = await carrier.send("/app/pin", old=PIN, new="271828", again="271828")
    assert "Your PIN was changed." in page.words
    await carrier.send("/app/lock")
    assert (await carrier.unlock("271828")).path == "/app/"


async def test_another_sites_form_is_refused(carrier: Holder) -> None:
    answer = await carrier.client.post(
        "/app/erase", data={"sure": "yes"}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert await carrier.mobile_id.is_activated()


async def test_the_pin_stands_in_no_address_and_no_page(carrier: Holder) -> None:
    await carrier.send("/app/lock")
    wrong = await carrier.unlock(WRONG)
    right = await carrier.unlock()
    assert PIN not in str(right.url) + right.html
    assert WRONG not in str(wrong.url) + wrong.html


async def test_open_redirects_stay_in_the_app(carrier: Holder) -> None:
    for place in ("https://evil.example", "//evil.example", "/elsewhere", "/app/\\evil"):
        await carrier.send("/app/lock")
        page = Page(
            await carrier.client.post("/app/unlock", params={"next": place}, data={"pin": PIN})
        )
        assert page.url.host == "wallet.localhost"
        assert page.path.startswith("/app/")
