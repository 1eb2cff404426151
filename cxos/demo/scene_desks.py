"""What lies around the morning of the scene: days like this one before it, thresholds, snippets, what arrived."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from automation.services.macros import save_macro
from automation.services.snippets import save_snippet
from channels_app.models import Message
from cxos.core.models import User
from cxos.demo.history import seed_history
from routing.models import Threshold
from routing.services.alerts import save_threshold, watch_thresholds
from routing.services.trials import ask_for_trial, run_next_trial

SNIPPETS = (
    ("greet", "Hello {{customer.first_name}}, thank you for writing. I am looking at it now."),
    ("reset", "Please hold the reset button for ten seconds. Your settings stay as they are."),
    ("credit", "I have booked the credit; you will see it on your next bill."),
)
MACROS = (
    ("Book the goodwill credit", ({"kind": "add_tags", "tags": ["goodwill"]}, {"kind": "reply", "text": SNIPPETS[2][1]}, {"kind": "resolve"})),
    ("Wait for the router", ({"kind": "reply", "text": SNIPPETS[1][1]}, {"kind": "wait"})),
    ("Open a case for the line", ({"kind": "open_case", "subject": "Line of {{customer.name}}"}, {"kind": "set_priority", "priority": 2})),
)  # fmt: skip


def furnish(*, now: datetime) -> None:
    sam = User.objects.get(email="sam@example.com")
    seed_history(now=now)
    for shortcut, text in SNIPPETS:
        save_snippet(None, shortcut=shortcut, text=text, scope="everybody", actor=sam, now=now)
    for name, actions in MACROS:
        save_macro(None, name=name, actions=actions, scope="everybody", actor=sam, now=now)
    save_threshold(Threshold(measure=Threshold.Measure.WAITING, limit=2, minutes=0, sound=True), actor=sam)
    save_threshold(Threshold(measure=Threshold.Measure.AVAILABLE, limit=1, minutes=5), actor=sam)
    watch_thresholds(now=now)
    next_week = timezone.localdate(now) + timedelta(weeks=1)
    ask_for_trial(day=next_week, days=3, changes={"volume": 1.2}, shift=(time(8), time(18)), author=sam, now=now)
    run_next_trial(now=now)
    arrived = Message.objects.filter(author_kind=Message.Author.AGENT, kind=Message.Kind.MESSAGE).exclude(
        state="failed"
    )
    arrived.filter(created_at__lt=now - timedelta(minutes=10)).update(state="read")
    arrived.exclude(state="read").update(state="delivered")
