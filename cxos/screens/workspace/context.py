"""The context column: who this is, what we promised, what happened before, and why it came here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Subquery
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from cases.queries import ClockExplained, clocks_of_conversation, explain_clock
from channels_app.models import Conversation, Message
from crm.models import Identity, MergeSuggestion
from cxos.core.models import User
from cxos.screens.ways import ways
from cxos.screens.wishes import outside_times, wishes_of
from intelligence.models import Insight
from routing.models import Offer
from routing.services.why import explain

MOST_OFFERS = 8


# The cards of the column in their first order: key → (words, icon). Each has a template of its name in workspace/cards.
CARDS: dict[str, tuple[Any, str]] = {
    "customer": (_("Customer"), "user"),
    "promises": (_("Promises"), "clock"),
    "next": (_("Next best action"), "lightbulb"),
    "wishes": (_("Preferences and consent"), "shield-check"),
    "health": (_("Health"), "heart-pulse"),
    "knowledge": (_("Knowledge"), "book-open"),
    "cases": (_("Cases"), "briefcase"),
    "tags": (_("Tags"), "tag"),
    "why": (_("Why it came here"), "route"),
    "earlier": (_("Earlier contacts"), "archive"),
}
PREFERENCE = "context_cards"


@dataclass(frozen=True, slots=True)
class Card:
    key: str
    label: Any
    icon: str
    is_open: bool

    @property
    def template(self) -> str:
        return f"workspace/cards/{self.key}.html"


def cards_for(user: User) -> list[Card]:
    """In this person's order, folded as they left them; cards they have never seen stand at the end, unfolded."""
    kept: Any = user.preferences.get(PREFERENCE) or {}
    order = clean_cards(kept.get("order", []))
    folded = clean_cards(kept.get("folded", []))
    keys = [*order, *(key for key in CARDS if key not in order)]
    return [Card(key, *CARDS[key], is_open=key not in folded) for key in keys]


def clean_cards(keys: Any) -> list[str]:
    """Those that exist, each once."""
    return list(dict.fromkeys(key for key in keys if key in CARDS)) if isinstance(keys, list) else []


@dataclass(frozen=True, slots=True)
class Context:
    conversation: Conversation
    identities: list[Identity]
    suggestion_id: int | None  # another record that may be the same person
    clocks: list[ClockExplained]
    cases: list[Case]
    earlier: list[Conversation]
    insight: Insight | None
    why: dict[str, Any]
    offers: list[Offer]
    cards: list[Card]
    wishes: dict[str, Any]
    outside_times: bool


def read_context(conversation: Conversation, user: User, *, now: datetime) -> Context:
    """Everything the column shows. About 9 queries."""
    customer = conversation.customer
    mine = Conversation.objects.visible_to(user).standing().exclude(pk=conversation.pk)
    earlier = mine.filter(customer=customer).select_related("channel").order_by("-last_message_at")[:6]
    newest = Message.objects.filter(conversation=conversation, author_kind=Message.Author.CUSTOMER).order_by("-id")
    open_pairs = MergeSuggestion.objects.filter(Q(first=customer) | Q(second=customer), state="open")
    suggested = Subquery(open_pairs.order_by("pk").values("pk")[:1])
    identities = list(customer.identities.annotate(suggestion=suggested).order_by("kind", "id"))
    return Context(
        conversation=conversation,
        identities=ways(identities),
        suggestion_id=identities[0].suggestion if identities else None,  # evidence is an identity
        clocks=[explain_clock(clock, at=now) for clock in clocks_of_conversation(conversation.pk)],
        cases=list(Case.objects.visible_to(user).filter(conversations=conversation)[:5]),
        earlier=list(earlier),
        insight=Insight.objects.filter(message__in=newest.values("id")[:1]).first(),
        why=explain(conversation.pk, deadlines=False),
        offers=list(
            Offer.objects.filter(item__conversation=conversation).select_related("agent").order_by("-id")[:MOST_OFFERS]
        ),
        cards=cards_for(user),
        wishes=wishes_of(customer),
        outside_times=outside_times(customer, now=now),
    )
