"""A sheet of skills read from CSV, or from what a spreadsheet puts on the clipboard: what it would change, line by line."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cxos.core.models import User
from routing.models import Skill
from routing.services.configure import LEVELS

MOST_LINES = 5_000
MOST_PROBLEMS = 50
NAMES = {"email", "e-mail", "mail"}
PASSED_OVER = {"name", ""}
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    person: str
    skill: str
    before: int | None
    after: int | None


@dataclass(slots=True)
class Sheet:
    """`cells` = all that would be written, also where it is so already; `changes` = what differs from now.

    `problems` = (line number, sentence) of what is left out; `problem` = why nothing of it can be taken.
    """

    cells: dict[Cell, int | None] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    problem: str = ""


def read_sheet(text: str, *, held: Mapping[int, Mapping[int, int]]) -> Sheet:
    """First line: "email" and skills by name or key; then one line a person. An empty cell takes the skill away. 2 queries."""
    sheet = Sheet()
    lines = [line.rstrip("\r") for line in text.lstrip("﻿").split("\n")]
    first = next((line for line in lines if line.strip()), "")
    separator = max("\t;,", key=first.count)
    rows = [(number, row) for number, row in enumerate(csv.reader(lines, delimiter=separator), start=1) if any(row)]
    if len(rows) < 2 or len(rows) > MOST_LINES:
        sheet.problem = _(
            "Give a first line with “email” and the skills, then one line for each person (5,000 at most)."
        )
        return sheet
    columns = read_columns(rows[0][1], sheet)
    people = {user.email.lower(): user for user in User.objects.filter(is_active=True)}
    mail = next((place for place, name in enumerate(rows[0][1]) if name.strip().lower() in NAMES), None)
    if mail is None:
        sheet.problem = _("One column must be called “email”: it says whose line it is.")
        return sheet
    if not sheet.problem:
        for number, row in rows[1:]:
            read_line(number, row, mail, columns, people, held, sheet)
    return sheet


def read_columns(header: list[str], sheet: Sheet) -> dict[int, Skill]:
    """Place → skill of the columns that are one; a name that is none is the whole sheet's problem."""
    known = {name.lower(): skill for skill in Skill.objects.all() for name in (skill.key, skill.name)}
    columns = {}
    for place, given in enumerate(header):
        name = given.strip().lower()
        if name in known:
            columns[place] = known[name]
        elif name not in NAMES | PASSED_OVER:
            sheet.problem = _("There is no skill “%(name)s”. Make it first, or take the column out.") % {
                "name": given[:60]
            }
            break
    return columns


def read_line(
    number: int, row: list[str], mail: int, columns: Mapping[int, Skill], people: Mapping[str, User],
    held: Mapping[int, Mapping[int, int]], sheet: Sheet,
) -> None:  # fmt: skip
    email = row[mail].strip().lower() if mail < len(row) else ""
    user = people.get(email)
    if user is None:
        sheet.problems.append((number, _("Nobody with the e-mail “%(email)s” works here.") % {"email": email[:80]}))
        return
    for place, skill in columns.items():
        given = row[place].strip() if place < len(row) else ""
        if given not in {"", *map(str, LEVELS)}:
            words = _("%(skill)s: “%(given)s” is no level from 0 to 5.")
            sheet.problems.append((number, words % {"skill": skill.name, "given": given[:20]}))
            continue
        before, after = held.get(user.pk, {}).get(skill.pk), int(given) if given else None
        sheet.cells[user.pk, skill.pk] = after
        if before != after:
            sheet.changes.append(Change(user.name, skill.name, before, after))
