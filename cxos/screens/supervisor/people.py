"""The agents of the floor: who is there in which state, and of those that are shown what they hold and can.

A floor has hundreds of people and a screen shows some of them, so rows are read as plain values, and what only a card
shows is read for the cards alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models.customer import label_of
from cxos.core.models import Role, User
from cxos.core.phrases import reworded
from cxos.screens.templatetags.supervisor import PRESENCE_TONES
from intelligence.formulas import Ratio
from intelligence.queries.occupancy import Going, occupancy_of_last_hour
from routing.matching import default_cost
from routing.models import AgentSkill, AgentState, Presence, QueueMember, Segment, WorkItem
from routing.snapshots import held_loads

MOST_AGENTS = 500
FULL_BUDGET = 100  # of who has never signed in
# In this order presences stand.
ORDER = {presence: place for place, presence in enumerate(PRESENCE_TONES)}


@dataclass(frozen=True, slots=True)
class Person:
    """One agent's presence. `since`: in it; `pending`: the one they asked for while they hold work."""

    pk: int
    name: str
    email: str
    presence: str = Presence.OFFLINE.value
    since: datetime | None = None
    pending: str = ""
    reason: str = ""
    budget: int = FULL_BUDGET

    @property
    def tone(self) -> str:
        return PRESENCE_TONES[self.presence]

    @property
    def is_offline(self) -> bool:
        return self.presence == Presence.OFFLINE

    @property
    def presence_label(self) -> str:
        return str(Presence(self.presence).label)

    @property
    def reason_label(self) -> str:
        return reworded(self.reason)

    @property
    def pending_label(self) -> str:
        return str(Presence(self.pending).label) if self.pending else ""


@dataclass(frozen=True, slots=True)
class Held:
    """One thing in somebody's hands. `who` is its customer, "" where it has no conversation; `pauses`: when it waited for
    them, the one that lasts since `paused_at` apart."""

    pk: int
    state: str
    accepted_at: datetime | None
    conversation_id: int | None
    who: str
    channel: str
    queue: str
    paused_at: datetime | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def worked(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """When it was worked on; an open end: it is now."""
        if self.accepted_at is None:
            return ()
        began, spans = self.accepted_at, []
        for paused, resumed in (*self.pauses, *([(self.paused_at, None)] if self.paused_at else ())):
            spans.append((began, paused))
            if resumed is None:
                return tuple(spans)
            began = resumed
        return (*spans, (began, None))


@dataclass(frozen=True, slots=True)
class AgentCard:
    """One agent as a card shows them. `load` of the budget; `skills`: (name, level); `seconds` in the present state."""

    person: Person
    seconds: int
    load: int
    occupancy: Ratio
    held: list[Held] = field(default_factory=list)
    skills: list[tuple[str, int]] = field(default_factory=list)

    @property
    def free(self) -> int:
        return max(0, self.person.budget - self.load)

    @property
    def percent(self) -> str:
        """Of the budget, at most 100, as whole percent."""
        return str(min(100, round(100 * self.load / self.person.budget))) if self.person.budget else "0"

    @property
    def load_tone(self) -> str:
        return "late" if self.load > self.person.budget else "waiting" if self.load == self.person.budget else "live"


def roster(*, queue_id: int | None = None, only: int | None = None) -> list[Person]:
    """Everybody who serves a queue (this one) and every agent, or one person: who can take work first, then by name. 2 queries."""
    memberships = QueueMember.objects.filter(user=OuterRef("pk"))
    if only:
        users = User.objects.filter(pk=only)
    elif queue_id:
        users = User.objects.filter(Exists(memberships.filter(queue=queue_id)), is_active=True)
    else:
        users = User.objects.filter(Q(role=Role.AGENT) | Exists(memberships), is_active=True)
    named = list(users.values_list("pk", "name", "email", "created_at")[:MOST_AGENTS])
    columns = ("presence", "presence_since", "pending_presence", "reason", "budget")
    rows = AgentState.objects.filter(user__in=[row[0] for row in named]).values_list("user_id", *columns)
    states = {row[0]: row[1:] for row in rows}
    people = [
        Person(pk, name, email, *states[pk]) if pk in states else Person(pk, name, email, since=created_at)
        for pk, name, email, created_at in named
    ]
    return sorted(people, key=lambda one: (ORDER[one.presence], one.name.lower()))


def cards_of(people: list[Person], *, now: datetime) -> list[AgentCard]:
    """The people as cards, in the same order. 4 queries, however many they are."""
    ids = [one.pk for one in people]
    held, loads, skills = held_by(ids), loads_of(ids), skills_of(ids)
    occupancies = occupancy_of_last_hour({one.pk: going(one, held[one.pk]) for one in people}, now=now)
    return [
        AgentCard(
            person=one,
            seconds=max(0, round((now - one.since).total_seconds())) if one.since else 0,
            load=loads.get(one.pk, 0),
            occupancy=occupancies[one.pk],
            held=held[one.pk],
            skills=skills[one.pk],
        )
        for one in people
    ]


def held_by(ids: Iterable[int]) -> defaultdict[int, list[Held]]:
    """Agent → what they hold, oldest first. 1 query."""
    found: defaultdict[int, list[Held]] = defaultdict(list)
    part = Segment.objects.filter(item=OuterRef("pk"), ended_at=None, kind=Segment.Kind.LEAD)
    rows = (
        WorkItem.objects.filter(agent__in=ids, state__in=WorkItem.HELD)
        .annotate(pauses=Subquery(part.values("pauses")[:1]))
        .order_by("accepted_at", "id")
    )
    customer = ("conversation__customer", "conversation__customer__name")
    columns = ("pk", "state", "accepted_at", "conversation_id", *customer, "conversation__channel__kind", "queue__name")
    more = ("paused_at", "pauses")
    for agent, pk, state, at, conversation, customer_id, name, channel, queue, paused_at, pauses in rows.values_list(
        "agent", *columns, *more
    ):
        who = label_of(customer_id, name) if conversation else ""
        spans = tuple((datetime.fromisoformat(began), datetime.fromisoformat(ended)) for began, ended in pauses or ())
        found[agent].append(Held(pk, state, at, conversation, who, channel or "", queue, paused_at, spans))
    return found


def loads_of(ids: list[int]) -> dict[int, int]:
    """Agent → points in use. 1 query."""
    return {agent: sum(cost for _count, cost, _soft in media.values()) for agent, media in held_loads(ids).items()}


def skills_of(ids: Iterable[int]) -> defaultdict[int, list[tuple[str, int]]]:
    """Agent → (skill, level) by name. 1 query."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = AgentSkill.objects.filter(user__in=ids).order_by("skill__name")
    for user, name, level in rows.values_list("user_id", "skill__name", "level"):
        found[user].append((name, level))
    return found


def going(one: Person, held: list[Held]) -> Going:
    """What of this person's work and presence has not ended yet."""
    available = one.since if one.presence == Presence.AVAILABLE else None
    return Going(held=tuple(span for item in held for span in item.worked), available_since=available)


def by_presence(people: list[Person]) -> list[tuple[Presence, str, int]]:
    """(presence, tone, how many) of those there are, in order."""
    counted = Counter(one.presence for one in people)
    return [(Presence(one), PRESENCE_TONES[one], counted[one]) for one in ORDER if counted[one]]


# --- Looking for some of them ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Which agents are looked for, and in which order they stand. `skill`: an id, 0 for any."""

    words: str = ""
    presence: str = ""
    skill: int = 0
    sort: str = "presence"

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.presence or self.skill)

    def find(self, people: list[Person]) -> list[Person]:
        """At most 1 query."""
        words = self.words.lower()
        able = (
            set(AgentSkill.objects.filter(skill=self.skill).values_list("user_id", flat=True)) if self.skill else None
        )
        return [
            one
            for one in people
            if (not words or words in one.name.lower() or words in one.email.lower())
            and (not self.presence or one.presence == self.presence)
            and (able is None or one.pk in able)
        ]

    def shown(self, people: list[Person], *, most: int | None, now: datetime) -> list[AgentCard]:
        """The first `most` of them as cards. Only some orders need everybody's card first. 4 queries."""
        if self.sort in BY_CARD:
            return sorted(cards_of(people, now=now), key=BY_CARD[self.sort][1])[:most]
        if self.sort in BY_PERSON:
            people = sorted(people, key=BY_PERSON[self.sort][1])
        return cards_of(people[:most], now=now)


