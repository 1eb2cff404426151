"""A promise was broken: the rules decide again, about a conversation that is there already.

Its handler is one transaction: all of it is there, or nothing and it begins again from the top.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import structlog
from django.db.models import Count, DateTimeField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from automation.facts_known import BREACH
from automation.services.decide import decide
from cases.models import Clock
from channels_app.models import Conversation, Message
from cxos.core.events.cases import ClockBreached
from routing.actions import Subject, rule_behind
from routing.facts import gather_breach
from routing.models import ActionRun
from routing.perform import PLACING, chain_is_cut, perform_once, record_refusal
from routing.services.holding import lock_item
from routing.services.queue import live_item

log = structlog.get_logger(__name__)
MOST_IN_A_ROW = 5
TIRED = f"it has acted on {MOST_IN_A_ROW} broken promises since the customer last wrote"


def react(told: ClockBreached, *, event_id: int, actor: str, now: datetime) -> None:
    """Decide and do it, each action once an event. Promises about cases have no rules.

    A rule is not asked about what it has broken itself. In the caller's transaction; where no rule applies 3 queries beside
    what is remembered.
    """
    clocks = Clock.objects.select_related("policy", "conversation__channel", "conversation__customer")
    clock = clocks.filter(pk=told.clock_id).exclude(conversation=None).first()
    if clock is None or clock.conversation is None or chain_is_cut(clock.conversation.pk):
        return
    facts = gather_breach(clock, told, now=now)
    plan = decide(BREACH, facts, without=rule_behind(actor))
    if plan.actions:
        carry_out(Subject(clock.conversation, facts, plan, event_id=event_id), now=now)


def carry_out(subject: Subject, *, now: datetime) -> None:
    """In the order of the plan, but for the sending on, which is last and done once."""
    actions, wish = subject.plan.actions, subject.plan.first(PLACING)
    if wish is not None:
        hold_work(subject.conversation.pk)
    tired = tired_rules({one.rule_id for one in actions}, subject)
    for planned in [*(one for one in actions if one.kind != PLACING), *([wish] if wish else [])]:
        if planned.rule_id in tired:
            log.warning("automation repeats itself", rule_id=planned.rule_id, conversation_id=subject.conversation.pk)
            record_refusal(planned, subject, problem=TIRED, now=now)
        else:
            perform_once(planned, subject, now=now)


def hold_work(conversation_id: int) -> None:
    """Its work is locked before the conversation, as by everybody who moves work."""
    if (item := live_item(conversation_id)) is not None:
        lock_item(item.pk)


def tired_rules(rule_ids: Collection[int], subject: Subject) -> set[int]:
    """Those that have acted so often on this conversation since the customer last wrote that they go in a circle: what
    they do makes new promises, which are broken in time. One query."""
    written = Message.objects.filter(conversation=OuterRef("conversation"), author_kind=Message.Author.CUSTOMER)
    begun = Conversation.objects.filter(pk=OuterRef("conversation"))
    since = Coalesce(
        Subquery(written.order_by("-id").values("created_at")[:1]),
        Subquery(begun.values("created_at")[:1]),
        output_field=DateTimeField(),
    )
    runs = ActionRun.objects.filter(conversation=subject.conversation, rule_id__in=rule_ids, at__gte=since)
    often = runs.exclude(event_id=subject.event_id).values("rule_id").annotate(times=Count("event_id", distinct=True))
    return set(often.filter(times__gte=MOST_IN_A_ROW).values_list("rule_id", flat=True))
