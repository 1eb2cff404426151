"""Conditions of a rule: a small tree as JSON, asked of a set of facts, answered with the reason for each part.

Pure: no ORM, no Django, no ambient clock. A tree is one of

    {}                                                     always
    {"and": [tree, …]}  {"or": [tree, …]}  {"not": tree}   groups
    {"fact": "customer.tier", "op": "is", "value": "gold"} leaf

`facts` maps dotted names to text, numbers, booleans, lists of text or times (aware datetimes or ISO text). A fact that
is missing, None or of a strange type is *not set*: it meets only `is_not_set` and the negative operators. Text is
compared without regard to case or Unicode form. `evaluate` never raises, whatever it is given: a tree it cannot
understand, or one that is too large, is false as a whole, so that a broken rule never fires, not even inside a `not`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from automation.fact_values import Fact, FactType, Schema, fits, kind, read, says_any, shown, time_from

MAX_DEPTH = 12
MAX_NODES = 300
MAX_LIST = 500
MAX_VALUE_CHARS = 2_000
MAX_NAME_CHARS = 200


class Problem(NamedTuple):
    """What is wrong with a tree, and where: `path` is "" for the root, else like "and.0.not". Whoever tells people
    translates the text, and the label among what fills it."""

    path: str
    text: str
    values: Mapping[str, Any] = {}

    @property
    def sentence(self) -> str:
        """In English."""
        return self.text % self.values


class LeafTrace(NamedTuple):
    """One comparison as it was made. `found` is None for a fact that is not set; texts are cut to 200 characters."""

    path: str
    fact: str
    op: str
    expected: Any
    found: Any
    result: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, every comparison behind it in the order of the tree, and why it could not be asked, if so."""

    result: bool
    trace: tuple[LeafTrace, ...] = ()
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the decision's record and the API."""
        return {"result": self.result, "trace": [leaf._asdict() for leaf in self.trace], "problem": self.problem}


class Operator(NamedTuple):
    """`types` it can be asked of, the shape of its value ("one", "many", "none"), its test on read values."""

    types: frozenset[FactType]
    value: str
    test: Callable[[Any, Any], bool]
    negates: str = ""


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, frozenset):
        return found == _pairs(wanted)
    return kind(found) == kind(wanted) and bool(found == wanted)


def _among(found: Any, wanted: Any) -> bool:
    return not _pairs(found).isdisjoint(wanted)


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, frozenset):
        return not found.isdisjoint(_pairs(wanted))
    return isinstance(found, str) and isinstance(wanted, str) and wanted in found


def _starts_with(found: Any, wanted: Any) -> bool:
    return isinstance(found, str) and isinstance(wanted, str) and found.startswith(wanted)


def _matches_any(found: Any, wanted: Any) -> bool:
    return says_any(_texts(found), _texts(wanted))


def _pairs(value: Any) -> frozenset[Any]:
    """A single value as a list of one, in the form `read` gives to lists."""
    return value if isinstance(value, frozenset) else frozenset({(kind(value), value)})


def _texts(value: Any) -> list[str]:
    return [item for of, item in _pairs(value) if of is FactType.TEXT]


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(found: Any, wanted: Any) -> bool:
        return kind(found) in _SORTED and kind(found) == kind(wanted) and test(found, wanted)

    return compare


_EMPTY: tuple[Any, ...] = ("", frozenset())
_ANY = frozenset(FactType)
_WORDY = frozenset({FactType.TEXT, FactType.LIST})
_SORTED = frozenset({FactType.NUMBER, FactType.TIME})
_LISTED = frozenset({FactType.TEXT, FactType.NUMBER, FactType.LIST})

OPERATORS: Mapping[str, Operator] = {
    "is": Operator(_ANY, "one", _same),
    "is_not": Operator(_ANY, "one", _same, negates="is"),
    "contains": Operator(_WORDY, "one", _contains),
    "not_contains": Operator(_WORDY, "one", _contains, negates="contains"),
    "starts_with": Operator(frozenset({FactType.TEXT}), "one", _starts_with),
    "in": Operator(_LISTED, "many", _among),
    "not_in": Operator(_LISTED, "many", _among, negates="in"),
    "gt": Operator(_SORTED, "one", _ordered(lambda found, wanted: found > wanted)),
    "gte": Operator(_SORTED, "one", _ordered(lambda found, wanted: found >= wanted)),
    "lt": Operator(_SORTED, "one", _ordered(lambda found, wanted: found < wanted)),
    "lte": Operator(_SORTED, "one", _ordered(lambda found, wanted: found <= wanted)),
    "is_set": Operator(_ANY, "none", lambda found, wanted: found not in _EMPTY),
    "is_not_set": Operator(_ANY, "none", lambda found, wanted: found not in _EMPTY, negates="is_set"),
    "matches_any": Operator(_WORDY, "many", _matches_any),
}


