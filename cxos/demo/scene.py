"""A morning in the demo's contact centre, for pictures: conversations at every stage, told through the ordinary services.

The clock is set back for each step, so that the days before lie in the past as they would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from unittest.mock import patch

from django.utils import timezone

from cases.models import Case
from cases.services.cases import solve_case
from channels_app.envelope import Envelope
from channels_app.models import Channel, Conversation, Message
from channels_app.services.conversations import add_tags, resolve, set_priority, snooze
from channels_app.services.ingest import accept
from channels_app.services.replies import add_note, send_reply
from crm.models import Customer, Identity, MergeSuggestion
from crm.services.customers import add_identity, change_customer
from cxos.core.models import Event, User
from cxos.core.relay import drain_outbox
from cxos.demo.people import PEOPLE
from cxos.demo.scene_desks import furnish
from cxos.demo.scripts import FIRST, LAST, SCRIPTS
from cxos.demo.seed import seed
from routing.models import AgentState, Queue
from routing.services.hand_over import give
from routing.services.presence import set_presence

OFFER_SECONDS = 900  # long enough to be looked at
WRAP_UP_SECONDS = 600
PAST_DAYS = 3
PAST = 24
AGENTS = [person.email for person in PEOPLE if person.role == "agent"]
HELD = (("ana", 3), ("ben", 3), ("chloe", 2), ("dev", 4), ("finn", 1))
WAITING = ((0, 14), (3, 9), (7, 4), (5, 2))  # script, minutes ago
PRESENCES = {"ben": "busy", "chloe": "break", "dev": "available", "ebru": "meeting", "finn": "busy"}
PRESENT_SECONDS = {"ben": 1300, "chloe": 420, "dev": 5200, "ebru": 1900, "finn": 260}


@dataclass(frozen=True, slots=True)
class Told:
    """One customer's conversation and how far its script has come."""

    conversation: Conversation
    turns: tuple[str, ...]
    writer: Envelope


def set_scene(*, now: datetime) -> None:
    """Everything of `seed`, and people at work on it. Meant for an installation made for the pictures alone."""
    seed(now=now, on_duty_since=now - timedelta(hours=2))
    Queue.objects.update(offer_seconds=OFFER_SECONDS)
    for number in range(PAST):
        past_story(number, now=now)
    number = PAST
    for name, many in HELD:
        for place in range(many):
            held_story(number, agent=agent(name), ago=timedelta(minutes=55 - 9 * place), now=now)
            number += 1
    dress_the_first(agent("ana"), now=now)
    for name, presence in PRESENCES.items():
        come_in(agent(name), presence, at=now - timedelta(seconds=PRESENT_SECONDS[name]))
    for script, minutes in WAITING:
        begin(number, script, at=now - timedelta(minutes=minutes))
        number += 1
    AgentState.objects.filter(user=agent("ana")).update(budget=130)  # room for one more
    come_in(agent("ana"), "available", at=now - timedelta(seconds=20))  # the longest waiting is offered to her
    # No page refreshes these people's leases while pictures are taken.
    AgentState.objects.exclude(presence="offline").update(lease_until=now + timedelta(hours=2))
    describe_customers(now=now)
    Queue.objects.update(wrap_up_seconds=WRAP_UP_SECONDS)  # from here on: those of the past have gone home
    furnish(now=now)
    drain_outbox()


def agent(name: str) -> User:
    return User.objects.get(email=f"{name}@example.com")


@contextmanager
def clock_at(moment: datetime) -> Iterator[datetime]:
    """The product's clock stands at `moment`; what was caused there is worked off there."""
    before = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with patch.object(timezone, "now", lambda: moment):
        yield moment
        drain_outbox()
    Event.objects.filter(id__gt=before).update(at=moment)


def begin(number: int, script: int, *, at: datetime) -> Told:
    """A customer writes the first words of a script."""
    moment, turns = at, SCRIPTS[script % len(SCRIPTS)].turns
    name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
    writer = Envelope(
        channel_id=Channel.objects.get(key="web" if number % 3 else "api").pk, external_id=f"scene-{number}-0",
        thread_key=f"scene-{number}", identities=(("email", f"{name.lower().replace(' ', '.')}@example.com"),),
        customer={"name": name}, text=turns[0], html="", attachments=(), occurred_at=moment, metadata={},
    )  # fmt: skip
    say(writer, turns[0], place=0, moment=moment)
    return Told(Conversation.objects.get(thread_key=writer.thread_key), turns, writer)


def say(writer: Envelope, text: str, *, place: int, moment: datetime) -> None:
    with clock_at(moment):
        accept(
            Envelope(
                **{
                    **{field: getattr(writer, field) for field in Envelope.__slots__},
                    "external_id": f"{writer.thread_key}-{place}",
                    "text": text,
                    "occurred_at": moment,
                }
            ),
            now=moment,
        )


