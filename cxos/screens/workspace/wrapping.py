"""Wrap-up: how a contact ended, what was said in a few words, and whether one comes back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _, gettext_lazy

from channels_app.models import Conversation, Message
from cxos.core.models import User
from routing.models import WorkItem
from routing.services.endings import Ending, choices_in

# When to come back: key → (words, on the morning after how many days)
FOLLOW_UPS: dict[str, tuple[Any, int]] = {
    "tomorrow": (gettext_lazy("Tomorrow"), 1),
    "3d": (gettext_lazy("In three days"), 3),
    "week": (gettext_lazy("In a week"), 7),
}
SAID_CHARS = 160


@dataclass(frozen=True, slots=True)
class WrapUp:
    """`seconds` left of `total`, None where it lasts until it is done."""

    item: WorkItem
    endings: list[Ending]
    summary: str
    follow_ups: list[tuple[str, Any]]
    seconds: int | None
    total: int


def read_wrap_up(conversation: Conversation, item: WorkItem | None, user: User, *, now: datetime) -> WrapUp | None:
    """What this user has to wrap up here, if anything. 5 queries when there is."""
    if item is None or not wraps_up(item, user):
        return None
    until = item.wrap_up_until
    return WrapUp(
        item=item,
        endings=choices_in(item.queue_id),
        summary=summary_of(conversation, item),
        follow_ups=[(key, label) for key, (label, _days) in FOLLOW_UPS.items()],
        seconds=max(0, round((until - now).total_seconds())) if until else None,
        total=item.queue.wrap_up_seconds,
    )


def wraps_up(item: WorkItem | None, user: User) -> bool:
    return item is not None and item.state == WorkItem.State.WRAPPING and item.agent_id == user.pk


def summary_of(conversation: Conversation, item: WorkItem) -> str:
    """A first draft: what the customer asked first and what we answered last, since the work was queued. 2 queries."""
    lines = Message.objects.filter(conversation=conversation, kind=Message.Kind.MESSAGE).exclude(text="")
    asked = lines.filter(author_kind=Message.Author.CUSTOMER, created_at__gte=item.queued_at - timedelta(minutes=5))
    answered = lines.filter(author_kind=Message.Author.AGENT)
    parts = [
        (_("Asked: %(text)s"), asked.order_by("id").values_list("text", flat=True).first()),
        (_("Answered: %(text)s"), answered.order_by("-id").values_list("text", flat=True).first()),
    ]
    return "\n".join(
        words % {"text": Truncator(" ".join(text.split())).chars(SAID_CHARS)} for words, text in parts if text
    )
