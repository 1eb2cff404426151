"""Cases: what we promised to solve, and by when.

Nouns: case, calendar, SLA policy, target, clock.

Invariants
- A clock stores its budget and its segments; the deadline follows from them and the calendar, and can be explained.
- Clocks follow the row they hang on: a handler that runs late or twice changes nothing.
- A clock that ended is history; the next message begins its next cycle, a reopened matter its next version.
- A breach is told once per clock and cycle, whatever is running, restarted or doubled.
- Routing is told a deadline; it never asks for one.

The pure parts, without ORM: hours → calendar_math (business time) → clock_math (one clock) → ladder_math (escalation
steps) and deadline_math (why it is due when it is).

Events out: CaseOpened, CaseSolved, CaseReopened, ClockStarted, ClockPaused, ClockResumed, ClockMet, ClockBreached,
ClockChanged, CalendarChanged, PolicyChanged. In: MessageReceived, MessageSent, ConversationChanged,
ConversationResolved, ConversationReopened, CustomerChanged.
Imports: automation, intelligence, channels_app, crm, cxos.core.
"""
