"""How long it is kept why something was decided, and what rules did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cxos.core.services.pruning import prune_older
from routing.models import ActionRun, Decision


def prune(*, keep_days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Delete `decisions` and `actions` older than their days (0 = kept for good). Returns how many of each."""
    rows = {"decisions": Decision.objects.all(), "actions": ActionRun.objects.all()}
    return {
        name: prune_older(found, before=now - timedelta(days=keep_days[name]))
        for name, found in rows.items()
        if keep_days[name]
    }
