"""A filter as a form: groups of lines. Read from what was posted, changed by its buttons, turned into a tree.

Fields: `match` all | any of the groups; of group g `mode_g` all | any; of line l in it `fact_g_l`, `op_g_l`, `value_g_l`
(several for a choice) and, for a length of time, `unit_g_l` in minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cxos.screens.workspace.filters import FIELDS, OPERATORS, Choices

MOST_GROUPS, MOST_LINES = 6, 12
UNITS = (("1", _("minutes")), ("60", _("hours")), ("1440", _("days")))
WORDS = {"all": "and", "any": "or"}
FIRST = "status"


@dataclass(slots=True)
class Line:
    """One condition as it stands in the form; `problem` is what is wrong with it."""

    fact: str = FIRST
    op: str = "in"
    values: list[str] = field(default_factory=list)
    unit: str = "60"
    problem: Any = ""

    @property
    def kind(self) -> str:
        return FIELDS[self.fact].kind

    def mended(self) -> Line:
        """With an operator that its field knows."""
        if self.fact not in FIELDS:
            self.fact = FIRST
        if self.op not in OPERATORS[self.kind]:
            self.op, self.values = next(iter(OPERATORS[self.kind])), [] if self.kind != "flag" else ["true"]
        return self

    def value(self) -> Any:
        """What was given, as the tree holds it; sets `problem` where that cannot be asked."""
        given = [text for value in self.values for text in self.split(value)]
        if not given:
            self.problem = (
                _("Choose at least one.") if self.kind == "choice" else _("Fill this in, or remove the line.")
            )
        elif self.kind == "minutes":
            if given[0].isascii() and given[0].isdigit() and len(given[0]) < 7:
                return int(given[0]) * int(self.unit if self.unit in dict(UNITS) else "60")
            self.problem = _("Give a whole number.")
        elif self.kind == "flag":
            return given[0] == "true"
        return given[0] if self.kind in {"words", "minutes"} and given else given

    def split(self, value: str) -> list[str]:
        parts = value.split(",") if self.kind == "tags" else [value]
        return [part.replace("\0", "").strip()[:200] for part in parts if part.strip()]


@dataclass(slots=True)
class Group:
    mode: str = "all"
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class FilterForm:
    match: str = "all"
    groups: list[Group] = field(default_factory=list)

    def tree(self) -> dict[str, Any]:
        """Groups within one group; a problem of a line is written on the line."""
        made = [
            {WORDS[group.mode]: [{"fact": line.fact, "op": line.op, "value": line.value()} for line in group.lines]}
            for group in self.groups
            if group.lines
        ]
        return {WORDS[self.match]: made} if made else {}

    @property
    def is_sound(self) -> bool:
        return not any(line.problem for group in self.groups for line in group.lines)

    def do(self, what: str) -> None:
        """What a button asks for: "group", "add:0", "drop:0:1". Anything else only redraws."""
        word, *rest = what.split(":")
        places = [int(part) for part in rest if part.isascii() and part.isdigit() and len(part) < 3]
        if word == "group" and len(self.groups) < MOST_GROUPS:
            self.groups.append(Group("all", [Line()]))
        elif word == "add" and len(places) == 1 and places[0] < len(self.groups):
            self.groups[places[0]].lines = [*self.groups[places[0]].lines, Line()][:MOST_LINES]
        elif word == "drop" and len(places) == 2 and places[0] < len(self.groups):
            del self.groups[places[0]].lines[places[1] : places[1] + 1]
            self.groups = [group for group in self.groups if group.lines]

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """For the template: groups with their lines, each line with what can be chosen. A query a kind of choice."""
        choices = lru_cache(maxsize=None)(choices_of)
        facts = [(name, one.label) for name, one in FIELDS.items()]
        return [
            {
                "mode": group.mode,
                "lines": [
                    {
                        "line": line,
                        "facts": facts,
                        "operators": [*OPERATORS[line.kind].items()],
                        "choices": choices(line.fact),
                        "text": ", ".join(line.values),
                        "units": UNITS,
                    }
                    for line in group.lines
                ],
            }
            for group in self.groups
        ]


def choices_of(fact: str) -> Choices:
    found = FIELDS[fact].choices
    return found() if found else []


def read_form(post: QueryDict) -> FilterForm:
    form = FilterForm("any" if post.get("match") == "any" else "all")
    for g in range(MOST_GROUPS):
        lines = [
            Line(
                post[f"fact_{g}_{n}"],
                post.get(f"op_{g}_{n}", ""),
                post.getlist(f"value_{g}_{n}")[:100],
                post.get(f"unit_{g}_{n}", "60"),
            ).mended()
            for n in range(MOST_LINES)
            if f"fact_{g}_{n}" in post
        ]
        if lines:
            form.groups.append(Group("any" if post.get(f"mode_{g}") == "any" else "all", lines))
    return form


def form_of(tree: Any) -> FilterForm:
    """The form for a tree of this screen's own making; groups nested deeper are left out (nothing here makes them)."""
    outer = "or" if "or" in tree else "and"
    branches = tree.get(outer, [])
    if "fact" in tree or any("fact" in branch for branch in branches):
        branches = [tree if "and" in tree or "or" in tree else {"and": [tree]}]
        outer = "and"
    groups = []
    for branch in branches:
        inner = "or" if "or" in branch else "and"
        lines = [line_of(leaf) for leaf in branch.get(inner, []) if leaf.get("fact") in FIELDS]
        groups += [Group("any" if inner == "or" else "all", lines)] if lines else []
    return FilterForm("any" if outer == "or" else "all", groups)


def line_of(leaf: Mapping[str, Any]) -> Line:
    value = leaf.get("value")
    line = Line(str(leaf["fact"]), str(leaf["op"]))
    if line.kind == "minutes" and isinstance(value, int | float):
        unit = next((minutes for minutes in (1440, 60) if value and value % minutes == 0), 1)
        line.values, line.unit = [str(int(value) // unit)], str(unit)
    elif isinstance(value, bool):
        line.values = ["true" if value else "false"]
    else:
        line.values = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    return line.mended()
