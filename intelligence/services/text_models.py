"""The text models in use, kept by each process and looked up again every few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

import structlog

from intelligence.models import TextModel
from intelligence.text.linear import LinearTextModel, UnreadableModel, from_bytes

log = structlog.get_logger(__name__)
LOOK_AGAIN_SECONDS = 10.0
INTENT, SENTIMENT = "intent", "sentiment"
TASKS = (INTENT, SENTIMENT)


@dataclass(frozen=True, slots=True)
class ActiveModels:
    intent: LinearTextModel | None
    sentiment: LinearTextModel | None
    versions: dict[str, int]


_lock = Lock()
_loaded: dict[str, tuple[int, LinearTextModel]] = {}
_looked_at: float | None = None


def active_models() -> ActiveModels:
    """The active model of each task; one small query every few seconds, and one large one for each new version."""
    global _looked_at
    with _lock:
        if _looked_at is None or time.monotonic() - _looked_at > LOOK_AGAIN_SECONDS:
            _load_changed()
            _looked_at = time.monotonic()
        kept = {task: _loaded.get(task) for task in TASKS}
    models = {task: held[1] for task, held in kept.items() if held}
    versions = {task: held[0] for task, held in kept.items() if held}
    return ActiveModels(models.get(INTENT), models.get(SENTIMENT), versions)


def forget_models() -> None:
    """Look again at the next call: after a change, and between tests."""
    global _looked_at
    with _lock:
        _loaded.clear()
        _looked_at = None


def _load_changed() -> None:
    current = dict(TextModel.objects.filter(active=True, task__in=TASKS).values_list("task", "version"))
    for task in list(_loaded):
        if task not in current:
            del _loaded[task]
    for task, version in current.items():
        if task in _loaded and _loaded[task][0] == version:
            continue
        stored = TextModel.objects.values_list("body", flat=True).get(task=task, version=version)
        try:
            _loaded[task] = version, from_bytes(bytes(stored))
        except UnreadableModel as problem:
            log.error("text model unreadable", task=task, version=version, problem=str(problem))
