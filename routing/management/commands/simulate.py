from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils import timezone

from cxos.core.errors import DomainError
from routing.services.recorded_day import recorded_day
from routing.simulation import study
from routing.simulation.call_log import UnreadableLog, by_day, read_calls
from routing.simulation.check import check
from routing.simulation.replay import Judgement, Log, cross_fit, judge
from routing.simulation.setting import BadChange, changed
from routing.simulation.telling import as_json, told, told_versus, versus_as_json

Changes = Mapping[str, Any]


def changes(given: str) -> Changes:
    """JSON as it stands, or the name of a file that holds it."""
    try:
        found = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text())
    except (OSError, ValueError) as problem:
        raise ArgumentTypeError(f"{given} is neither JSON nor a file of it: {problem}") from problem
    if not isinstance(found, dict):
        raise ArgumentTypeError('Changes are an object, such as {"volume": 1.2}.')
    return found


class Percent:
    """Progress for people who wait at a terminal."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out, self.shown = out, -1

    def __call__(self, progress: study.Progress) -> None:
        percent = int(progress.share * 100)
        if percent >= self.shown + 10 and self.out.isatty():
            self.shown = percent
            self.out.write(f"{percent} % ({progress.interactions} interactions)")


class Command(BaseCommand):
    help = (
        "Prove the simulator: --check against queueing theory, --log FILE against a recorded call-centre log; "
        "or use it: --day replays a day of this installation, with --changes as it would have been."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--check", action="store_true", help="simulate queues that Erlang C and A can solve")
        what.add_argument("--log", type=Path, metavar="FILE", help="replay a call log (.tsv or .tsv.gz)")
        what.add_argument(
            "--day", type=date.fromisoformat, help="replay this day (UTC) of the installation, 2026-01-31"
        )
        parser.add_argument(
            "--changes", type=changes, help="--day: JSON, or a file of it, with what is to be different"
        )
        parser.add_argument("--compare", type=changes, help="--day: a second configuration, beside the first")
        parser.add_argument("--replications", type=int, help="runs per scenario (10) or judged day (20)")
        parser.add_argument("--interactions", type=int, default=10_000, help="--check: interactions per run (10000)")
        parser.add_argument("--folds", type=int, default=2, help="--log: each day is judged by the other folds (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        replications = options["replications"] or (20 if options["log"] else 10)
        if options["check"]:
            result = self._check(replications, options["interactions"])
        elif options["day"]:
            result = self._try(options["day"], options["changes"], options["compare"], replications)
        else:
            result = self._replay(options["log"], replications, options["folds"])
        self.stdout.write(json.dumps(result))

    def _check(self, replications: int, interactions: int) -> dict[str, Any]:
        started = process_time()
        verdicts = check(replications=replications, interactions=interactions)
        for verdict in verdicts:
            self.stdout.write(f"{verdict.name}: {'agrees' if verdict.is_within else 'DIFFERS'}")
            for name, (estimate, theory) in verdict.figures.items():
                width = f"{estimate.mean:.4f} ± {estimate.half_width:.4f}"
                self.stdout.write(f"    {name:14} simulated {width}, theory {theory:.4f}")
        simulated = sum(verdict.interactions for verdict in verdicts)
        return {
            "scenarios": len(verdicts),
            "within_ci": sum(verdict.is_within for verdict in verdicts),
            "interactions": simulated,
            "interactions_per_minute": round(simulated / (process_time() - started) * 60),
        }

    def _try(self, day: date, first: Changes | None, second: Changes | None, days: int) -> dict[str, Any]:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        try:
            recorded = recorded_day(start, start + timedelta(days=1), now=timezone.now())
            before = changed(recorded, first or {})
            after = changed(recorded, second) if second is not None else None
        except (BadChange, DomainError) as problem:
            raise CommandError(str(problem)) from problem
        show = Percent(self.stderr)
        if after is None:
            result = study.run(before.scenario, days=days, targets=before.targets, on_progress=show)
            self.stdout.write("\n".join(told(result, before)))
            return as_json(result, before)
        versus = study.versus_run(before.scenario, after.scenario, days=days, targets=after.targets, on_progress=show)
        self.stdout.write("\n".join(told_versus(versus, after)))
        return versus_as_json(versus, after)

    def _replay(self, path: Path, replications: int, folds: int) -> dict[str, Any]:
        try:
            log = Log.of(by_day(read_calls(path)))
        except (OSError, UnreadableLog) as problem:
            raise CommandError(str(problem)) from problem
        if len(log.calls) < 2:
            raise CommandError(f"{path.name} holds {len(log.calls)} day: one is learned from, another is judged.")
        fitted = cross_fit(log, folds=min(folds, len(log.calls)))
        started = process_time()
        judged = judge(log, fitted, replications=replications)
        seconds = process_time() - started
        drawn = judge(log, fitted, replications=max(1, replications // 4), drawn=True)
        self._print_hours(judged)
        return {
            "interactions": judged.interactions,
            "hour_wait_error": round(judged.hour_wait_error, 4),
            "abandon_error_points": round(judged.abandon_error_points, 3),
            "interactions_per_minute": round(judged.interactions / seconds * 60),
            "mean_hour_wait_error": round(judged.mean_hour_wait_error, 4),
            "hours": len(judged.hours),
            "hours_within_10_percent": judged.hours_within_tenth,
            "hours_within_chance": judged.hours_explained_by_chance,
            "hours_that_differ": [hour.hour for hour in judged.hours if hour.differs],
            "judged_days": len(fitted),
            "all_drawn": {
                "hour_wait_error": round(drawn.hour_wait_error, 4),
                "mean_hour_wait_error": round(drawn.mean_hour_wait_error, 4),
                "abandon_error_points": round(drawn.abandon_error_points, 3),
            },
        }

    def _print_hours(self, judged: Judgement) -> None:
        self.stdout.write(
            "hour   calls   wait: log   simulated    error   95 % by days     chance   hung up: log   simulated"
        )
        for hour in judged.hours:
            waits = f"{hour.real_wait:11.1f} {hour.simulated_wait:11.1f} {hour.wait_error:+8.1%}"
            waits += f"  {hour.error_low:+6.1%} … {hour.error_high:+6.1%}  ±{hour.chance:6.1%}"
            hung_up = f"{hour.real_abandon:15.1%} {hour.simulated_abandon:11.1%}"
            self.stdout.write(f"{hour.hour:4} {hour.calls:7} {waits} {hung_up}{'  differs' if hour.differs else ''}")
