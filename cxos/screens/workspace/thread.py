"""The thread pane: lines grouped by day and speaker, oldest first, older ones on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone

from channels_app.models import Message
from channels_app.queries import thread_of

LINES = 60
TOGETHER = timedelta(minutes=5)


@dataclass(slots=True)
class Block:
    """Lines one person said in one go."""

    first: Message
    lines: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Thread:
    days: list[Day]
    older_before: int | None
    last_id: int


def read_thread(conversation_id: int, *, before: int | None = None) -> Thread:
    """The newest lines, or those before one. 1 query."""
    lines = thread_of(conversation_id, before_id=before, limit=LINES + 1)
    older = lines[1].pk if len(lines) > LINES else None
    lines = lines[-LINES:]
    return Thread(by_day(lines), older, lines[-1].pk if lines else 0)


def by_day(lines: list[Message]) -> list[Day]:
    def local_date(line: Message) -> date:
        return timezone.localtime(line.created_at).date()

    return [Day(day, blocks(list(said))) for day, said in groupby(lines, key=local_date)]


def blocks(lines: list[Message]) -> list[Block]:
    made: list[Block] = []
    for line in lines:
        if made and belongs(made[-1], line):
            made[-1].lines.append(line)
        else:
            made.append(Block(line, [line]))
    return made


def belongs(block: Block, line: Message) -> bool:
    before: datetime = block.lines[-1].created_at
    same = (block.first.author_kind, block.first.author_id, block.first.kind) == (
        line.author_kind,
        line.author_id,
        line.kind,
    )
    return same and line.kind != Message.Kind.EVENT and line.created_at - before < TOGETHER
