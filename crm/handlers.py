"""Edges: what the customer record does when something has happened."""

from __future__ import annotations

from crm.models import Customer, Identity
from cxos.core.catalogue import Received, stream
from cxos.core.events.crm import CustomerChanged, CustomerCreated
from cxos.core.search.dictionary import learn


@stream("words of customers", CustomerCreated, CustomerChanged)
def learn_words(events: list[Received]) -> None:
    customers = {one.event.customer_id for one in events}
    names = Customer.objects.filter(pk__in=customers).values_list("name", flat=True)
    ways = Identity.objects.filter(customer__in=customers).exclude(kind=Identity.Kind.DEVICE)
    learn([*names, *ways.values_list("value", flat=True)])
