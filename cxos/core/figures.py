"""The figures an operator watches, for Prometheus, on a private port: how far behind each promise is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import close_old_connections, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

BACKLOG = """
SELECT lane, count(*) FILTER (WHERE state <> 'parked'), count(*) FILTER (WHERE state = 'parked'),
       coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE state <> 'parked')), 0)
FROM core_delivery GROUP BY lane
"""
Gauges = Callable[[], Iterator[GaugeMetricFamily]]
SOURCES: list[Gauges] = []


def source(gauges: Gauges) -> Gauges:
    """Register figures of an app; each is asked once per scrape."""
    SOURCES.append(gauges)
    return gauges


class Figures(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        close_old_connections()
        for gauges in SOURCES:
            yield from gauges()


@source
def outbox() -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily("cxos_outbox_deliveries", "Deliveries owed.", labels=["lane"])
    parked = GaugeMetricFamily("cxos_outbox_parked", "Deliveries parked for an admin.", labels=["lane"])
    age = GaugeMetricFamily("cxos_outbox_age_seconds", "Age of the oldest owed delivery.", labels=["lane"])
    found = dict.fromkeys(("live", "work"), (0, 0, 0.0))
    for lane, owed, stuck, oldest in rows(BACKLOG):
        found[lane] = (owed, stuck, max(0.0, float(oldest)))
    for lane, (owed, stuck, oldest) in found.items():
        depth.add_metric([lane], owed)
        parked.add_metric([lane], stuck)
        age.add_metric([lane], oldest)
    yield from (depth, parked, age)


def rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
