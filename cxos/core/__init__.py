"""The kernel: what every app stands on, and nothing about customers.

Nouns: user, team, role; event, delivery, stream; notice (a hint to open pages); API key; audit entry; sealed field.

Invariants
- A change and its event commit together or not at all (`outbox.emit` needs an open transaction).
- A handler's work and the removal of its delivery commit together; deliveries of one handler and key run one by one.
- A notice is only a hint: losing every one of them loses no state.
- An audit entry is never changed or removed, and holds the hash of the one before it.

Imports: nothing of this project.
"""
