"""`verify_audit`: recompute the chain of hashes from the first entry on, and find the head that was noted before in it."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxos.core.services.audit import first_broken, has_kept, head

HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    help = (
        "Check that no audit entry was changed, removed or inserted. Says the head: note it where nobody can change it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--noted",
            metavar="COUNT:HASH",
            help="the head of an earlier run: also the last entries must still be there",
        )

    def handle(self, *args: Any, noted: str | None = None, **options: Any) -> None:
        earlier = HEAD.fullmatch(noted or "")
        if noted is not None and earlier is None:
            raise CommandError("--noted wants the head as an earlier run said it: COUNT:HASH.")
        broken = first_broken()
        if broken is not None:
            raise CommandError(f"The audit is broken from entry {broken} on. Compare it with a backup.")
        count, last = head()
        if earlier and count < int(earlier[1]):
            raise CommandError(
                f"The audit ends too early: {count} entries, where {earlier[1]} were noted. Compare it with a backup."
            )
        if earlier and not has_kept(int(earlier[1]), earlier[2]):
            raise CommandError(
                f"The audit is not the one that was noted: its {earlier[1]} first entries were written anew. "
                "Compare it with a backup."
            )
        self.stdout.write(f"The audit is whole: {count} entries. Its head: {count}:{last}")
