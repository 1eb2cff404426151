"""Reading a recorded log: calls, who was there when, and the replay of days nothing was learned from."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from routing.simulation.call_log import Call, UnreadableLog, by_day, read_calls
from routing.simulation.duty import duty_days, wrap_ups
from routing.simulation.replay import Log, cross_fit, day_scenario, judge
from routing.simulation.traffic import learn

HEADER = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"
ROWS = [
    "A\t1\t0\t0\tPS\t990101\t7:00:00\t7:00:09\t9\t0:00:00\t0:00:00\t0\tAGENT\t7:00:10\t7:02:10\t120\tRUTH",
    "A\t2\t7\t2\tPS\t990101\t7:01:00\t7:01:05\t5\t7:01:05\t7:01:35\t30\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER",
    "A\t3\t0\t0\tNW\t990101\t7:01:00\t7:01:10\t10\t7:01:10\t7:02:15\t65\tAGENT\t7:02:14\t7:03:14\t60\tRUTH",
    "A\t4\t0\t0\tPS\t990101\t6:01:00\t6:01:10\t10\t0:00:00\t0:00:00\t0\tHANG\t0:00:00\t0:00:00\t0\tNO_SERVER",
    "A\t5\t0\t0\tPS\t990101\t6:01:00\t6:01:10\t10\t0:00:00\t0:00:00\t0\tPHANTOM\t6:01:10\t6:01:20\t10\tNO_SERVER",
]
RECORDED = Path(__file__).resolve().parents[3] / "shared/data/anonymous_bank_feb1999/calls_feb1999_1to20.tsv.gz"


def written(path: Path, rows: list[str]) -> Path:
    with gzip.open(path, "wt") as lines:
        lines.write("\n".join([HEADER, *rows]) + "\n")
    return path


def test_real_callers_are_read_in_order_of_entry(tmp_path: Path) -> None:
    calls = read_calls(written(tmp_path / "log.tsv.gz", ROWS))

    assert [(call.kind, call.entered, call.waited, call.served, call.agent) for call in calls] == [
        ("PS", 25210.0, 0.0, True, "RUTH"),
        ("PS", 25265.0, 30.0, False, "NO_SERVER"),
        ("NW", 25270.0, 65.0, True, "RUTH"),
    ]
    assert calls[2].handle_seconds == 60
    assert calls[0].hour == 7
    assert list(by_day(calls)) == ["990101"]


def test_two_calls_held_at_once_cost_the_agent_that_time_once(tmp_path: Path) -> None:
    """Ruth takes a second call 60 s into one of 120 s, and holds it for 90 s: 30 s of it are all it costs beside."""
    beside = "A\t6\t0\t0\tPS\t990101\t7:01:00\t7:01:09\t9\t0:00:00\t0:00:00\t0\tAGENT\t7:01:10\t7:02:40\t90\tRUTH"

    first, second = read_calls(written(tmp_path / "log.tsv.gz", [beside, ROWS[0]]))

    assert [(each.handle_seconds, each.shared) for each in (first, second)] == [(120, 0), (30, 60)]
    assert second.ended == 7 * 3600 + 160


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text("a\tb\n1\t2\n")

    with pytest.raises(UnreadableLog, match=r"other\.tsv has no column date"):
        read_calls(path)


def call(started: float, handle: float, agent: str, *, waited: float = 0.0) -> Call:
    return Call("d", "PS", 0, started - waited, waited, True, started, started + handle, agent)


def test_an_agent_passed_over_while_callers_wait_is_not_there() -> None:
    """Ruth ends at 100; a caller waits from 90 on, whom Noa takes at 400; Ruth is back at 600, out of the queue, for
    somebody who has waited since 450: so Noa, whose call ends at 500, was away as well."""
    calls = [
        call(0, 100, "RUTH"),
        call(5, 395, "NOA"),
        call(400, 100, "NOA", waited=310),
        call(600, 50, "RUTH", waited=150),
        call(605, 50, "NOA"),
        call(655, 50, "RUTH"),
    ]

    noa, ruth = duty_days(calls)

    [away, _] = ruth.gaps
    assert (away.since, away.gone, away.seen, away.watched) == (100, 500, True, True)
    assert (ruth.first, ruth.last, ruth.breaks(wrap_up=20)) == (0, 705, ((100, 480),))
    assert (noa.first, noa.breaks(wrap_up=20)) == (5, ((500, 80),))


def test_a_caller_who_waits_and_hangs_up_proves_that_nobody_was_there() -> None:
    """Ruth ends at 100; somebody waits from 200 to 260 in vain; Ruth's next caller is put through at once at 400."""
    in_vain = Call("d", "PS", 0, 200, 60, served=False)
    calls = [call(0, 100, "RUTH"), call(0, 390, "NOA"), in_vain, call(400, 50, "RUTH")]

    _, ruth = duty_days(calls)

    assert [(gap.gone, gap.seen) for gap in ruth.gaps] == [(160, False)]


def test_the_shortest_wait_is_proof() -> None:
    """Nobody waits for four seconds while a colleague is free: Noa took this caller as her own call ended."""
    calls = [call(0, 100, "RUTH"), call(0, 300, "NOA"), call(304, 60, "NOA", waited=4), call(500, 50, "RUTH")]

    _, ruth = duty_days(calls)

    assert [gap.gone for gap in ruth.gaps] == [204]


