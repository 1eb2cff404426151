"""Reads: `floor` adds up the quarter-hours of a span of time, `cohorts` follows conversations over days."""

from __future__ import annotations

from intelligence.queries.cohorts import backlog, backlog_hours, first_contact_share, reopened_share, topics_of
from intelligence.queries.floor import (
    COUNTED_IN,
    INTERVAL,
    NOTHING,
    Figures,
    Waits,
    facts_behind,
    figures,
    figures_by_interval,
    figures_of_all,
    figures_of_day,
    last_interval,
    today,
)

__all__ = [
    "COUNTED_IN", "INTERVAL", "NOTHING", "Figures", "Waits", "backlog", "backlog_hours", "facts_behind", "figures",
    "figures_by_interval", "figures_of_all", "figures_of_day", "first_contact_share", "last_interval", "reopened_share",
    "today", "topics_of",
]  # fmt: skip
