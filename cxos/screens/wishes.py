"""How and when a customer likes to be reached, and what they allow, as their page and the workspace show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR

from crm.models import Consent, Customer, Purpose, Way


@dataclass(frozen=True, slots=True)
class Allowed:
    """What holds of one purpose and way, and every entry that led there, the newest first."""

    holds: Consent
    entries: list[Consent]


def wishes_of(customer: Customer) -> dict[str, Any]:
    """One query."""
    ledger: dict[tuple[str, str], list[Consent]] = {}
    for one in Consent.objects.filter(customer=customer).order_by("-at", "-pk"):
        ledger.setdefault((one.purpose, one.way), []).append(one)
    times: Any = customer.contact_times
    chosen = times.get("days", [])
    return {
        "allowed": [Allowed(entries[0], entries) for _key, entries in sorted(ledger.items())],
        "way": Way(customer.preferred_way).label if customer.preferred_way in Way.values else "",
        "times_said": times_said(times),
        "purposes": Purpose.choices,
        "ways": Way.choices,
        "states": [one for one in Consent.State.choices if one[0] != Consent.State.VOID],
        "days": [(day, WEEKDAYS_ABBR[day], WEEKDAYS[day], day in chosen) for day in WEEKDAYS],
        "times": times,
    }


def times_said(times: dict[str, Any]) -> str:
    """ "Mon, Tue 09:00–18:00", "" for any time."""
    if not times:
        return ""
    return f"{', '.join(str(WEEKDAYS_ABBR[day]) for day in times['days'])} {times['from']}–{times['until']}"


def outside_times(customer: Customer, *, now: datetime) -> bool:
    """Whether it is none of their times where they are; never where no times or no zone is known."""
    times: Any = customer.contact_times
    if not times or not customer.time_zone:
        return False
    there = now.astimezone(ZoneInfo(customer.time_zone))
    return there.weekday() not in times["days"] or not times["from"] <= f"{there:%H:%M}" < times["until"]
