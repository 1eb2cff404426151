"""Cases, and the promises that are kept or broken."""

from __future__ import annotations

from collections.abc import Iterator

from cases.services.breaches import sweep_clocks
from cases.services.calendars import set_day, set_hours
from cases.services.cases import go_on, open_case, reopen_case, set_case_priority, solve_case, wait_for_customer
from cases.services.promises import save_policy
from cases.services.warnings import warn_of_deadlines
from channels_app.services import conversations as verbs
from cxos.core.events.cases import (
    CalendarChanged,
    CaseChanged,
    CaseOpened,
    CaseReopened,
    CaseSolved,
    ClockBreached,
    ClockChanged,
    ClockMet,
    ClockNearing,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    PolicyChanged,
)
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import BUDGETS, Scene


@proves(CaseOpened)
def a_case_is_opened(scene: Scene) -> None:
    open_case(customer=scene.kim, subject="A refund", conversation=scene.conversation, **scene.by_ana)


@proves(CaseChanged)
def a_case_is_urgent(scene: Scene) -> None:
    set_case_priority(scene.case.pk, priority=3, **scene.by_ana)


@proves(CaseSolved)
def a_case_is_solved(scene: Scene) -> None:
    solve_case(scene.case.pk, resolution="Sent again", **scene.by_ana)


@proves(CaseReopened)
def a_case_comes_back(scene: Scene) -> Iterator[None]:
    solve_case(scene.case.pk, resolution="Sent again", **scene.by_ana)
    yield
    reopen_case(scene.case.pk, reason="Lost again", **scene.by_ana)


@proves(ClockStarted)
def a_promise_begins(scene: Scene) -> None:
    scene.says(scene.kim_visits, "And?")


@proves(ClockMet)
def a_promise_is_kept(scene: Scene) -> Iterator[None]:
    scene.says(scene.kim_visits, "And?")
    yield
    scene.replies("Now")


@proves(ClockPaused)
def a_promise_waits(scene: Scene) -> None:
    verbs.set_status(scene.conversation.pk, status="pending", **scene.by_ana)


@proves(ClockResumed)
def a_promise_goes_on(scene: Scene) -> Iterator[None]:
    verbs.set_status(scene.conversation.pk, status="pending", **scene.by_ana)
    yield
    verbs.set_status(scene.conversation.pk, status="open", **scene.by_ana)


@proves(ClockPaused)
def the_promise_of_a_case_waits(scene: Scene) -> None:
    wait_for_customer(scene.case.pk, **scene.by_ana)


@proves(ClockResumed)
def the_promise_of_a_case_goes_on(scene: Scene) -> Iterator[None]:
    wait_for_customer(scene.case.pk, **scene.by_ana)
    yield
    go_on(scene.case.pk, **scene.by_ana)


@proves(ClockNearing)
def a_promise_comes_near(scene: Scene) -> None:
    assert warn_of_deadlines(now=scene.later(hours=15, minutes=54))


@proves(ClockBreached)
def a_promise_is_broken(scene: Scene) -> None:
    sweep_clocks(now=scene.later(hours=17))


@proves(CalendarChanged, silent="What is due at another time now is told by its clock; the hours are on no open page.")
def a_holiday(scene: Scene) -> None:
    set_day(scene.calendar, day=scene.later(days=40).date(), name="Holiday", **scene.by_adi)


@proves(ClockChanged)
def the_hours_change(scene: Scene) -> None:
    week = {str(day): [[0, 720]] for day in range(7)}
    set_hours(scene.calendar, zone="UTC", weekly=week, **scene.by_adi)


@proves(
    PolicyChanged, silent="What is promised from now on; what was promised already stays, and nothing else is shown."
)
def a_policy_changes(scene: Scene) -> None:
    save_policy(None, name="Quick", calendar=scene.calendar, budgets=BUDGETS, rank=9, **scene.by_adi)
