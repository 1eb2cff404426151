"""A schedule read from CSV: agent (e-mail), activity, starts, ends. All of it is taken, or nothing."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cxos.core.errors import DomainError
from cxos.core.models import User
from intelligence.models import Activity, Shift
from intelligence.models.schedule import LONGEST_SHIFT
from intelligence.services.schedules import replace_shifts

COLUMNS = ("agent", "activity", "starts", "ends")
MOST_LINES = 20_000
MOST_PROBLEMS = 50


@dataclass(slots=True)
class Read:
    """`problems` = (line number, sentence); with one of them nothing is taken."""

    shifts: list[Shift] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def people(self) -> int:
        return len({one.agent_id for one in self.shifts})


def import_schedule(text: str, *, zone: tzinfo, actor: Any) -> Read:
    """Replace the days the file names, for the people it names. Times without a zone are those of `zone`. 2 queries to read."""
    found = read_schedule(text, zone=zone)
    if found.problems:
        return found
    spans: dict[int, set[tuple[datetime, datetime]]] = {}
    for one in found.shifts:
        spans.setdefault(one.agent_id, set()).add(day_of(one.starts_at, zone))
    try:
        replace_shifts(found.shifts, spans=spans, actor=actor)
    except DomainError as refusal:
        found.problems.append((0, refusal.message))
    return found


def read_schedule(text: str, *, zone: tzinfo) -> Read:
    found = Read()
    lines = text.lstrip("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max("\t;,", key=first.count)
    rows = [(number, row) for number, row in enumerate(csv.reader(lines, delimiter=separator), start=1) if any(row)]
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    if any(name not in header for name in COLUMNS) or not 2 <= len(rows) <= MOST_LINES:
        words = _(
            "Give a first line with agent, activity, starts and ends, then one line for each shift (%(most)s at most)."
        )
        found.problems.append((1, words % {"most": f"{MOST_LINES:,}"}))
        return found
    people = {user.email.lower(): user for user in User.objects.filter(is_active=True)}
    activities = {name.lower(): one for one in Activity.objects.all() for name in (one.key, one.name)}
    for number, row in rows[1:]:
        given = {name: row[place].strip() for place, name in enumerate(header) if place < len(row)}
        _read_line(number, given, people, activities, zone, found)
        if len(found.problems) >= MOST_PROBLEMS:
            break
    return found


def _read_line(
    number: int, given: Mapping[str, str], people: Mapping[str, User], activities: Mapping[str, Activity],
    zone: tzinfo, found: Read,
) -> None:  # fmt: skip
    agent, activity = people.get(given.get("agent", "").lower()), activities.get(given.get("activity", "").lower())
    starts, ends = (_moment(given.get(name, ""), zone) for name in ("starts", "ends"))
    if agent is None:
        found.problems.append(
            (number, _("Nobody with the e-mail “%(email)s” works here.") % {"email": given.get("agent", "")[:80]})
        )
    elif activity is None:
        found.problems.append(
            (number, _("There is no activity “%(name)s”.") % {"name": given.get("activity", "")[:60]})
        )
    elif starts is None or ends is None:
        found.problems.append((number, _("Write times as in 2026-01-31 09:00.")))
    elif not starts < ends <= starts + LONGEST_SHIFT:
        found.problems.append((number, _("It must end after it begins, and within 24 hours.")))
    else:
        found.shifts.append(Shift(agent=agent, activity=activity, starts_at=starts, ends_at=ends))


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def day_of(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The local day that holds this moment: its begin and its end."""
    day = timezone.localtime(at, zone).date()
    start, end = (datetime.combine(one, time(), tzinfo=zone) for one in (day, day + timedelta(days=1)))
    return start, end
