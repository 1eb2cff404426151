"""Intelligence: what text means, what happened, and how well.

Nouns: insight, example, text model, fact, interval, activity, shift, schedule exception.

Invariants
- `understand` never raises and never takes longer than it is given: no answer is an empty insight.
- Facts and intervals follow from the event stream alone: recomputed from scratch they come out the same.
- A model is loaded from arrays and JSON; loading runs no code.

Events out: ScheduleChanged, ActivitiesChanged. Imports: channels_app, crm, cxos.core; never automation.
"""
