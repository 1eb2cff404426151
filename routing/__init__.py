"""Routing: the journey of an interaction, and the right agent for it.

Nouns: journey, work item, queue, skill, level, presence, capacity, offer, segment, decision.

Invariants
- A work item has at most one pending offer; a pending offer already holds its agent's capacity.
- The load of an agent never exceeds the budget unless a supervisor said so, which is recorded.
- An item's age counts from its first entry into a queue and survives every path back.
- Of two who accept one offer, one wins and the other is told so; an accepted item has exactly one holder.
- Every decision keeps who was considered, who was not and why.

Events in: InteractionReceived begins the journey, ClockBreached lets the rules decide again.
Events out: WorkQueued, OfferMade, OfferAccepted, OfferDeclined, OfferExpired, OfferWithdrawn, WorkAssigned, WorkWrapping,
WorkCompleted, PresenceChanged. Imports: cases, automation, intelligence, channels_app, crm, cxos.core.
"""
