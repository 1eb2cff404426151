"""Each metric equals its published formula."""

from __future__ import annotations

from collections import Counter

import pytest

from intelligence import formulas
from intelligence.formulas import Contact, Ratio
from intelligence.intervals import Tally

DAY = 86_400_000


@pytest.fixture
def floor() -> Tally:
    """100 offered, 90 answered (80 in time), 8 abandoned (3 short, 5 in time), 2 flowed out (1 in time)."""
    sums = {
        "offered": 100, "answered": 90, "answered_within": 80, "answered_wait_ms": 1_350_000, "abandoned": 8,
        "abandoned_short": 3, "abandoned_within": 5, "abandoned_wait_ms": 160_000, "flowed_out": 2,
        "flowed_out_within": 1, "handled": 90, "wrapped_up": 30, "handling_completed_ms": 16_200_000,
        "handling_split_ms": 15_000_000, "wrap_up_completed_ms": 900_000, "wrap_up_split_ms": 900_000,
        "offers_made": 100, "offers_expired": 7, "segments_transferred": 9, "in_hand_seconds": 300,
        "worked_or_routable_seconds": 400, "clock_first_response_met": 45, "clock_first_response_breached": 5,
    }  # fmt: skip
    return Tally(sums=Counter(sums))


def test_service_level_variants(floor: Tally) -> None:
    levels = {name: formula(floor) for name, formula in formulas.SERVICE_LEVELS.items()}

    assert levels == {
        "SL_offered": Ratio(80, 100),
        "SL_answered": Ratio(80, 90),
        "SL_ex_short": Ratio(80, 97),
        "SL_ab_good": Ratio(85, 100),
        "SL_ab_excl_T": Ratio(80, 95),
        "SL_Genesys": Ratio(80, 98),
        "SL_Connect": Ratio(86, 100),
    }


def test_genesys_switches(floor: Tally) -> None:
    genesys = formulas.service_level_genesys

    assert genesys(floor, flowed_out=True) == Ratio(80, 100)
    assert genesys(floor, without_short=True) == Ratio(80, 95)
    assert genesys(floor, without_abandons=True, without_short=True) == Ratio(80, 90)


def test_waits_handling_and_rates(floor: Tally) -> None:
    assert formulas.average_speed_of_answer(floor).value == 15_000
    assert formulas.abandon_rate(floor) == Ratio(5, 97)
    assert formulas.raw_abandon_rate(floor) == Ratio(8, 100)
    assert formulas.average_abandon_time(floor).value == 20_000
    assert formulas.average_handle_time(floor).value == 190_000
    assert formulas.average_handle_time(floor, form="split") == Ratio(15_900_000, 90)
    assert formulas.average_wrap_up(floor).value == 30_000
    assert formulas.average_wrap_up(floor, of_all=True).value == 10_000
    assert formulas.occupancy(floor).percent == 75.0
    assert formulas.missed_offer_rate(floor) == Ratio(7, 100)
    assert formulas.transfer_rate(floor) == Ratio(9, 90)
    assert formulas.clock_attainment(floor, "first_response").percent == 90.0


def test_a_ratio_adds_by_its_parts_and_is_undefined_over_nothing() -> None:
    assert Ratio(1, 2) + Ratio(1, 4) == Ratio(2, 6)
    assert Ratio(3, 0).value is None
    assert Ratio(0, 0).percent is None
    assert formulas.service_level_offered(Tally()).value is None


def test_survey_scores() -> None:
    assert formulas.customer_satisfaction([5, 4, 3, 1]) == Ratio(2, 4)
    assert formulas.customer_effort([7, 5, 3]) == (Ratio(15, 3), Ratio(2, 3))
    score = formulas.net_promoter_score([10] * 50 + [8] * 30 + [0] * 20)
    assert score == (pytest.approx(30.0), pytest.approx(15.31, abs=0.01))
    assert formulas.net_promoter_score([]) is None


def test_plan_metrics() -> None:
    assert formulas.adherence(1800, 28_800) == 0.9375
    assert formulas.adherence(30_000, 28_800) == 0.0
    assert formulas.adherence(0, 0) is None
    assert formulas.conformance(30_240, 28_800) == 1.05
    assert formulas.conformance(5, 0) is None
    assert formulas.gross_up(14, 0.3) == 20
    assert formulas.gross_up(7, 0.3) == 10
    assert formulas.weighted_load([(100, 60), (34, 120)], budget=100, available_seconds=200) == Ratio(10_080, 20_000)
    with pytest.raises(ValueError, match="Shrinkage is a share"):
        formulas.gross_up(14, 1.0)


def test_paid_time_is_worked_productive_or_shrinks() -> None:
    signed_in = Tally()
    signed_in.sums.update(
        in_hand_seconds=1_800, paid_split_ms=3_600_000, productive_split_ms=2_700_000, presence_break_split_ms=600_000,
        presence_missed_split_ms=300_000,
    )  # fmt: skip

    assert formulas.utilisation(signed_in).value == 0.5
    assert formulas.shrinkage(signed_in).value == 0.25
    assert {name: held.numerator for name, held in formulas.shrinkage_by_cause(signed_in).items()} == {
        "break": 600_000, "meal": 0, "meeting": 0, "training": 0, "missed": 300_000, "unreachable": 0,
    }  # fmt: skip
    assert formulas.shrinkage(Tally()).value is None


def test_the_backlog_in_hours_of_handling() -> None:
    assert formulas.backlog_hours([(3, 600.0), (2, 2_700.0)]) == 2.0


def test_forecast_error_is_weighted_by_volume() -> None:
    error = formulas.forecast_error([(100, 90), (0, 5), (50, 60)])

    assert error is not None
    assert error.wape == pytest.approx(25 / 150)
    assert error.bias == pytest.approx(5 / 150)
    assert formulas.forecast_error([(0, 5)]) is None


def test_first_contact_resolution_looks_seven_days_ahead_for_the_same_topic() -> None:
    resolved = [Contact(1, "bill", 0), Contact(2, "bill", 0), Contact(3, "bill", 0), Contact(4, "bill", 5 * DAY)]
    contacts = [
        Contact(1, "bill", DAY),  # came back
        Contact(2, "login", DAY),  # something else
        Contact(3, "bill", 8 * DAY),  # too late to count
    ]

    ratio, provisional = formulas.first_contact_resolution(resolved, contacts, now_ms=9 * DAY)

    assert ratio == Ratio(3, 4)
    assert provisional == 1


def test_reopen_rate_is_of_the_items_solved_in_the_period() -> None:
    assert formulas.reopen_rate([1, 2, 3, 3], [3, 9]) == Ratio(1, 3)


def test_backlog_by_age() -> None:
    opened = [0, 50, 90, 99]

    assert formulas.backlog_by_age(opened, now_ms=100, bands_ms=[10, 50]) == [1, 1, 2]
