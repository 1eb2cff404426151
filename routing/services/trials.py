"""Trying a configuration out: asked for by a supervisor, run by a worker, stopped by either, compared with the present.

The worker's tasks end after two minutes, so a trial ends by itself after RUN_FOR and says how many days it managed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from math import isfinite
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid
from cxos.core.events.routing import TrialEnded
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.models import Queue, Trial
from routing.services.trial_day import settings_of
from routing.simulation.compare import Difference
from routing.simulation.report import Interval
from routing.simulation.setting import BadChange, Setting
from routing.simulation.study import Progress, Subject, Versus, versus_run

State = Trial.State
MOST_DAYS = 50
RUN_FOR = 80.0  # seconds
LOST_AFTER = timedelta(seconds=60)
SAY_EVERY = 0.5


def ask_for_trial(
    *,
    day: date,
    days: int,
    changes: Mapping[str, Any],
    shift: tuple[time, time],
    source: str = Trial.Source.FORECAST,
    queue: Queue | None = None,
    author: User,
    now: datetime,
) -> Trial:
    """Have it run. Raises Invalid for what cannot be tried: no forecast, nothing recorded, nobody to serve, a change that
    is no change. A recorded day has the shifts it had."""
    if source not in Trial.Source.values:
        raise Invalid("source", _("Play a forecast or a recorded day."), field="source")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("days", _("Choose from 1 to %(most)s days.") % {"most": MOST_DAYS}, field="days")
    kept = {**changes, "shift": [f"{shift[0]:%H:%M}", f"{shift[1]:%H:%M}"]}
    trial = Trial(author=author, source=source, queue=queue, day=day, days=days, changes=kept, created_at=now)
    zone = timezone.get_current_timezone()
    settings_of(trial, zone=zone)  # refuses now what a worker would refuse later
    trial.save()
    return trial


def stop_trial(trial: Trial, *, now: datetime) -> None:
    """The worker notices within a moment and keeps the days it has done. Raises Conflict when it is over."""
    if not Trial.objects.filter(pk=trial.pk, state__in=Trial.OPEN).update(state=State.STOPPED, finished_at=now):
        raise Conflict("trial_over", _("This trial is over already."))


def run_next_trial(*, now: datetime) -> bool:
    """Claim the oldest that waits, or that a lost worker left, and run it. False when there is none."""
    with transaction.atomic():
        lost = Q(state=State.RUNNING, beat_at__lt=now - LOST_AFTER)
        waiting = Trial.objects.select_for_update(skip_locked=True).filter(Q(state=State.WAITING) | lost)
        trial = waiting.order_by("id").first()
        if trial is None:
            return False
        trial.state, trial.beat_at, trial.progress = State.RUNNING, now, 0.0
        trial.save(update_fields=["state", "beat_at", "progress"])
    try:
        before, after = settings_of(trial, zone=timezone.get_current_timezone())
        _run(trial, before, after)
    except (BadChange, Invalid) as refusal:
        text = refusal.message if isinstance(refusal, Invalid) else str(refusal)
        _end(trial, state=State.FAILED, problem=text[:300])
    return True


def _run(trial: Trial, before: Setting, after: Setting) -> None:
    reporter = Reporter(trial.pk)
    versus = versus_run(
        before.scenario, after.scenario, days=trial.days, targets={**before.targets, **after.targets},
        on_progress=reporter.say, should_stop=reporter.should_stop,
    )  # fmt: skip
    told = told_of(versus, before=before, after=after)
    done = versus.before.days
    state = State.DONE if done == trial.days else State.STOPPED
    _end(trial, state=state, result=told, progress=done / trial.days)


def _end(trial: Trial, *, state: str, **columns: Any) -> None:
    """What came out is kept also when somebody stopped it meanwhile; they know that it is over."""
    with transaction.atomic():
        stopped = Trial.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=trial.pk)
        Trial.objects.filter(pk=trial.pk).update(state=state, finished_at=timezone.now(), **columns)
        if stopped == State.RUNNING:
            emit(
                TrialEnded(trial_id=trial.pk, author_id=trial.author_id, day=trial.day.isoformat(), state=str(state)),
                key=f"trial:{trial.pk}",
            )


class Reporter:
    """Writes progress into the row now and then; the same statement tells whether somebody stopped the trial."""

    def __init__(self, trial_id: int) -> None:
        self._trials = Trial.objects.filter(pk=trial_id, state=State.RUNNING)
        self._began = self._said = monotonic()
        self._stopped = False

    def say(self, progress: Progress) -> None:
        if monotonic() - self._said >= SAY_EVERY:
            self._said = monotonic()
            share = min(1.0, progress.share)
            self._stopped |= not self._trials.update(progress=share, beat_at=timezone.now())

    def should_stop(self) -> bool:
        return self._stopped or monotonic() - self._began > RUN_FOR


# --- What came out --------------------------------------------------------------------------------------------------------


def told_of(versus: Versus, *, before: Setting, after: Setting) -> dict[str, Any]:
    """The comparison as JSON: {days, all, queues, agents, hours}, each figure as {before, after, change, clear}."""
    names = {"queue": before.queues, "agent": {**before.agents, **after.agents}}
    kinds: dict[str, list[dict[str, Any]]] = {"queue": [], "agent": [], "hour": []}
    for subject, figures in sorted(versus.changes.items()):
        if subject.kind in kinds:
            label = names.get(subject.kind, {}).get(subject.id, str(subject.id))
            kinds[subject.kind].append({"name": label, "figures": _figures(figures)})
    whole = versus.changes.get(Subject("all", 0), {})
    return {
        "days": versus.before.days,
        "interactions": versus.before.interactions + versus.after.interactions,
        "all": _figures(whole),
        "queues": kinds["queue"],
        "agents": kinds["agent"],
        "hours": kinds["hour"],
    }


def _figures(figures: Mapping[str, Difference]) -> dict[str, Any]:
    told: Callable[[Interval], list[float | None]] = lambda one: [  # noqa: E731
        round(one.mean, 5), round(one.half_width, 5) if isfinite(one.half_width) else None,
    ]  # fmt: skip
    return {
        name: {"before": told(one.before), "after": told(one.after), "change": told(one.change), "clear": one.is_clear}
        for name, one in figures.items()
    }
