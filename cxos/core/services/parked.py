"""Deliveries that kept failing: an admin sends them once more."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict
from cxos.core.models import Delivery
from cxos.core.relay import retry_parked
from cxos.core.services.audit import record


def retry(delivery: Delivery, *, actor: Any) -> None:
    """It starts over with all its attempts. Raises Conflict when it is parked no longer."""
    with transaction.atomic():
        if not retry_parked(delivery.pk):
            raise Conflict("not_parked", _("This delivery is being worked on already."))
        record(actor, "retried", delivery, before={"problem": delivery.last_error[:500]})
