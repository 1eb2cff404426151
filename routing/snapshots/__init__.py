"""The floor as the matching core reads it: a few set-wise queries, whatever the number of agents and items.

setup    queues, members, skills, teams: kept by each process until their token changes
rules    a queue as the core knows it, with the live figures its rings ask for
rings    the rings of a queue as the core knows them
loads    what agents hold
people   agents with their load; the dearer figures only where a queue asks for them
work     waiting items, the ones an agent could take first
pace     how fast queues are served: what waits are foretold from
servers  who serves which kind of waiting work, and how long it will wait
"""

from routing.snapshots.loads import held_loads
from routing.snapshots.people import load_agents
from routing.snapshots.picture import take_snapshot
from routing.snapshots.times import moment, seconds

__all__ = ["held_loads", "load_agents", "moment", "seconds", "take_snapshot"]
