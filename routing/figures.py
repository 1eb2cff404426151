"""Operator's figures of routing: how long work and offers have been waiting beyond their time."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from cxos.core.figures import rows, source
from routing.models import Queue
from routing.services.waits import wait_errors

WAITING = """
SELECT q.key, count(i.id), coalesce(extract(epoch FROM now() - min(i.queued_at)), 0)
FROM routing_queue q LEFT JOIN routing_workitem i ON i.queue_id = q.id AND i.state = 'waiting' GROUP BY q.key
"""
LATE = """
SELECT 'offer', coalesce(extract(epoch FROM now() - min(expires_at)), 0) FROM routing_offer WHERE state = 'pending'
UNION ALL
SELECT 'clock', coalesce(extract(epoch FROM now() - min(due_at)), 0) FROM cases_clock WHERE state = 'running'
UNION ALL
SELECT 'reply', coalesce(extract(epoch FROM now() - min(due_at)), 0) FROM channels_app_message WHERE state = 'pending'
"""


@source
def queues() -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily("cxos_queue_waiting", "Work items waiting.", labels=["queue"])
    age = GaugeMetricFamily("cxos_queue_age_seconds", "Age of the oldest waiting work item.", labels=["queue"])
    for key, waiting, oldest in rows(WAITING):
        depth.add_metric([key], waiting)
        age.add_metric([key], max(0.0, float(oldest)))
    yield from (depth, age)


@source
def waits() -> Iterator[GaugeMetricFamily]:
    """How well the waits we tell customers come true."""
    off = GaugeMetricFamily("cxos_wait_error_seconds", "Mean absolute error of foretold waits.", labels=["queue"])
    bias = GaugeMetricFamily("cxos_wait_bias_seconds", "Foretold less true waits, on average.", labels=["queue"])
    samples = GaugeMetricFamily("cxos_wait_samples", "Finished items these errors are of.", labels=["queue"])
    errors = wait_errors(now=timezone.now())
    for id, key in Queue.objects.filter(pk__in=errors).order_by("key").values_list("id", "key"):
        off.add_metric([key], errors[id].mean_absolute_seconds or 0.0)
        bias.add_metric([key], errors[id].bias_seconds or 0.0)
        samples.add_metric([key], errors[id].count)
    yield from (off, bias, samples)


@source
def timers() -> Iterator[GaugeMetricFamily]:
    late = GaugeMetricFamily("cxos_timer_lateness_seconds", "How overdue the oldest due row is.", labels=["timer"])
    for timer, seconds in rows(LATE):
        late.add_metric([timer], max(0.0, float(seconds)))
    yield late
