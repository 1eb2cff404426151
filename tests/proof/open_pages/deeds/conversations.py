"""What is said, by whom, and what becomes of a conversation."""

from __future__ import annotations

from collections.abc import Iterator

from automation.models import Rule
from channels_app.models import Channel, Conversation, ConversationMerge, Message
from channels_app.services import conversations as verbs
from channels_app.services.assignment import assign
from channels_app.services.delivery import record_state
from channels_app.services.joining import merge, take_apart
from channels_app.services.replies import add_note
from channels_app.services.whispers import note_seen, whisper
from channels_app.webchat.endings import answer_survey
from channels_app.webchat.visitors import Visitor
from cxos.core.events.automation import RuleApplied
from cxos.core.events.channels import (
    ConversationAssigned,
    ConversationChanged,
    ConversationReopened,
    ConversationResolved,
    ConversationsMerged,
    ConversationsParted,
    ConversationStarted,
    InteractionReceived,
    MessageDelivered,
    MessageFailed,
    MessageReceived,
    MessageSent,
    NoteAdded,
    SurveyAnswered,
    WhisperSeen,
    WhisperSent,
)
from cxos.core.relay import drain_outbox
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(MessageReceived)
def the_customer_writes(scene: Scene) -> None:
    scene.says(scene.kim_visits, "One more thing")


@proves(InteractionReceived, silent="What came in is stored, and nothing is done with it yet: its message is told.")
def something_comes_in(scene: Scene) -> None:
    scene.says(scene.kim_visits, "One more thing")


@proves(ConversationStarted)
def a_visitor_comes_back(scene: Scene) -> Iterator[None]:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)
    drain_outbox()
    Conversation.objects.filter(pk=scene.conversation.pk).update(thread_key="ended long ago")
    yield
    scene.says(scene.kim_visits, "It has not come yet")


@proves(ConversationStarted, MessageReceived)
def somebody_new_writes(scene: Scene) -> None:
    new = Visitor(channel_id=scene.site.pk, id="joejoejoe", subject="joe", email="joe@example.com", name="Joe")
    scene.says(new, "Hello?")


@proves(MessageSent)
def an_answer(scene: Scene) -> None:
    scene.replies("Yes")


@proves(MessageDelivered)
def the_customer_has_read_it(scene: Scene) -> Iterator[None]:
    answer = scene.replies("Yes")
    yield
    record_state([answer.pk], state="read")


@proves(MessageFailed)
def an_answer_cannot_be_delivered(scene: Scene) -> Iterator[None]:
    answer = scene.replies("Yes")
    yield
    record_state([answer.pk], state="failed", problem="Nobody there")


@proves(NoteAdded)
def a_note(scene: Scene) -> None:
    add_note(scene.conversation.pk, text="@Bea Hm", author=scene.ana, mentioned_ids=[scene.bea.pk], **scene.by_ana)


@proves(ConversationAssigned)
def given_away(scene: Scene) -> None:
    assign(scene.conversation.pk, assignee_id=scene.bea.pk, **scene.by_sam)


@proves(ConversationAssigned)
def taken_from_a_colleague(scene: Scene) -> Iterator[None]:
    assign(scene.conversation.pk, assignee_id=scene.bea.pk, **scene.by_sam)
    yield
    assign(scene.conversation.pk, assignee_id=scene.ana.pk, **scene.by_sam)


@proves(ConversationChanged)
def a_priority(scene: Scene) -> None:
    verbs.set_priority(scene.conversation.pk, priority=3, **scene.by_ana)


@proves(ConversationChanged)
def a_tag(scene: Scene) -> None:
    verbs.add_tags(scene.conversation.pk, tags=["vip"], **scene.by_ana)


@proves(ConversationChanged)
def a_snooze(scene: Scene) -> None:
    verbs.snooze(scene.conversation.pk, until=scene.later(hours=1), **scene.by_ana)


@proves(ConversationResolved)
def resolved(scene: Scene) -> None:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)


@proves(ConversationReopened)
def brought_back(scene: Scene) -> Iterator[None]:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)
    yield
    verbs.reopen(scene.conversation.pk, **scene.by_sam)


@proves(ConversationsMerged)
def two_conversations_become_one(scene: Scene) -> Iterator[None]:
    second = by_mail(scene)
    yield
    merge(second.pk, into=scene.conversation.pk, **scene.by_ana)


@proves(ConversationsParted)
def they_are_two_again(scene: Scene) -> Iterator[None]:
    merge(by_mail(scene).pk, into=scene.conversation.pk, **scene.by_ana)
    yield
    take_apart(ConversationMerge.objects.get().pk, **scene.by_ana)


@proves(SurveyAnswered)
def the_customer_says_how_it_was(scene: Scene) -> Iterator[None]:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)
    yield
    answer_survey(scene.kim_visits, scene.site, score=5, comment="Quick!", now=scene.now)


@proves(WhisperSent)
def a_whisper(scene: Scene) -> None:
    whisper(scene.conversation, to=scene.ana, text="Offer a voucher", author=scene.sam, now=scene.now)


@proves(WhisperSeen)
def a_whisper_is_read(scene: Scene) -> Iterator[None]:
    made = whisper(scene.conversation, to=scene.ana, text="Offer a voucher", author=scene.sam, now=scene.now)
    yield
    note_seen(made.pk, user=scene.ana, now=scene.now)


@proves(RuleApplied, silent="What a rule does is told by what is done: a tag, a priority, a case.")
def a_rule_acts(scene: Scene) -> Iterator[None]:
    Rule.objects.create(name="Orders", event="MessageReceived", actions=[{"kind": "add_tags", "tags": ["order"]}])
    yield
    scene.says(scene.kim_visits, "Where is my order?")


def by_mail(scene: Scene) -> Conversation:
    """What Kim wrote on another way."""
    mail = Channel.objects.create(key="mail", name="Mail", kind=Channel.Kind.API, medium=Channel.Medium.MESSAGING)
    made = Conversation.objects.create(
        customer=scene.kim, channel=mail, thread_key="by mail", assignee=scene.ana, last_message_text="Where is it?"
    )
    Message.objects.create(conversation=made, author_kind="customer", text="Where is it?", state="received")
    return made
