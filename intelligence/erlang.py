"""Erlang B, C and A: what a number of agents does to waiting, and how many are needed. Pure mathematics, no ORM.

Load A = calls × handle seconds ÷ interval seconds, in erlangs. Erlang C lets nobody hang up and is stable only while
A < agents; Erlang A (M/M/n+M) gives every caller an exponential patience, is always stable, and is the one to use when
more than 2 % abandon. Sources: Koole, Call Center Optimization, 2013, ch. 4–5; Mandelbaum & Zeltyn 2007 for Erlang A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, exp, floor, sqrt

TERM = 1e-15  # a state less likely than this, relative to the likeliest, is left out
MOST_AGENTS = 100_000


class Unstable(ValueError):
    """The queue grows without end: the load is at least the number of agents and nobody hangs up."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes in: `calls` per `interval_seconds`, each handled for `handle_seconds` on average."""

    calls: float
    handle_seconds: float
    interval_seconds: float = 1800.0
    patience_seconds: float | None = None  # mean; None = nobody hangs up (Erlang C)

    @property
    def load(self) -> float:
        """Erlangs."""
        return self.calls * self.handle_seconds / self.interval_seconds

    @property
    def arrivals_per_second(self) -> float:
        return self.calls / self.interval_seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """Steady state of one queue. Shares are 0–1; the service level counts all offered calls."""

    agents: int
    wait_probability: float
    service_level: float
    asa_seconds: float  # mean wait of the answered
    mean_wait_seconds: float  # of all offered, the abandoned included
    abandon_rate: float
    occupancy: float


@dataclass(frozen=True, slots=True)
class Goal:
    """What the staffing must reach. Only the conditions given count; shares are 0–1."""

    service_level: float | None = 0.8
    target_seconds: float = 20.0
    max_asa_seconds: float | None = None
    max_occupancy: float | None = None
    max_abandon_rate: float | None = None

    def is_met_by(self, outcome: Outcome) -> bool:
        return (
            (self.service_level is None or outcome.service_level >= self.service_level)
            and (self.max_asa_seconds is None or outcome.asa_seconds <= self.max_asa_seconds)
            and (self.max_occupancy is None or outcome.occupancy <= self.max_occupancy)
            and (self.max_abandon_rate is None or outcome.abandon_rate <= self.max_abandon_rate)
        )