def evaluate(tree: Any, facts: Mapping[str, Any]) -> Verdict:
    """Ask the tree of the facts. Every leaf is compared, also where the result is already clear, to be explained."""
    trace: list[LeafTrace] = []
    try:
        problems = _shape(tree, "", depth=1, budget=[MAX_NODES])
        if problems:
            return Verdict(False, problem=_told(problems[0]))
        return Verdict(_ask(tree, facts if isinstance(facts, Mapping) else {}, "", trace), tuple(trace))
    except Exception as error:  # noqa: BLE001  a fact’s own methods may fail; a rule must never stop the line
        return Verdict(False, tuple(trace), f"The conditions could not be evaluated ({type(error).__name__}).")


def validate(tree: Any, schema: Schema) -> list[Problem]:
    """What an admin must mend before the tree may be saved; empty when all is well. Never raises."""
    problems = _shape(tree, "", depth=1, budget=[MAX_NODES])
    return problems or list(_meaning(tree, schema, ""))


def facts_used(tree: Any) -> frozenset[str]:
    """The names of the facts a well-formed tree asks about."""
    if not isinstance(tree, dict) or _shape(tree, "", depth=1, budget=[MAX_NODES]):
        return frozenset()
    if "fact" in tree:
        return frozenset({tree["fact"]})
    branches = [tree["not"]] if "not" in tree else tree.get("and") or tree.get("or") or []
    return frozenset().union(*(facts_used(branch) for branch in branches))


def _ask(tree: dict[str, Any], facts: Mapping[str, Any], path: str, trace: list[LeafTrace]) -> bool:
    if not tree:
        return True
    if "not" in tree:
        return not _ask(tree["not"], facts, _join(path, "not"), trace)
    for group, verdict in (("and", all), ("or", any)):
        if group in tree:
            branches = [(_join(path, group, number), branch) for number, branch in enumerate(tree[group])]
            return verdict([_ask(branch, facts, place, trace) for place, branch in branches])
    leaf = _compare(tree, facts, path)
    trace.append(leaf)
    return leaf.result


def _compare(leaf: dict[str, Any], facts: Mapping[str, Any], path: str) -> LeafTrace:
    name, op = leaf["fact"], OPERATORS[leaf["op"]]
    raw = _look_up(facts, name)
    found, wanted = read(raw), read(leaf.get("value"))
    if op.types == _SORTED or isinstance(found, datetime):
        found, wanted = _as_time(found), _as_time(wanted)
    met = found is not None and op.test(found, wanted)
    note = _note(raw, found, wanted, leaf["op"])
    return LeafTrace(path, name, leaf["op"], shown(leaf.get("value")), shown(raw), met != bool(op.negates), note)


def _as_time(value: Any) -> Any:
    return (time_from(value) or value) if isinstance(value, str) else value


def _note(raw: Any, found: Any, wanted: Any, op: str) -> str:
    if raw is None:
        return "not set"
    if found is None:
        return f"not set: a {type(raw).__name__} cannot be compared"
    if op in ("gt", "gte", "lt", "lte", "is", "is_not") and kind(found) not in (kind(wanted), FactType.LIST):
        return f"a {kind(found)} is never compared with a {kind(wanted)}"
    return ""


def _look_up(facts: Mapping[str, Any], name: str) -> Any:
    """By the whole dotted name first, then step by step through nested mappings."""
    if name in facts:
        return facts[name]
    here: Any = facts
    for part in name.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return None
        here = here[part]
    return here


def _shape(tree: Any, path: str, *, depth: int, budget: list[int]) -> list[Problem]:
    """Problems of form: what cannot be evaluated at all. `budget` counts the nodes that are still allowed."""
    budget[0] -= 1
    if budget[0] < 0:
        return [Problem(path, "There are more than %(most)s conditions; split the rule.", {"most": MAX_NODES})]
    if depth > MAX_DEPTH:
        return [Problem(path, "Groups are nested more than %(most)s deep; simplify the rule.", {"most": MAX_DEPTH})]
    if not isinstance(tree, dict):
        return [Problem(path, "A condition must be an object with “and”, “or”, “not” or “fact”.")]
    kinds = [key for key in ("and", "or", "not", "fact") if key in tree]
    if not tree:
        return []
    if len(kinds) != 1:
        return [Problem(path, "A condition needs exactly one of “and”, “or”, “not” and “fact”.")]
    if kinds[0] == "fact":
        return _leaf_shape(tree, path)
    if len(tree) > 1:
        return [Problem(path, "A group has “%(key)s” and nothing beside it.", {"key": kinds[0]})]
    if kinds[0] == "not":
        return _shape(tree["not"], _join(path, "not"), depth=depth + 1, budget=budget)
    branches = tree[kinds[0]]
    if not isinstance(branches, list):
        return [Problem(path, "“%(key)s” needs a list of conditions.", {"key": kinds[0]})]
    problems: list[Problem] = []
    for number, branch in enumerate(branches[: MAX_NODES + 1]):
        problems += _shape(branch, _join(path, kinds[0], number), depth=depth + 1, budget=budget)
        if budget[0] < 0:
            break
    return problems


