"""Cases: what we promised to solve, and by when.

Nouns: case, calendar, SLA policy, target, clock.

Invariants
- A clock stores its budget and its segments; the deadline follows from them and the calendar, and can be explained.
- A breach is told once per clock and cycle, whatever is running, restarted or doubled.
- Routing is told a deadline; it never asks for one.

Events out: CaseOpened, CaseSolved, CaseReopened, ClockStarted, ClockPaused, ClockMet, ClockBreached.
Imports: automation, intelligence, channels_app, crm, cxos.core.
"""
