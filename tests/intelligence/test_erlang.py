"""Golden values of the staffing formulas, to four digits."""

from __future__ import annotations

from math import exp

import pytest

from intelligence.erlang import (
    Demand,
    Goal,
    Unstable,
    chat_handle_seconds,
    erlang_b,
    erlang_c,
    mean_patience,
    outcome,
    required_agents,
    scheduled_agents,
    square_root_staffing,
)

HALF_HOUR = Demand(calls=100, handle_seconds=180)
IMPATIENT = Demand(calls=100, handle_seconds=180, patience_seconds=300)


def digits(value: float, places: int = 4) -> float:
    return round(value, places)


def test_the_textbook_case_needs_fourteen_agents() -> None:
    staffing = required_agents(HALF_HOUR, Goal(0.8, 20))

    assert HALF_HOUR.load == 10
    assert staffing.agents == 14
    assert digits(staffing.wait_probability) == 0.1741
    assert digits(staffing.service_level) == 0.8884
    assert digits(staffing.asa_seconds, 2) == 7.84
    assert digits(staffing.occupancy, 3) == 0.714
    assert scheduled_agents(14, shrinkage=0.3) == 20


@pytest.mark.parametrize(
    ("calls", "handle", "goal", "agents", "service_level"),
    [
        (360, 240, Goal(0.8, 20), 54, 0.8172),
        (1000, 300, Goal(0.8, 20), 176, 0.8028),
        (50, 600, Goal(0.9, 60), 22, 0.9092),
    ],
)
def test_more_golden_cases(calls: float, handle: float, goal: Goal, agents: int, service_level: float) -> None:
    staffing = required_agents(Demand(calls, handle), goal)

    assert staffing.agents == agents
    assert digits(staffing.service_level) == service_level


def test_a_bound_on_occupancy_asks_for_more() -> None:
    assert digits(outcome(Demand(360, 240), agents=54).asa_seconds, 2) == 12.05
    assert required_agents(Demand(360, 240), Goal(0.8, 20, max_occupancy=0.85)).agents == 57


def test_erlang_a_saves_one_of_fourteen() -> None:
    twelve = outcome(IMPATIENT, agents=12)
    thirteen = outcome(IMPATIENT, agents=13)

    assert (digits(twelve.service_level), digits(twelve.abandon_rate, 3)) == (0.7723, 0.043)
    assert digits(twelve.mean_wait_seconds, 2) == 12.81
    assert digits(twelve.abandon_rate, 4) == 0.0427
    assert (digits(thirteen.service_level), digits(thirteen.abandon_rate, 3)) == (0.8582, 0.025)
    assert digits(thirteen.occupancy, 3) == 0.750
    assert required_agents(IMPATIENT, Goal(0.8, 20)).agents == 13


def test_service_level_with_abandonment_agrees_with_the_differential_equations() -> None:
    """G_i' = r_i·G_{i−1} − (r_i + θ)·G_i with r_i = nμ + iθ, integrated step by step."""
    agents, mu, theta, rate = 12, 1 / 180, 1 / 300, 100 / 1800
    deaths = [min(k, agents) * mu + max(k - agents, 0) * theta for k in range(161)]
    terms = [1.0]
    for k in range(1, 161):
        terms.append(terms[-1] * rate / deaths[k])
    chances = [term / sum(terms) for term in terms]
    reached, steps = [0.0] * 149, 4000
    for _ in range(steps):
        reached = _runge_kutta(reached, 20 / steps, agents * mu, theta)

    expected = sum(chances[:agents]) + sum(p * g for p, g in zip(chances[agents:], reached, strict=True))

    assert outcome(IMPATIENT, agents=agents).service_level == pytest.approx(expected, abs=1e-9)


