"""Count a day's quarter-hours again from the facts."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from intelligence.services import facts


class Command(BaseCommand):
    help = "Recount the figures of one or more days (UTC) from the facts; with --check only say what would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", type=date.fromisoformat, help="Such as 2026-01-31")
        parser.add_argument("--days", type=int, default=1)
        parser.add_argument("--check", action="store_true", help="Change nothing; fail if anything would change.")

    def handle(self, *args: Any, day: date, days: int, check: bool, **options: Any) -> None:
        for offset in range(days):
            start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=offset)
            end = start + timedelta(days=1)
            if not check:
                self.stdout.write(f"{start:%Y-%m-%d}: {facts.recount(start, end)} intervals written")
                continue
            found = facts.differences(start, end)
            if found:
                raise CommandError("\n".join([f"{start:%Y-%m-%d}: {len(found)} intervals differ", *found[:20]]))
            self.stdout.write(f"{start:%Y-%m-%d}: incremental and recounted figures are the same")