BY_PERSON: dict[str, tuple[str | Promise, Callable[[Person], Any]]] = {
    "time": (_("Longest in the state"), lambda one: one.since.timestamp() if one.since else 0.0),
    "name": (_("Name"), lambda one: one.name.lower()),
}
BY_CARD: dict[str, tuple[str | Promise, Callable[[AgentCard], Any]]] = {
    "load": (_("Fullest"), lambda card: -card.load / max(1, card.person.budget)),
    "free": (_("Most room"), lambda card: -card.free),
    "occupancy": (_("Busiest last hour"), lambda card: -(card.occupancy.value or 0.0)),
}
SORTS = [(key, BY_PERSON[key][0] if key in BY_PERSON else BY_CARD[key][0]) for key in ("time", *BY_CARD, "name")]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a work item could be given to."""

    person: Person
    has_room: bool
    skills: list[tuple[str, int]]


def best_for(item: WorkItem, *, words: str = "", most: int) -> list[Candidate]:
    """Whom to give it to: the present before the absent, the queue's own and the free first. 5 queries."""
    people = [one for one in Choice(words=words).find(roster()) if one.pk != item.agent_id]
    loads = loads_of([one.pk for one in people])
    serving = set(QueueMember.objects.filter(queue=item.queue_id).values_list("user_id", flat=True))
    cost = default_cost(item.medium)

    def rank(one: Person) -> tuple[int, bool, bool, int, str]:
        free = max(0, one.budget - loads.get(one.pk, 0))
        return (ORDER[one.presence], one.pk not in serving, free < cost, -free, one.name.lower())

    best = sorted(people, key=rank)[:most]
    skills = skills_of([one.pk for one in best])
    return [Candidate(one, one.budget - loads.get(one.pk, 0) >= cost, skills[one.pk]) for one in best]
