"""From a stored interaction to a message in the right conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Subquery, Value, When
from django.db.models.functions import Coalesce

from channels_app.models import Conversation, Interaction, Message
from channels_app.sanitising import clean_html, text_of
from channels_app.services.attachments import hand_over
from crm.models import Customer
from cxos.core.actor import actor_name
from cxos.core.events.channels import ConversationReopened, ConversationStarted, MessageReceived
from cxos.core.outbox import emit_all
from cxos.core.rows import insert

REOPEN_WITHIN = timedelta(days=7)
SHOWN_TEXT = 160
Status = Conversation.Status


@dataclass(frozen=True, slots=True)
class Attached:
    """Where the interaction landed. `created`: it started the conversation; `reopened`: it brought it back; `repeated`:
    an earlier run had attached it."""

    conversation: Conversation
    message: Message
    created: bool
    reopened: bool
    repeated: bool = False


def attach(interaction: Interaction, customer: Customer, *, is_new: bool = False, now: datetime) -> Attached:
    """Put the interaction into its thread as a customer message. Safe to repeat: a rerun gets the earlier result.

    The open conversation of (channel, thread key), or the one it was merged into, else the latest one if it was resolved within REOPEN_WITHIN, else a
    new one. A thread key that another customer's conversation holds does not let this customer in: they get a thread
    of their own. `is_new`: the customer was made in this transaction, so no thread of theirs is looked for. Costs 4
    queries, or 3, if the interaction was loaded with its `message__conversation`. The conversation stays locked.
    """
    earlier = getattr(interaction, "message", None)
    if earlier is not None:
        how = earlier.metadata.get("thread", "")
        return Attached(earlier.conversation, earlier, how == "started", how == "reopened", repeated=True)
    with transaction.atomic(savepoint=False):
        message = _message(interaction)
        conversation, how = _conversation(interaction, customer, message, is_new, now)
        message.conversation, message.metadata = conversation, {"thread": how} if how else {}
        insert(message)
        hand_over(message)
        if how != "started":
            named = _name(conversation, interaction) if conversation.thread_key in _keys(interaction, customer) else []
            conversation.save(update_fields=[*_touch(conversation, message), *named])
        conversation.customer = customer  # so that nobody reads them again
        if conversation.channel_id == interaction.channel_id:  # one it was merged into may be on another
            conversation.channel = interaction.channel
        _emit(interaction, conversation, message, how)
    return Attached(conversation, message, created=how == "started", reopened=how == "reopened")


def _conversation(
    interaction: Interaction, customer: Customer, message: Message, is_new: bool, now: datetime
) -> tuple[Conversation, str]:
    """The locked conversation, and how it was come by: "" | "started" | "reopened"."""
    keys = _keys(interaction, customer)
    for _ in range(3):
        found = None if is_new else _find(interaction.channel_id, keys, customer.id)
        if found is not None and found.merged_into_id:  # it was merged while we waited for it
            continue
        if found is not None and found.status != Status.RESOLVED:
            return found, ""
        if found is not None and _bring_back(found, now):
            return found, "reopened"
        for key in keys:
            try:
                with transaction.atomic():
                    return _start(interaction, customer, key, message), "started"
            except IntegrityError:  # somebody holds this key: the same customer a moment ago, or another customer
                ours = Conversation.objects.open().filter(customer_id=customer.id, thread_key=key)
                if ours.filter(channel_id=interaction.channel_id).exists():
                    break
    raise RuntimeError(f"Thread {interaction.thread_key!r} of channel {interaction.channel_id} changes too fast.")


def _bring_back(conversation: Conversation, now: datetime) -> bool:
    """Open it again, unless it was resolved too long ago or its thread key is taken by another customer by now."""
    if conversation.resolved_at is None or now - conversation.resolved_at > REOPEN_WITHIN:
        return False
    try:
        with transaction.atomic():
            conversation.status, conversation.resolved_at = Status.OPEN, None
            conversation.save(update_fields=["status", "resolved_at", *conversation.go_on(at=now)])
    except IntegrityError:
        return False
    return True


def _keys(interaction: Interaction, customer: Customer) -> tuple[str, str]:
    return interaction.thread_key, own_key(interaction.thread_key, customer.id)


def own_key(thread_key: str, customer_id: int) -> str:
    """The thread of a customer who writes under a key that another customer's conversation already has."""
    return f"{thread_key}#{customer_id}"


