"""Train the text models from the examples in the database; on a new installation from our own sentences."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cxos.core.errors import DomainError
from intelligence.services import training
from intelligence.services.text_models import TASKS


class Command(BaseCommand):
    help = "Train a new version of the text models and answer with it from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tasks", nargs="*", help=f"Which models; of {', '.join(TASKS)}. All by default.")
        parser.add_argument(
            "--if-missing", action="store_true", help="Load the seed examples; train only where none is."
        )

    def handle(self, *args: Any, tasks: list[str], if_missing: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            if if_missing:
                made = training.train_seed_models(now=now)
            else:
                made = [training.train(task, actor=None, now=now) for task in tasks or TASKS]
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        for model in made:
            self.stdout.write(f"{model}: " + ", ".join(f"{name} {value:g}" for name, value in model.figures.items()))
