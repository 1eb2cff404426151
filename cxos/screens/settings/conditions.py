"""Conditions as a form: groups of lines. Read from what was posted, changed by its buttons, turned into a tree.

A tree that has another shape is edited as JSON. Fields: `match` all | any of the groups; of group n `mode_n` all | any |
none, and `fact_n`, `op_n`, `value_n` once a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy as _

from automation.conditions import OPERATORS
from automation.fact_values import Fact, FactType, Schema
from cases.models import Metric

MOST_GROUPS, MOST_LINES = 10, 30
OPERATOR_WORDS = {
    "is": _("is"), "is_not": _("is not"), "contains": _("contains"), "not_contains": _("does not contain"),
    "starts_with": _("starts with"), "in": _("is one of"), "not_in": _("is none of"), "gt": _("is more than"),
    "gte": _("is at least"), "lt": _("is less than"), "lte": _("is at most"), "is_set": _("is known"),
    "is_not_set": _("is not known"), "matches_any": _("says one of the words"),
}  # fmt: skip
MODES = {"all": "and", "any": "or"}
# The words of values that facts with few of them can take.
CHOICE_WORDS = {
    **dict(Metric.choices), "time": _("Nobody was in time"), "policy_change": _("Another promise"),
    "calendar_change": _("Other hours"),
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """One comparison as it stands in the form; `value` as typed, lists with commas."""

    fact: str
    op: str
    value: str = ""


@dataclass(slots=True)
class Group:
    mode: str = "all"  # all, any, none
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Builder:
    """The whole form. `json` is set while the tree is edited as text."""

    schema: Schema
    match: str = "all"
    groups: list[Group] = field(default_factory=list)
    json: str | None = None

    def tree(self) -> Any:
        """The conditions; raises ValueError with a sentence for JSON that is none."""
        if self.json is not None:
            try:
                return json.loads(self.json or "{}")
            except (ValueError, RecursionError):
                raise ValueError("This is no JSON.") from None
        groups = [self._group(group) for group in self.groups if group.lines]
        if len(groups) == 1:
            return groups[0]
        return {MODES[self.match]: groups} if groups else {}

    def _group(self, group: Group) -> dict[str, Any]:
        leaves = [self._leaf(line) for line in group.lines]
        if group.mode == "none":
            return {"not": leaves[0] if len(leaves) == 1 else {"or": leaves}}
        return leaves[0] if len(leaves) == 1 else {MODES[group.mode]: leaves}

    def _leaf(self, line: Line) -> dict[str, Any]:
        shape = OPERATORS[line.op].value if line.op in OPERATORS else "one"
        leaf: dict[str, Any] = {"fact": line.fact, "op": line.op}
        type = self.schema[line.fact].type if line.fact in self.schema else FactType.TEXT
        if shape == "many":
            leaf["value"] = [typed(one.strip(), type) for one in line.value.split(",") if one.strip()]
        elif shape == "one":
            leaf["value"] = typed(line.value.strip(), type)
        return leaf

    def press(self, button: str) -> None:
        """What the form's buttons do: add:<group>, drop:<group>:<line>, group, json, form. Anything else does nothing."""
        word, *numbers = button.split(":")
        places = [int(number) for number in numbers if number.isascii() and number.isdigit()]
        if word == "group" and len(self.groups) < MOST_GROUPS:
            self.groups.append(Group(lines=[self.first_line()]))
        elif word == "add" and places and places[0] < len(self.groups):
            self.groups[places[0]].lines.append(self.first_line())
        elif word == "drop" and len(places) == 2 and places[0] < len(self.groups):
            del self.groups[places[0]].lines[places[1] : places[1] + 1]
            self.groups = [group for group in self.groups if group.lines]
        elif word == "json" and self.json is None:
            self.json = json.dumps(self.tree(), ensure_ascii=False, indent=2)

    def fit(self) -> None:
        """Drop the lines about facts that the schema does not have."""
        for group in self.groups:
            group.lines = [line for line in group.lines if line.fact in self.schema]
        self.groups = [group for group in self.groups if group.lines]

    def first_line(self) -> Line:
        name = next(iter(self.schema))
        return Line(name, operators_of(self.schema[name])[0][0])

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """For the template: each group with its lines, each line with what may be chosen."""
        facts = [(name, said_fact(name, self.schema)) for name in self.schema]
        return [
            {"number": number, "mode": group.mode, "lines": [self._drawn_line(line, facts) for line in group.lines]}
            for number, group in enumerate(self.groups)
        ]

    def _drawn_line(self, line: Line, facts: list[tuple[str, str]]) -> dict[str, Any]:
        known = self.schema.get(line.fact)
        operators = operators_of(known) if known else [(line.op, line.op)]
        op = line.op if line.op in dict(operators) else operators[0][0]
        kind = "none" if OPERATORS[op].value == "none" else "bool" if known and known.type is FactType.BOOL else "text"
        many = OPERATORS[op].value == "many"
        drawn = {"line": line, "facts": facts, "operators": operators, "op": op, "kind": kind, "many": many}
        if known and known.choices and op in {"is", "is_not"}:
            strange = [(line.value, line.value)] if line.value and line.value not in known.choices else []
            words = [(value, said_value(line.fact, value, self.schema)) for value in known.choices]
            return drawn | {"kind": "choice", "choices": [*strange, *words]}
        return drawn