def converse(told: Told, *, by: User, since: datetime, turns: int) -> datetime:
    """The first `turns` turns of the script, a minute or so apart; the moment of the last one."""
    moment = since + timedelta(seconds=35)
    with clock_at(moment):
        give(told.conversation, to=by, actor=agent("sam"), now=moment)
    for place, text in enumerate(told.turns[1:turns], start=1):
        moment += timedelta(seconds=50 + 17 * place)
        if place % 2:
            with clock_at(moment):
                send_reply(told.conversation.pk, text=text, author=by, actor=by, now=moment)
        else:
            say(told.writer, text, place=place, moment=moment)
    return moment


def past_story(number: int, *, now: datetime) -> None:
    """A conversation of the last days, said to its end and resolved."""
    began = now - timedelta(days=PAST_DAYS) * ((PAST - number) / PAST) ** 2 - timedelta(hours=1)  # most of them today
    told = begin(number, number, at=began)
    ended = converse(told, by=agent(AGENTS[number % len(AGENTS)].split("@")[0]), since=began, turns=99)
    with clock_at(ended + timedelta(minutes=1)) as moment:
        by = User.objects.get(pk=Conversation.objects.values_list("assignee", flat=True).get(pk=told.conversation.pk))
        for case in Case.objects.filter(conversations=told.conversation).exclude(status=Case.Status.SOLVED):
            solve_case(case.pk, resolution="Fixed from here", actor=by, now=moment)
        resolve(told.conversation.pk, actor=by, now=moment)


def held_story(number: int, *, agent: User, ago: timedelta, now: datetime) -> None:
    """A conversation of this morning that somebody is working on."""
    told = begin(number, number, at=now - ago)
    converse(told, by=agent, since=now - ago, turns=2 + number % 4)


def dress_the_first(ana: User, *, now: datetime) -> None:
    """One of Ana's with all that can stand in a thread; another one she has put off."""
    mine = list(Conversation.objects.filter(assignee=ana, status=Conversation.Status.OPEN).order_by("-last_message_at"))
    first, last = mine[0], mine[-1]
    sam = agent("sam")
    with clock_at(now - timedelta(minutes=6)) as moment:
        add_note(
            first.pk, text="Has been with us for nine years. Please keep the goodwill credit in mind. @Sam Ortiz",
            author=ana, mentioned_ids=[sam.pk], actor=ana, now=moment,
        )  # fmt: skip
        add_tags(first.pk, tags=["goodwill", "refund"], actor=ana, now=moment)
        set_priority(first.pk, priority=3, actor=ana, now=moment)
        reply = send_reply(
            first.pk,
            text="I have booked the credit. You will see it on your next bill.",
            author=ana,
            actor=ana,
            now=moment,
        )
    Message.objects.filter(pk=reply.pk).update(state="failed", problem="The shop’s server did not answer in time.")
    with clock_at(now - timedelta(minutes=3)) as moment:
        snooze(last.pk, until=now + timedelta(hours=20), actor=ana, now=moment)


def come_in(user: User, presence: str, *, at: datetime) -> None:
    with clock_at(at) as moment:
        set_presence(user, presence=presence, actor=user, now=moment)


def describe_customers(*, now: datetime) -> None:
    """A record worth reading, and two that may be one person."""
    ana = agent("ana")
    for number, customer in enumerate(Customer.objects.order_by("id")[:12]):
        change_customer(
            customer.pk,
            changes={
                "vip": number % 5 == 0,
                "tags": [("gold", "since 2017"), ("prepaid",), ("business", "fibre")][number % 3],
                "language": ("en", "de", "fr")[number % 3],
                "time_zone": "Europe/Berlin",
                "attributes": {
                    "Plan": ("Everyday", "Household", "Small talk")[number % 3],
                    "Contract until": "March 2027",
                },
                "notes": "Prefers to be written to. Moves house in December." if number % 2 == 0 else "",
            },
            actor=ana,
        )
        add_identity(customer.pk, kind="phone", value=f"+49 151 234 56{number:02}", actor=ana, now=now)
    one = Customer.objects.order_by("id")[0]
    other = Customer.objects.create(name=one.name.split()[0], created_at=now - timedelta(days=20))
    Identity.objects.create(
        customer=other, kind="handle", value="@" + other.name.lower(), shown="@" + other.name.lower()
    )
    MergeSuggestion.objects.create(
        first=one,
        second=other,
        evidence=["Both wrote from the same phone within an hour.", "The first name is the same."],
    )
