"""`serve_metrics`: Prometheus figures on 127.0.0.1:CXOS_METRICS_PORT, away from the public address."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import CollectorRegistry, start_http_server

from cxos.core.figures import Figures


class Command(BaseCommand):
    help = "Serve the operator's figures for Prometheus on a private port."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.METRICS_PORT:
            raise CommandError("Set CXOS_METRICS_PORT to the port the figures should be served on.")
        registry = CollectorRegistry()
        registry.register(Figures())
        start_http_server(settings.METRICS_PORT, addr=options["host"], registry=registry)
        threading.Event().wait()
