"""What an agent can still take: one budget of 100 points, a most-at-once per medium, and work that a call may interrupt."""

from __future__ import annotations

from math import inf

from routing.engine.snapshot import Agent, Item, QueueRules

BUDGET = 100
DEFAULT_COST = {"voice": 100, "chat": 34, "messaging": 25, "email": 20, "task": 10}
OTHER_COST = 25
IDLE_FRACTION = 0.25
INTERRUPTING = frozenset({"voice"})
OFFER_WINDOW_SECONDS = 60.0


def default_cost(medium: str) -> int:
    """Capacity points one item of this medium takes."""
    return DEFAULT_COST.get(medium, OTHER_COST)


def cost_of(item: Item) -> int:
    """What the item takes of an agent's budget."""
    return default_cost(item.medium) if item.cost is None else item.cost


def idle_cost(cost: int, *, fraction: float = IDLE_FRACTION) -> int:
    """What paused or idle messaging still holds: a fraction, never nothing, so that waking it up cannot overshoot."""
    return max(1, round(cost * fraction)) if cost > 0 else 0


class Seat:
    """An agent while matches are being made: the frozen `Agent` and the load that grows with each match."""

    __slots__ = (
        "agent",
        "counts",
        "handled",
        "id",
        "idle_since",
        "interruptible",
        "last_offer_at",
        "load",
        "occupancy",
        "offers",
        "predicted_free_at",
        "version",
    )

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.id = agent.id
        self.load = agent.load
        self.interruptible = agent.interruptible_load
        self.counts = dict(agent.counts)
        self.idle_since = agent.idle_since
        self.handled = agent.handled
        self.last_offer_at = agent.last_offer_at
        self.offers = agent.recent_offers
        self.occupancy = agent.occupancy
        self.predicted_free_at = agent.predicted_free_at
        self.version = 0

    def fits(self, medium: str, cost: int) -> bool:
        """Whether one more item of this cost stays within the budget and the medium's cap.

        A call looks only at the load it cannot interrupt; everything else must fit beside all that is held.
        """
        load = self.load - self.interruptible if medium in INTERRUPTING else self.load
        if load + cost > self.agent.budget:
            return False
        cap = self.agent.caps.get(medium)
        return cap is None or self.counts.get(medium, 0) < cap

    def allowed_by(self, rules: QueueRules, *, now: float) -> bool:
        """The queue's own limits on one agent: occupancy and offers per minute."""
        return self.offers_left(rules, now=now) > 0

    def offers_left(self, rules: QueueRules, *, now: float) -> float:
        """How many more offers the queue's own limits allow at this moment; infinite where it sets none."""
        if rules.max_occupancy is not None and self.occupancy >= rules.max_occupancy:
            return 0
        limit = rules.max_offers_per_minute
        return inf if limit is None else limit - self._offers_since(now - OFFER_WINDOW_SECONDS)

    def offer_slot_at(self, rules: QueueRules, *, now: float) -> float | None:
        """When the per-minute limit lets this agent have another offer; None if it does not hold them back."""
        limit = rules.max_offers_per_minute
        recent = [at for at in self.offers if at > now - OFFER_WINDOW_SECONDS]
        if limit is None or len(recent) < limit:
            return None
        return recent[len(recent) - limit] + OFFER_WINDOW_SECONDS if limit > 0 else None

    def take(self, medium: str, cost: int, *, interruptible: bool, now: float) -> None:
        """Hold the capacity of an offer, exactly as a pending one does."""
        self.load += cost
        if interruptible:
            self.interruptible += cost
        self.counts[medium] = self.counts.get(medium, 0) + 1
        self.idle_since = None
        self.handled += 1
        self.last_offer_at = now
        self.offers = (*self.offers, now)
        self.version += 1

    def room(self, medium: str, cost: int) -> int:
        """How many more items of this cost fit."""
        load = self.load - self.interruptible if medium in INTERRUPTING else self.load
        by_budget = (self.agent.budget - load) // cost if cost > 0 else self.agent.budget
        cap = self.agent.caps.get(medium)
        by_cap = by_budget if cap is None else cap - self.counts.get(medium, 0)
        return max(0, min(by_budget, by_cap))

    def most(self, medium: str, cost: int) -> int:
        """How many items of this cost the agent can hold when they hold nothing else, one at least."""
        by_budget = max(1, self.agent.budget // cost) if cost > 0 else self.agent.budget
        return min(by_budget, self.agent.caps.get(medium, by_budget))

    def withdraw(self, medium: str, cost: int, *, interruptible: bool) -> None:
        """Undo the last `take` of this kind, as if it had not happened."""
        self.load -= cost
        if interruptible:
            self.interruptible -= cost
        self.counts[medium] -= 1
        self.handled -= 1
        self.offers = self.offers[:-1]
        self.version += 1
        if self.load == self.agent.load:
            self.idle_since, self.last_offer_at = self.agent.idle_since, self.agent.last_offer_at

    def release(self, medium: str, cost: int, *, interruptible: bool, now: float) -> None:
        """Give the capacity back; the agent is idle from the moment the load reaches zero."""
        self.load -= cost
        if interruptible:
            self.interruptible -= cost
        self.counts[medium] -= 1
        if self.load == 0:
            self.idle_since = now
        self.offers = tuple(at for at in self.offers if at > now - OFFER_WINDOW_SECONDS)
        self.version += 1

    def _offers_since(self, instant: float) -> int:
        return sum(1 for at in self.offers if at > instant)
