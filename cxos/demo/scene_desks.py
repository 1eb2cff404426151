"""What lies around the morning of the scene: days like this one before it, thresholds, snippets, what arrived."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from automation.services.snippets import save_snippet
from channels_app.models import Message
from cxos.core.models import User
from intelligence.models import Interval
from routing.models import Queue, Threshold
from routing.services.alerts import save_threshold, watch_thresholds
from routing.services.trials import ask_for_trial, run_next_trial

WEEKS = 8
QUARTER = timedelta(minutes=15)
# Per quarter-hour of a usual day, from 06:00 on, two hours a figure; a queue takes its share of it.
DAY = (1, 3, 5, 4, 4, 5, 3, 2)
OPENS = 6
SHARES = {"care": 0.5, "billing": 0.3, "technical": 0.2}
SNIPPETS = (
    ("greet", "Hello {{customer.first_name}}, thank you for writing. I am looking at it now."),
    ("reset", "Please hold the reset button for ten seconds. Your settings stay as they are."),
    ("credit", "I have booked the credit; you will see it on your next bill."),
)


def furnish(*, now: datetime) -> None:
    sam = User.objects.get(email="sam@example.com")
    remember_days_like(now)
    for shortcut, text in SNIPPETS:
        save_snippet(None, shortcut=shortcut, text=text, scope="everybody", actor=sam, now=now)
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


def remember_days_like(now: datetime) -> None:
    """What came in on this weekday of the last weeks, as the figures keep it: no day is quite like another."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    queues = {queue.key: queue.pk for queue in Queue.objects.all()}
    rows = []
    for week in range(1, WEEKS + 1):
        for number in range(len(DAY) * 8):
            start = midnight - timedelta(weeks=week) + timedelta(hours=OPENS) + number * QUARTER
            came = {key: round(DAY[number // 8] * share + (number + week) % 3 / 4) for key, share in SHARES.items()}
            rows += [row(start, "queue", queues[key], offered) for key, offered in came.items()]
            rows.append(row(start, "all", 0, sum(came.values())))
    Interval.objects.bulk_create(rows)


def row(start: datetime, subject: str, subject_id: int, offered: int) -> Interval:
    return Interval(start=start, subject=subject, subject_id=subject_id, sums={"offered": offered})
