"""A floor of any size for measuring: everybody holds one item, thousands wait, each asks for one or two skills."""

from __future__ import annotations

import random
from datetime import timedelta

from django.utils import timezone

from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import Role, Team, User
from routing.models import AgentSkill, AgentState, Presence, Queue, QueueMember, Segment, Skill, WorkItem
from routing.snapshots.work import needs_of

QUEUES = 10
SKILLS = 50
SKILLS_EACH = 8
QUEUES_EACH = 4
COST = 100  # one at a time


def build(*, items: int, agents: int, seed: int = 1) -> None:
    chance, now = random.Random(seed), timezone.now()
    team = Team.objects.create(name="Measured floor")
    queues = Queue.objects.bulk_create(
        Queue(key=f"measured-{n}", name=f"Measured {n}", team=team, offer_seconds=3600) for n in range(QUEUES)
    )
    skills = Skill.objects.bulk_create(Skill(key=f"skill-{n}", name=f"Skill {n}") for n in range(SKILLS))
    users = User.objects.bulk_create(
        User(email=f"measured{n}@example.com", name=f"Agent {n}", role=Role.AGENT, password="!") for n in range(agents)
    )
    AgentState.objects.bulk_create(
        AgentState(user=user, presence=Presence.AVAILABLE, lease_until=now + timedelta(days=1)) for user in users
    )
    QueueMember.objects.bulk_create(
        QueueMember(queue=queue, user=user, level=chance.randrange(6))
        for user in users
        for queue in chance.sample(queues, QUEUES_EACH)
    )
    AgentSkill.objects.bulk_create(
        AgentSkill(user=user, skill=skill, level=chance.randint(1, 5))
        for user in users
        for skill in chance.sample(skills, SKILLS_EACH)
    )
    held = add_work(agents, queues, skills, chance=chance, at=now, holders=users)
    Segment.objects.bulk_create(
        Segment(item=item, agent_id=item.agent_id or 0, medium=item.medium, started_at=now) for item in held
    )
    add_work(items, queues, skills, chance=chance, at=now)


def add_work(
    count: int,
    queues: list[Queue],
    skills: list[Skill],
    *,
    chance: random.Random,
    at: object,
    holders: list[User] | None = None,
) -> list[WorkItem]:
    now = timezone.now()
    customer = Customer.objects.create(name="Measured")
    channel = Channel.objects.order_by("id").first() or Channel.objects.create(
        key="measured", name="Measured", kind=Channel.Kind.API, medium=Channel.Medium.CHAT
    )
    marker = "held" if holders else "waiting"
    conversations = Conversation.objects.bulk_create(
        Conversation(customer=customer, channel=channel, thread_key=f"measured-{marker}-{n}", created_at=now)
        for n in range(count)
    )
    made = []
    for number, conversation in enumerate(conversations):
        asked = [
            {"skill": skill.key, "level": chance.randint(1, 3), "hard": chance.random() < 0.7}
            for skill in chance.sample(skills, chance.randint(1, 2))
        ]
        since = now - timedelta(seconds=chance.randrange(3600))
        holder = holders[number] if holders else None
        made.append(
            WorkItem(
                queue=chance.choice(queues),
                conversation=conversation,
                medium="chat",
                cost=COST,
                priority=chance.randrange(4),
                required=asked,
                needs=needs_of(asked),
                state="active" if holder else "waiting",
                agent=holder,
                accepted_at=now if holder else None,
                queued_at=since,
                entered_at=since,
                eligible_at=since,
                ring_since=since,
                wake_at=now + timedelta(days=1),
                reason="nobody_free",
                predicted_wait_seconds=60.0,
            )
        )
    return WorkItem.objects.bulk_create(made)
