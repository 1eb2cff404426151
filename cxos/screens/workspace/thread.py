"""The thread pane: lines grouped by day and speaker, oldest first; earlier ones, and those between what was read or
looked for and what is new, on demand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils import timezone

from channels_app.models import Message
from channels_app.queries import thread_around, thread_from, thread_of

LINES = 60
MOST = 500  # when the newest part of a page that stays open for long has more lines than this,
KEPT = 200  # so many stay in it; those before them become pages above it
TOGETHER = timedelta(minutes=5)
FOLDED = 3  # so many events in a row are folded
OURS = (Message.Author.AGENT, Message.Author.BOT)


@dataclass(slots=True)
class Block:
    """Lines one person said in one go, or events in a row."""

    first: Message
    lines: list[Message] = field(default_factory=list)

    @property
    def last(self) -> Message:
        return self.lines[-1]

    @property
    def folds(self) -> bool:
        """Not where one of them can be taken back: its button stays in sight."""
        many = self.first.kind == Message.Kind.EVENT and len(self.lines) >= FOLDED
        return many and not any(line.metadata.get("standing") for line in self.lines)


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Lines:
    """A run of lines. `older_before`, `newer_after`: there are more before or after it."""

    days: list[Day]
    first_id: int
    last_id: int
    older_before: int | None = None
    newer_after: int | None = None
    # The newest answer of ours, and whose it was: what a reply that was begun before it collides with.
    answer_id: int = 0
    answer_by: int = 0
    answer_name: str = ""
    heard_id: int = 0  # the newest of the customer's: it opens the channel's window again


@dataclass(frozen=True, slots=True)
class Thread:
    """The newest lines; and, `earlier`, when what was read ends before them, those from there on, or those around the
    line that was asked for. `grown`: what the newest part of
    an open page has no room for any more, as pages above it, none older than the line `since`."""

    newest: Lines
    earlier: Lines | None = None
    first_unread: int | None = None
    grown: list[Lines] = field(default_factory=list)
    since: int | None = None

    @property
    def older_before(self) -> int | None:
        return (self.earlier or self.newest).older_before


def read_thread(
    conversation_id: int, *, read_to: int | None = None, aimed: int | None = None, start: int | None = None
) -> Thread:
    """As it opens, at the line `aimed` if there is one, else at the first unread line; or with `start`: as it stands from
    that line on. 1 query; 2 where it opens before the newest lines."""
    if start is not None:
        return read_since(conversation_id, start)
    newest = read_newest(conversation_id)
    if aimed is not None and newest.older_before is not None and aimed < newest.first_id:
        around = read_around(conversation_id, aimed, until=newest.first_id)
        if around is not None:
            return Thread(newest, around)
    if read_to is None or not newest.first_id:
        return Thread(newest)
    if read_to >= newest.first_id or newest.older_before is None:
        unread = (line for day in newest.days for block in day.blocks for line in block.lines if line.pk > read_to)
        first = next((line.pk for line in unread if line.author_kind == Message.Author.CUSTOMER), None)
        return Thread(newest, first_unread=first)
    between = read_after(conversation_id, read_to, until=newest.first_id)
    return Thread(newest, between, between.first_id) if between.first_id else Thread(newest)


def read_since(conversation_id: int, start: int) -> Thread:
    """The newest part as it stands from that line on. One query of at most MOST + 1 lines."""
    lines = thread_of(conversation_id, first_id=start, limit=MOST + 1)
    if len(lines) <= MOST:
        return Thread(run(lines, older_before=None))
    left = lines[:-KEPT]
    grown = [run(left[at : at + LINES], older_before=None) for at in range(0, len(left), LINES)]
    if lines[0].pk > start:
        grown[0] = replace(grown[0], older_before=lines[0].pk)
    return Thread(run(lines[-KEPT:], older_before=None, known=lines), grown=grown, since=start)


def read_newest(conversation_id: int) -> Lines:
    lines = thread_of(conversation_id, limit=LINES + 1)
    older = lines[1].pk if len(lines) > LINES else None
    return run(lines[-LINES:], older_before=older)


def read_before(conversation_id: int, before: int, *, since: int | None = None) -> Lines:
    """The lines before one, and none before `since`."""
    lines = thread_of(conversation_id, before_id=before, first_id=since, limit=LINES + 1)
    older = lines[1].pk if len(lines) > LINES else None
    return run(lines[-LINES:], older_before=older)


def read_after(conversation_id: int, after: int, *, until: int) -> Lines:
    """The lines after one, up to (not with) another."""
    lines = thread_from(conversation_id, first_id=after + 1, until_id=until, limit=LINES + 1)
    more = len(lines) > LINES
    lines = lines[:LINES]
    return run(lines, older_before=lines[0].pk if lines else None, newer_after=lines[-1].pk if more else None)


def read_around(conversation_id: int, aimed: int, *, until: int) -> Lines | None:
    """The lines before and after one, up to (not with) another; None where it is none of this thread."""
    half = LINES // 2
    lines = thread_around(conversation_id, aimed, until_id=until, limit=half + 1)
    before = [one for one in lines if one.pk < aimed]
    after = lines[len(before) :]
    if not after or after[0].pk != aimed:
        return None
    shown = before[-half:] + after[:half]
    return run(
        shown,
        older_before=shown[0].pk if len(before) > half else None,
        newer_after=shown[-1].pk if len(after) > half else None,
    )


def run(
    lines: list[Message],
    *,
    older_before: int | None,
    newer_after: int | None = None,
    known: list[Message] | None = None,
) -> Lines:
    """`known`: all that was read, these among them; what was answered and heard is told of all of it."""
    known = known or lines
    answers = [one for one in known if one.kind == Message.Kind.MESSAGE and one.author_kind in OURS]
    answer = answers[-1] if answers else None
    return Lines(
        days=by_day(lines),
        first_id=lines[0].pk if lines else 0,
        last_id=lines[-1].pk if lines else 0,
        older_before=older_before,
        newer_after=newer_after,
        heard_id=max((one.pk for one in known if one.author_kind == Message.Author.CUSTOMER), default=0),
        answer_id=answer.pk if answer else 0,
        answer_by=(answer.author_id or 0) if answer else 0,
        answer_name=answer.author.name if answer and answer.author else "",
    )


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
    if line.kind == Message.Kind.EVENT:
        return block.first.kind == Message.Kind.EVENT
    before: datetime = block.lines[-1].created_at
    same = (block.first.author_kind, block.first.author_id, block.first.kind) == (
        line.author_kind,
        line.author_id,
        line.kind,
    )
    return same and line.created_at - before < TOGETHER
