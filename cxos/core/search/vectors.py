"""The full-text indexes, and reading their newest matches.

Each index holds, beside the words of a row, one lexeme for the block of ids the row lies in. A word that stands in
every second row is so read in the newest block alone, and one that stands in ten rows of five million in all of them:
either way a few thousand rows at most are touched.

A migration makes an index with `CREATE INDEX CONCURRENTLY … USING gin (<TextIndex.expression>)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from cxos.core.search.dictionary import Asked
from cxos.core.search.words import SEPARATORS

BLOCK_BITS = 14
STEPS = (1, 32)  # blocks looked through at first; then all of them
EXPECTED = 500
MOST_READ = 20_000
LONGEST_TEXT = 20_000
# The planner knows little of how often words stand together, and some rows are read faster by one process than by three.
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0; "


@dataclass(frozen=True, slots=True)
class TextIndex:
    """`text`: an SQL expression over the table's columns; `answer`: the column that is found. All ours, never a request's."""

    table: str
    text: str
    answer: str = "id"

    @property
    def expression(self) -> str:
        apart = SEPARATORS.replace("'", "''"), " " * len(SEPARATORS)
        return (
            f"(to_tsvector('simple'::regconfig, translate(left({self.text}, {LONGEST_TEXT}), '{apart[0]}', '{apart[1]}'))"
            f" || array_to_tsvector(ARRAY['#' || (id >> {BLOCK_BITS})::text]))"
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
    steps = [_steps(asked.uses(), top) for top in tops]
    while open_ := [at for at, left in enumerate(steps) if left and len(found[at]) < wanted[at].limit]:
        read = _read(asked, [(at, wanted[at], tops[at], steps[at].pop(0)) for at in open_])
        for at in open_:
            found[at] = read.get(at, [])
    return found


def _tops(wanted: Sequence[Wanted]) -> list[int]:
    """The newest id to look at, for each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT max(id) FROM {one.index.table})" for one in wanted))  # noqa: S608
        row = cursor.fetchone()
    return [min(top or 0, one.before - 1) if one.before else top or 0 for one, top in zip(wanted, row, strict=True)]


def _steps(uses: int | None, top: int) -> list[int | None]:
    """How many blocks to look through: as many as some hundred matches are to be expected in, then all (None).

    What nobody has counted may stand everywhere.
    """
    share = 1 if uses is None else uses / max(top, 1)
    rows = [(blocks, blocks << BLOCK_BITS) for blocks in STEPS]
    return [*(blocks for blocks, many in rows if many < top and share * many >= EXPECTED), None]


def _read(asked: Asked, parts: list[tuple[int, Wanted, int, int | None]]) -> dict[int, list[int]]:
    """One statement. Materialised, because a plan that walks along the ids would work out the words of every row.

    Some blocks are read whole, else what a limit left out could be the newest; of all of them not more than `MOST_READ`.
    """
    texts, values = list[str](), list[int | str]()
    for at, one, top, blocks in parts:
        most = f" LIMIT {MOST_READ}" if blocks is None else ""
        texts.append(
            f"(WITH hits AS MATERIALIZED (SELECT id, {one.index.answer} AS answer FROM {one.index.table}"  # noqa: S608
            f" WHERE {one.index.expression} @@ %s::tsquery AND id <= %s{most})"
            " SELECT %s AS at, id, answer FROM hits ORDER BY id DESC LIMIT %s)"
        )
        values += [within(asked.query(forgiving=one.forgiving), top, blocks), top, at, one.limit]
    read: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(BY_INDEX + " UNION ALL ".join(texts), values)
        for at, _, answer in sorted(cursor.fetchall(), key=lambda row: (row[0], -row[1])):
            read.setdefault(at, []).append(answer)
    return read


def within(query: str, top: int, blocks: int | None) -> str:
    """The query, restricted to the newest blocks at and below `top`."""
    if blocks is None:
        return query
    newest_block = top >> BLOCK_BITS
    names = " | ".join(f"'#{block}'" for block in range(max(0, newest_block - blocks), newest_block + 1))
    return f"({names}) & {query}"
