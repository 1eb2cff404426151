"""Who is there with what in hand, what waits, and what breaches next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Clock
from cases.queries import at_risk
from cxos.core.models import Role, User
from cxos.screens.templatetags.supervisor import PRESENCE_TONES
from intelligence.formulas import Ratio
from intelligence.queries.occupancy import Going, occupancy_of_last_hour
from routing.matching import default_cost
from routing.models import AgentState, Presence, Queue, QueueMember, WorkItem
from routing.queries import with_presence

MOST_AGENTS, MOST_WAITING, MOST_AT_RISK = 500, 200, 25
State = WorkItem.State
# In this order presences stand.
ORDER = [Presence(one) for one in PRESENCE_TONES]


@dataclass(frozen=True, slots=True)
class AgentCard:
    """One agent: presence and how long in it, load of budget, what they hold, what they can."""

    user: User
    state: AgentState
    seconds: int
    load: int
    held: list[WorkItem]
    queues: list[Queue]
    occupancy: Ratio

    @property
    def tone(self) -> str:
        return PRESENCE_TONES[self.state.presence]

    @property
    def free(self) -> int:
        return max(0, self.state.budget - self.load)

    @property
    def load_tone(self) -> str:
        return "late" if self.load > self.state.budget else "waiting" if self.load == self.state.budget else "live"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One unanswered work item: how long it waits and how long until what it was promised. Seconds."""

    item: WorkItem
    waited: int
    due_in: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Risk:
    clock: Clock
    seconds: int


def agents(*, queue_id: int | None = None) -> list[User]:
    """Everybody who serves a queue (this one), and every agent. 1 query."""
    memberships = QueueMember.objects.filter(user=OuterRef("pk"))
    if queue_id:
        return list(User.objects.filter(Exists(memberships.filter(queue=queue_id)), is_active=True)[:MOST_AGENTS])
    serves = Q(role=Role.AGENT) | Exists(memberships)
    return list(User.objects.filter(serves, is_active=True)[:MOST_AGENTS])


def agent_cards(people: list[User], *, now: datetime) -> list[AgentCard]:
    """The people as cards, those who can take work first. 7 queries, however many they are."""
    with_presence(people)
    queues = Queue.objects.in_bulk()
    held = held_by([user.pk for user in people])
    occupancies = occupancy_of_last_hour({user.pk: going(user, held[user.pk]) for user in people}, now=now)
    cards = [
        AgentCard(
            user=user,
            state=user.state,  # type: ignore[attr-defined]
            seconds=since(user.state.presence_since, now),  # type: ignore[attr-defined]
            load=user.load,  # type: ignore[attr-defined]
            held=held[user.pk],
            queues=[queues[pk] for pk in user.queues if pk in queues],  # type: ignore[attr-defined]
            occupancy=occupancies[user.pk],
        )
        for user in people
    ]
    return sorted(cards, key=lambda card: (ORDER.index(Presence(card.state.presence)), card.user.name.lower()))


def going(user: User, held: list[WorkItem]) -> Going:
    """What of this person's work and presence has not ended yet."""
    state: AgentState = user.state  # type: ignore[attr-defined]
    accepted = [item.accepted_at for item in held if item.accepted_at]
    available = state.presence_since if state.presence == Presence.AVAILABLE else None
    return Going(held_since=min(accepted, default=None), available_since=available)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which agents are looked for, and in which order they stand."""

    words: str = ""
    presence: str = ""
    skill: int = 0
    sort: str = "presence"

    def includes(self, card: AgentCard) -> bool:
        words = self.words.lower()
        return (
            (not words or words in card.user.name.lower() or words in card.user.email.lower())
            and (not self.presence or card.state.presence == self.presence)
            and (not self.skill or any(one.skill_id == self.skill for one in card.user.skills))  # type: ignore[attr-defined]
        )

    def apply(self, cards: list[AgentCard]) -> list[AgentCard]:
        found = [card for card in cards if self.includes(card)]
        return sorted(found, key=SORTS[self.sort][1]) if self.sort in SORTS else found


SORTS: dict[str, tuple[str | Promise, Callable[[AgentCard], Any]]] = {
    "time": (_("Longest in the state"), lambda card: -card.seconds),
    "load": (_("Fullest"), lambda card: -card.load / max(1, card.state.budget)),
    "free": (_("Most room"), lambda card: -card.free),
    "occupancy": (_("Busiest last hour"), lambda card: -(card.occupancy.value or 0.0)),
    "name": (_("Name"), lambda card: card.user.name.lower()),
}


def held_by(user_ids: list[int]) -> defaultdict[int, list[WorkItem]]:
    """Agent → what they hold, oldest first, with no more of it than a card shows: a floor holds many hundreds. 1 query."""
    found: defaultdict[int, list[WorkItem]] = defaultdict(list)
    items = WorkItem.objects.filter(agent__in=user_ids, state__in=WorkItem.HELD).select_related(
        "conversation__customer", "conversation__channel", "queue"
    )
    items = items.only(
        "state", "agent", "accepted_at", "conversation__customer__name", "conversation__channel__kind", "queue__name"
    )
    for item in items.order_by("accepted_at", "id"):
        if item.agent_id:
            found[item.agent_id].append(item)
    return found


def by_presence(cards: list[AgentCard]) -> list[tuple[Presence, str, int]]:
    """(presence, tone, how many) of those there are, in order."""
    counted = Counter(card.state.presence for card in cards)
    return [(one, PRESENCE_TONES[one], counted[one]) for one in ORDER if counted[one]]


def waiting(*, now: datetime, queue_id: int | None = None) -> list[Waiting]:
    """What nobody has answered, the longest wait first. 1 query."""
    items = WorkItem.objects.filter(state__in=[State.WAITING, State.OFFERED]).select_related(
        "queue", "conversation__customer", "conversation__channel"
    )
    if queue_id:
        items = items.filter(queue=queue_id)
    return [waiting_of(item, now) for item in items.order_by("queued_at", "id")[:MOST_WAITING]]


def waiting_of(item: WorkItem, now: datetime) -> Waiting:
    waited = since(item.queued_at, now)
    due = round((item.due_at - now).total_seconds()) if item.due_at else None
    return Waiting(item=item, waited=waited, due_in=due, late=waited > item.queue.service_level_seconds)


def risks(user: User, *, now: datetime) -> list[Risk]:
    """The running clocks this user may see that breach next. 1 query."""
    return [
        Risk(clock, round((clock.due_at - now).total_seconds()))
        for clock in at_risk(user, limit=MOST_AT_RISK)
        if clock.due_at
    ]


def best_for(item: WorkItem, cards: list[AgentCard]) -> list[tuple[AgentCard, bool]]:
    """Whom to give it to: (card, has room), the queue's own and the free first; nobody who is offline comes before."""
    cost = default_cost(item.medium)

    def rank(card: AgentCard) -> tuple[int, bool, bool, int, str]:
        serves = any(queue.pk == item.queue_id for queue in card.queues)
        order = ORDER.index(Presence(card.state.presence))
        return (order, not serves, card.free < cost, -card.free, card.user.name.lower())

    return [(card, card.free >= cost) for card in sorted(cards, key=rank) if card.user.pk != item.agent_id]


def since(moment: datetime, now: datetime) -> int:
    return max(0, round((now - moment).total_seconds()))
