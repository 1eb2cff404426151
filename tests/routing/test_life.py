"""The whole life of items, agents and offers on the real database, whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.catalogue import Received
from cxos.core.errors import DomainError
from cxos.core.models import Role, User
from cxos.core.phrases import Phrase
from intelligence.counting import tally
from intelligence.services.facts import fact_of, occurrence_of
from routing.models import (
    AgentSkill,
    AgentState,
    Callback,
    Decision,
    Offer,
    Queue,
    QueueMember,
    Segment,
    Skill,
    WorkItem,
)
from routing.services.agents import held_cost
from routing.services.callbacks import (
    cancel_callback,
    claim_callback,
    note_no_answer,
    note_reached,
    request_callback,
    wake_callbacks,
)
from routing.services.leases import lose_unreachable
from routing.services.matcher import match_agent, match_items, wake_waiting
from routing.services.offers import accept_offer, decline_offer, expire_due, return_offers_of
from routing.services.parts import ask_in, hand_over_to
from routing.services.presence import heartbeat, set_presence
from routing.services.queue import enqueue
from routing.services.work import (
    abandon,
    assign_by_hand,
    end_wrap_ups,
    finish,
    pause,
    requeue,
    resume,
    transfer,
    transfer_to_agent,
)
from routing.states import ITEM_EDGES, OFFER_EDGES
from tests.counted import received

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
picks = st.integers(0, 5)
# The database itself notes each change of state, also one that another follows in the same command.
NOTE_EDGES = """
CREATE TEMPORARY TABLE walked (of text, was text, became text);
CREATE FUNCTION note_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO walked VALUES (TG_TABLE_NAME, old.state, new.state); RETURN NULL; END $$;
CREATE FUNCTION note_presence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO walked VALUES (TG_TABLE_NAME, old.presence, new.presence); RETURN NULL; END $$;
CREATE TRIGGER note_edge AFTER UPDATE ON routing_workitem FOR EACH ROW
    WHEN (old.state <> new.state) EXECUTE FUNCTION note_edge();
CREATE TRIGGER note_edge AFTER UPDATE ON routing_offer FOR EACH ROW
    WHEN (old.state <> new.state) EXECUTE FUNCTION note_edge();
CREATE TRIGGER note_presence AFTER UPDATE ON routing_agentstate FOR EACH ROW
    WHEN (old.presence <> new.presence) EXECUTE FUNCTION note_presence();
