from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from time import process_time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing.simulation.call_log import UnreadableLog, by_day, read_calls
from routing.simulation.check import check
from routing.simulation.replay import Judgement, Log, cross_fit, judge


class Command(BaseCommand):
    help = "Prove the simulator: --check against queueing theory, --log FILE against a recorded call-centre log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--check", action="store_true", help="simulate queues that Erlang C and A can solve")
        what.add_argument("--log", type=Path, metavar="FILE", help="replay a call log (.tsv or .tsv.gz)")
        parser.add_argument("--replications", type=int, default=10, help="runs per scenario or judged day (10)")
        parser.add_argument("--interactions", type=int, default=10_000, help="--check: interactions per run (10000)")
        parser.add_argument("--folds", type=int, default=2, help="--log: each day is judged by the other folds (2)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            result = self._check(options["replications"], options["interactions"])
        else:
            result = self._replay(options["log"], options["replications"], options["folds"])
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
        drawn = judge(log, fitted, replications=replications, drawn=True)
        self._print_hours(judged)
        return {
            "interactions": judged.interactions,
            "hour_wait_error": round(judged.hour_wait_error, 4),
            "abandon_error_points": round(judged.abandon_error_points, 3),
            "interactions_per_minute": round(judged.interactions / seconds * 60),
            "mean_hour_wait_error": round(judged.mean_hour_wait_error, 4),
            "hours": len(judged.hours),
            "hours_within_10_percent": judged.hours_within_tenth,
            "judged_days": len(fitted),
            "all_drawn": {
                "hour_wait_error": round(drawn.hour_wait_error, 4),
                "mean_hour_wait_error": round(drawn.mean_hour_wait_error, 4),
                "abandon_error_points": round(drawn.abandon_error_points, 3),
            },
        }

    def _print_hours(self, judged: Judgement) -> None:
        self.stdout.write("hour   calls   wait: log   simulated    error   hung up: log   simulated")
        for hour in judged.hours:
            waits = f"{hour.real_wait:11.1f} {hour.simulated_wait:11.1f} {hour.wait_error:+8.1%}"
            hung_up = f"{hour.real_abandon:15.1%} {hour.simulated_abandon:11.1%}"
            self.stdout.write(f"{hour.hour:4} {hour.calls:7} {waits} {hung_up}")
