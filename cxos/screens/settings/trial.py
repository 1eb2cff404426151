"""What would happen to a message: the journey itself, walked in a transaction that is rolled back.

So it is never another answer than the real one. Nothing stays, nobody is told: notices leave only after a commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from automation.models import Rule
from automation.plan import Considered
from channels_app.envelope import Envelope
from channels_app.models import Channel, Interaction, Message
from channels_app.services.ingest import accept
from crm.models import Customer
from intelligence.models import Insight
from intelligence.services.understand import warm_up
from routing import journey
from routing.models import Decision, Offer, WorkItem
from routing.queries import why
from routing.services.matcher import match_items


@dataclass(frozen=True, slots=True)
class Trial:
    """All of it in the order it happens. `passed_over`: rules not asked, because one before them ends the list."""

    customer: Customer
    known: bool
    insight: Insight
    facts: dict[str, Any]
    rules: tuple[Considered, ...]
    passed_over: tuple[str, ...]
    said: tuple[Message, ...]  # what the rules would answer or note
    item: WorkItem | None
    offer: Offer | None
    match: Decision | None  # why this agent, or why nobody yet
    why: dict[str, Any]


def try_message(*, channel: Channel, text: str, identity: tuple[str, str], name: str, now: datetime) -> Trial:
    """`identity` = (kind, value) of who writes; a value that is not known would be a new customer. About 40 queries."""
    warm_up()  # as the process has long done that will read the real ones
    envelope = Envelope(
        channel_id=channel.pk,
        external_id=f"trial:{uuid4()}",
        occurred_at=now,
        identities=(identity,),
        customer={"name": name} if name else {},
        text=text,
    )
    with transaction.atomic():
        interaction_id = accept(envelope, now=now).interaction_id
        interaction = Interaction.objects.select_related("channel", "message__conversation").get(pk=interaction_id)
        trial = walked(interaction, now=now)
        transaction.set_rollback(True)
    return trial


def walked(interaction: Interaction, *, now: datetime) -> Trial:
    seen = journey.look(interaction, now=now)
    item = journey.act(interaction, seen, now=now)
    conversation = seen.attached.conversation
    offers = match_items([item.pk], now=now) if item and item.state == WorkItem.State.WAITING else []
    offer = Offer.objects.select_related("agent").get(pk=offers[0].pk) if offers else None
    kinds = (Decision.Kind.MATCH, Decision.Kind.NO_MATCH)
    asked = {rule.rule_id for rule in seen.plan.considered}
    rest = Rule.objects.filter(event="MessageReceived", enabled=True).exclude(pk__in=asked)
    return Trial(
        customer=seen.customer,
        known=seen.known,
        insight=seen.insight,
        facts=seen.facts,
        rules=seen.plan.considered,
        passed_over=tuple(rest.order_by("position", "id").values_list("name", flat=True)),
        said=tuple(Message.objects.filter(conversation=conversation, pk__gt=seen.attached.message.pk).order_by("pk")),
        item=WorkItem.objects.select_related("queue", "agent").filter(pk=item.pk).first() if item else None,
        offer=offer,
        match=Decision.objects.filter(item=item, kind__in=kinds).last() if item else None,
        why=why(conversation.pk, now=now),
    )
