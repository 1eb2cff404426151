"""The full-text indexes, and reading their newest matches.

Each index holds, beside the words of a row, two lexemes for the blocks of ids the row lies in, a small and a large one.
A word that stands in every second row is so read in the newest small block alone, and one that stands in ten rows of
five million in all of them: either way a few thousand rows at most are touched.

A migration makes an index with `CREATE INDEX CONCURRENTLY … USING gin (<TextIndex.expression>)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from cxos.core.search.dictionary import Asked
from cxos.core.search.words import SEPARATORS

MOST_READ, FEW = 20_000, 5_000
LONGEST_TEXT = 20_000
# The planner knows little of how often words stand together, and some rows are read faster by one process than by three.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; "


@dataclass(frozen=True, slots=True)
class Blocks:
    """So many of the newest blocks of 2^`bits` ids. `sign` begins their lexemes."""

    sign: str
    bits: int
    many: int

    @property
    def rows(self) -> int:
        return self.many << self.bits

    def names(self, top: int) -> str:
        """Those at and below `top`, and one more: the newest is seldom full."""
        newest = top >> self.bits
        return " | ".join(f"'{self.sign}{block}'" for block in range(max(0, newest - self.many), newest + 1))


SMALL, LARGE = Blocks("~", 11, 1), Blocks("#", 14, 2)
STEPS = (SMALL, Blocks("~", 11, 4), LARGE, Blocks("#", 14, 8), Blocks("#", 14, 64))
EXPECTED_TIMES = 2  # so many times what is wanted should stand in the blocks, as words keep together


@dataclass(frozen=True, slots=True)
class TextIndex:
    """`text`: an SQL expression over the table's columns; `answer`: the column that is found; `exact`: a condition that
    the whole of what was typed may meet instead, in lower case, by an index of its own. All ours, never a request's.
    """

    table: str
    text: str
    answer: str = "id"
    exact: str = ""

    @property
    def expression(self) -> str:
        apart = SEPARATORS.replace("'", "''"), " " * len(SEPARATORS)
        return (
            f"(to_tsvector('simple'::regconfig, translate(left({self.text}, {LONGEST_TEXT}), '{apart[0]}', '{apart[1]}'))"
            f" || array_to_tsvector(ARRAY['#' || (id >> {LARGE.bits})::text, '~' || (id >> {SMALL.bits})::text]))"
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """The newest `limit` of one index, below the id `before`. `forgiving`: known words may be mistakes as well."""

    index: TextIndex
    limit: int
    before: int | None = None
    forgiving: bool = False


def newest(asked: Asked, wanted: Sequence[Wanted]) -> list[list[int]]:
    """For each wanted, what holds every term, newest first. 2 queries as a rule, 4 at most, however many are wanted."""
    found: list[list[int]] = [[] for _ in wanted]
    if not asked.terms:
        return found
    tops = _tops(wanted)
    steps: dict[int, Blocks | None] = {
        at: _first_step(asked.uses(), tops[at], one.limit) for at, one in enumerate(wanted)
    }
    exact, reads = dict[int, list[int]](), 0
    while steps:
        read = _read(asked, [(at, wanted[at], tops[at], step) for at, step in steps.items()], exact=reads == 0)
        exact, reads = exact or {at: read.pop(-at - 1, []) for at in steps}, reads + 1
        for at, step in list(steps.items()):
            found[at], many = read.get(at, []), wanted[at].limit
            if step is None or len(found[at]) >= many:
                del steps[at]
            else:
                steps[at] = _next_step(step, len(found[at]), tops[at], many) if reads == 1 else None
    return [[*exact[at], *ids] for at, ids in enumerate(found)]


def _tops(wanted: Sequence[Wanted]) -> list[int]:
    """The newest id to look at, for each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT max(id) FROM {one.index.table})" for one in wanted))  # noqa: S608
        row = cursor.fetchone()
    return [min(top or 0, one.before - 1) if one.before else top or 0 for one, top in zip(wanted, row, strict=True)]


def _first_step(uses: int | None, top: int, limit: int) -> Blocks | None:
    """The fewest blocks in which enough is to be expected; None = all. What nobody has counted may stand everywhere."""
    if uses is not None and uses <= FEW:
        return None
    share = 1 if uses is None else uses / max(top, 1)
    return next((one for one in STEPS if one.rows < top and share * one.rows >= EXPECTED_TIMES * limit), None)


def _next_step(step: Blocks, found: int, top: int, limit: int) -> Blocks | None:
    """The fewest in which there is enough if it goes on as in those; where there was nothing, the most."""
    rows = step.rows * EXPECTED_TIMES * limit / found if found else STEPS[-1].rows
    return next((one for one in STEPS if rows <= one.rows < top and one.rows > step.rows), None)


# Of the newest rows those that meet the condition, and a few of all by its index: of a common thing the newest, and a rare
# one wherever it is. Apart, because the planner cannot know which of the two it is.
EXACT = """
WITH newest AS MATERIALIZED (SELECT id, {0.answer} AS answer FROM {0.table}
    WHERE {0.exact} AND id <= %s AND id > %s ORDER BY id DESC LIMIT %s),
  few AS MATERIALIZED (SELECT id, {0.answer} AS answer FROM {0.table} WHERE {0.exact} AND id <= %s LIMIT 1000)
SELECT %s AS at, id, answer FROM (SELECT * FROM newest UNION SELECT * FROM few) both_of_them ORDER BY id DESC LIMIT %s
"""
NEWEST_WALKED = 10_000
Part = tuple[int, Wanted, int, Blocks | None]


def _read(asked: Asked, parts: list[Part], *, exact: bool) -> dict[int, list[int]]:
    """One statement. Materialised, because a plan that walks along the ids would work out the words of every row.

    Some blocks are read whole, else what a limit left out could be the newest; of all of them not more than `MOST_READ`.
    With `exact` also what meets the whole of it, under -1 for the first wanted, -2 for the second.
    """
    texts, values = list[str](), list[int | str]()
    for at, one, top, blocks in parts:
        queries = within(asked.queries(forgiving=one.forgiving), top, blocks)
        holds = " AND ".join([f"{one.index.expression} @@ %s::tsquery"] * len(queries))
        most = f" LIMIT {MOST_READ}" if blocks is None else ""
        texts.append(
            f"(WITH hits AS MATERIALIZED (SELECT id, {one.index.answer} AS answer FROM {one.index.table}"  # noqa: S608
            f" WHERE {holds} AND id <= %s{most}) SELECT %s AS at, id, answer FROM hits ORDER BY id DESC LIMIT %s)"
        )
        values += [*queries, top, at, one.limit]
        if exact and one.index.exact:
            texts.append(f"({EXACT.format(one.index)})")
            whole = asked.text.lower()
            values += [whole, top, top - NEWEST_WALKED, one.limit, whole, top, -at - 1, one.limit]
    read: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX + " UNION ALL ".join(texts), values)
        for at, _, answer in sorted(cursor.fetchall(), key=lambda row: (row[0], -row[1])):
            read.setdefault(at, []).append(answer)
    return read


def within(queries: list[str], top: int, blocks: Blocks | None) -> list[str]:
    """The queries, and that for the newest blocks at and below `top`.

    Conditions of their own, not one joined by "&": only between conditions does a GIN index leap over what the others
    lack, and to the newest blocks at once.
    """
    return queries if blocks is None else [blocks.names(top), *queries]
