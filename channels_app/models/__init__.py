from channels_app.models.channel import Channel, Interaction
from channels_app.models.conversation import Conversation, Message, Priority, ReadMarker
from channels_app.models.webhook import WebhookAttempt, WebhookSubscription

__all__ = [
    "Channel", "Conversation", "Interaction", "Message", "Priority", "ReadMarker", "WebhookAttempt",
    "WebhookSubscription",
]  # fmt: skip