def test_wrap_up_is_read_where_somebody_waits() -> None:
    calls = [call(0, 100, "RUTH"), call(112, 80, "RUTH", waited=40), call(300, 10, "RUTH")]

    [seen] = wrap_ups(duty_days(calls))

    assert (seen.seconds, seen.ended) == (12, True)


def test_an_idle_agent_is_there() -> None:
    calls = [call(0, 100, "RUTH"), call(10, 100, "NOA"), call(400, 100, "RUTH"), call(420, 100, "NOA")]

    assert [(duty.first, duty.last, duty.breaks(wrap_up=0)) for duty in duty_days(calls)] == [
        (10, 520, ()),
        (0, 500, ()),
    ]


def test_who_takes_a_rare_kind_is_told_by_their_other_days() -> None:
    """Ruth took one English call in fifty, as all of them did; Noa none in fifty."""
    plain = [call(60.0 * number, 50, name) for name in ("RUTH", "NOA") for number in range(49)]
    english = replace(call(4_000, 50, "RUTH"), kind="PE")
    traffic = learn([[*plain, english, call(4_000, 50, "NOA")]], [[]])
    short, long = duty_days(plain[:49]), duty_days([call(60.0 * number, 50, "RUTH") for number in range(300)])

    assert traffic.habits == {"RUTH": {"PS", "PE"}, "NOA": {"PS"}}
    assert [traffic.takes(duty) for duty in short] == [{"PS", "PE"}]
    assert [traffic.takes(duty) for duty in long] == [{"PS"}], "three hundred calls without one tell"
    assert traffic.takes(replace(short[0], agent="NOA")) == {"PS"}


def day_of_calls(seed: int, *, absences: float = 0.0) -> list[Call]:
    """Three agents from 8 to 12 h, simulated by hand: first come, first served, patience 10 minutes.

    `absences` = the chance that somebody is gone for five minutes when a call ends.
    """
    random, free, calls = Random(seed), {"RUTH": 28_800.0, "NOA": 28_800.0, "TAL": 28_800.0}, []
    at = 28_800.0
    while at < 43_200:
        at += random.expovariate(1 / 75)
        agent = min(free, key=lambda name: (free[name], name))
        start = max(at, free[agent])
        patience = random.expovariate(1 / 600)
        if start - at > patience:
            calls.append(Call(f"d{seed}", "PS", 0, at, patience, served=False))
            continue
        handle = random.expovariate(1 / 180)
        free[agent] = start + handle + (300.0 if random.random() < absences else 0.0)
        calls.append(Call(f"d{seed}", "PS", 0, at, start - at, True, start, start + handle, agent))
    return calls


def test_learning_recovers_what_made_the_log() -> None:
    days = [day_of_calls(seed) for seed in range(12)]

    traffic = learn(days, [duty_days(calls) for calls in days])

    assert traffic.handle["PS"].mean == pytest.approx(180, rel=0.1)
    assert traffic.patience_of("PS", 0).mean == pytest.approx(600, rel=0.35)
    assert traffic.wrap_up.mean < 5


def test_a_replay_of_unseen_days_comes_close() -> None:
    log = Log.of({f"d{seed}": day_of_calls(seed) for seed in range(8)})

    judged = judge(log, cross_fit(log), replications=3)

    assert judged.interactions == 3 * sum(len(calls) for calls in log.calls.values())
    assert judged.simulated_wait == pytest.approx(judged.real_wait, rel=0.15)
    assert judged.abandon_error_points < 1.0


def test_absences_are_read_and_replayed() -> None:
    """Every sixth call is followed by five minutes away, which cost the crew a fifth of its time."""
    log = Log.of({f"d{seed}": day_of_calls(seed, absences=1 / 6) for seed in range(8)})
    answered = sum(call.served for calls in log.calls.values() for call in calls)

    judged = judge(log, cross_fit(log), replications=4)

    away = sum(seconds for duties in log.duties.values() for duty in duties for _, seconds in duty.breaks(wrap_up=0))
    assert away == pytest.approx(answered / 6 * 300, rel=0.15)
    assert judged.simulated_wait == pytest.approx(judged.real_wait, rel=0.15)
    assert judged.abandon_error_points < 2.0


def test_a_recorded_day_can_be_changed_and_run_again() -> None:
    log = Log.of({f"d{seed}": day_of_calls(seed) for seed in range(2)})
    scenario = day_scenario(log, "d0", cross_fit(log)["d0"], seed=1)

    assert len(scenario.crew) == 3
    assert len(list(scenario.arrivals.day(Random(1), until=scenario.until))) == len(log.calls["d0"])


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded bank log is not on this machine")
def test_the_recorded_bank_is_reproduced() -> None:
    log = Log.of(by_day(read_calls(RECORDED)))

    judged = judge(log, cross_fit(log), replications=2)

    assert judged.abandon_error_points < 1.0
    assert judged.mean_hour_wait_error < 0.10
    assert judged.simulated_wait == pytest.approx(judged.real_wait, rel=0.06)
