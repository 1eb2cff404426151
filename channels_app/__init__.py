"""Channels: every way in and out, and what was said on it.

Nouns: channel, adapter, envelope, interaction, conversation, message, attachment, mention, draft, held reply, webhook
subscription.

Invariants
- An interaction is stored raw, once per (channel, external id), before anything looks at it; a 2xx means it is committed.
- A message belongs to one conversation; a conversation to one customer and, at a time, to at most one assignee.
- A conversation that became part of another is resolved and empty, and points to one that is not merged itself.
- What we send is stored before it is sent; its delivery state only moves forward.

Events out: InteractionReceived, ConversationStarted, MessageReceived, MessageSent, NoteAdded, MessageDelivered,
MessageFailed, ConversationResolved, ConversationReopened, ConversationAssigned, ConversationsMerged, ConversationsParted. Imports: crm, cxos.core.
"""