def _find(channel_id: int, keys: tuple[str, ...], customer_id: int) -> Conversation | None:
    """The thread's conversation, or the one it was merged into: that one alone is locked, so that nobody who has both
    waits for us while we wait for them."""
    open_first = Case(When(status=Status.RESOLVED, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = Conversation.objects.filter(channel_id=channel_id, thread_key__in=keys, customer_id=customer_id)
    newest = rows.order_by(open_first, "-id").values(stands=Coalesce("merged_into_id", "id"))[:1]
    meant = Conversation.objects.filter(pk=Subquery(newest), customer_id=customer_id)
    return meant.select_for_update(no_key=True).first()


def _start(interaction: Interaction, customer: Customer, key: str, message: Message) -> Conversation:
    subject = str(interaction.payload.get("metadata", {}).get("subject", ""))[:200]
    conversation = Conversation(
        customer=customer,
        channel_id=interaction.channel_id,
        thread_key=key,
        external_id=external_id_of(interaction),
        subject=subject,
        created_at=interaction.received_at,
        last_message_at=interaction.received_at,
    )
    _touch(conversation, message)
    insert(conversation)
    return conversation


def external_id_of(interaction: Interaction) -> str:
    """What the sender calls the conversation; "" when they do not name it."""
    return str(interaction.payload.get("conversation_external_id", ""))


def _name(conversation: Conversation, interaction: Interaction) -> list[str]:
    """One that was begun before names were kept whole learns its name. The columns set, not saved."""
    if conversation.external_id or not (name := external_id_of(interaction)):
        return []
    conversation.external_id = name
    return ["external_id"]


def _message(interaction: Interaction) -> Message:
    """What was said, not saved yet and in no conversation."""
    given = interaction.payload
    html = clean_html(given.get("html", ""))
    return Message(
        kind=Message.Kind.MESSAGE,
        author_kind=Message.Author.CUSTOMER,
        text=given.get("text", "") or text_of(html),
        html=html,
        attachments=given.get("attachments", []),
        state=Message.State.RECEIVED,
        interaction_id=interaction.pk,
        # When it reached us, not when the journey came to it: waiting is counted from here.
        created_at=interaction.received_at,
    )


def _touch(conversation: Conversation, message: Message) -> list[str]:
    """The customer is waiting again; what was pending or snoozed comes back to the inbox. The columns set, not saved."""
    changed = ["last_message_at", "last_message_text", "last_message_author", "waiting_since", "status"]
    show_newest(conversation, message)
    conversation.waiting_since = conversation.waiting_since or message.created_at
    if conversation.status == Status.SNOOZED:
        conversation.snoozed_until = None
        changed.append("snoozed_until")
    conversation.status = Status.OPEN
    return [*changed, *conversation.go_on(at=message.created_at)]


def show_newest(conversation: Conversation, message: Message) -> None:
    """Set (not save) the columns that let a list show the newest message without a join."""
    text = " ".join(message.text[: SHOWN_TEXT * 2].split()) or attachment_names(message)
    conversation.last_message_at = max(conversation.last_message_at, message.created_at)
    conversation.last_message_text = text[:SHOWN_TEXT]
    conversation.last_message_author = message.author_kind


def attachment_names(message: Message) -> str:
    return ", ".join(str(one.get("name") or one.get("url", "")) for one in message.attachments)


def _emit(interaction: Interaction, conversation: Conversation, message: Message, how: str) -> None:
    key, at = f"conversation:{conversation.id}", message.created_at.isoformat()
    events: list[object] = []
    if how == "started":
        events.append(
            ConversationStarted(
                conversation_id=conversation.id,
                customer_id=conversation.customer_id,
                channel_id=conversation.channel_id,
                thread_key=conversation.thread_key,
            )
        )
    if how == "reopened":
        events.append(
            ConversationReopened(conversation_id=conversation.id, customer_id=conversation.customer_id, at=at)
        )
    events.append(
        MessageReceived(
            conversation_id=conversation.id,
            message_id=message.id,
            interaction_id=interaction.id,
            customer_id=conversation.customer_id,
            channel_id=conversation.channel_id,
            at=at,
            first=how == "started",
            reopened=how == "reopened",
        )
    )
    emit_all([(event, key) for event in events], actor=actor_name(f"customer:{conversation.customer_id}"))