"""
CHOSEN = {"available", "busy", "break", "meal", "offline"}
# Presence → what may follow. Only who is at their desk is missed, or misses an offer; nobody is made available by a gap.
PRESENCE_EDGES = {
    "available": CHOSEN | {"missed", "unreachable"},
    "busy": CHOSEN | {"unreachable"},
    **dict.fromkeys(["break", "meal", "missed", "offline", "unreachable"], CHOSEN),
}
EDGES = {"routing_workitem": ITEM_EDGES, "routing_offer": OFFER_EDGES, "routing_agentstate": PRESENCE_EDGES}


class Life(RuleBasedStateMachine):
    """Each rule is a command with the matching its event would bring; refusals are part of life."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.now = START
        self.numbers = count()
        self.entries: dict[int, datetime] = {}
        self.silent: set[int] = set()  # whose page is not heard
        self.paused: Counter[int] = Counter()  # item → seconds it waited for its customer

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    @initialize(
        offer_size=st.sampled_from([1, 1, 2]), wrap_up=st.sampled_from([0, 30]), size=st.sampled_from([None, 3])
    )
    def open_the_floor(self, offer_size: int, wrap_up: int, size: int | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(NOTE_EDGES)
        self.customer = Customer.objects.create(name="Kim")
        self.channel = Channel.objects.create(key="site", name="Site", kind="webchat", medium="chat")
        second = Queue.objects.create(key="second", name="Second", missed="second")
        first = Queue.objects.create(
            key="first", name="First", offer_size=offer_size, wrap_up_seconds=wrap_up, max_size=size, overflow_to=second,
            max_wait_seconds=300,
        )  # fmt: skip
        self.queues = [first, second]
        self.skill = Skill.objects.create(key="english", name="English")
        self.users = [
            User.objects.create(email=f"{name}@example.com", name=name, role=Role.AGENT, password="!")
            for name in ("Ana", "Ben", "Cleo")
        ]
        self.sam = User.objects.create(email="sam@example.com", name="Sam", role=Role.SUPERVISOR, password="!")
        for user in self.users:
            for queue in self.queues:
                QueueMember.objects.create(queue=queue, user=user)
            set_presence(user, presence="available", actor=user, now=self.now)
        AgentSkill.objects.create(user=self.users[0], skill=self.skill, level=5)

    # --- what happens ---

    def attempt(self, deed: Callable[[], Any]) -> None:
        """A command, and what its events bring: every agent and item concerned is looked at."""
        try:
            with transaction.atomic():
                deed()
        except DomainError:
            pass
        for user in self.users:
            if AgentState.objects.get(user=user).presence != "available":
                return_offers_of(user.pk, reason="away", now=self.now)
        waiting = WorkItem.objects.filter(state="waiting").order_by("id")
        match_items(list(waiting.values_list("id", flat=True)), now=self.now)
        for user in self.users:
            match_agent(user.pk, now=self.now)
        self.look()

    def item(self, pick: int, *states: str) -> WorkItem | None:
        items = list(WorkItem.objects.filter(state__in=states).select_related("queue").order_by("id"))
        return items[pick % len(items)] if items else None

    @rule(skilled=st.booleans(), priority=st.integers(0, 3))
    def somebody_comes(self, skilled: bool, priority: int) -> None:
        conversation = Conversation.objects.create(
            customer=self.customer, channel=self.channel, thread_key=f"t{next(self.numbers)}", created_at=self.now
        )
        required = [{"skill": "english", "level": 3, "hard": True}] if skilled else []
        self.attempt(
            lambda: enqueue(
                conversation,
                queue=self.queues[0],
                required=required,
                priority=priority,
                why=Phrase("Came."),
                now=self.now,
            )
        )

    @rule(pick=picks)
    def an_offer_is_accepted(self, pick: int) -> None:
        self.answer(pick, lambda offer: accept_offer(offer.pk, user=offer.agent, now=self.now))

    @rule(pick=picks)
    def an_offer_is_declined(self, pick: int) -> None:
        self.answer(pick, lambda offer: decline_offer(offer.pk, user=offer.agent, reason="", now=self.now))

    def answer(self, pick: int, deed: Callable[[Offer], Any]) -> None:
        offers = list(Offer.objects.filter(state="pending").select_related("agent").order_by("id"))
        if offers:
            self.attempt(lambda: deed(offers[pick % len(offers)]))

    @rule(seconds=st.sampled_from([5, 31, 61, 301]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.paused.update(dict.fromkeys(WorkItem.objects.filter(state="paused").values_list("pk", flat=True), seconds))

        def timers() -> None:
            for user in self.users:
                if user.pk not in self.silent:
                    self.is_heard(user)
            lose_unreachable(now=self.now)
            expire_due(now=self.now)
            end_wrap_ups(now=self.now)
            wake_callbacks(now=self.now)
            wake_waiting(now=self.now)

        self.attempt(timers)

    @rule(
        pick=picks,
        who=picks,
        what=st.sampled_from(["finish", "requeue", "transfer", "pause", "resume", "agent", "give"]),
    )
    def work_in_hand_changes(self, pick: int, who: int, what: str) -> None:
        found = self.item(pick, "waiting", "offered", "scheduled", "active", "paused", "wrapping")
        if found is None:
            return
        user, id, now = self.users[who % 3], found.pk, self.now
        deeds: dict[str, Callable[[], Any]] = {
            "finish": lambda: finish(id, actor=user, now=now),
            "requeue": lambda: requeue(id, reason="x", actor=user, now=now),
            "transfer": lambda: transfer(id, queue=self.queues[pick % 2], actor=user, now=now),
            "pause": lambda: pause(id, actor=user, now=now),
            "resume": lambda: resume(id, now=now),
            "agent": lambda: transfer_to_agent(id, agent=user, actor=user, now=now),
            "give": lambda: assign_by_hand(id, agent=user, actor=user if pick % 2 else self.sam, now=now),
        }
        self.attempt(deeds[what])

    @rule(pick=picks, who=picks, over=st.booleans())
    def another_is_asked(self, pick: int, who: int, over: bool) -> None:
        found, user = self.item(pick, "active"), self.users[who % 3]
        if found is not None:
            deed = hand_over_to if over else ask_in
            more = {} if over else {"kind": "consult"}
            self.attempt(lambda: deed(found.pk, agent=user, actor=self.sam, now=self.now, **more))

    @rule(pick=picks, what=st.sampled_from(["claim", "claim", "no_answer", "reached", "cancel"]))
    def a_callback_goes_on(self, pick: int, what: str) -> None:
        found = list(Callback.objects.filter(state__in=Callback.LIVE).select_related("item").order_by("id"))
        if not found:
            return
        callback = found[pick % len(found)]
        user = callback.claimed_by or callback.item.agent or self.users[0]
        deeds: dict[str, Callable[[], Any]] = {
            "claim": lambda: claim_callback(callback.pk, user=user, now=self.now),
            "no_answer": lambda: note_no_answer(callback.pk, user=user, now=self.now),
            "reached": lambda: note_reached(callback.pk, user=user, now=self.now),
            "cancel": lambda: cancel_callback(callback.pk, actor=user, now=self.now),
        }
        self.attempt(deeds[what])

    @rule(pick=picks, how=st.sampled_from(["leaves", "in_queue", "scheduled"]))
    def somebody_who_waits(self, pick: int, how: str) -> None:
        found = self.item(pick, "waiting", "offered")
        if found is None:
            return
        slot = self.now + timedelta(seconds=60) if how == "scheduled" else None
        address, now = f"+4930{found.pk}", self.now
        self.attempt(
            (lambda: abandon(found.pk, now=now))
            if how == "leaves"
            else lambda: request_callback(found.pk, kind=how, address=address, slot_at=slot, actor="customer", now=now)
        )

    def is_heard(self, user: User) -> None:
        """Whatever they were they are, but lost: then it is what they were at their desk. What is to follow stays."""
        was = AgentState.objects.get(user=user)
        heartbeat(user.pk, now=self.now)
        became = AgentState.objects.get(user=user)
        assert became.presence == (was.lost_from if was.presence == "unreachable" else was.presence)
        assert (became.pending_presence, became.reason) == (was.pending_presence, was.reason)

    @rule(who=picks)
    def a_page_falls_silent_or_is_heard_again(self, who: int) -> None:
        user = self.users[who % 3]
        self.silent ^= {user.pk}
        if user.pk not in self.silent:
            self.attempt(lambda: self.is_heard(user))

    @rule(
        who=picks,
        presence=st.sampled_from(["available", "available", "busy", "break", "meal", "offline"]),
        after=st.booleans(),
    )
    def presence_changes(self, who: int, presence: str, after: bool) -> None:
        user = self.users[who % 3]
        self.attempt(lambda: set_presence(user, presence=presence, after_work=after, actor=user, now=self.now))

    # --- what always holds ---

    def look(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM walked RETURNING of, was, became")
            for of, was, became in cursor.fetchall():
                assert became in EDGES[of][was], (of, was, became)
        for one in WorkItem.objects.all():
            assert self.entries.setdefault(one.pk, one.queued_at) == one.queued_at, "an age is never lost"
            running = (self.now - one.paused_at).total_seconds() if one.paused_at else 0.0
            assert one.paused_seconds + running == self.paused[one.pk], "nothing but a pause is taken off it"
            assert one.age_credit == 0

    @invariant()
    def capacity_is_never_exceeded_but_on_record(self) -> None:
        if not hasattr(self, "users"):
            return
        for user in self.users:
            load = held_cost(user.pk)
            if load > 100:
                held = WorkItem.objects.filter(agent=user, state__in=WorkItem.HELD)
                facts = Decision.objects.filter(item__in=held, kind__in=["override", "assign"]).values_list(
                    "facts", flat=True
                )
                assert any(one.get("load") or one.get("over_capacity") for one in facts), load

    @invariant()
    @precondition(lambda self: hasattr(self, "queues"))
    def whoever_came_into_a_line_is_counted_once_where_they_left_it(self) -> None:
        """Offered = answered + abandoned + flowed out + canceled + in line, for each queue."""
        sums = roll_up_by_queue(received())
        called = Callback.objects.filter(kind="in_queue", state__in=Callback.LIVE).values("item")
        for queue in self.queues:
            one = sums[queue.pk]
            in_line = WorkItem.objects.filter(queue=queue, state__in=["waiting", "offered"]).exclude(pk__in=called)
            left = one["answered"] + one["abandoned"] + one["flowed_out"] + one["canceled"]
            assert one["offered"] == left + in_line.count(), dict(one)

    @invariant()
    def offers_and_segments_agree_with_their_items(self) -> None:
        for item in WorkItem.objects.all():
            pending = Offer.objects.filter(item=item, state="pending", kind="work")
            assert pending.exists() == (item.state == "offered"), item.state
            assert pending.filter(broadcast=False).count() <= 1
            leads = Segment.objects.filter(item=item, ended_at=None, kind="lead")
            assert leads.count() == (item.state in WorkItem.HELD), item.state
            assert (item.agent_id is None) or item.state not in {"waiting", "offered", "scheduled"}

    @invariant()
    @precondition(lambda self: hasattr(self, "users"))
    def nobody_waits_beside_a_free_agent(self) -> None:
        """For whom an eligible agent has room, who is not passed over for a while, they are offered to."""
        for item in WorkItem.objects.filter(state="waiting"):
            for user in self.users:
                state = AgentState.objects.get(user=user)
                able = not item.needs or user == self.users[0]
                direct = item.direct_agent_id not in {None, user.pk} and (item.direct_until or self.now) > self.now
                cooling = (
                    datetime.fromisoformat(item.excluded.get(str(user.pk), "2000-01-01T00:00:00+00:00")) > self.now
                )
                here = state.presence == "available" and not state.pending_presence and not state.media_missed
                free = held_cost(user.pk) + item.cost <= state.budget
                assert not (able and here and free and not direct and not cooling), (item.pk, user.name)


def roll_up_by_queue(events: list[Received]) -> dict[int, Counter[str]]:
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for cell, counted in tally(occurrence_of(fact_of(one)) for one in events).items():
        if cell.subject == "queue":
            sums[cell.subject_id].update(counted.sums)
    return sums


def test_the_life_of_items_agents_and_offers(db: None) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=8,
            stateful_step_count=18,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
