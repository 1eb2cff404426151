"""What the person at the terminal sees while a command works. Standard library only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REPEAT_SECONDS = 5.0


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show `title`, then what the block reports through the yielded function, then how long it took."""
    started = time.monotonic()
    rewrite = sys.stderr.isatty()
    last_shown = started

    def report(state: str) -> None:
        nonlocal last_shown
        if rewrite:
            sys.stderr.write(f"\r\x1b[K  {title} … {state[:60]}")
        elif time.monotonic() - last_shown > REPEAT_SECONDS:
            last_shown = time.monotonic()
            sys.stderr.write(f"  {title} … {state}\n")
        sys.stderr.flush()

    if rewrite:
        sys.stderr.write(f"  {title} …")
        sys.stderr.flush()
    try:
        yield report
    except BaseException:
        sys.stderr.write("\r\x1b[K" if rewrite else "")
        sys.stderr.write(f"  {title}: not done\n")
        raise
    sys.stderr.write("\r\x1b[K" if rewrite else "")
    sys.stderr.write(f"  {title} ({time.monotonic() - started:.1f} s)\n")
    sys.stderr.flush()


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
