from __future__ import annotations

from cxos.core.catalogue import event


@event
class InteractionReceived:
    """Key `thread:<channel>:<thread key>`. Written by the ingest statement itself."""

    interaction_id: int
    channel_id: int


@event
class ConversationStarted:
    """Key `conversation:<id>`, as all below."""

    conversation_id: int
    customer_id: int
    channel_id: int
    thread_key: str = ""


@event
class MessageReceived:
    """A customer said something. `first`: it opened the conversation; `reopened`: it brought it back."""

    conversation_id: int
    message_id: int
    interaction_id: int | None
    customer_id: int
    channel_id: int
    at: str
    first: bool = False
    reopened: bool = False


@event
class MessageSent:
    """We said something. `author_kind` agent or bot; `waiting_ms` since the oldest unanswered customer message."""

    conversation_id: int
    message_id: int
    channel_id: int
    author_kind: str
    agent_id: int | None
    at: str
    waiting_ms: int | None = None
    first_response: bool = False


@event
class NoteAdded:
    """`mentioned_ids`: whom it calls, by name or with their team; each has a Mention row."""

    conversation_id: int
    message_id: int
    agent_id: int | None
    mentioned_ids: tuple[int, ...] = ()


@event
class MessageDelivered:
    """`state`: sent, delivered or read."""

    conversation_id: int
    message_id: int
    channel_id: int
    state: str


@event
class MessageFailed:
    conversation_id: int
    message_id: int
    channel_id: int
    problem: str


@event
class ConversationAssigned:
    """`agent_id` None: nobody holds it now."""

    conversation_id: int
    agent_id: int | None
    previous_agent_id: int | None
    team_id: int | None


@event
class ConversationChanged:
    """Status (but not resolved), priority, tags or subject."""

    conversation_id: int
    changed: tuple[str, ...]


@event
class ConversationResolved:
    """`open_ms` since it began; `paused_ms` of that it waited for the customer, or was resolved before. `again`: not for
    the first time."""

    conversation_id: int
    customer_id: int
    agent_id: int | None
    at: str
    open_ms: int
    paused_ms: int = 0
    again: bool = False


@event
class ConversationReopened:
    conversation_id: int
    customer_id: int
    at: str


@event
class ConversationsMerged:
    """`merged_id` has become part of `survivor_id`, with all that was said in it. Key: the survivor's."""

    survivor_id: int
    merged_id: int
    merge_id: int
    customer_id: int
    at: str


@event
class ConversationsParted:
    """That was taken back: `merged_id` is a conversation of its own again. Key: the survivor's."""

    survivor_id: int
    merged_id: int
    merge_id: int
    customer_id: int
    at: str


@event
class SurveyAnswered:
    """The customer said how it was, once per conversation. `score` 1 (very bad) to 5 (very good)."""

    conversation_id: int
    customer_id: int
    channel_id: int
    agent_id: int | None
    score: int
    commented: bool
    at: str


@event
class WhisperSent:
    """Key `whisper:<id>`. A word for one colleague, about a conversation; its text stays where it was written."""

    conversation_id: int
    whisper_id: int
    author_id: int
    recipient_id: int
    at: str


@event
class WhisperSeen:
    conversation_id: int
    whisper_id: int
    author_id: int | None
    recipient_id: int
    at: str