def _leaf_shape(leaf: dict[Any, Any], path: str) -> list[Problem]:
    name, op = leaf["fact"], leaf.get("op")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARS:
        return [Problem(path, "“fact” must be the name of a fact.")]
    if not isinstance(op, str) or op not in OPERATORS:
        return [Problem(path, "“op” must be one of %(choices)s.", {"choices": ", ".join(OPERATORS)})]
    if set(leaf) - {"fact", "op", "value"}:
        return [Problem(path, "A condition has “fact”, “op” and “value” and nothing else.")]
    return list(_value_shape(leaf.get("value"), op, path))


def _value_shape(value: Any, op: str, path: str) -> Iterator[Problem]:
    """The first problem, if any."""
    shape, told = OPERATORS[op].value, {"op": op}
    items = value if isinstance(value, list) else [value]
    if shape == "none":
        if value is not None:
            yield Problem(path, "“%(op)s” takes no value.", told)
    elif value is None:
        yield Problem(path, "“%(op)s” needs a value.", told)
    elif shape == "one" and isinstance(value, list) and op not in ("is", "is_not"):
        yield Problem(path, "“%(op)s” takes one value, not a list.", told)
    elif shape == "many" and not isinstance(value, list):
        yield Problem(path, "“%(op)s” takes a list of values.", told)
    elif not 0 < len(items) <= MAX_LIST:
        yield Problem(path, "The list must hold 1 to %(most)s values.", {"most": MAX_LIST})
    elif not all(_is_plain(item) for item in items):
        yield Problem(
            path,
            "A value must be text of up to %(most)s characters, a number, true or false.",
            {"most": MAX_VALUE_CHARS},
        )


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_VALUE_CHARS
    return isinstance(value, bool | int | float) and read(value) is not None


def _meaning(tree: dict[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
    """Problems of sense, in a tree of sound form: facts that do not exist, operators and values that do not fit."""
    if "fact" in tree:
        yield from _leaf_meaning(tree, schema, path)
    elif "not" in tree:
        if not tree["not"]:
            yield Problem(_join(path, "not"), "There is nothing to negate: this rule would never run.")
        yield from _meaning(tree["not"], schema, _join(path, "not"))
    elif tree:
        group = "and" if "and" in tree else "or"
        if not tree[group]:
            yield Problem(path, "This group is empty; add a condition or remove it.")
        for number, branch in enumerate(tree[group]):
            yield from _meaning(branch, schema, _join(path, group, number))


def _leaf_meaning(leaf: dict[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
    fact, op = schema.get(leaf["fact"]), OPERATORS[leaf["op"]]
    if fact is None:
        yield Problem(path, "There is no fact called “%(name)s”.", {"name": shown(leaf["fact"])})
        return
    told = {"label": fact.label or leaf["fact"], "op": leaf["op"]}
    if fact.type not in op.types:
        yield Problem(path, "“%(op)s” cannot be asked of “%(label)s”.", told)
        return
    value = leaf.get("value")
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        told = {**told, "value": shown(item)}
        if not fits(item, fact.type):
            yield Problem(path, "“%(value)s” cannot be compared with “%(label)s”.", told)
        elif fact.choices and leaf["op"] in ("is", "is_not", "in", "not_in") and not _is_choice(item, fact):
            told = {**told, "choices": ", ".join(fact.choices)}
            yield Problem(path, "“%(label)s” is never “%(value)s”; it can be %(choices)s.", told)


def _is_choice(value: Any, fact: Fact) -> bool:
    return read(value) in {read(choice) for choice in fact.choices}


def _join(path: str, *parts: object) -> str:
    return ".".join([path, *map(str, parts)] if path else map(str, parts))


def _told(problem: Problem) -> str:
    return f"{problem.path}: {problem.sentence}" if problem.path else problem.sentence
