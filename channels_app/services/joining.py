"""Two conversations of one customer that are about the same: one becomes part of the other, and can be taken out again.

Everything that was said moves to the survivor, where the ids put it in the order of time; the other one stays as an empty,
resolved row that points there, so that old links work and what is written into its thread lands in the survivor. Clocks,
cases and work follow by the event.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from channels_app.models import Channel, Conversation, ConversationMerge, Message
from channels_app.services.conversations import MAX_TAGS, tell_changed
from channels_app.services.lines import add_line, merged_sentence
from channels_app.services.moving import bring_back, take_over
from cxos.core.actor import actor_name
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.channels import ConversationsMerged, ConversationsParted
from cxos.core.outbox import emit
from cxos.core.services.audit import record

Status = Conversation.Status
UNDO_WITHIN = timedelta(days=7)
# What the survivor may get from the other one: told in `undo` as [before, after].
FILLED = (
    "subject", "priority", "tags", "status", "snoozed_until", "waiting_since", "paused_since", "paused_ms",
    "last_message_at", "last_message_text", "last_message_author",
)  # fmt: skip
# What the other one had, and gets back.
LAID_DOWN = ("status", "snoozed_until", "waiting_since", "resolved_at", "paused_since", "paused_ms")
TIMES = {"snoozed_until", "waiting_since", "resolved_at", "paused_since", "last_message_at"}


def merge(conversation_id: int, *, into: int, actor: Any, now: datetime) -> ConversationMerge:
    """`conversation_id` becomes part of `into`. Raises NotFound; Invalid for itself; Conflict where it cannot be: another
    customer's, merged already, into a resolved one, or where a web chat's visitor would lose or see what is not theirs."""
    if conversation_id == into:
        raise Invalid("into", _("Choose another conversation: this one cannot become part of itself."), field="into")
    with transaction.atomic():
        merged, survivor = lock_two(conversation_id, into)
        refuse(merged, survivor)
        before, had = kept(survivor, FILLED), kept(merged, LAID_DOWN)
        moved = take_over(merged, survivor)
        fill(survivor, merged, now=now)
        pointing = lay_down(merged, survivor, now=now)
        after = kept(survivor, FILLED)
        changed = {name: [before[name], after[name]] for name in FILLED if before[name] != after[name]}
        made = ConversationMerge.objects.create(
            merged=merged, survivor=survivor, by=actor_name(actor)[:60], at=now,
            undo={"moved": moved, "changed": changed, "had": had, "pointing": pointing},
        )  # fmt: skip
        text = f"#{merged.pk} was merged into this conversation."
        add_line(survivor, what="merged", text=text, actor=actor, now=now, other=merged.pk, standing=True)
        add_line(
            merged, what="merged_into", text=f"Merged into #{survivor.pk}.", actor=actor, now=now, other=survivor.pk
        )
        tell(ConversationsMerged, made, survivor, changed=changed, actor=actor, now=now)
        record(
            actor, "merged into", survivor, before={"other": str(merged)}, after={"messages": len(moved["messages"])}
        )
    return made


def take_apart(merge_id: int, *, actor: Any, now: datetime, whenever: bool = False) -> Conversation:
    """Two conversations again: what came over goes back, what was said since stays with the survivor. Returns the one set
    free. Raises NotFound; Conflict with the reason where it is too late (not `whenever`) or no longer possible."""
    with transaction.atomic():
        made = ConversationMerge.objects.filter(pk=merge_id).first()
        if made is None:
            raise NotFound("no_such_merge", _("There is no merge %(number)s.") % {"number": merge_id})
        merged, survivor = lock_two(made.merged_id, made.survivor_id)
        made = ConversationMerge.objects.select_for_update(no_key=True, of=("self",)).get(pk=merge_id)
        check_undo(made, merged, survivor, now=now, whenever=whenever)
        stand_up(merged, had=made.undo["had"], survivor=survivor)
        give_back(survivor, made.undo["changed"])
        Conversation.objects.filter(pk__in=made.undo["pointing"], merged_into=survivor).update(merged_into=merged)
        bring_back(made.undo["moved"], merged, survivor)
        for line in survivor.messages.filter(
            kind=Message.Kind.EVENT, metadata__what="merged", metadata__other=merged.pk
        ):
            line.metadata["standing"] = False
            line.save(update_fields=["metadata"])
        made.undone_at, made.undone_by = now, actor_name(actor)[:60]
        made.save(update_fields=["undone_at", "undone_by"])
        text = f"The merge of #{merged.pk} was taken back."
        add_line(survivor, what="parted", text=text, actor=actor, now=now, other=merged.pk)
        text = f"A conversation of its own again, out of #{survivor.pk}."
        add_line(merged, what="parted_from", text=text, actor=actor, now=now, other=survivor.pk)
        tell(ConversationsParted, made, survivor, changed=made.undo["changed"], actor=actor, now=now)
        record(actor, "took the merge back of", survivor, after={"set free": str(merged)})
    return merged


def lock_two(first: int, second: int) -> tuple[Conversation, Conversation]:
    """Both rows, locked in the order of their ids, whichever is named first."""
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[first, second])
    found = {row.pk: row for row in rows.order_by("pk")}
    for pk in (first, second):
        if pk not in found:
            raise NotFound("conversation_not_found", _("Conversation #%(number)s does not exist.") % {"number": pk})
    return found[first], found[second]


def refuse(merged: Conversation, survivor: Conversation) -> None:
    """Raises Conflict with the reason why these two cannot become one."""
    for one in (merged, survivor):
        if one.merged_into_id:
            raise Conflict("merged", merged_sentence(one))
    if survivor.status == Status.RESOLVED:
        raise Conflict(
            "resolved", _("Conversation #%(number)s is resolved. Reopen it first.") % {"number": survivor.pk}
        )
    if merged.customer_id != survivor.customer_id:
        raise Conflict(
            "conversation_of_another",
            _("Conversation %(number)s is another customer's. Merge the customers first if they are one person.")
            % {"number": survivor},
        )
    if lost_to_visitor(merged, survivor):
        raise Conflict(
            "visitors_page",
            _("The visitor's page shows the web chat #%(number)s: merge the other one into it instead.")
            % {"number": merged.pk},
        )
    if shown_to_stranger(merged, survivor):
        raise Conflict(
            "visitor_unknown",
            _("Nobody vouches for the visitor of web chat #%(number)s: what was said elsewhere must not appear there.")
            % {"number": survivor.pk},
        )


def why_not(merged: Conversation, survivor: Conversation) -> str:
    """The sentence of `refuse`, "" where nothing speaks against it. No query where both have their channel."""
    try:
        refuse(merged, survivor)
    except Conflict as refusal:
        return refusal.message
    return ""


def lost_to_visitor(merged: Conversation, survivor: Conversation) -> bool:
    return merged.channel.kind == Channel.Kind.WEBCHAT and not same_thread(merged, survivor)


def shown_to_stranger(merged: Conversation, survivor: Conversation) -> bool:
    """The site signs who a `user:` is; a browser (`visitor:`) may be anybody's."""
    if survivor.channel.kind != Channel.Kind.WEBCHAT or same_thread(merged, survivor):
        return False
    return not survivor.thread_key.startswith("user:")


