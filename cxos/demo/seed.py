"""The demo's configuration: teams, people and their week, channels, hours, promises, queues, rules. Safe to run again."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction

from automation.models import Rule
from cases.models import Calendar, CalendarDay, Metric, SlaPolicy, SlaTarget
from channels_app.models import Channel
from cxos.core.models import ApiKey, Team, User
from cxos.core.services.api_keys import make_key
from cxos.demo.knowledge import seed_knowledge
from cxos.demo.people import PASSWORD, PEOPLE, SKILLS
from cxos.demo.plan import seed_plan
from routing.models import (
    AgentSkill,
    AgentState,
    CapacityProfile,
    Disposition,
    Presence,
    PresenceReason,
    Queue,
    QueueMember,
    Skill,
)  # fmt: skip

WEEKDAYS = {str(day): [[480, 1200]] for day in range(5)} | {"5": [[540, 960]]}
ALWAYS = {str(day): [[0, 1440]] for day in range(7)}
QUEUES = (
    ("care", "Customer care", "Care", 60),
    ("billing", "Billing", "Billing", 60),
    ("technical", "Technical help", "Technical", 90),
)
TEAM_OF = {key: team for key, _name, team, _target in QUEUES}
DISPOSITIONS = {"solved": "Solved", "information": "Information given", "callback": "Will come back", "spam": "Spam"}
HOURS, MINUTES = 3600, 60
# metric → seconds at priority urgent, high, others
PROMISES = {
    Metric.FIRST_RESPONSE: (2 * MINUTES, 5 * MINUTES, 15 * MINUTES),
    Metric.NEXT_RESPONSE: (5 * MINUTES, 10 * MINUTES, 30 * MINUTES),
    Metric.RESOLUTION: (4 * HOURS, 8 * HOURS, 16 * HOURS),
}


@transaction.atomic
def seed(*, now: datetime, on_duty_since: datetime | None = None) -> None:
    """Everything the demo needs before the first customer writes. `on_duty_since`: when today's shifts begin."""
    seed_people()
    seed_plan(begins=on_duty_since or now)
    calendar = seed_hours(now.year)
    seed_promises(calendar)
    seed_queues()
    seed_channels()
    seed_rules()
    seed_knowledge(now=now)


def seed_people() -> None:
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in ("Care", "Billing", "Technical")}
    skills = {key: Skill.objects.get_or_create(key=key, defaults={"name": name})[0] for key, name in SKILLS.items()}
    for person in PEOPLE:
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(person.email, PASSWORD, name=person.name, role=person.role)
        user.teams.add(teams[person.team], *(teams[TEAM_OF[key]] for key in person.queues))
        if person.queues:
            AgentState.objects.get_or_create(user=user)
        for key, level in person.skills.items():
            AgentSkill.objects.get_or_create(user=user, skill=skills[key], defaults={"level": level})


def seed_hours(year: int) -> Calendar:
    Calendar.objects.get_or_create(name="Around the clock", defaults={"zone": "UTC", "weekly": ALWAYS})
    calendar, new = Calendar.objects.get_or_create(
        name="Office hours", defaults={"zone": "Europe/Berlin", "weekly": WEEKDAYS}
    )
    if new:
        for day, name in ((f"{year}-12-25", "Christmas Day"), (f"{year + 1}-01-01", "New Year")):
            CalendarDay.objects.create(calendar=calendar, date=day, name=name)
    return calendar


def seed_promises(calendar: Calendar) -> None:
    always = Calendar.objects.get(name="Around the clock")
    chat, _ = SlaPolicy.objects.get_or_create(
        name="Conversations",
        defaults={
            "rank": 10,
            "calendar": always,
            "conditions": {"fact": "channel.medium", "op": "in", "value": ["chat", "messaging"]},
        },
    )
    rest, _ = SlaPolicy.objects.get_or_create(name="Everything else", defaults={"rank": 20, "calendar": calendar})
    for policy in (chat, rest):
        for metric, (urgent, high, others) in PROMISES.items():
            for priority, budget in ((3, urgent), (2, high), (None, others)):
                SlaTarget.objects.get_or_create(
                    policy=policy, metric=metric, priority=priority, defaults={"budget_seconds": budget}
                )


