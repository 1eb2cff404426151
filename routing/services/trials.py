"""Trying a configuration out: asked for by a supervisor, run by a worker, stopped by either, compared with the present.

The worker's tasks end after two minutes, so a trial ends by itself after RUN_FOR and says how many days it managed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cxos.core.errors import Conflict, Invalid
from cxos.core.models import User
from intelligence.queries import outlook
from routing import matching as engine
from routing.matching import default_cost
from routing.models import AgentState, Trial
from routing.simulation.arrivals import Kind, Profile, Source, Together
from routing.simulation.chance import FOREVER, Exponential, LogNormal
from routing.simulation.compare import Difference
from routing.simulation.report import Interval
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.setting import BadChange, Setting, changed
from routing.simulation.study import Progress, Subject, Versus, versus_run
from routing.snapshots.rules import as_rules
from routing.snapshots.setup import Setup, read_setup
from routing.soon import USUAL_HANDLE_SECONDS, Newest, newest_work

State = Trial.State
MOST_DAYS = 50
RUN_FOR = 80.0  # seconds
LOST_AFTER = timedelta(seconds=60)
SAY_EVERY = 0.5
DAY = 86_400.0
USUAL_VARIATION = 1.0  # of handle times, as most contact centres measure it


def ask_for_trial(
    *, day: date, days: int, changes: Mapping[str, Any], shift: tuple[time, time], author: User, now: datetime
) -> Trial:
    """Have it run. Raises Invalid for what cannot be tried: no forecast, nobody to serve, a change that is no change."""
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("days", f"Choose from 1 to {MOST_DAYS} days.", field="days")
    kept = {**changes, "shift": [f"{shift[0]:%H:%M}", f"{shift[1]:%H:%M}"]}
    trial = Trial(author=author, day=day, days=days, changes=kept, created_at=now)
    zone = timezone.get_current_timezone()
    settings_of(trial, zone=zone)  # refuses now what a worker would refuse later
    trial.save()
    return trial


def stop_trial(trial: Trial, *, now: datetime) -> None:
    """The worker notices within a moment and keeps the days it has done. Raises Conflict when it is over."""
    if not Trial.objects.filter(pk=trial.pk, state__in=Trial.OPEN).update(state=State.STOPPED, finished_at=now):
        raise Conflict("trial_over", "This trial is over already.")


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
        Trial.objects.filter(pk=trial.pk).update(state=State.FAILED, problem=text[:300], finished_at=timezone.now())
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
    Trial.objects.filter(pk=trial.pk).update(
        state=state, result=told, progress=done / trial.days, finished_at=timezone.now()
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


# --- What is played ------------------------------------------------------------------------------------------------------


def settings_of(trial: Trial, *, zone: tzinfo) -> tuple[Setting, Setting]:
    """(the present configuration on the forecast of the day, the same with the changes)."""
    asked = dict(trial.changes)
    start, end = (_second(clock) for clock in asked.pop("shift", ["08:00", "18:00"]))
    if end <= start:
        raise Invalid("shift", "The shift ends before it begins.", field="until")
    before = forecast_setting(trial.day, shift=(start, end), zone=zone)
    try:
        return before, changed(before, asked)
    except BadChange as wrong:
        raise Invalid("changes", str(wrong), field="changes") from wrong


def _second(clock: str) -> float:
    hours, minutes = clock.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0


def forecast_setting(day: date, *, shift: tuple[float, float], zone: tzinfo) -> Setting:
    """The forecast of a day, and everybody who serves a queue on duty for the shift. About 12 queries."""
    setup = read_setup()
    queues = {pk: queue for pk, queue in setup.queues.items() if queue.enabled}
    patterns = outlook.patterns_of(tuple(sorted(("queue", pk) for pk in queues)), day, zone)
    if not patterns:
        raise Invalid(
            "no_forecast", f"No {day:%A} of the last eight weeks had any traffic to forecast from.", field="day"
        )
    midnight = datetime.combine(day, time(), zone)
    crew = tuple(Worker(agent, on_duty=(shift,)) for agent in agents_of(setup, set(queues)))
    if not crew:
        raise Invalid(
            "no_agents", "Nobody serves a queue yet. An admin sets that under Settings → Queues.", field="day"
        )
    paces = outlook.paces(tuple(sorted(queues)), timezone.now().replace(minute=0, second=0, microsecond=0))
    media = newest_work()
    sources: list[Source] = [
        Profile(kind_of(pk, paces.get(pk, outlook.Pace()), media.get(pk, Newest())), tuple(4 * v for v in one.volumes))
        for (_, pk), one in sorted(patterns.items())
    ]
    rules = {
        pk: replace(as_rules(queue, setup.skill_ids, now=midnight.astimezone(UTC)), open=True, opens_at=None)
        for pk, queue in queues.items()
    }
    return Setting(
        Scenario(
            Together(tuple(sources)),
            crew,
            queues=rules,
            until=DAY,
        ),
        queues={pk: queue.key for pk, queue in queues.items()},
        agents=dict(User.objects.filter(id__in=[one.agent.id for one in crew]).values_list("id", "email")),
        skills=dict(setup.skill_ids),
        targets={pk: float(queue.service_level_seconds) for pk, queue in queues.items()},
    )


def kind_of(queue_id: int, pace: outlook.Pace, newest: Newest) -> Kind:
    patience = pace.patience_seconds
    return Kind(
        queue=queue_id,
        medium=newest.medium,
        cost=default_cost(newest.medium),
        handle=LogNormal(pace.handle_seconds or USUAL_HANDLE_SECONDS, USUAL_VARIATION),
        patience=Exponential(patience) if patience else FOREVER,
    )


def agents_of(setup: Setup, queue_ids: set[int]) -> list[engine.Agent]:
    """Everybody who serves one of these queues, with nothing in hand."""
    budgets = dict(AgentState.objects.values_list("user_id", "budget"))
    served = {
        agent: {queue: level for queue, level in levels.items() if queue in queue_ids}
        for agent, levels in setup.levels.items()
    }
    return [
        engine.Agent(id=agent, queues=queues, skills=setup.skills.get(agent, {}), budget=budgets.get(agent, 100))
        for agent, queues in sorted(served.items())
        if queues
    ]


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
