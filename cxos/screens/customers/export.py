"""Everything we keep about one customer, as one file: to hand out, or to move elsewhere."""

from __future__ import annotations

from typing import Any

from cases.models import Case
from channels_app.models import Conversation, Message
from crm.models import Customer
from crm.queries import family_of
from cxos.core.models import User

MOST_MESSAGES = 50_000


def record_of(customer: Customer, user: User) -> dict[str, Any]:
    """What this user may see of it. Times are ISO 8601. 6 queries, whatever there is."""
    family = family_of(customer.pk)
    talks = Conversation.objects.visible_to(user).filter(customer__in=family)
    said: dict[int, list[dict[str, Any]]] = {}
    lines = Message.objects.filter(conversation__in=talks.values("pk"), kind=Message.Kind.MESSAGE).order_by("id")
    for line in lines.values("conversation_id", "author_kind", "text", "created_at")[:MOST_MESSAGES]:
        said.setdefault(line.pop("conversation_id"), []).append(line)
    fields = ("name", "language", "time_zone", "vip", "tags", "attributes", "notes", "created_at", "last_seen_at")
    return {
        "customer": {"id": customer.pk} | {name: getattr(customer, name) for name in fields},
        "account": customer.account.name if customer.account else None,
        "merged_records": [pk for pk in family if pk != customer.pk],
        "identities": list(customer.identities.values("kind", "value", "verified", "created_at")),
        "conversations": [
            one | {"messages": said.get(one["id"], [])}
            for one in talks.order_by("id").values("id", "channel__name", "subject", "status", "created_at", "tags")
        ],
        "cases": list(
            Case.objects.visible_to(user)
            .filter(customer__in=family)
            .order_by("id")
            .values("reference", "subject", "description", "status", "opened_at", "solved_at", "resolution")
        ),
    }
