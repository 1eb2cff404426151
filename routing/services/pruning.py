"""How long it is kept why something was decided and why somebody was recognised, what rules did, and what was tried out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from channels_app.models import Interaction
from cxos.core.services.pruning import forget_older, prune_older
from routing.models import ActionRun, Decision, Trial


def prune(*, keep_days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Delete `decisions`, `actions` and `trials` older than their days (0 = kept for good). Returns how many of each.

    Evidence of whose an interaction is goes with the decisions.
    """
    rows = {
        "decisions": (Decision.objects.all(), "at"),
        "actions": (ActionRun.objects.all(), "at"),
        "trials": (Trial.objects.exclude(state__in=Trial.OPEN), "created_at"),
    }
    pruned = {
        name: prune_older(found, before=now - timedelta(days=keep_days[name]), field=field)
        for name, (found, field) in rows.items()
        if keep_days[name]
    }
    if days := keep_days["decisions"]:
        before = now - timedelta(days=days)
        pruned["evidence"] = forget_older(Interaction.objects.all(), "evidence", before=before, field="handled_at")
    return pruned