def seed_queues() -> None:
    always = Calendar.objects.get(name="Around the clock")
    for key, name, team, target in QUEUES:
        queue, _ = Queue.objects.get_or_create(
            key=key,
            defaults={
                "name": name, "team": Team.objects.get(name=team), "calendar": always, "service_level_seconds": target,
                "offer_seconds": 30, "sticky_seconds": 10,
                "rings": [{"seconds": 60}, {"drops_all_soft": True}],
            },
        )  # fmt: skip
        for person in PEOPLE:
            if key in person.queues:
                level = 5 if person.queues[0] == key else 3
                user = User.objects.get(email=person.email)
                QueueMember.objects.get_or_create(queue=queue, user=user, defaults={"level": level})
    for key, name in DISPOSITIONS.items():
        Disposition.objects.get_or_create(key=key, defaults={"name": name})
    seed_desks()


def seed_desks() -> None:
    """Reasons to be away, and a profile for those who have just begun."""
    for position, (key, name, presence, productive) in enumerate(
        (
            ("coffee", "Coffee break", Presence.BREAK, False),
            ("lunch", "Lunch", Presence.MEAL, False),
            ("team-meeting", "Team meeting", Presence.MEETING, True),
            ("coaching", "Coaching", Presence.TRAINING, True),
            ("paperwork", "Paperwork", Presence.BUSY, True),
        )
    ):
        PresenceReason.objects.get_or_create(
            key=key,
            defaults={
                "name": name, "presence": presence, "productive": productive, "paid": key != "lunch",
                "position": position,
            },
        )  # fmt: skip
    CapacityProfile.objects.get_or_create(
        key="beginner", defaults={"name": "Beginner", "budget": 70, "caps": {"chat": 1, "messaging": 2}}
    )


def seed_channels() -> None:
    Channel.objects.get_or_create(
        key="web",
        defaults={
            "name": "Website chat", "kind": Channel.Kind.WEBCHAT, "medium": Channel.Medium.CHAT,
            "config": {"queue": "care", "help": True},
            "secrets": {"identity_secret": secrets.token_urlsafe(32)},
        },
    )  # fmt: skip
    Channel.objects.get_or_create(
        key="api",
        defaults={
            "name": "API", "kind": Channel.Kind.API, "medium": Channel.Medium.MESSAGING, "config": {"queue": "care"},
            "secrets": {"signing_secrets": [secrets.token_urlsafe(32)]},
        },
    )  # fmt: skip


BILLING = ["invoice", "bill", "billed", "charged", "charge", "refund", "payment"]
TECHNICAL = ["internet", "router", "outage", "slow", "not working", "broken", "error", "signal"]
FIRST = {"fact": "message.first", "op": "is", "value": True}
ABOUT_BILLS = {"fact": "message.text", "op": "matches_any", "value": BILLING}
ABOUT_FAULTS = {"fact": "message.text", "op": "matches_any", "value": TECHNICAL}
UNHAPPY = {"fact": "message.sentiment", "op": "is", "value": "negative"}
VIP = {"fact": "customer.vip", "op": "is", "value": True}


def needs(skill: str) -> list[dict[str, Any]]:
    return [{"skill": skill, "level": 2, "hard": True}, {"skill": "english", "level": 3}]


# name, conditions, actions; in this order
RULES: tuple[tuple[str, dict[str, Any], list[dict[str, Any]]], ...] = (
    ("Unhappy customers first", {"and": [FIRST, UNHAPPY]}, [{"kind": "set_priority", "priority": 2}]),
    (
        "Invoices go to billing",
        {"and": [FIRST, ABOUT_BILLS]},
        [
            {"kind": "add_tags", "tags": ["billing"]},
            {"kind": "enqueue", "queue": "billing", "skills": needs("billing")},
        ],
    ),
    (
        "Faults go to technical help",
        {"and": [FIRST, ABOUT_FAULTS, {"not": ABOUT_BILLS}]},
        [
            {"kind": "add_tags", "tags": ["fault"]},
            {"kind": "open_case", "subject": "Fault: {{message.text}}"},
            {"kind": "enqueue", "queue": "technical", "skills": needs("technical")},
        ],
    ),
    (
        "VIPs are told we care",
        {"and": [FIRST, VIP]},
        [{"kind": "reply", "text": "Hello {{customer.name | there}}, you are at the front of the line."}],
    ),
)


def seed_rules() -> None:
    for number, (name, conditions, actions) in enumerate(RULES, start=1):
        Rule.objects.get_or_create(
            name=name,
            event="MessageReceived",
            defaults={"conditions": conditions, "actions": actions, "position": number * 10},
        )


def demo_key(*, user: User, name: str, scopes: list[str]) -> str:
    """A fresh API key for one of the demo's programs; older ones of that name are dropped."""
    ApiKey.objects.filter(name=name, user=user).delete()
    return make_key(name=name, user=user, scopes=scopes, expires_at=None, actor=None)[1]