def same_thread(one: Conversation, other: Conversation) -> bool:
    return (one.channel_id, one.thread_key.partition("#")[0]) == (other.channel_id, other.thread_key.partition("#")[0])


def fill(survivor: Conversation, merged: Conversation, *, now: datetime) -> None:
    """Who waited, waits; the higher priority counts; tags of both. A customer who waits brings it back to the inbox."""
    survivor.subject = survivor.subject or merged.subject
    survivor.priority = max(survivor.priority, merged.priority)
    survivor.tags = list(dict.fromkeys([*survivor.tags, *merged.tags]))[:MAX_TAGS]
    waits = [at for at in (survivor.waiting_since, merged.waiting_since) if at is not None]
    survivor.waiting_since = min(waits, default=None)
    if merged.waiting_since is not None and survivor.status != Status.OPEN:
        survivor.status, survivor.snoozed_until = Status.OPEN, None
        survivor.go_on(at=now)
    if merged.last_message_at > survivor.last_message_at:
        for name in ("last_message_at", "last_message_text", "last_message_author"):
            setattr(survivor, name, getattr(merged, name))
    survivor.save(update_fields=list(FILLED))


def lay_down(merged: Conversation, survivor: Conversation, *, now: datetime) -> list[int]:
    """The empty row, out of every line. Those that had been merged into it, whose ids are returned, point to the survivor
    as well."""
    pointing = list(Conversation.objects.filter(merged_into=merged).order_by("pk").values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=pointing).update(merged_into=survivor)
    merged.merged_into, merged.status = survivor, Status.RESOLVED
    merged.resolved_at = merged.resolved_at or now
    merged.snoozed_until = merged.waiting_since = None
    merged.pause(at=now)
    merged.save(update_fields=["merged_into", *LAID_DOWN])
    return pointing


