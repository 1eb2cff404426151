"""The pure matching engine behind `routing.matching`: no ORM, no clock of its own, no randomness.

One idea per file, in the order a match uses them:

snapshot     what goes in and comes out: frozen values, epoch seconds, capacity points
overflow     closed, full or too long a wait: where an item goes instead
rings        how an item's demands relax as it waits
scoring      which item is first, which agent is best
capacity     what an agent can still take
pools        who could ever take this kind of item, and why the others cannot
serving      who serves a kind of work, for foretelling its wait
bench        one kind of item's free agents, best first
floor        waiting items and agents, indexed so that one event costs O(signatures)
feed, run    items let in by score, groups taking turns
assignment   the globally best pairs for queues that ask for it
explanation  the decision as compact JSON
"""
