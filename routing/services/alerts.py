"""Thresholds and the alerts they raise: set by supervisors, looked at by beat, told as events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Invalid
from cxos.core.events.routing import AlertCleared, AlertRaised
from cxos.core.outbox import emit
from cxos.core.services.audit import record
from intelligence import formulas
from intelligence.intervals import Tally
from intelligence.queries import INTERVAL, last_interval
from intelligence.queries.counts import counts
from routing.models import Alert, Presence, Threshold
from routing.standing import Crew, Live, add_up, live_by_queue, read_crew
from routing.steadying import Change, Limit, Watch, step

Measure = Threshold.Measure
LEAST_OFFERED = 5  # a share of fewer contacts than that is chance
MOST_LIMIT = {Measure.SERVICE_LEVEL: 100, Measure.ABANDON_RATE: 100}
MOST_MINUTES = 240
FIELDS = ("queue_id", "measure", "limit", "minutes", "sound", "enabled")


# --- What supervisors set ------------------------------------------------------------------------------------------------


def save_threshold(threshold: Threshold, *, actor: Any) -> Threshold:
    """A new or changed threshold. Raises Invalid for a limit or time out of range. Its alert starts anew."""
    if threshold.measure not in Measure.values:
        raise Invalid("measure", _("Choose what to watch."), field="measure")
    most = MOST_LIMIT.get(Measure(threshold.measure), 1_000_000)
    if not 0 <= threshold.limit <= most:
        raise Invalid("limit", _("The limit must be from 0 to %(most)s.") % {"most": most}, field="limit")
    if not 0 <= threshold.minutes <= MOST_MINUTES:
        raise Invalid(
            "minutes", _("The time must be from 0 to %(most)s minutes.") % {"most": MOST_MINUTES}, field="minutes"
        )
    with transaction.atomic():
        earlier = Threshold.objects.select_for_update().filter(pk=threshold.pk).first() if threshold.pk else None
        before = told(earlier) if earlier else None
        threshold.since = None
        threshold.save()
        if before != told(threshold):
            record(actor, "changed" if earlier else "created", threshold, before=before, after=told(threshold))
    return threshold


def remove_threshold(threshold: Threshold, *, actor: Any) -> None:
    """With the alerts it raised; the event log keeps them."""
    with transaction.atomic():
        record(actor, "removed", threshold, before=told(threshold))
        threshold.delete()


def told(threshold: Threshold) -> dict[str, Any]:
    return {name: getattr(threshold, name) for name in FIELDS}


# --- What beat looks at -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything a threshold may ask for, by queue; 0 = the whole floor."""

    live: Mapping[int, Live]
    crew: Crew
    recent: Mapping[int, Tally]

    def value(self, measure: str, queue_id: int) -> float | None:
        """None where it says nothing: a share of nobody, a wait while nobody waits is 0."""
        there = self.live.get(queue_id, Live())
        tally = self.recent.get(queue_id, Tally())
        if measure == Measure.WAITING:
            return there.unanswered
        if measure == Measure.LONGEST_WAIT:
            return there.longest or 0
        if measure == Measure.AVAILABLE:
            return self.crew.by_queue()[queue_id][Presence.AVAILABLE]
        if tally.sums["offered"] < LEAST_OFFERED:
            return None
        ratio = formulas.service_level_offered if measure == Measure.SERVICE_LEVEL else formulas.abandon_rate
        share = ratio(tally).value
        return None if share is None else share * 100


def read(*, now: datetime) -> Readings:
    """5 queries. `now` in any zone: quarter-hours begin at the same moments in all that count."""
    start, end = span_of_shares(now)
    live = live_by_queue(now=now)
    names = ("offered", "answered_within", "abandoned", "abandoned_short")
    recent = {**counts("queue", start, end, names=names), **counts("all", start, end, names=names)}
    return Readings({**live, 0: add_up(live.values())}, read_crew(), recent)


def span_of_shares(now: datetime) -> tuple[datetime, datetime]:
    """The last two whole quarter-hours and the running one."""
    start, end = last_interval(now)
    return start - INTERVAL, end + INTERVAL


def watch_thresholds(*, now: datetime) -> int:
    """Look once; returns how many alerts were raised or cleared. Two at once do no harm: each takes what is not locked."""
    if not Threshold.objects.filter(enabled=True).exists():
        return 0
    readings, changes = read(now=now), 0
    with transaction.atomic():
        watched = Threshold.objects.select_for_update(skip_locked=True).filter(enabled=True).order_by("pk")
        open_alerts = {alert.threshold_id: alert for alert in Alert.objects.filter(cleared_at=None)}
        for threshold in watched:
            value = readings.value(threshold.measure, threshold.queue_id or 0)
            changes += _look(threshold, open_alerts.get(threshold.pk), value, now=now)
        changes += _clear_of_disabled(list(open_alerts.values()), now=now)
    return changes


def _look(threshold: Threshold, alert: Alert | None, value: float | None, *, now: datetime) -> int:
    since = threshold.since.timestamp() if threshold.since else None
    limit = Limit(threshold.limit, above=threshold.is_above, seconds=threshold.minutes * 60.0)
    watch, change = step(Watch(alert is not None, since), value, limit=limit, now=now.timestamp())
    if watch.since != since:
        threshold.since = None if watch.since is None else now
        threshold.save(update_fields=["since"])
    if change is Change.RAISED and value is not None:
        _raise(threshold, value, now=now)
    elif alert is not None and change is Change.CLEARED:
        _clear(alert, threshold, value, now=now)
    elif alert is not None and value is not None:
        _keep_worst(alert, threshold, value)
    return int(change is not None)


def _raise(threshold: Threshold, value: float, *, now: datetime) -> None:
    alert = Alert.objects.create(threshold=threshold, raised_at=now, value=value, worst=value)
    emit(
        AlertRaised(
            alert_id=alert.pk,
            threshold_id=threshold.pk,
            queue_id=threshold.queue_id,
            measure=threshold.measure,
            limit=threshold.limit,
            value=value,
            minutes=threshold.minutes,
            at=now.isoformat(),
        ),
        key=f"threshold:{threshold.pk}",
    )


def _clear(alert: Alert, threshold: Threshold, value: float | None, *, now: datetime) -> None:
    alert.cleared_at = now
    alert.save(update_fields=["cleared_at"])
    emit(
        AlertCleared(
            alert_id=alert.pk,
            threshold_id=threshold.pk,
            queue_id=threshold.queue_id,
            measure=threshold.measure,
            value=value,
            worst=alert.worst,
            lasted_ms=max(0, round((now - alert.raised_at) / timedelta(milliseconds=1))),
            at=now.isoformat(),
        ),
        key=f"threshold:{threshold.pk}",
    )


def _keep_worst(alert: Alert, threshold: Threshold, value: float) -> None:
    worse = value > alert.worst if threshold.is_above else value < alert.worst
    if worse:
        alert.worst = value
        alert.save(update_fields=["worst"])


def _clear_of_disabled(alerts: list[Alert], *, now: datetime) -> int:
    """A threshold that was switched off raises no more, and its open alert ends."""
    off = {one.pk: one for one in Threshold.objects.filter(enabled=False, pk__in=[a.threshold_id for a in alerts])}
    ended = [alert for alert in alerts if alert.threshold_id in off]
    for alert in ended:
        _clear(alert, off[alert.threshold_id], None, now=now)
    return len(ended)


def open_alerts() -> list[Alert]:
    """The alerts that stand, newest first. 1 query."""
    return list(Alert.objects.filter(cleared_at=None).select_related("threshold__queue").order_by("-raised_at", "-id"))
