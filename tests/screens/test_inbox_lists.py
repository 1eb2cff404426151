"""The list of the inbox: its tabs, orders, filters and saved views, and what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.models import Calendar, Clock
from channels_app.models import Channel, Conversation, Message
from crm.models import Customer
from cxos.core.errors import Invalid
from cxos.core.models import SavedView, Team, User
from cxos.core.phrases import Phrase
from cxos.core.search.dictionary import learn
from cxos.screens.workspace import orders
from cxos.screens.workspace.filters import Asking, condition_of, problems_of
from routing.models import Queue, QueueMember
from routing.services.queue import enqueue

pytestmark = pytest.mark.django_db
Talk = Callable[..., Conversation]


@pytest.fixture
def talk(webchat: Channel, kim: Customer, now: datetime) -> Talk:
    """talk(minutes_ago=5, …): one more conversation; further fields as given."""
    made: list[Conversation] = []

    def begin(*, minutes_ago: int = 5, **fields: Any) -> Conversation:
        at = now - timedelta(minutes=minutes_ago)
        usual = {"customer": kim, "channel": webchat, "thread_key": f"t{len(made)}", "last_message_at": at}
        made.append(Conversation.objects.create(**{**usual, **fields}))
        return made[-1]

    return begin


def listed(client: Client, **given: Any) -> list[int]:
    """The ids of the rows, in their order."""
    rows = client.get("/workspace/list/", given).context["page"].rows
    return [row.conversation.pk for row in rows]


def leaf(fact: str, op: str, value: Any) -> str:
    return json.dumps({"and": [{"fact": fact, "op": op, "value": value}]})


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


# --- Tabs --------------------------------------------------------------------------------------------------------------


def test_the_tabs_show_what_is_mine_what_nobody_holds_and_all_that_is_open(
    as_ana: Client, talk: Talk, ana: User, sam: User
) -> None:
    mine, free, other = talk(assignee=ana), talk(minutes_ago=6), talk(minutes_ago=7, assignee=sam)
    done = talk(minutes_ago=8, assignee=ana, status="resolved")

    assert listed(as_ana, tab="mine") == [mine.pk]
    assert listed(as_ana, tab="unassigned") == [free.pk]
    assert listed(as_ana, tab="all") == [mine.pk, free.pk, other.pk]
    assert listed(as_ana, tab="resolved") == [done.pk]
    tabs = as_ana.get("/workspace/list/").context["tabs"]
    assert [(tab.key, tab.shown) for tab in tabs] == [("mine", "1"), ("unassigned", "1"), ("all", "3")]


def test_i_take_part_where_i_wrote_or_noted_but_not_where_the_system_named_me(
    as_ana: Client, talk: Talk, ana: User
) -> None:
    wrote, noted, named = talk(), talk(minutes_ago=6), talk(minutes_ago=7)
    for found, kind in ((wrote, "message"), (noted, "note"), (named, "event")):
        Message.objects.create(conversation=found, kind=kind, author_kind="agent", author=ana, text="x", state="sent")

    assert listed(as_ana, tab="participating") == [wrote.pk, noted.pk]


def test_a_queue_of_mine_is_a_list(as_ana: Client, talk: Talk, ana: User, team: Team, now: datetime) -> None:
    queue = Queue.objects.create(key="care", name="Care", team=team)
    QueueMember.objects.create(queue=queue, user=ana)
    inside = talk()
    talk(minutes_ago=1)
    enqueue(inside, queue=queue, priority=1, why=Phrase("test"), now=now)

    menu = as_ana.get("/workspace/views/").context
    assert [(tab.key, str(tab.label), tab.shown) for tab in menu["queues"]] == [(f"queue-{queue.pk}", "Care", "1")]
    assert listed(as_ana, tab=f"queue-{queue.pk}") == [inside.pk]


@pytest.mark.parametrize("strange", ["view-999", "queue-x", "view-²", "nothing", "queue-99999999999999999999"])
def test_a_list_that_is_not_there_is_my_own(as_ana: Client, strange: str) -> None:
    assert as_ana.get("/workspace/list/", {"tab": strange}).context["asked"].tab == "mine"


# --- Orders ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("waiting", [70, 60, 35, 30, 1, 0])
def test_each_order_pages_through_every_row_once(
    as_ana: Client, talk: Talk, now: datetime, team: Team, waiting: int
) -> None:
    """Also where only some of them wait, or have a promise."""
    calendar = Calendar.objects.create(name="Always")
    for number in range(70):
        waits = {"waiting_since": now - timedelta(minutes=number % 5)} if number < waiting else {}
        found = talk(minutes_ago=number % 7, priority=number % 4, **waits)
        Clock.objects.create(
            conversation=found, metric="resolution", calendar=calendar, budget_seconds=60, started_at=now,
            state="running" if number < waiting else "met", due_at=now + timedelta(minutes=number % 3),
        )  # fmt: skip
    everything = set(Conversation.objects.values_list("pk", flat=True))

    for order in orders.ORDERS:
        seen: list[int] = []
        cursor = ""
        for _page in range(10):
            page = as_ana.get("/workspace/list/", {"tab": "all", "order": order, "cursor": cursor}).context["page"]
            seen += [row.conversation.pk for row in page.rows]
            cursor = page.next_cursor
            if not cursor:
                break
        assert len(seen) == 70 and set(seen) == everything, order
        counted = as_ana.get("/workspace/bulk/count/", {"tab": "all", "order": order}).context["found"]
        assert counted == len(seen), order


def test_by_deadline_the_promise_that_is_due_first_counts_and_overdue_ones_lead(
    as_ana: Client, talk: Talk, now: datetime, team: Team
) -> None:
    calendar = Calendar.objects.create(name="Always")
    late, soon, none = talk(), talk(), talk()

    def clock(found: Conversation, metric: str, minutes: int, state: str = "running") -> None:
        Clock.objects.create(
            conversation=found, metric=metric, calendar=calendar, budget_seconds=60, state=state,
            due_at=now + timedelta(minutes=minutes), started_at=now,
        )  # fmt: skip

    clock(soon, "resolution", 600)
    clock(soon, "next_response", 5)
    clock(late, "resolution", -5, "breached")
    clock(none, "resolution", -9, "met")

    assert listed(as_ana, tab="all", order="deadline") == [late.pk, soon.pk, none.pk]


def test_what_does_not_wait_or_has_no_promise_comes_last_and_nothing_is_said_to_be_empty(
    as_ana: Client, talk: Talk, ana: User, now: datetime
) -> None:
    older, newer = talk(assignee=ana, minutes_ago=9), talk(assignee=ana, minutes_ago=2)
    waits = talk(assignee=ana, minutes_ago=30, waiting_since=now)

    assert listed(as_ana, tab="mine", order="waiting") == [waits.pk, newer.pk, older.pk]
    assert listed(as_ana, tab="mine", order="deadline") == [newer.pk, older.pk, waits.pk]
    Conversation.objects.update(assignee=None)
    assert "You hold nothing" in as_ana.get("/workspace/list/?tab=mine&order=deadline").content.decode()
    senseless = as_ana.get("/workspace/list/", {"tab": "mine", "filter": leaf("status", "gte", 1)}).content.decode()
    assert "This filter cannot be asked" in senseless and "You hold nothing" not in senseless


@pytest.mark.parametrize("cursor", ["x", "|", "2026-01-01|5", "a|b|c", "9" * 30, "2026-01-01T00:00:00+00:00|²"])
def test_a_broken_cursor_shows_the_first_page(as_ana: Client, talk: Talk, cursor: str) -> None:
    found = talk()
    assert listed(as_ana, tab="all", cursor=cursor) == [found.pk]


# --- Filters -----------------------------------------------------------------------------------------------------------


def test_every_field_finds_what_it_says(as_ana: Client, talk: Talk, ana: User, team: Team, max: Customer) -> None:
    Customer.objects.filter(pk=max.pk).update(vip=True, language="de", tags=["gold"])
    ago = timezone.now() - timedelta(minutes=90)
    hit = talk(
        customer=max, assignee=ana, team=team, priority=3, tags=["refund"], status="pending", subject="The bill",
        waiting_since=ago, last_message_at=ago, created_at=ago,
    )  # fmt: skip
    miss = talk(subject="Other", last_message_at=timezone.now(), created_at=timezone.now())
    asked = {
        ("status", "in"): ["pending"], ("assignee", "in"): ["me"], ("team", "in"): ["me"], ("priority", "in"): ["3"],
        ("tags", "in"): ["refund", "x"], ("waiting", "gte"): 60, ("quiet", "gte"): 60, ("age", "gte"): 60,
        ("words", "contains"): "bill", ("language", "in"): ["de"], ("vip", "is"): True, ("customer_tags", "in"): ["gold"],
        ("status", "not_in"): ["open", "resolved"], ("assignee", "not_in"): ["none"], ("tags", "not_in"): ["none"],
    }  # fmt: skip
    wrong = {}
    for (fact, op), value in asked.items():
        found = listed(as_ana, tab="all", filter=leaf(fact, op, value))
        if found != ([hit.pk] if (fact, op) != ("tags", "not_in") else [miss.pk, hit.pk]):
            wrong[fact, op] = found
    assert wrong == {}


def test_promises_are_found_by_where_they_stand(as_ana: Client, talk: Talk, now: datetime) -> None:
    calendar = Calendar.objects.create(name="Always")
    here = timezone.now()
    late, soon, calm, paused, none = (talk(minutes_ago=number) for number in range(5))
    for found, state, due in (
        (late, "breached", here - timedelta(minutes=1)), (soon, "running", here + timedelta(minutes=30)),
        (calm, "running", here + timedelta(hours=5)), (paused, "paused", None),
    ):  # fmt: skip
        Clock.objects.create(
            conversation=found, metric="resolution", calendar=calendar, budget_seconds=60, state=state, due_at=due,
            started_at=now,
        )  # fmt: skip

    def by(*states: str) -> list[int]:
        return listed(as_ana, tab="all", filter=leaf("sla", "in", [*states]))

    assert by("overdue") == [late.pk]
    assert by("soon") == [soon.pk]
    assert by("running") == [soon.pk, calm.pk]
    assert by("paused", "none") == [paused.pk, none.pk]


def test_groups_are_joined_as_they_say(as_ana: Client, talk: Talk, ana: User) -> None:
    urgent, mine, both = (
        talk(priority=3),
        talk(minutes_ago=6, assignee=ana),
        talk(minutes_ago=7, priority=3, assignee=ana),
    )
    one = {"fact": "priority", "op": "in", "value": ["3"]}
    other = {"fact": "assignee", "op": "in", "value": ["me"]}

    assert listed(as_ana, tab="all", filter=json.dumps({"and": [{"and": [one, other]}]})) == [both.pk]
    either = [urgent.pk, mine.pk, both.pk]
    assert listed(as_ana, tab="all", filter=json.dumps({"or": [{"and": [one]}, {"and": [other]}]})) == either
    assert listed(as_ana, tab="all", filter=json.dumps({"and": [{"not": one}]})) == [mine.pk]


def test_a_filter_without_the_status_leaves_resolved_ones_out(as_ana: Client, talk: Talk) -> None:
    open_one, done = talk(priority=3), talk(minutes_ago=6, priority=3, status="resolved")
    assert listed(as_ana, tab="all", filter=leaf("priority", "in", ["3"])) == [open_one.pk]
    assert listed(as_ana, tab="all", filter=leaf("status", "in", ["resolved", "open"])) == [open_one.pk, done.pk]


@pytest.mark.parametrize(
    "broken", ["{", "[]", '"x"', "{}x", '{"fact": "password", "op": "is", "value": "x"}', leaf("vip", "gt", 5),
    leaf("status", "in", ["gone"]), leaf("priority", "is", "3"), "[" * 5_000],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_says_so_and_shows_nothing(as_ana: Client, talk: Talk, broken: str) -> None:
    talk()
    answer = as_ana.get("/workspace/list/", {"tab": "all", "filter": broken})
    assert answer.context["asked"].problem
    assert [*answer.context["page"].rows] == []
    assert b"This filter cannot be asked" in answer.content


def test_a_condition_is_refused_with_its_first_problem(ana: User, now: datetime) -> None:
    tree = {"fact": "status", "op": "in", "value": ["gone"]}
    with pytest.raises(Invalid, match="never “gone”"):
        condition_of(tree, Asking(ana, now))
    assert problems_of({"fact": "status", "op": "contains", "value": "o"})[0].sentence.startswith("“contains” cannot")


# --- Saved views -------------------------------------------------------------------------------------------------------


def form(**more: Any) -> dict[str, Any]:
    return {"fact_0_0": "priority", "op_0_0": "in", "value_0_0": ["2", "3"], "name": "Hot", **more}


def test_a_filter_is_kept_as_a_view_and_found_again(as_ana: Client, talk: Talk, ana: User) -> None:
    hot = talk(priority=3)
    talk(minutes_ago=1)

    answer = as_ana.post("/workspace/views/filter/work/", form(do="save_as", order="waiting"))

    view = SavedView.objects.get()
    assert (view.owner, view.name, view.shared, view.order) == (ana, "Hot", False, "waiting")
    assert view.conditions == {"and": [{"and": [{"fact": "priority", "op": "in", "value": ["2", "3"]}]}]}
    assert answer["HX-Retarget"] == "#list"
    assert listed(as_ana, tab=f"view-{view.pk}", order="activity") == [hot.pk]
    assert as_ana.get(f"/workspace/views/filter/?tab=view-{view.pk}").context["groups"][0]["lines"][0]["text"] == "2, 3"


def test_a_private_view_is_nobody_elses_and_a_shared_one_is_only_changed_by_who_may(
    client: Client, ana: User, sam: User, adi: User
) -> None:
    private = SavedView.objects.create(owner=sam, name="Private", conditions={})
    shared = SavedView.objects.create(owner=sam, name="Shared", shared=True, conditions={})
    client.force_login(ana)

    assert [str(tab.label) for tab in client.get("/workspace/views/").context["views"]] == ["Shared"]
    assert client.post(f"/workspace/views/{private.pk}/delete/").status_code == 404
    assert client.post(f"/workspace/views/{shared.pk}/delete/").status_code == 403
    answer = client.post("/workspace/views/filter/work/", form(do="save", view=shared.pk))
    assert b"Only Sam or a supervisor" in answer.content
    shared.refresh_from_db()
    assert shared.name == "Shared"

    client.force_login(adi)
    assert client.post("/workspace/views/filter/work/", form(do="save", view=shared.pk, shared="on")).status_code == 200
    shared.refresh_from_db()
    assert (shared.name, shared.owner) == ("Hot", sam)
    assert client.post(f"/workspace/views/{shared.pk}/delete/").status_code == 200
    assert not SavedView.objects.filter(pk=shared.pk).exists()


def test_an_unfinished_line_is_pointed_at_and_nothing_is_kept(as_ana: Client) -> None:
    answer = as_ana.post(
        "/workspace/views/filter/work/", {"fact_0_0": "tags", "op_0_0": "in", "do": "save_as", "name": "X"}
    )
    assert answer.context["groups"][0]["lines"][0]["line"].problem
    assert SavedView.objects.count() == 0


def test_a_name_is_used_once(as_ana: Client) -> None:
    as_ana.post("/workspace/views/filter/work/", form(do="save_as"))
    answer = as_ana.post("/workspace/views/filter/work/", form(do="save_as"))
    assert "keeps a view called “Hot” already".encode() in answer.content
    assert SavedView.objects.count() == 1


def test_the_buttons_of_the_form_add_and_remove_lines(as_ana: Client) -> None:
    def lines(do: str, **more: Any) -> list[int]:
        answer = as_ana.post("/workspace/views/filter/work/", form(do=do, **more))
        return [len(group["lines"]) for group in answer.context["groups"]]

    assert lines("add:0") == [2]
    assert lines("group") == [1, 1]
    assert lines("drop:0:0") == []
    assert lines("drop:7:9") == [1]
    assert lines("add:²") == [1]
    assert lines("redraw", fact_0_0="unknown") == [1]


# --- Costs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/workspace/list/?tab=all", "/workspace/list/?tab=all&order=deadline", "/workspace/views/",
    "/workspace/views/filter/?tab=all", "/workspace/?tab=all&filter=" + leaf("team", "in", ["me"])],
)  # fmt: skip
def test_no_part_of_the_list_takes_more_than_ten_queries(
    as_ana: Client, talk: Talk, path: str, django_assert_max_num_queries: Any
) -> None:
    for _number in range(40):
        talk()
    as_ana.get(path)
    with django_assert_max_num_queries(10):
        assert as_ana.get(path).status_code == 200


# --- Finding in a list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["parcel", "PARC", "invoice", "kim", "#{pk}"])
@pytest.mark.parametrize("tab", ["all", "unassigned"])
def test_a_long_list_finds_what_was_said_the_subject_the_customer_and_the_number(
    as_ana: Client, talk: Talk, max: Customer, words: str, tab: str
) -> None:
    meant, _other = talk(subject="Your invoice"), talk(customer=max, subject="Something else")
    Message.objects.create(conversation=meant, author_kind="customer", text="Where is my parcel?", state="received")
    learn(["parcel"])

    assert listed(as_ana, tab=tab, words=words.format(pk=meant.pk)) == [meant.pk]
    assert listed(as_ana, tab=tab, words="nowhere") == []


def test_ones_own_list_is_compared_letter_by_letter(as_ana: Client, ana: User, talk: Talk) -> None:
    mine = talk(assignee=ana, subject="Reinvoicing")

    assert listed(as_ana, tab="mine", words="invoic") == [mine.pk]


def test_finding_in_a_long_list_stays_within_the_queries_of_a_page(
    as_ana: Client, talk: Talk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        talk(subject=f"Invoice {number}")

    with django_assert_max_num_queries(12):
        assert len(listed(as_ana, tab="all", words="invoice")) == 20
