"""What a trial plays: the forecast of a day with everybody on duty, or a day as it was; all of it or one queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from random import Random

from django.utils import timezone
from django.utils.translation import gettext

from cxos.core.errors import Invalid
from cxos.core.models import User
from intelligence.queries import outlook
from routing import matching as engine
from routing.matching import default_cost
from routing.models import AgentState, Trial
from routing.services.recorded_day import always_open, closed_spans, recorded_day, targets_of
from routing.simulation.arrivals import Arrival, Kind, Profile, Source, Together
from routing.simulation.chance import FOREVER, Exponential, LogNormal
from routing.simulation.scenario import Scenario, Worker
from routing.simulation.setting import BadChange, Setting, changed
from routing.snapshots.rules import as_rules
from routing.snapshots.setup import Setup, read_setup
from routing.soon import USUAL_HANDLE_SECONDS, Newest, newest_work

DAY = 86_400.0
USUAL_VARIATION = 1.0  # of handle times, as most contact centres measure it


@dataclass(frozen=True, slots=True)
class OfQueue:
    """Of a source, what comes into one queue."""

    source: Source
    queue: int

    def day(self, random: Random, *, until: float) -> Iterator[Arrival]:
        return (one for one in self.source.day(random, until=until) if one.kind.queue == self.queue)


def settings_of(trial: Trial, *, zone: tzinfo) -> tuple[Setting, Setting]:
    """(the present configuration on the day, the same with the changes). Raises Invalid for what cannot be tried."""
    asked = dict(trial.changes)
    start, end = (_second(clock) for clock in asked.pop("shift", ["08:00", "18:00"]))
    if end <= start:
        raise Invalid("shift", gettext("The shift ends before it begins."), field="until")
    if trial.source == Trial.Source.RECORDED:
        midnight = datetime.combine(trial.day, time(), zone)
        before = recorded_day(midnight, midnight + timedelta(days=1), now=timezone.now())
    else:
        before = forecast_setting(trial.day, shift=(start, end), zone=zone)
    if trial.queue_id is not None:
        before = _only(before, trial.queue_id)
    try:
        return before, changed(before, asked)
    except BadChange as wrong:
        raise Invalid("changes", str(wrong), field="changes") from wrong


def _only(setting: Setting, queue: int) -> Setting:
    """One queue and who serves it; what they do for other queues is left out."""
    scenario = setting.scenario
    rules = scenario.queues.get(queue)
    teams = {group.group for ring in rules.rings for group in ring.groups} if rules else set()
    crew = tuple(one for one in scenario.crew if queue in one.agent.queues or teams & one.agent.groups)
    if not crew:
        raise Invalid("no_agents", gettext("Nobody who serves this queue was there on this day."), field="queue")
    return replace(
        setting,
        scenario=replace(scenario, arrivals=OfQueue(scenario.arrivals, queue), crew=crew),
        agents={one.agent.id: setting.agents[one.agent.id] for one in crew if one.agent.id in setting.agents},
    )


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
            "no_forecast",
            gettext("No %(day)s of the last eight weeks had any traffic to forecast from.") % {"day": f"{day:%A}"},
            field="day",
        )
    midnight = datetime.combine(day, time(), zone)
    crew = tuple(Worker(agent, on_duty=(shift,)) for agent in agents_of(setup, set(queues)))
    if not crew:
        raise Invalid(
            "no_agents", gettext("Nobody serves a queue yet. An admin sets that under Settings → Queues."), field="day"
        )
    paces = outlook.paces(tuple(sorted(queues)), timezone.now().replace(minute=0, second=0, microsecond=0))
    media = newest_work()
    sources: list[Source] = [
        Profile(kind_of(pk, paces.get(pk, outlook.Pace()), media.get(pk, Newest())), tuple(4 * v for v in one.volumes))
        for (_, pk), one in sorted(patterns.items())
    ]
    rules = {
        pk: always_open(as_rules(queue, setup.skill_ids, now=midnight.astimezone(UTC))) for pk, queue in queues.items()
    }
    return Setting(
        Scenario(
            Together(tuple(sources)),
            crew,
            queues=rules,
            until=DAY,
            closed=closed_spans(queues.values(), midnight, midnight + timedelta(days=1)),
            targets=targets_of(queues.values()),
        ),
        queues={pk: queue.key for pk, queue in queues.items()},
        agents=dict(User.objects.filter(id__in=[one.agent.id for one in crew]).values_list("id", "email")),
        skills=dict(setup.skill_ids),
        targets=targets_of(queues.values()),
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
    """Everybody who serves one of these queues or may help in it, with nothing in hand."""
    budgets = dict(AgentState.objects.values_list("user_id", "budget"))
    served = {
        agent: {queue: level for queue, level in levels.items() if queue in queue_ids}
        for agent, levels in setup.levels.items()
    }
    helping = {agent for agent, teams in setup.teams.items() if any(queue_ids & setup.helped[team] for team in teams)}
    return [
        engine.Agent(
            id=agent,
            queues=served.get(agent, {}),
            skills=setup.skills.get(agent, {}),
            groups=setup.teams.get(agent, frozenset()),
            budget=budgets.get(agent, 100),
        )
        for agent in sorted(helping | {agent for agent, queues in served.items() if queues})
    ]
