from channels_app.models.attachment import Attachment
from channels_app.models.channel import Channel, Interaction
from channels_app.models.conversation import Conversation, Message, Priority, ReadMarker
from channels_app.models.draft import Draft, HeldReply
from channels_app.models.mention import Mention
from channels_app.models.merge import ConversationMerge
from channels_app.models.template import MessageTemplate
from channels_app.models.webhook import WebhookAttempt, WebhookSubscription
from channels_app.models.whisper import Whisper

__all__ = [
    "Attachment", "Channel", "Conversation", "ConversationMerge", "Draft", "HeldReply", "Interaction", "Mention", "Message", "MessageTemplate",
    "Priority", "ReadMarker", "WebhookAttempt", "WebhookSubscription", "Whisper",
]  # fmt: skip
