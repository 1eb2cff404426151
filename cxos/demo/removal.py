"""Taking the demo out again: its customers with all they said, and its people.

Demo customers are told by their address: example.com, example.net and example.org are reserved (RFC 2606), so that nobody
real can have one. Channels, queues, rules and hours stay: they are where one starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from cases.models import Case
from channels_app.models import Conversation, Interaction
from crm.models import Customer, Identity
from cxos.core.models import ApiKey, User
from cxos.core.services.audit import record
from cxos.core.services.people import deactivate
from cxos.demo.people import PEOPLE
from intelligence.models import Fact
from intelligence.services.facts import recount
from routing.models import WorkItem
from routing.services.leaving import release_agent

RESERVED = ("@example.com", "@example.net", "@example.org")
BATCH = 100


@dataclass(frozen=True, slots=True)
class DemoLeft:
    """What of the demo is still there."""

    customers: int
    people: int

    @property
    def any(self) -> bool:
        return bool(self.customers or self.people)


def demo_left(*, keeping: User) -> DemoLeft:
    """2 queries. `keeping`: who looks, and stays also when the demo made them."""
    return DemoLeft(customers=demo_customers().count(), people=demo_people(keeping=keeping).count())


def demo_customers() -> QuerySet[Customer]:
    reserved = Q()
    for domain in RESERVED:
        reserved |= Q(value__endswith=domain)
    owners = Identity.objects.filter(reserved, kind=Identity.Kind.EMAIL).values("customer_id")
    return Customer.objects.filter(Q(pk__in=owners) | Q(merged_into__in=owners))


def demo_people(*, keeping: User) -> QuerySet[User]:
    made = [person.email for person in PEOPLE]
    return User.objects.filter(email__in=made, is_active=True).exclude(pk=keeping.pk)


def remove_people(*, actor: User, now: datetime) -> int:
    """Deactivated, not deleted: the audit names them. What they held waits again. Returns how many."""
    people = list(demo_people(keeping=actor).order_by("pk"))
    for person in people:
        with transaction.atomic():
            deactivate(person, actor=actor)
            release_agent(person, actor=actor, now=now)
            ApiKey.objects.filter(user=person, revoked_at=None).update(revoked_at=now)
    return len(people)


def remove_customers(*, actor: Any) -> int:
    """One batch of demo customers with everything they said; returns how many. Call it until it returns 0."""
    ids = list(demo_customers().order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    with transaction.atomic():
        conversations = list(Conversation.objects.filter(customer__in=ids).values_list("pk", flat=True))
        forget_facts(ids, conversations)
        Case.objects.filter(customer__in=ids).delete()
        WorkItem.objects.filter(conversation__in=conversations).delete()
        Interaction.objects.filter(Q(customer__in=ids) | Q(conversation__in=conversations)).delete()
        Conversation.objects.filter(pk__in=conversations).delete()
        Customer.objects.filter(merged_into__in=ids).update(merged_into=None)
        gone = Customer.objects.filter(pk__in=ids)
        record(actor, "removed the demo's customers, such as", gone[0], before={"customers": len(ids)})
        gone.delete()
    return len(ids)


def forget_facts(customer_ids: list[int], conversation_ids: list[int]) -> None:
    """The figures without them: their facts go, and the days they fell on are counted again."""
    items = WorkItem.objects.filter(conversation__in=conversation_ids).values_list("pk", flat=True)
    facts = Fact.objects.filter(
        Q(conversation_id__in=conversation_ids) | Q(customer_id__in=customer_ids) | Q(work_item_id__in=list(items))
    )
    days = {at.astimezone(UTC).date() for at in facts.values_list("at", flat=True)}
    facts.delete()
    for day in sorted(days):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        recount(start, start + timedelta(days=1))