def check_undo(
    made: ConversationMerge, merged: Conversation, survivor: Conversation, *, now: datetime, whenever: bool
) -> None:
    """Raises Conflict, saying why it cannot be taken back (any more)."""
    if made.undone_at is not None:
        raise Conflict("not_merged", _("There is no merge to take back here."))
    if survivor.merged_into_id or merged.merged_into_id != survivor.pk:
        raise Conflict("merged_further", _("These conversations have been merged further. Take that back first."))
    if not whenever and now - made.at > UNDO_WITHIN:
        told = {"days": UNDO_WITHIN.days}
        raise Conflict(
            "too_late",
            _("A merge can be taken back for %(days)s days: by now, too much was said in one thread.") % told,
        )


def give_back(survivor: Conversation, changed: dict[str, list[Any]]) -> None:
    """As it was, where nobody has changed it since."""
    now_is = kept(survivor, FILLED)
    restored = [name for name, (_was, became) in changed.items() if now_is[name] == became]
    for name in restored:
        setattr(survivor, name, read(name, changed[name][0]))
    if restored:
        survivor.save(update_fields=restored)


def stand_up(merged: Conversation, *, had: dict[str, Any], survivor: Conversation) -> None:
    """As it was, but for what the survivor's thread has settled since: nobody waits for an answer that was given."""
    for name in LAID_DOWN:
        setattr(merged, name, read(name, had[name]))
    if survivor.waiting_since is None:
        merged.waiting_since = None
    if survivor.status == Status.RESOLVED and merged.status != Status.RESOLVED:  # both were dealt with meanwhile
        merged.status, merged.resolved_at, merged.waiting_since = Status.RESOLVED, survivor.resolved_at, None
    merged.merged_into = None
    try:
        with transaction.atomic():
            merged.save(update_fields=["merged_into", *LAID_DOWN])
    except IntegrityError:
        newer = Conversation.objects.open().filter(channel_id=merged.channel_id, thread_key=merged.thread_key)
        raise Conflict(
            "newer_conversation",
            _("The thread went on in conversation #%(number)s. Answer there.")
            % {"number": newer.values_list("id", flat=True).first()},
        ) from None


def kept(conversation: Conversation, names: tuple[str, ...]) -> dict[str, Any]:
    """As JSON can hold it."""
    values = {name: getattr(conversation, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def read(name: str, value: Any) -> Any:
    return parse_datetime(value) if name in TIMES and value else value


def tell(
    event: Any, made: ConversationMerge, survivor: Conversation, *, changed: Collection[str], actor: Any, now: datetime
) -> None:
    ids = {"survivor_id": made.survivor_id, "merged_id": made.merged_id, "merge_id": made.pk}
    told = event(**ids, customer_id=survivor.customer_id, at=now.isoformat())
    emit(told, key=f"conversation:{made.survivor_id}", actor=actor)
    if seen := [name for name in ("status", "priority", "tags", "subject") if name in changed]:
        tell_changed(survivor, *seen, actor=actor)
