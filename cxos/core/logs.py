"""Structured logs: one line an event, with the request's and the interaction's id, secrets removed last."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

# Libraries that would tell more than anybody wants to read.
QUIET = {
    "django.request": {"level": "ERROR"},
    "django.channels": {"level": "WARNING"},
    "celery": {"level": "WARNING"},
    "kombu": {"level": "WARNING"},
    "httpx": {"level": "WARNING"},
    "py.warnings": {"level": "ERROR"},
}
SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie", "api_key")


def redact(_: Any, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name in entry:
        if any(word in name.lower() for word in SECRET_WORDS):
            entry[name] = "[removed]"
    return entry


@contextmanager
def log_context(**words: Any) -> Iterator[None]:
    """Lines in here carry these words and whatever is bound in here; afterwards only those of before."""
    before = structlog.contextvars.get_contextvars()
    structlog.contextvars.bind_contextvars(**words)
    try:
        yield
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**before)


def configure(*, as_json: bool, level: str) -> None:
    """Route structlog and the standard library through the same processors to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": QUIET,
        }
    )
