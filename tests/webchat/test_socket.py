"""The visitor's socket: said, heard, and what nobody else hears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.conversations import mark_read, resolve
from channels_app.services.replies import add_note, send_reply
from channels_app.webchat import limits
from channels_app.webchat.chats import look, thread_region
from channels_app.webchat.sessions import open_session
from channels_app.webchat.visitors import Visitor, make_token
from cxos.core import live
from cxos.core.hub import hub
from cxos.core.models import User
from cxos.core.reviewer import reviewer
from tests.sockets.conftest import Page, frozen_clock, opened, queries_in_the_test_transaction, refusal  # noqa: F401

pytestmark = pytest.mark.django_db
Line = Callable[..., Message]
PATH = "/ws/chat/site/"
SITE = [(b"origin", b"https://shop.example")]


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, seconds: 0)


def token_of(visitor: Visitor) -> str:
    return make_token(visitor, now=timezone.now())


async def tell(*regions: str) -> None:
    """What a hint does after commit."""
    await sync_to_async(live.notify, thread_sensitive=False)(regions, version=1)


async def welcomed(page: Page, **hello: Any) -> dict[str, Any]:
    await page.say(hello=hello)
    body = await page.hears()
    welcome: dict[str, Any] = body["welcome"]
    return welcome


@pytest.mark.parametrize("origin", [None, b"null", b"https://evil.example", b"http://shop.example"])
def test_a_foreign_or_missing_origin_is_refused(webchat: Channel, origin: bytes | None) -> None:
    headers = [] if origin is None else [(b"origin", origin)]

    assert async_to_sync(refusal)(PATH, headers) == 4403


@pytest.mark.parametrize("path", ["/ws/chat/nothing/", "/ws/chat/shop/", "/ws/chat/", "/ws/chat/a/b/"])
def test_only_open_web_chats_have_a_socket(webchat: Channel, api: Channel, path: str) -> None:
    assert async_to_sync(refusal)(path, SITE) == 4404


def test_a_first_visit_is_given_a_token_that_works(webchat: Channel) -> None:
    async def story() -> tuple[Any, Any]:
        async with opened(PATH, SITE) as page:
            first = await welcomed(page)
        async with opened(PATH, SITE) as page:
            return first, await welcomed(page, token=first["token"])

    first, second = async_to_sync(story)()

    assert first["visitor"] == {"known": False, "name": ""}
    assert first["state"]["status"] == "new"
    assert second["visitor"] == first["visitor"]


def test_a_message_is_accepted_once_and_the_answer_comes_by_itself(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    async def story() -> list[Any]:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            for _ in range(2):
                await page.say(say={"client_id": "client-00000001", "text": "Hello"})
            heard = [await page.hears(), await page.hears()]
            message = await sync_to_async(line)(visitor, "Hello")
            await tell(thread_of(visitor))
            heard.append(await page.hears())
            await sync_to_async(send_reply)(message.conversation_id, text="Hi", author=ana, actor=ana, now=now)
            await tell(f"chat.{message.conversation_id}")
            heard.append(await page.hears())
            return heard

    accepted, again, echo, answer = async_to_sync(story)()

    assert accepted == again == {"accepted": {"client_id": "client-00000001"}}
    assert Interaction.objects.count() == 1
    assert [(one["from"], one["client_id"]) for one in echo["news"]["messages"]] == [("customer", "client-00000001")]
    assert [(one["from"], one["text"]) for one in answer["news"]["messages"]] == [("agent", "Hi")]


def thread_of(visitor: Visitor) -> str:
    return thread_region(visitor.channel_id, visitor.thread_key)


def test_a_note_is_no_news(webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime) -> None:
    question = line(visitor, "Hello")

    async def story() -> bool:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await sync_to_async(add_note)(question.conversation_id, text="a secret", author=ana, actor=ana, now=now)
            await tell(f"chat.{question.conversation_id}")
            return bool(await page.hears_nothing())

    assert async_to_sync(story)()


def test_a_gap_is_filled_from_the_last_message_seen(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hello")
    missed = [send_reply(question.conversation_id, text=f"{n}", author=ana, actor=ana, now=now).text for n in range(60)]

    async def story() -> list[str]:
        async with opened(PATH, SITE) as page:
            heard = (await welcomed(page, token=token_of(visitor), after=question.pk))["messages"]
            heard += (await page.hears())["news"]["messages"]
            assert await page.hears_nothing()
            return [one["text"] for one in heard]

    assert async_to_sync(story)() == missed


def test_a_stranger_hears_nothing(webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime) -> None:
    question = line(visitor, "private")
    stranger = open_session(webchat, token=None, identity=None, now=now).visitor

    async def story() -> tuple[Any, Any]:
        async with opened(PATH, SITE) as page:
            welcome = await welcomed(page, token=token_of(stranger), after=0, conversation=question.conversation_id)
            await page.say(subscribe=[f"chat.{question.conversation_id}", f"conversation.{question.conversation_id}"])
            await page.say(before=question.pk + 1)
            earlier = await page.hears()
            await page.say(read=question.pk + 5)
            await sync_to_async(send_reply)(
                question.conversation_id, text="private too", author=ana, actor=ana, now=now
            )
            await tell(f"chat.{question.conversation_id}", f"conversation.{question.conversation_id}")
            assert await page.hears_nothing()
            return welcome, earlier

    welcome, earlier = async_to_sync(story)()

    assert welcome["messages"] == []
    assert earlier == {"earlier": {"messages": [], "more": False}}


@pytest.mark.parametrize("forged", ["x", "a:b:c", 5, ["t"], {"v": 1}])
def test_a_forged_token_opens_an_empty_chat(webchat: Channel, visitor: Visitor, line: Line, forged: Any) -> None:
    line(visitor, "private")

    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            return await welcomed(page, token=forged)

    assert async_to_sync(story)()["messages"] == []


def test_a_wrong_identity_is_told_so_and_cut_off(webchat: Channel, visitor: Visitor) -> None:
    async def story() -> tuple[Any, int]:
        async with opened(PATH, SITE) as page:
            await page.say(hello={"token": token_of(visitor), "identity": "x.y.z"})
            return await page.hears(), await page.is_closed_with()

    told, code = async_to_sync(story)()

    assert told["refused"]["code"] == "identity"
    assert code == 4401


@pytest.mark.parametrize(
    "first", [{"say": {"client_id": "client-00000001", "text": "Hi"}}, {"after": 1}, {"hello": "x"}, {}]
)
def test_nothing_goes_before_hello(webchat: Channel, first: dict[str, Any]) -> None:
    async def story() -> int:
        async with opened(PATH, SITE) as page:
            await page.say(**first)
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == 4401
    assert Interaction.objects.count() == 0


def test_who_says_nothing_is_not_kept_waiting_for(webchat: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels_app.webchat.consumers.HELLO_SECONDS", 0.01)

    async def story() -> int:
        async with opened(PATH, SITE) as page:
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == 4408


def test_what_is_no_message_is_refused_with_its_id(webchat: Channel, visitor: Visitor) -> None:
    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await page.say(say={"client_id": "client-00000001", "text": " "})
            return await page.hears()

    told = async_to_sync(story)()

    assert (told["refused"]["client_id"], told["refused"]["field"]) == ("client-00000001", "text")


@pytest.mark.parametrize(
    "body",
    [
        {"say": 5},
        {"say": {}},
        {"after": "x"},
        {"before": -1},
        {"received": True},
        {"read": 1e30},
        {"typing": {}},
        {"odd": 1},
    ],
)
def test_an_odd_message_does_no_harm(webchat: Channel, visitor: Visitor, body: dict[str, Any]) -> None:
    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await page.say(**body)
            await page.say(say={"client_id": "client-00000001", "text": "Hi"})
            while "accepted" not in (heard := await page.hears()):
                pass
            return heard

    assert async_to_sync(story)() == {"accepted": {"client_id": "client-00000001"}}


def test_receipts_come_by_socket_too(webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime) -> None:
    question = line(visitor, "Hello")
    answer = send_reply(question.conversation_id, text="Hi", author=ana, actor=ana, now=now)

    async def story() -> None:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await page.say(received=answer.pk)
            await page.say(read=answer.pk)
            await page.say(before=1)
            await page.hears()

    async_to_sync(story)()

    assert Message.objects.get(pk=answer.pk).state == "read"


def test_typing_goes_both_ways(webchat: Channel, visitor: Visitor, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    question = line(visitor, "Hello")
    told: list[Any] = []
    publish = live.signal
    monkeypatch.setattr("channels_app.webchat.consumers.live.signal", lambda region, body: told.append((region, body)))

    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await page.say(typing=True)
            body = {"kind": "typing", "on": True, "name": "Ana", "user": 5, "note": False}
            await sync_to_async(publish, thread_sensitive=False)(f"chat.{question.conversation_id}", body)
            return await page.hears()

    assert async_to_sync(story)() == {"typing": {"name": "Ana", "on": True}}
    assert told == [(f"conversation.{question.conversation_id}", {"kind": "typing", "on": True, "customer": True})]


def test_that_an_agent_has_seen_it_is_news(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, django_capture_on_commit_callbacks: Any
) -> None:
    question = line(visitor, "Hello")
    seen_at = timezone.now()

    def see() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            mark_read(question.conversation_id, user_id=ana.pk, actor=ana, now=seen_at)

    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await sync_to_async(see)()
            return await page.hears()

    assert async_to_sync(story)()["news"]["state"]["seen_at"] == seen_at.isoformat()


def test_the_end_of_the_conversation_is_news(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hello")

    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await sync_to_async(resolve)(question.conversation_id, actor=ana, now=now)
            await tell(f"chat.{question.conversation_id}")
            return await page.hears()

    assert async_to_sync(story)()["news"]["state"]["status"] == "resolved"


def test_what_was_missed_while_redis_was_away_comes_when_it_is_back(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    question = line(visitor, "Hello")

    async def story() -> tuple[Any, Any]:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            assert await page.hears_nothing()
            hub()._change_state(connected=False)
            paused = await page.hears()
            await sync_to_async(send_reply)(question.conversation_id, text="Missed", author=ana, actor=ana, now=now)
            hub()._change_state(connected=True)
            return paused, await page.hears()

    paused, news = async_to_sync(story)()

    assert paused == {"paused": True}
    assert [one["text"] for one in news["news"]["messages"]] == ["Missed"]


@pytest.mark.parametrize(("change", "code"), [({"enabled": False}, 4404), ({"config": {"allowed_origins": []}}, 4403)])
def test_a_channel_that_closes_ends_its_chats(
    webchat: Channel, visitor: Visitor, change: dict[str, Any], code: int
) -> None:
    async def story() -> int:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            await sync_to_async(Channel.objects.filter(pk=webchat.pk).update)(**change)
            await reviewer().review()
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == code


def test_a_flood_ends_the_chat(
    webchat: Channel,
    visitor: Visitor,
    frozen_clock: Callable[[float], None],  # noqa: F811
) -> None:
    async def story() -> int:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            for _ in range(21):
                await page.say(typing=False)
            return int(await page.is_closed_with())

    assert async_to_sync(story)() == 1008


def test_a_second_conversation_of_the_thread_is_followed(
    webchat: Channel, visitor: Visitor, line: Line, ana: User, now: datetime
) -> None:
    first = line(visitor, "Hello")
    Conversation.objects.filter(pk=first.conversation_id).update(status="resolved", resolved_at=now.replace(year=2020))

    async def story() -> tuple[Any, Any]:
        async with opened(PATH, SITE) as page:
            welcome = await welcomed(page, token=token_of(visitor))
            second = await sync_to_async(line)(visitor, "Me again", client_id="client-00000002")
            assert second.conversation_id != first.conversation_id
            await tell(thread_of(visitor))
            await page.hears()
            await sync_to_async(send_reply)(second.conversation_id, text="Hi", author=ana, actor=ana, now=now)
            await tell(f"chat.{second.conversation_id}")
            return welcome, await page.hears()

    welcome, news = async_to_sync(story)()

    assert [one["text"] for one in welcome["messages"]] == ["Hello"]
    assert [one["text"] for one in news["news"]["messages"]] == ["Hi"]


def test_what_comes_while_the_news_are_being_read_is_not_forgotten(
    webchat: Channel, visitor: Visitor, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = line(visitor, "Hello")
    loops: list[Any] = []

    def slow_look(*args: Any, **kwargs: Any) -> Any:
        if loops:  # Redis is lost just while this look is on its way
            loops.pop().call_soon_threadsafe(lambda: hub()._change_state(connected=False))
            time.sleep(0.05)
        return look(*args, **kwargs)

    monkeypatch.setattr("channels_app.webchat.consumers.look", slow_look)

    async def story() -> Any:
        async with opened(PATH, SITE) as page:
            await welcomed(page, token=token_of(visitor))
            while not await page.hears_nothing():
                pass
            loops.append(asyncio.get_running_loop())
            await tell(f"chat.{question.conversation_id}")
            return await page.hears()

    assert async_to_sync(story)() == {"paused": True}
