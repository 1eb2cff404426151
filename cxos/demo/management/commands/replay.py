"""`replay FILE`: recorded service dialogues through the public API, answered by simulated agents."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels_app.models import Channel
from cxos.core.models import Role, Team, User
from cxos.demo.recorded import read_dialogues
from cxos.demo.replay import Replay, Setup
from cxos.demo.seed import demo_key
from cxos.ops.bench.installation import answers
from cxos.ops.bench.product import running_product
from cxos.ops.chaos.meanwhile import Troubles
from routing.models import Queue, QueueMember


class Command(BaseCommand):
    help = "Feed recorded service dialogues through the running product and count what became of them."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path, help="STAR dialogues, one JSON a line, .gz or plain")
        parser.add_argument("--speed", type=float, default=0, help="times the recorded speed; 0 = no pauses")
        parser.add_argument("--agents", type=int, default=20, help="simulated agents")
        parser.add_argument("--dialogues", type=int, default=500, help="how many of them to play")
        parser.add_argument("--at-once", type=int, default=0, help="open at a time; 0 = two an agent")
        parser.add_argument("--give-up-after", type=float, default=1200, help="seconds")
        parser.add_argument(
            "--faults",
            action="store_true",
            help="on a product of its own: kill a worker with -9, then Redis, in the middle",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].exists():
            raise CommandError(f"There is no file {options['file']}. Name a file of recorded dialogues.")
        dialogues = list(read_dialogues(options["file"], limit=options["dialogues"]))
        if options["faults"] or not answers(f"{settings.PUBLIC_URL}/readyz"):
            self.stderr.write("A product is started for this replay, and thrown away after it.")
            sys.exit(replay_on_throwaway(len(dialogues) if options["faults"] else 0))
        setup = prepare(options)
        figures = asyncio.run(Replay(setup, dialogues).run(give_up_after=options["give_up_after"]))
        for name, value in figures.items():
            self.stdout.write(f"{name.replace('_', ' '):<24}{value if value is not None else '–':>12}")
        self.stdout.write(json.dumps(figures))
        if Replay.went_wrong(figures):
            raise CommandError("Not every dialogue came through whole: see the table above.")


def replay_on_throwaway(to_be_disturbed: int) -> int:
    """The same command again, against a product of its own; its exit code. `to_be_disturbed`: of how many dialogues."""
    again = [argument for argument in sys.argv if argument != "--faults"]
    with running_product() as product:
        if to_be_disturbed:
            Troubles(product, dialogues=to_be_disturbed).start()
        return subprocess.run([sys.executable, *again], env=product.installation.environment).returncode


def prepare(options: dict[str, Any]) -> Setup:
    """A queue, a channel and agents of the replay's own, so that it can run beside everything else."""
    team, _ = Team.objects.get_or_create(name="Replay")
    queue, _ = Queue.objects.get_or_create(
        key="replay", defaults={"name": "Replay", "team": team, "offer_seconds": 60, "cooldown_seconds": 1}
    )
    Channel.objects.get_or_create(
        key="replay",
        defaults={
            "name": "Replay",
            "kind": Channel.Kind.API,
            "medium": Channel.Medium.MESSAGING,
            "config": {"queue": "replay"},
        },
    )
    agents = []
    for number in range(options["agents"]):
        email = f"replay-{number}@example.com"
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, None, name=f"Replay {number}", role=Role.AGENT
        )
        user.teams.add(team)
        QueueMember.objects.get_or_create(queue=queue, user=user)
        agents.append((user.pk, demo_key(user=user, name="replay", scopes=["read", "write"])))
    poster = User.objects.filter(email="replay-customers@example.com").first() or User.objects.create_user(
        "replay-customers@example.com", None, name="Replay customers", role=Role.SUPERVISOR
    )
    return Setup(
        base_url=settings.PUBLIC_URL,
        socket_url=settings.SOCKET_URL or settings.PUBLIC_URL.replace("http", "ws", 1),
        channel="replay",
        customers_key=demo_key(user=poster, name="replay", scopes=["ingest", "read"]),
        agents=tuple(agents),
        speed=options["speed"],
        at_once=options["at_once"] or 2 * options["agents"],
        run_id=uuid.uuid4().hex[:8],
    )
