"""The agent's row: locked by everything that changes what the agent holds, so that capacity is never exceeded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from cxos.core.models import User
from routing.matching import INTERRUPTING, default_cost
from routing.models import AgentState, WorkItem
from routing.snapshots import held_loads


def lock_agent(user_id: int) -> AgentState:
    """The agent's state with its user, locked until the transaction ends; made for an agent who never signed in. Lock it
    before items."""
    locked = AgentState.objects.select_related("user").select_for_update(of=("self",), no_key=True)
    state = locked.filter(user_id=user_id).first()
    if state is None:
        AgentState.objects.get_or_create(user_id=user_id)
        state = locked.get(user_id=user_id)
    return state


def lock_agents(user_ids: Collection[int]) -> dict[int, AgentState]:
    """Agent → state with its user, of those who ever signed in, locked in order of id. One query."""
    locked = AgentState.objects.select_related("user").select_for_update(of=("self",), no_key=True)
    return {state.user_id: state for state in locked.filter(user__in=user_ids).order_by("user_id")}


def held_cost(user_id: int) -> int:
    """Capacity points the agent holds, pending offers included."""
    return cost_of_load(held_loads([user_id])[user_id])


def cost_of_load(load: Mapping[str, tuple[int, int, int]], *, interrupting: bool = False) -> int:
    """The points of one agent's load; a call looks only at what it cannot interrupt."""
    return sum(cost - (soft if interrupting else 0) for _, cost, soft in load.values())


def may_hold(state: AgentState, load: Mapping[str, tuple[int, int, int]], *, medium: str, cost: int) -> bool:
    """Whether one more item of this medium and (full) cost stays within the agent's budget and the medium's cap, beside
    `load`: medium → (items, cost, interruptible cost), as held_loads has it."""
    cap = state.caps.get(medium)
    if cap is not None and load.get(medium, (0, 0, 0))[0] >= cap:
        return False
    return cost_of_load(load, interrupting=medium in INTERRUPTING) + cost <= state.budget


def has_room(state: AgentState, item: WorkItem) -> bool:
    """Whether the agent, who holds nothing of it yet, may hold this work once it no longer waits for its customer."""
    return may_hold(state, held_loads([state.user_id])[state.user_id], medium=item.medium, cost=full_cost(item))


def full_cost(item: WorkItem) -> int:
    """What the work takes of a budget when it is gone on with."""
    return item.cost if item.paused_at is None else default_cost(item.medium)


def note_idle(state: AgentState, *, now: datetime) -> None:
    """When the last held thing is gone the agent begins to be idle: longest idle counts from here."""
    if not held_cost(state.user_id):
        state.idle_since = now
        state.save(update_fields=["idle_since"])


def state_of(user: User) -> AgentState:
    return AgentState.objects.get_or_create(user=user)[0]
