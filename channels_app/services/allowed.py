"""Whether a customer may be written to: what they have forbidden holds the moment they say so, also for what waits."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.models import Conversation, Message
from channels_app.services.delivery import record_state
from crm.models import Consent, Customer
from cxos.core.errors import Conflict

SERVICE = "service"


def check_allowed(conversation: Conversation) -> None:
    """Raises Conflict where they have forbidden to be written to this way and have not written themselves since: an
    answer is always allowed. The conversation has its channel. One query, three for who has forbidden something."""
    if problem := problem_of(conversation):
        raise Conflict("consent_withdrawn", problem)


def problem_of(conversation: Conversation) -> str:
    """The sentence why not, "" where they may be written to."""
    way = conversation.channel.medium
    named = Customer.objects.filter(pk=conversation.customer_id, refused__contains=[f"{SERVICE}:{way}"]).first()
    if named is None:
        return ""
    entries = Consent.objects.filter(customer=named, purpose=SERVICE, way=way, state=Consent.State.WITHDRAWN)
    since = entries.order_by("-at", "-pk").values_list("at", flat=True).first()
    wrote = Message.objects.filter(conversation=conversation, author_kind=Message.Author.CUSTOMER)
    if since is None or wrote.filter(created_at__gt=since).exists():
        return ""
    told = {"name": named.label, "day": date_format(since, "DATE_FORMAT"), "channel": conversation.channel.name}
    return (
        _(
            "%(name)s does not want to be written to by %(channel)s since %(day)s. Wait until they write, or reach them another way."
        )
        % told
    )


def stop_forbidden(customer_id: int) -> int:
    """What was said and has not left yet is not sent any more; returns how many messages."""
    waiting = Message.objects.filter(conversation__customer=customer_id, state=Message.State.PENDING)
    talks = Conversation.objects.filter(pk__in=waiting.values("conversation")).select_related("channel")
    stopped = 0
    for talk in talks.order_by("pk"):
        if problem := problem_of(talk):
            ids = list(waiting.filter(conversation=talk).values_list("pk", flat=True))
            stopped += len(record_state(ids, state=Message.State.FAILED, problem=problem))
    return stopped
