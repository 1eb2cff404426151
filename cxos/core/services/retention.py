"""How long it is kept what only explains or records. The environment says it first, an admin may say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from cxos.core.errors import Invalid
from cxos.core.models import Retention
from cxos.core.services.audit import record

LONGEST = 3650


def keep_days() -> dict[str, int]:
    """Kind → days, 0 = for good; every kind of settings.KEEP_DAYS. One query."""
    return dict(settings.KEEP_DAYS) | dict(
        Retention.objects.filter(kind__in=settings.KEEP_DAYS).values_list("kind", "days")
    )


def set_keep_days(days: Mapping[str, int], *, actor: Any) -> int:
    """Keep these kinds for so many days from now on; returns how many changed, each an audit entry of its own.

    All or nothing. Raises Invalid naming the kind.
    """
    for kind, given in days.items():
        if kind not in settings.KEEP_DAYS:
            raise Invalid("no_such_kind", gettext("Nothing called %(kind)s is kept.") % {"kind": kind})
        if not 0 <= given <= LONGEST:
            raise Invalid(
                "days", gettext("Choose 0 to %(most)s days; 0 keeps it for good.") % {"most": LONGEST}, field=kind
            )
    with transaction.atomic():
        before = keep_days()
        changed = {kind: given for kind, given in sorted(days.items()) if given != before[kind]}
        for kind, given in changed.items():
            kept, _ = Retention.objects.update_or_create(kind=kind, defaults={"days": given})
            record(actor, "changed", kept, before={"days": before[kind]}, after={"days": given})
    return len(changed)
