"""A week of shifts for the demo's agents, so that the schedule has a plan to be kept to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from cxos.core.models import User
from cxos.demo.people import PEOPLE
from intelligence.models import Activity, Shift

DAYS = 7
MORNING = 8
STEP = timedelta(minutes=15)
# Those every installation begins with; an admin may have taken one out.
ACTIVITIES = {
    "queue": ("On the queue", Activity.Kind.ON_QUEUE),
    "break": ("Break", Activity.Kind.BREAK),
    "meal": ("Meal", Activity.Kind.MEAL),
    "meeting": ("Meeting", Activity.Kind.MEETING),
}


def seed_plan(*, begins: datetime) -> None:
    """Today from the quarter-hour after `begins`, so that nobody is late on the first day; the days after from eight."""
    if Shift.objects.exists():
        return
    activities = {
        key: Activity.objects.get_or_create(key=key, defaults={"name": name, "kind": kind})[0]
        for key, (name, kind) in ACTIVITIES.items()
    }
    local = timezone.localtime(begins)
    today = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0) + STEP
    agents = {user.email: user for user in User.objects.filter(email__in=[one.email for one in PEOPLE if one.queues])}
    shifts = []
    for number, (_, agent) in enumerate(sorted(agents.items())):
        for day in range(DAYS):
            start = today if not day else (today + timedelta(days=day)).replace(hour=MORNING + number % 3, minute=0)
            shifts += [
                Shift(agent=agent, activity=activities[key], starts_at=start + after, ends_at=start + until)
                for key, after, until in parts(number)
            ]
    Shift.objects.bulk_create(shifts)


def parts(number: int) -> Iterator[tuple[str, timedelta, timedelta]]:
    """(activity, from, to) of a day, counted from its start: breaks and meals one after the other, never all at once."""
    at = 0
    for key, begin, length in (("break", 6 + number % 4, 1), ("meal", 15 + number % 4, 2), ("meeting", 24, 2)):
        yield "queue", STEP * at, STEP * begin
        at = begin + length
        yield key, STEP * begin, STEP * at
    yield "queue", STEP * at, STEP * 34