def operators_of(fact: Fact) -> list[tuple[str, Any]]:
    """The operators that can be asked of this fact, with their words; yes or no is only asked with "is"."""
    if fact.type is FactType.BOOL:
        return [("is", OPERATOR_WORDS["is"])]
    return [(name, OPERATOR_WORDS[name]) for name, one in OPERATORS.items() if fact.type in one.types]


def said_fact(name: str, schema: Schema) -> str:
    """The fact in the reader's language; its name where nobody has said it."""
    label = schema[name].label if name in schema else ""
    return gettext(label) if label else name


def said_value(name: str, value: Any, schema: Schema) -> Any:
    """A value of the fact in words, where it is one of few; anything else as it is."""
    if name in schema and schema[name].choices:
        many = isinstance(value, (list, tuple))
        return [CHOICE_WORDS.get(one, one) for one in value] if many else CHOICE_WORDS.get(value, value)
    return value


def typed(text: str, type: FactType) -> Any:
    """What was typed, as the fact's type; text that is none stays text, which validation then names."""
    if type is FactType.BOOL:
        return {"true": True, "false": False}.get(text.lower(), text)
    if type is FactType.NUMBER and re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text, re.ASCII):
        return float(text) if "." in text else int(text)
    return text


def read_builder(post: QueryDict, schema: Schema) -> Builder:
    """The form as it was posted."""
    builder = Builder(schema, match="any" if post.get("match") == "any" else "all")
    if "conditions_json" in post:
        builder.json = post["conditions_json"][:100_000]
        return builder
    for number in range(MOST_GROUPS):
        columns = (post.getlist(f"{name}_{number}")[:MOST_LINES] for name in ("fact", "op", "value"))
        lines = [Line(fact, op, value) for fact, op, value in zip(*columns, strict=False)]
        if lines:
            mode = post.get(f"mode_{number}", "all")
            builder.groups.append(Group(mode if mode in {"all", "any", "none"} else "all", lines))
    return builder


def builder_of(tree: Any, schema: Schema) -> Builder:
    """The form for a stored tree; as JSON where it has another shape than groups of lines."""
    builder = Builder(schema)
    try:
        builder.match, builder.groups = shape_of(tree)
    except ValueError:
        builder.json = json.dumps(tree, ensure_ascii=False, indent=2)
    return builder


def shape_of(tree: Any) -> tuple[str, list[Group]]:
    """(match, groups) of a tree; raises ValueError where it is nested deeper. Lone comparisons share one group."""
    if not tree:
        return "all", []
    if "or" in tree and not all(is_leaf(one) for one in tree["or"]):
        return "any", [group_of(one) for one in tree["or"]]
    if "and" in tree and not all(is_leaf(one) for one in tree["and"]):
        lone = [line_of(one) for one in tree["and"] if is_leaf(one)]
        rest = [group_of(one) for one in tree["and"] if not is_leaf(one)]
        return "all", [*([Group("all", lone)] if lone else []), *rest]
    return "all", [group_of(tree)]


def group_of(tree: Mapping[str, Any]) -> Group:
    if is_leaf(tree):
        return Group("all", [line_of(tree)])
    if set(tree) == {"not"}:
        inner = tree["not"]
        leaves = [inner] if is_leaf(inner) else inner.get("or") if set(inner) == {"or"} else None
        return Group("none", lines_of(leaves))
    for mode, word in MODES.items():
        if set(tree) == {word}:
            return Group(mode, lines_of(tree[word]))
    raise ValueError("nested deeper")


def lines_of(leaves: Any) -> list[Line]:
    if not leaves or not all(is_leaf(one) for one in leaves):
        raise ValueError("nested deeper")
    return [line_of(one) for one in leaves]


def line_of(leaf: Mapping[str, Any]) -> Line:
    return Line(str(leaf["fact"]), str(leaf["op"]), as_typed(leaf.get("value")))


def is_leaf(tree: Any) -> bool:
    return isinstance(tree, Mapping) and "fact" in tree and "op" in tree


def as_typed(value: Any) -> str:
    if isinstance(value, list):
        if any("," in str(one) for one in value):
            raise ValueError("a comma inside a value")
        return ", ".join(as_typed(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
