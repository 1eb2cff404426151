"""The context column: who this is, what we promised, what happened before, and why it came here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from cases.models import Case
from cases.queries import ClockExplained, clocks_of_conversation, explain_clock
from channels_app.models import Conversation, Message
from crm.models import Identity, MergeSuggestion
from cxos.core.models import User
from intelligence.models import Insight
from routing.services.why import explain


@dataclass(frozen=True, slots=True)
class Context:
    conversation: Conversation
    identities: list[Identity]
    suggestion: MergeSuggestion | None
    clocks: list[ClockExplained]
    cases: list[Case]
    earlier: list[Conversation]
    insight: Insight | None
    why: dict[str, Any]


def read_context(conversation: Conversation, user: User, *, now: datetime) -> Context:
    """Everything the column shows. About 8 queries."""
    customer = conversation.customer
    mine = Conversation.objects.visible_to(user).exclude(pk=conversation.pk)
    earlier = mine.filter(customer=customer).select_related("channel").order_by("-last_message_at")[:6]
    newest = Message.objects.filter(conversation=conversation, author_kind=Message.Author.CUSTOMER).order_by("-id")
    return Context(
        conversation=conversation,
        identities=list(customer.identities.order_by("kind", "id")),
        suggestion=MergeSuggestion.objects.filter(Q(first=customer) | Q(second=customer), state="open").first(),
        clocks=[explain_clock(clock, at=now) for clock in clocks_of_conversation(conversation.pk)],
        cases=list(Case.objects.visible_to(user).filter(conversations=conversation)[:5]),
        earlier=list(earlier),
        insight=Insight.objects.filter(message__in=newest.values("id")[:1]).first(),
        why=explain(conversation.pk),
    )
