"""Background work: two queues, `live` (someone is waiting) and `work` (nobody is), and the beat that pokes the sweeps.

Beat decides nothing: every sweep claims due rows in the database, so a second beat, or a missed beat, does no harm.
"""

import os

from celery import Celery
from celery.signals import setup_logging, task_prerun, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxos.settings")

app = Celery("cxos")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """Celery leaves logging alone when this signal has a receiver; settings have configured it already."""


@task_prerun.connect
def drop_broken_connections(**kwargs: object) -> None:
    """Opening a connection costs more than most tasks, so a process keeps its own for as long as it works."""
    from django.db import close_old_connections

    close_old_connections()


@worker_process_init.connect
def warm_up_models(**kwargs: object) -> None:
    """The first customer of a fresh process should not wait for the text models to load."""
    from intelligence.services.understand import warm_up

    warm_up()


def every(seconds: float, task: str, queue: str) -> dict[str, object]:
    # A poke that could not be taken up in time is dropped: the next one does the same work.
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 5)}}


app.conf.beat_schedule = {
    "relay live": every(1, "core.sweep_live", "live"),
    "relay work": every(2, "core.sweep_work", "work"),
    "offers": every(1, "routing.sweep_offers", "live"),
    "waiting": every(1, "routing.sweep_waiting", "live"),
    "presence": every(2, "routing.sweep_presence", "live"),
    "wrap-up": every(1, "routing.sweep_wrap_up", "live"),
    "alerts": every(10, "routing.sweep_alerts", "live"),
    "clocks": every(1, "cases.sweep_clocks", "live"),
    "warnings": every(10, "cases.sweep_warnings", "work"),
    "trials": every(3, "routing.run_trials", "work"),
    "replies": every(5, "channels_app.sweep_replies", "work"),
    "held replies": every(1, "channels_app.release_held", "live"),
    "webhooks": every(2, "channels_app.sweep_webhooks", "work"),
    "streams": every(2, "core.sweep_streams", "work"),
    "unsent files": every(3600, "channels_app.prune", "work"),
    "explanations": every(3600, "routing.prune", "work"),
    "housekeeping": every(3600, "core.prune", "work"),
}