def _runge_kutta(g: list[float], h: float, served: float, theta: float) -> list[float]:
    def slope(values: list[float]) -> list[float]:
        before = [1.0, *values[:-1]]
        return [(served + i * theta) * before[i] - (served + (i + 1) * theta) * values[i] for i in range(len(values))]

    first = slope(g)
    second = slope([x + h / 2 * d for x, d in zip(g, first, strict=True)])
    third = slope([x + h / 2 * d for x, d in zip(g, second, strict=True)])
    fourth = slope([x + h * d for x, d in zip(g, third, strict=True)])
    return [x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(g, first, second, third, fourth, strict=True)]


def test_waits_of_served_and_abandoned_add_up_to_the_mean_wait() -> None:
    """By Little's law the mean wait of all is P(abandon) × mean patience, for exponential patience."""
    twelve = outcome(IMPATIENT, agents=12)

    assert twelve.mean_wait_seconds == pytest.approx(twelve.abandon_rate * 300)
    assert twelve.asa_seconds < twelve.mean_wait_seconds * 1.05


def test_endless_patience_turns_erlang_a_into_erlang_c() -> None:
    patient = outcome(Demand(100, 180, patience_seconds=1e8), agents=14)
    endless = outcome(HALF_HOUR, agents=14)

    assert patient.service_level == pytest.approx(endless.service_level, abs=1e-5)
    assert patient.asa_seconds == pytest.approx(endless.asa_seconds, abs=1e-3)
    assert patient.wait_probability == pytest.approx(endless.wait_probability, abs=1e-5)


def test_too_few_agents_are_unstable_unless_callers_hang_up() -> None:
    with pytest.raises(Unstable, match=r"10\.00 erlangs need more than 10 agents"):
        outcome(HALF_HOUR, agents=10)
    with pytest.raises(Unstable):
        erlang_c(3.0, 2)

    overloaded = outcome(IMPATIENT, agents=5)
    assert overloaded.abandon_rate == pytest.approx(0.5, abs=0.01)
    assert overloaded.occupancy == pytest.approx(1.0, abs=0.01)


def test_erlang_b_small_cases_by_hand() -> None:
    assert erlang_b(1.0, 1) == 0.5
    assert erlang_b(2.0, 2) == pytest.approx(0.4)
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)


def test_thousands_of_agents_are_no_problem() -> None:
    big = Demand(calls=60_000, handle_seconds=180)
    staffing = required_agents(big, Goal(0.8, 20))

    assert staffing.agents > big.load == 6000
    assert staffing.service_level >= 0.8
    assert outcome(big, agents=staffing.agents - 1).service_level < 0.8
    impatient = Demand(calls=60_000, handle_seconds=180, patience_seconds=300)
    assert required_agents(impatient, Goal(0.8, 20)).agents < staffing.agents


def test_a_quiet_interval_needs_one_agent_and_nobody_waits() -> None:
    nothing = required_agents(Demand(0, 180), Goal(0.8, 20))

    assert (nothing.agents, nothing.service_level, nothing.asa_seconds) == (1, 1.0, 0.0)


def test_an_impossible_goal_says_so() -> None:
    with pytest.raises(ValueError, match="loosen it"):
        required_agents(HALF_HOUR, Goal(None, max_occupancy=0.0))


def test_single_agent_waits_by_hand() -> None:
    """M/M/1 with half load: half of the calls wait, 180 s more on average than …/(1 − ρ) − service."""
    one = outcome(Demand(calls=5, handle_seconds=180, interval_seconds=1800), agents=1)

    assert one.wait_probability == pytest.approx(0.5)
    assert one.asa_seconds == pytest.approx(180)
    assert one.service_level == pytest.approx(1 - 0.5 * exp(-0.5 * 20 / 180))


def test_first_guesses_and_conversions() -> None:
    assert square_root_staffing(100.0, beta=0.5) == 105
    assert scheduled_agents(7, shrinkage=0.3) == 10
    assert mean_patience(abandons=4, waited_seconds=1200) == 300
    assert mean_patience(abandons=0, waited_seconds=1200) is None
    assert chat_handle_seconds(600, concurrency=3, slowdown=1.2) == 240
