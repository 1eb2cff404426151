"""Cases follow their customer when two records become one, and when that is taken back."""

from __future__ import annotations

from cases.models import Case
from crm.queries import family_of
from cxos.core.models import Event


def take_over(merged_id: int, *, survivor_id: int) -> int:
    """What was promised to the merged customer is promised to the survivor; returns how many cases."""
    return Case.objects.filter(customer_id=merged_id).update(customer_id=survivor_id)


def give_back(merged_id: int, *, survivor_id: int) -> int:
    """Cases opened for the customer set free are theirs again; for whom it was opened stands in the first event."""
    ids = Case.objects.filter(customer_id=survivor_id).values_list("id", flat=True)
    opened = Event.objects.filter(name="CaseOpened", key__in=[f"case:{pk}" for pk in ids])
    family = set(family_of(merged_id))
    theirs = [
        payload["case_id"] for payload in opened.values_list("payload", flat=True) if payload["customer_id"] in family
    ]
    return Case.objects.filter(pk__in=theirs).update(customer_id=merged_id)
