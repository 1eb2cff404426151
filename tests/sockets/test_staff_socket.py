"""The staff socket: who gets in, what each may watch, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core import live
from cxos.core.hub import hub
from cxos.core.models import Role, Scope, Team, User
from cxos.core.reviewer import reviewer
from cxos.core.services.api_keys import make_key, revoke_key
from cxos.screens import live as staff
from routing.models import AgentState
from tests.sockets.conftest import HOME, browser, opened, refusal, signed_in

pytestmark = pytest.mark.django_db
WS = "/ws/live/"


@pytest.fixture
def conversation(api: Channel, kim: Customer, team: Team) -> Conversation:
    return Conversation.objects.create(customer=kim, channel=api, thread_key="t", team=team)


@pytest.fixture
def foreign_conversation(api: Channel, kim: Customer) -> Conversation:
    return Conversation.objects.create(
        customer=kim, channel=api, thread_key="f", team=Team.objects.create(name="Others")
    )


async def publish(regions: list[str], version: int) -> None:
    await sync_to_async(live.notify, thread_sensitive=False)(regions, version=version)


async def publish_signal(region: str, body: dict[str, object]) -> None:
    await sync_to_async(live.signal, thread_sensitive=False)(region, body)


# --- Getting in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://localhost:8000.evil.example", "http://localhost:9999", ""]
)
def test_a_foreign_or_missing_origin_is_refused(ana: User, origin: str | None) -> None:
    assert async_to_sync(refusal)(WS, browser(ana, origin=origin)) == 4403


@pytest.mark.parametrize("origin", [HOME, "http://127.0.0.1:8000"])
def test_our_own_pages_are_let_in_under_every_name_of_this_installation(ana: User, origin: str) -> None:
    assert async_to_sync(refusal)(WS, browser(ana, origin=origin)) is None


def test_two_origins_are_one_too_many(ana: User) -> None:
    headers = [*browser(ana), (b"origin", b"https://evil.example")]

    assert async_to_sync(refusal)(WS, headers) == 4403


@pytest.mark.parametrize("session", ["", "nosuchsession", "../../etc/passwd", "a" * 5000])
def test_nobody_gets_in_without_a_session(db: None, session: str) -> None:
    assert async_to_sync(refusal)(WS, browser(session=session)) == 4401


def test_a_deactivated_user_does_not_get_in(ana: User) -> None:
    headers = browser(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)

    assert async_to_sync(refusal)(WS, headers) == 4401


def test_a_session_from_before_a_password_change_does_not_get_in(ana: User) -> None:
    headers = browser(ana)
    ana.set_password("another horse battery")
    ana.save()

    assert async_to_sync(refusal)(WS, headers) == 4401


def test_a_program_gets_in_with_a_key_and_without_an_origin(ana: User, now: Any) -> None:
    key, secret = make_key(name="bot", user=ana, scopes=[Scope.READ], expires_at=None, actor=ana)
    _, ingest = make_key(name="feed", user=ana, scopes=[Scope.INGEST], expires_at=None, actor=ana)

    assert async_to_sync(refusal)(WS, [(b"authorization", f"Bearer {secret}".encode())]) is None
    assert async_to_sync(refusal)(WS, [(b"authorization", f"Bearer {ingest}".encode())]) == 4401
    assert async_to_sync(refusal)(WS, [(b"authorization", b"Bearer cx_00000000_wrong")]) == 4401
    assert async_to_sync(refusal)(WS, [(b"authorization", f"Basic {secret}".encode())]) == 4401
    revoke_key(key, actor=ana, now=now)


def test_a_wrong_key_is_not_saved_by_a_good_session(ana: User) -> None:
    headers = [*browser(ana), (b"authorization", b"Bearer cx_00000000_wrong")]

    assert async_to_sync(refusal)(WS, headers) == 4401


def test_other_addresses_have_no_socket(ana: User) -> None:
    assert async_to_sync(refusal)("/ws/elsewhere/", browser(ana)) == 4404


# --- Watching --------------------------------------------------------------------------------------------------------


def test_an_agent_watches_only_what_is_hers(
    ana: User, sam: User, conversation: Conversation, foreign_conversation: Conversation
) -> None:
    asked = [
        f"offers.{ana.pk}", f"inbox.{ana.pk}", f"presence.{ana.pk}", f"offers.{sam.pk}", f"inbox.{sam.pk}",
        f"conversation.{conversation.pk}", f"conversation.{foreign_conversation.pk}", "conversation.999999", "board",
        "conversation.*", "conversation.%", "conversation", "offers", "*", "", "board.1", "conversation.0",
        f"conversation.{conversation.pk} ", f"CONVERSATION.{conversation.pk}", "conversation." + "9" * 40,
        "thread.abc", f"chat.{conversation.pk}", 5, None, ["board"], {"region": "board"},
    ]  # fmt: skip

    async def story() -> Any:
        async with opened(WS, ana) as page:
            await page.say(subscribe=asked)
            return await page.hears()

    answer = async_to_sync(story)()

    allowed = {f"offers.{ana.pk}", f"inbox.{ana.pk}", f"presence.{ana.pk}", f"conversation.{conversation.pk}"}
    assert set(answer["subscribed"]) == allowed
    assert answer["refused"] == [one for one in asked if not isinstance(one, str) or one not in allowed]


def test_a_supervisor_watches_the_board_and_every_conversation(sam: User, foreign_conversation: Conversation) -> None:
    async def story() -> Any:
        async with opened(WS, sam) as page:
            await page.say(subscribe=["board", f"conversation.{foreign_conversation.pk}"])
            return await page.hears()

    assert async_to_sync(story)()["refused"] == []


def test_a_notice_reaches_who_watches_its_region_and_nobody_else(ana: User, sam: User) -> None:
    async def story() -> tuple[Any, bool]:
        async with opened(WS, ana) as one, opened(WS, sam) as other:
            await one.say(subscribe=[f"inbox.{ana.pk}"])
            await other.say(subscribe=["board"])
            await one.hears(), await other.hears()
            await publish([f"inbox.{ana.pk}", f"inbox.{sam.pk}"], version=57)
            return await one.hears(), await other.hears_nothing()

    hint, silence = async_to_sync(story)()

    assert hint == {"regions": [f"inbox.{ana.pk}"], "version": 57}
    assert silence


def test_a_region_left_is_heard_of_no_more(sam: User) -> None:
    async def story() -> bool:
        async with opened(WS, sam) as page:
            await page.say(subscribe=["board"])
            await page.hears()
            await page.say(unsubscribe=["board", 5, "nothing"])
            await page.say(subscribe=[])  # its answer proves that the line before was read
            await page.hears()
            await publish(["board"], version=1)
            return bool(await page.hears_nothing())

    assert async_to_sync(story)()


def test_two_pages_of_one_agent_both_hear(ana: User) -> None:
    session = signed_in(ana)

    async def story() -> list[Any]:
        async with opened(WS, browser(session=session)) as one, opened(WS, browser(session=session)) as other:
            for page in (one, other):
                await page.say(subscribe=[f"offers.{ana.pk}"])
                await page.hears()
            await publish([f"offers.{ana.pk}"], version=3)
            return [await one.hears(), await other.hears()]

    assert async_to_sync(story)() == [{"regions": [f"offers.{ana.pk}"], "version": 3}] * 2


# --- Telling ---------------------------------------------------------------------------------------------------------


def test_typing_a_reply_is_told_to_colleagues_and_to_the_chat(
    ana: User, sam: User, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    region, told = f"conversation.{conversation.pk}", []
    monkeypatch.setattr(staff.live, "signal", lambda region, body: told.append((region, body)))

    async def story() -> None:
        async with opened(WS, ana) as page:
            await page.say(signal={"region": region, "kind": "typing", "on": True})  # not watched yet
            await page.say(subscribe=[region])
            await page.hears()
            await page.say(signal={"region": region, "kind": "typing", "on": True})
            await page.say(signal={"region": region, "kind": "typing", "on": True, "note": True})
            await page.say(signal={"region": region, "kind": "<script>", "on": True})
            await page.say(signal={"region": f"chat.{conversation.pk}", "kind": "typing", "on": True})
            await page.say(signal={"region": {}, "kind": "viewing"})
            await page.say(subscribe=[])
            await page.hears()

    async_to_sync(story)()

    typing = {"kind": "typing", "on": True, "note": False, "user": ana.pk, "name": "Ana"}
    assert told == [
        (region, typing),
        (f"chat.{conversation.pk}", {"kind": "typing", "on": True, "name": "Ana"}),
        (region, typing | {"note": True}),
    ]


def test_a_signal_reaches_colleagues_who_look_at_the_same_conversation(sam: User, conversation: Conversation) -> None:
    region = f"conversation.{conversation.pk}"

    async def story() -> Any:
        async with opened(WS, sam) as page:
            await page.say(subscribe=[region])
            await page.hears()
            await publish_signal(region, {"kind": "viewing", "on": True})
            return await page.hears()

    assert async_to_sync(story)() == {"regions": [region], "signal": {"kind": "viewing", "on": True}}


def test_a_heartbeat_renews_the_lease_once_in_ten_seconds(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    AgentState.objects.create(user=ana)
    beats: list[Any] = []
    monkeypatch.setattr(staff, "heartbeat", lambda user_id, *, now: beats.append((user_id, now)))
    monkeypatch.setattr(staff, "_last_beats", {})
    start = timezone.now()

    for seconds in (0, 3, 9.9, 10, 12, 25):
        async_to_sync(staff.beat)(ana.pk, now=start + timedelta(seconds=seconds))

    assert beats == [(ana.pk, start + timedelta(seconds=seconds)) for seconds in (0, 10, 25)]


def test_a_heartbeat_over_the_socket_renews_the_lease(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "_last_beats", {})
    AgentState.objects.create(user=ana)

    async def story() -> None:
        async with opened(WS, ana) as page:
            await page.say(heartbeat=True)
            await page.say(subscribe=[])
            assert await page.hears() == {"heartbeat": True}, "so that the page knows the line is alive"
            assert await page.hears() == {"subscribed": [], "refused": []}

    async_to_sync(story)()

    lease = AgentState.objects.get(user=ana).lease_until
    assert lease is not None and lease > timezone.now()


# --- Ending ----------------------------------------------------------------------------------------------------------


def cut_after(change: Callable[[], object], headers: list[tuple[bytes, bytes]]) -> int:
    """The code a socket ends with when `change` happens and the review comes round."""

    async def story() -> int:
        async with opened(WS, headers) as page:
            await page.say(subscribe=[])
            await page.hears()
            await sync_to_async(change)()
            await reviewer().review()
            return int(await page.is_closed_with())

    return async_to_sync(story)()


def test_a_deactivated_user_is_cut_off(ana: User) -> None:
    assert cut_after(lambda: User.objects.filter(pk=ana.pk).update(is_active=False), browser(ana)) == 4401


def test_signing_out_cuts_off(ana: User) -> None:
    session = signed_in(ana)

    assert cut_after(Session.objects.filter(session_key=session).delete, browser(session=session)) == 4401


def test_an_expired_session_is_cut_off(ana: User) -> None:
    past = timezone.now() - timedelta(seconds=1)

    assert cut_after(lambda: Session.objects.update(expire_date=past), browser(ana)) == 4401


def test_a_new_password_cuts_off(ana: User) -> None:
    def change() -> None:
        ana.set_password("another horse battery")
        ana.save()

    assert cut_after(change, browser(ana)) == 4401


def test_a_revoked_key_is_cut_off(ana: User, now: Any) -> None:
    key, secret = make_key(name="bot", user=ana, scopes=[Scope.READ], expires_at=None, actor=ana)

    code = cut_after(lambda: revoke_key(key, actor=ana, now=now), [(b"authorization", f"Bearer {secret}".encode())])

    assert code == 4401


def test_a_right_lost_ends_the_watching_and_not_the_socket(ana: User, conversation: Conversation) -> None:
    region = f"conversation.{conversation.pk}"
    others = Team.objects.create(name="Others")

    async def story() -> tuple[bool, Any]:
        async with opened(WS, ana) as page:
            await page.say(subscribe=[region, f"inbox.{ana.pk}"])
            await page.hears()
            await sync_to_async(Conversation.objects.filter(pk=conversation.pk).update)(team=others)
            await reviewer().review()
            await publish([region], version=8)
            silent = await page.hears_nothing()
            await publish([f"inbox.{ana.pk}"], version=9)
            return silent, await page.hears()

    silent, hint = async_to_sync(story)()

    assert silent
    assert hint == {"regions": [f"inbox.{ana.pk}"], "version": 9}


def test_a_supervisor_who_is_none_any_more_loses_the_board(sam: User) -> None:
    async def story() -> bool:
        async with opened(WS, sam) as page:
            await page.say(subscribe=["board"])
            await page.hears()
            await sync_to_async(User.objects.filter(pk=sam.pk).update)(role=Role.AGENT)
            await reviewer().review()
            await publish(["board"], version=8)
            return bool(await page.hears_nothing())

    assert async_to_sync(story)()


def test_nobody_is_cut_off_by_a_review_that_finds_nothing(ana: User) -> None:
    async def story() -> Any:
        async with opened(WS, ana) as page:
            await page.say(subscribe=[f"inbox.{ana.pk}"])
            await page.hears()
            await reviewer().review()
            await publish([f"inbox.{ana.pk}"], version=2)
            return await page.hears()

    assert async_to_sync(story)() == {"regions": [f"inbox.{ana.pk}"], "version": 2}


def test_a_closed_socket_leaves_nothing_behind(ana: User) -> None:
    async def story() -> tuple[int, int]:
        async with opened(WS, ana) as page:
            await page.say(subscribe=[f"inbox.{ana.pk}"])
            await page.hears()
            during = hub().size
        return during, hub().size

    assert async_to_sync(story)() == (1, 0)


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_the_twenty_first_message_in_a_second_closes_the_socket(
    ana: User, frozen_clock: Callable[[float], None]
) -> None:
    async def story() -> int:
        async with opened(WS, ana) as page:
            for _ in range(21):
                await page.say(nothing=1)
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == 1008


def test_twenty_messages_a_second_are_fine(ana: User, frozen_clock: Callable[[float], None]) -> None:
    async def story() -> list[Any]:
        answers = []
        async with opened(WS, ana) as page:
            for _ in range(3):
                for _ in range(19):
                    await page.say(nothing=1)
                await page.say(subscribe=[])
                answers.append(await page.hears())
                frozen_clock(1.0)
        return answers

    assert async_to_sync(story)() == [{"subscribed": [], "refused": []}] * 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 65_537, 1009),
        ("ü" * 40_000, 1009),
        ("not json", 1007),
        ("[1, 2]", 1007),
        ('"subscribe"', 1007),
        ("[" * 60_000, 1007),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, 1007),
    ],
)
def test_a_message_that_is_none_closes_the_socket(ana: User, text: str, code: int) -> None:
    async def story() -> int:
        async with opened(WS, ana) as page:
            await page.say_raw(text)
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == code


@pytest.mark.parametrize(
    "body",
    [
        {"subscribe": "board"}, {"subscribe": {"a": 1}}, {"unsubscribe": 5}, {"heartbeat": "yes"}, {"signal": []},
        {"signal": {"region": ["board"], "kind": ["typing"]}}, {"subscribe": [["a"], {"b": 1}, 1e400, True]},
    ],
)  # fmt: skip
def test_an_odd_message_changes_nothing(ana: User, body: dict[str, Any]) -> None:
    async def story() -> Any:
        async with opened(WS, ana) as page:
            await page.say(**body)
            await page.say(subscribe=[f"inbox.{ana.pk}"])
            answer = await page.hears()
            return answer if answer["subscribed"] else await page.hears()

    assert async_to_sync(story)()["subscribed"] == [f"inbox.{ana.pk}"]


def test_only_so_many_regions_can_be_watched(sam: User, conversation: Conversation) -> None:
    asked = [f"offers.{n}" for n in range(1, 300)]

    async def story() -> Any:
        async with opened(WS, sam) as page:
            await page.say(subscribe=asked)
            return await page.hears()

    answer = async_to_sync(story)()

    assert len(answer["subscribed"]) + len(answer["refused"]) == 200


def test_a_page_that_says_how_old_it_is_catches_up(sam: User) -> None:
    async def story() -> list[dict[str, Any]]:
        async with opened(WS, sam) as page:
            await page.say(subscribe=["board"], age_ms=10**9)  # older than anybody remembers
            return [await page.hears(), await page.hears()]

    answer, hint = async_to_sync(story)()
    assert (answer["subscribed"], hint) == (["board"], {"resync": True})


@pytest.mark.parametrize("age", [-1, "5", None, [1], True])
def test_an_odd_age_is_passed_over(sam: User, age: Any) -> None:
    async def story() -> bool:
        async with opened(WS, sam) as page:
            await page.say(subscribe=[], age_ms=age)
            await page.hears()
            return await page.hears_nothing()

    assert async_to_sync(story)()
