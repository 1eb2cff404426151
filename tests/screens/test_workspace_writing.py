"""What an agent writes, at the level of the pages: drafts, held replies, collisions, suggestions, long threads."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel, Conversation, Draft, HeldReply, Message, ReadMarker
from channels_app.services.drafts import save_draft
from channels_app.services.held import release_due
from channels_app.services.lines import add_line
from channels_app.services.replies import add_note, send_reply
from crm.models import Customer
from cxos.core.models import User
from cxos.screens.ui.emoji import find_emoji
from cxos.screens.workspace.thread import KEPT, LINES, MOST
from routing.models import AgentState, Queue
from tests.channels_app.said import say

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


@pytest.fixture
def conversation(api: Channel, kim: Customer) -> Conversation:
    Queue.objects.create(key="care", name="Care")
    return say(api, kim, "a1", timezone.now()).conversation


@pytest.fixture
def desk(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def post(desk: Client, conversation: Conversation, settings: Any) -> Post:
    settings.UNDO_SEND_SECONDS = 10
    return lambda verb, **given: desk.post(f"/workspace/c/{conversation.pk}/{verb}/", given)


def events(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer["HX-Trigger"]))


def said() -> list[str]:
    return list(Message.objects.filter(author_kind="agent").order_by("id").values_list("text", flat=True))


def test_a_reply_is_held_shown_and_sent_even_if_nobody_looks(
    post: Post, desk: Client, conversation: Conversation
) -> None:
    answer = post("reply", text="Hello <b>Kim</b>", client_id="c1")

    assert events(answer)["composer:sent"] == {"conversation": conversation.pk}
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#held", "morph")
    page = desk.get(f"/workspace/c/{conversation.pk}/").content.decode()
    assert "Hello &lt;b&gt;Kim&lt;/b&gt;" in page and "take-back" in page
    assert said() == []
    release_due(now=timezone.now() + timedelta(seconds=11))
    assert said() == ["Hello <b>Kim</b>"]
    assert 'data-held="' not in desk.get(f"/workspace/c/{conversation.pk}/held/").content.decode()


def test_who_has_no_room_for_a_conversation_is_told_and_sends_nothing(
    post: Post, conversation: Conversation, ana: User
) -> None:
    AgentState.objects.update_or_create(user=ana, defaults={"budget": 10})

    answer = post("reply", text="Hello")

    assert answer.status_code == 403
    assert b"You have no free capacity. End or hand back something first" in answer.content
    assert not HeldReply.objects.exists()
    conversation.refresh_from_db()
    assert conversation.assignee is None


def test_a_reply_taken_back_is_in_the_composer_again(post: Post, desk: Client, conversation: Conversation) -> None:
    post("reply", text="Hello")
    held = HeldReply.objects.get()

    answer = post(f"held/{held.pk}/take-back")

    assert events(answer)["composer:restore"] == {"conversation": conversation.pk}
    assert desk.get(f"/workspace/c/{conversation.pk}/drafts/").json()["drafts"]["reply"]["text"] == "Hello"
    assert post(f"held/{held.pk}/take-back").status_code == 409


def test_a_scheduled_reply_is_sent_at_once_or_thrown_away(post: Post) -> None:
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    for text in ("One", "Two"):
        post("reply", text=text, send_at=at)
    one, two = HeldReply.objects.order_by("id")

    post(f"held/{one.pk}/send")
    post(f"held/{two.pk}/discard")

    assert said() == ["One"]
    assert sorted(HeldReply.objects.values_list("state", flat=True)) == ["canceled", "sent"]


@pytest.mark.parametrize("at", ["x", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00", "9" * 60, "2030-99-99T00:00:00Z"])
def test_an_odd_time_is_refused_in_words(post: Post, at: str) -> None:
    answer = post("reply", text="Hello", send_at=at)

    assert answer.status_code == 422 and events(answer)["toast"]["tone"] == "error"
    assert HeldReply.objects.count() == 0


def test_a_colleagues_held_reply_is_not_ours_to_change(post: Post, conversation: Conversation, sam: User) -> None:
    from channels_app.services.held import hold_reply

    held = hold_reply(conversation.pk, text="Sam's", author=sam, now=timezone.now())

    for verb in ("take-back", "send", "discard"):
        assert post(f"held/{held.pk}/{verb}").status_code == 403
    assert post("held/987654/send").status_code == 404
    assert HeldReply.objects.get().state == "waiting"


def test_who_was_overtaken_is_asked_first_and_sends_anyway(post: Post, conversation: Conversation, sam: User) -> None:
    seen = Message.objects.latest("id").pk
    send_reply(conversation.pk, text="<i>Mine</i> first", author=sam, actor=sam, now=timezone.now())

    answer = post("reply", text="Hello", seen=seen)

    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#composer-notice")
    assert b"Sam has answered" in answer.content and b"&lt;i&gt;Mine" in answer.content
    assert HeldReply.objects.count() == 0
    assert "composer:sent" in events(post("reply", text="Hello", seen=seen, anyway="1"))


def test_send_and_resolve(post: Post, conversation: Conversation) -> None:
    post("reply", text="Bye", then="resolve")
    release_due(now=timezone.now() + timedelta(seconds=11))

    conversation.refresh_from_db()
    assert (conversation.status, said()) == ("resolved", ["Bye"])


def test_drafts_are_kept_for_oneself_only(post: Post, desk: Client, conversation: Conversation, sam: User) -> None:
    save_draft(conversation.pk, user=sam, mode="reply", text="Sam's secret", now=timezone.now())
    post("draft", mode="reply", text="</script><script>alert(1)", seen="7")
    post("draft", mode="note", text="Note")

    page = desk.get(f"/workspace/c/{conversation.pk}/").content.decode()

    assert "secret" not in page and "<script>alert" not in page
    drafts = desk.get(f"/workspace/c/{conversation.pk}/drafts/").json()["drafts"]
    assert drafts["reply"] == {"text": "</script><script>alert(1)", "seen_id": 7}
    post("note", text="Note @Sam", client_id="n1")
    assert list(Draft.objects.filter(user__name="Ana").values_list("mode", flat=True)) == ["reply"]
    assert post("draft", mode="x", text="a").status_code == 422


def test_colleagues_teams_and_emoji_are_offered(desk: Client, conversation: Conversation, sam: User, adi: User) -> None:
    adi.name = "Sam"
    adi.save()

    def offered(kind: str, words: str) -> str:
        answer = desk.get(f"/workspace/c/{conversation.pk}/suggest/", {"kind": kind, "q": words})
        return answer.content.decode()

    assert 'value="@sam@example.com "' in offered("person", "sa") and 'value="@adi@example.com "' in offered(
        "person", "sa"
    )
    assert 'value="@Care "' in offered("person", "car")
    assert "Ana" not in offered("person", "an")
    assert 'value="👍 "' in offered("emoji", "thumbs")
    assert find_emoji("thumbs up")[0] == ("👍", "thumbs up sign")
    assert len(find_emoji("")) == 8 and find_emoji("zzzz") == []


# --- The thread --------------------------------------------------------------------------------------------------------


def fill(conversation: Conversation, many: int) -> list[int]:
    at = timezone.now()
    made = Message.objects.bulk_create(
        Message(
            conversation=conversation, author_kind="customer", text=f"Line {number}", state="received",
            created_at=at + timedelta(seconds=number),
        )
        for number in range(many)
    )  # fmt: skip
    return [one.pk for one in made]


def test_a_thread_of_5000_opens_at_the_first_unread_line(desk: Client, conversation: Conversation, ana: User) -> None:
    ids = fill(conversation, 5_000)
    ReadMarker.objects.create(user=ana, conversation=conversation, message_id=ids[2_000])

    with CaptureQueriesContext(connection) as asked:
        page = desk.get(f"/workspace/c/{conversation.pk}/").content.decode()

    assert len(asked) <= 13
    assert page.count('class="ws-line"') == 2 * LINES
    assert (
        page.index('id="first-unread"')
        < page.index(f'id="message-{ids[2_001]}"')
        < page.index(f'id="message-{ids[-1]}"')
    )
    assert f"?before={ids[2_001]}" in page
    gap = f"?after={ids[2_000 + LINES]}&amp;until={ids[-LINES]}"
    assert gap in page
    between = desk.get(f"/workspace/c/{conversation.pk}/thread/{gap.replace('&amp;', '&')}").content.decode()
    assert between.count('class="ws-line"') == LINES and f"?after={ids[2_000 + 2 * LINES]}" in between


def test_a_thread_opens_around_the_line_one_came_for(desk: Client, conversation: Conversation, ana: User) -> None:
    ids = fill(conversation, 1_000)
    ReadMarker.objects.create(user=ana, conversation=conversation, message_id=ids[100])

    with CaptureQueriesContext(connection) as asked:
        page = desk.get(f"/workspace/c/{conversation.pk}/?message={ids[500]}", headers={"HX-Target": "open"})

    assert len(asked) <= 12
    said = page.content.decode()
    assert lines_of(said) == ids[500 - LINES // 2 : 500 + LINES // 2] + ids[-LINES:]
    assert f'data-aimed="message-{ids[500]}"' in said
    assert f"?before={ids[500 - LINES // 2]}" in said
    assert f"?after={ids[500 + LINES // 2 - 1]}&amp;until={ids[-LINES]}" in said


@pytest.mark.parametrize(("place", "first", "last"), [(1, 0, 31), (930, 900, 940), (990, 940, 940)])
def test_near_an_end_there_is_nothing_more_to_load_on_that_side(
    desk: Client, conversation: Conversation, place: int, first: int, last: int
) -> None:
    ids = [Message.objects.get().pk, *fill(conversation, 999)]

    page = desk.get(f"/workspace/c/{conversation.pk}/?message={ids[place]}").content.decode()

    assert lines_of(page) == ids[first:last] + ids[940:]
    assert ("?before=" in page) == (first > 0)
    assert (f"?after={ids[last - 1]}&amp;until={ids[940]}" in page) == (last < 940)


def test_a_line_of_another_thread_is_not_looked_for(desk: Client, conversation: Conversation) -> None:
    other = Conversation.objects.create(customer=conversation.customer, channel=conversation.channel, thread_key="b")
    elsewhere = fill(other, 1)
    ids = fill(conversation, 100)

    for wrong in (*elsewhere, 10**17, "x", "-1"):
        page = desk.get(f"/workspace/c/{conversation.pk}/?message={wrong}")
        assert lines_of(page.content.decode()) == ids[-LINES:]


def test_the_newest_part_stays_whole_while_new_lines_come(desk: Client, conversation: Conversation) -> None:
    ids = fill(conversation, 100)
    page = desk.get(f"/workspace/c/{conversation.pk}/thread/").content.decode()
    assert f"?from={ids[-LINES]}" in page

    fill(conversation, 5)

    again = desk.get(f"/workspace/c/{conversation.pk}/thread/?from={ids[-LINES]}").content.decode()
    assert again.count('class="ws-line"') == LINES + 5
    assert f"?from={ids[-LINES]}" in again


def test_a_page_that_stays_open_shows_what_is_new_however_much_came(
    desk: Client, conversation: Conversation, ana: User
) -> None:
    first = Message.objects.get().pk
    ids = fill(conversation, MOST + 100)
    answer = send_reply(conversation.pk, text="Mine", author=ana, actor=ana, now=timezone.now())
    ids += [*fill(conversation, KEPT), answer.pk]

    with CaptureQueriesContext(connection) as asked:
        part = desk.get(f"/workspace/c/{conversation.pk}/thread/?from={first}").content.decode()

    assert len([one for one in asked if "channels_app_message" in one["sql"]]) == 1
    newest, grown = part.split("hx-swap-oob=")
    shown = sorted(ids)
    assert lines_of(newest) == shown[-KEPT:] and lines_of(grown) == shown[-MOST - 1 : -KEPT]
    assert f"?from={shown[-KEPT]}" in newest
    assert f'data-last="{shown[-1]}"' in newest and f'data-answer="{answer.pk}"' in newest
    assert all(len(lines_of(page)) <= LINES for page in grown.split("<section"))
    assert f"?before={shown[-MOST - 1]}&amp;from={first}" in grown
    address, found = f"?before={shown[-MOST - 1]}&from={first}", []
    while address:
        older = desk.get(f"/workspace/c/{conversation.pk}/thread/{address}").content.decode()
        found = lines_of(older) + found
        address = older.split("/thread/?before=")[1].split('"')[0].replace("&amp;", "&") if "?before=" in older else ""
        address = address and f"?before={address}"
    assert found == [first, *shown[: -MOST - 1]]


def lines_of(part: str) -> list[int]:
    return [int(one.split('"')[0]) for one in part.split('id="message-')[1:]]


def test_events_fold_quotes_fold_and_calls_are_marked(
    desk: Client, conversation: Conversation, ana: User, sam: User
) -> None:
    now = timezone.now()
    for number in range(4):
        add_line(conversation, what="x", text=f"Event <{number}>", actor=ana, now=now)
    Message.objects.create(
        conversation=conversation, author_kind="customer", state="received", created_at=now,
        text="See https://example.com/?a=1&b=<i>\nOn Monday Ana wrote:\n> one <script>\n> two",
    )  # fmt: skip
    add_note(conversation.pk, text="@Sam <b>look</b> javascript:alert(1)", author=ana, actor=ana, now=now)

    page = desk.get(f"/workspace/c/{conversation.pk}/thread/").content.decode()

    assert "4 changes" in page and "Event &lt;0&gt;" in page
    assert '<b class="ws-call">@Sam</b> &lt;b&gt;look' in page
    assert 'target="_blank" rel="noopener noreferrer nofollow"' in page
    assert page.index("ws-quote") < page.index("&gt; one &lt;script&gt;")
    assert 'href="javascript' not in page and "<script>" not in page


def test_a_picture_elsewhere_waits_until_somebody_asks(
    desk: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Message.objects.latest("id")
    line.attachments = [{"url": "http://169.254.169.254/x.png", "name": "x.png", "mime": "image/png"}]
    line.save()
    address = f"/workspace/c/{conversation.pk}/picture/{line.pk}/0/"

    page = desk.get(f"/workspace/c/{conversation.pk}/thread/").content.decode()

    assert f'data-show-picture="{address}"' in page and "<img" not in page
    assert desk.get(address).status_code == 404  # an address inside is refused by the one outgoing client
    assert desk.get(address.replace("/0/", "/9/")).status_code == 404


def test_what_comes_instead_of_a_picture_is_not_shown(
    desk: Client, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxos.core.outbound import Answer
    from cxos.screens.workspace import files
    from tests.channels_app.files import PNG

    line = Message.objects.latest("id")
    line.attachments = [{"url": "https://example.com/x.png", "name": "x.png", "mime": "image/png"}]
    line.save()
    address = f"/workspace/c/{conversation.pk}/picture/{line.pk}/0/"
    for body, status in ((b"<svg onload=alert(1)>", 404), (b"", 404), (PNG, 200)):
        monkeypatch.setattr(files, "send", lambda *args, body=body, **more: Answer(200, {}, body))
        assert desk.get(address).status_code == status
    shown = desk.get(address)
    assert (shown["Content-Type"], shown["Content-Security-Policy"]) == ("image/png", "default-src 'none'; sandbox")
