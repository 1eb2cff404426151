"""Queries from async code: a few threads, each with one lasting database connection, however many sockets there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")

THREADS: ThreadPoolExecutor | None = ThreadPoolExecutor(4, thread_name_prefix="socket-database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that queries, in one of the database threads; broken connections are replaced before it runs."""
    if THREADS is None:  # tests: in the caller's thread, and so inside its transaction
        return await sync_to_async(function)(*args, **kwargs)
    return await database_sync_to_async(function, thread_sensitive=False, executor=THREADS)(*args, **kwargs)