def erlang_b(load: float, agents: int) -> float:
    """Share of calls blocked when nobody can wait. B₀ = 1, Bᵢ = A·Bᵢ₋₁ / (i + A·Bᵢ₋₁)."""
    blocked = 1.0
    for i in range(1, agents + 1):
        blocked = load * blocked / (i + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Share of calls that wait when nobody hangs up. n·B / (n − A·(1 − B)); raises Unstable when load ≥ agents."""
    if load >= agents:
        raise Unstable(f"{load:.2f} erlangs need more than {agents} agents: the queue would grow without end.")
    blocked = erlang_b(load, agents)
    return agents * blocked / (agents - load * (1.0 - blocked))


def outcome(demand: Demand, *, agents: int, target_seconds: float = 20.0) -> Outcome:
    """Waiting, service level, abandonment and occupancy with this many agents.

    Erlang A when the demand names a patience, else Erlang C, which raises Unstable when load ≥ agents.
    """
    if demand.load == 0.0:
        return Outcome(agents, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    if demand.patience_seconds is None:
        return _outcome_c(demand, agents, target_seconds)
    return _outcome_a(demand, demand.patience_seconds, agents, target_seconds)


def _outcome_c(demand: Demand, agents: int, target_seconds: float) -> Outcome:
    load, handle = demand.load, demand.handle_seconds
    waits = erlang_c(load, agents)
    asa = waits * handle / (agents - load)
    return Outcome(
        agents=agents,
        wait_probability=waits,
        service_level=1.0 - waits * exp(-(agents - load) * target_seconds / handle),
        asa_seconds=asa,
        mean_wait_seconds=asa,
        abandon_rate=0.0,
        occupancy=load / agents,
    )


def _outcome_a(demand: Demand, patience: float, agents: int, target_seconds: float) -> Outcome:
    """M/M/n+M. A caller who finds j ahead is served after S = Σ of exponentials with rates nμ + iθ, i = 0 … j, unless
    patience ends first. exp(−θS) has the Beta(nμ/θ, j + 1) distribution, which gives both waits in closed form.
    """
    from scipy.special import betainc, digamma  # loaded only where abandonment is asked for

    rate, theta = demand.arrivals_per_second, 1.0 / patience
    below, waiting = _states(rate, 1.0 / demand.handle_seconds, theta, agents)
    alpha = agents * patience / demand.handle_seconds
    reach = 1.0 - exp(-theta * target_seconds)
    in_time, wait_of_served, line = below, 0.0, 0.0
    for ahead, probability in enumerate(waiting):
        beta = ahead + 1.0
        served = alpha / (alpha + beta)
        in_time += probability * served * float(betainc(beta, alpha + 1.0, reach))
        wait_of_served += probability * served * float(digamma(alpha + beta + 1.0) - digamma(alpha + 1.0)) * patience
        line += probability * ahead
    abandoned = theta * line / rate
    return Outcome(
        agents=agents,
        wait_probability=1.0 - below,
        service_level=in_time,
        asa_seconds=wait_of_served / (1.0 - abandoned),
        mean_wait_seconds=line / rate,
        abandon_rate=abandoned,
        occupancy=demand.load * (1.0 - abandoned) / agents,
    )


def _states(rate: float, mu: float, theta: float, agents: int) -> tuple[float, list[float]]:
    """(P(a free agent), P(all busy and j waiting) for j = 0, 1, …) of the birth-death chain.

    It starts at the likeliest state, so that no term overflows however large the load is.
    """
    if agents == 0:
        mode = int(rate / theta)
    else:
        mode = int(rate / mu) if rate < agents * mu else agents + int((rate - agents * mu) / theta)
    up, state, term = [1.0], mode, 1.0
    while term >= TERM or state < agents:
        state += 1
        term *= rate / _deaths(state, mu, theta, agents)
        up.append(term)
    down, state, term = [], mode, 1.0
    while state > 0 and term >= TERM:
        term *= _deaths(state, mu, theta, agents) / rate
        state -= 1
        down.append(term)
    first = mode - len(down)
    terms = [*reversed(down), *up]
    total = sum(terms)
    free = max(0, agents - first)
    return sum(terms[:free]) / total, [0.0] * max(0, first - agents) + [term / total for term in terms[free:]]


def _deaths(state: int, mu: float, theta: float, agents: int) -> float:
    return min(state, agents) * mu + max(state - agents, 0) * theta


def required_agents(demand: Demand, goal: Goal) -> Outcome:
    """The outcome with the fewest agents that meet every condition of the goal; doubling, then bisection.

    Raises ValueError when no number of agents can (a service level of 1, an occupancy of 0).
    """

    def is_enough(agents: int) -> bool:
        return goal.is_met_by(outcome(demand, agents=agents, target_seconds=goal.target_seconds))

    least = 1 if demand.patience_seconds is not None else max(1, floor(demand.load) + 1)
    return outcome(demand, agents=_fewest(is_enough, least), target_seconds=goal.target_seconds)


def _fewest(is_enough: Callable[[int], bool], least: int) -> int:
    low, high = least - 1, least
    while not is_enough(high):
        low, high = high, high + max(1, high - least + 1)
        if high > MOST_AGENTS:
            raise ValueError(f"Not even {MOST_AGENTS} agents reach this goal: loosen it.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def scheduled_agents(agents: int, *, shrinkage: float) -> int:
    """Agents to schedule so that this many are there: ⌈n / (1 − shrinkage)⌉, shrinkage 0 ≤ s < 1."""
    return ceil(agents / (1.0 - shrinkage) - 1e-9)


def square_root_staffing(load: float, *, beta: float = 1.0) -> int:
    """A first guess: A + β·√A, rounded up. β about 0.5 saves agents, 1.5 saves waiting."""
    return ceil(load + beta * sqrt(load))


def mean_patience(*, abandons: int, waited_seconds: float) -> float | None:
    """Mean patience by maximum likelihood when the answered are censored: total waiting ÷ abandons; None without any."""
    return waited_seconds / abandons if abandons else None


def chat_handle_seconds(handle_seconds: float, *, concurrency: float, slowdown: float = 1.0) -> float:
    """Handle time per chat slot turned into agent time: several at once, each slower by the measured factor (≥ 1)."""
    return handle_seconds * slowdown / concurrency
