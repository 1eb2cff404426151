"""What each operator does, what a broken rule does (nothing), and laws that hold for every tree."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings, strategies as st

from automation.condition_words import told
from automation.conditions import (
    MAX_DEPTH,
    MAX_NODES,
    OPERATORS,
    Fact,
    FactType,
    evaluate,
    facts_used,
    validate,
)

SCHEMA = {
    "customer.tier": Fact(FactType.TEXT, "Customer tier", ("gold", "silver")),
    "message.text": Fact(FactType.TEXT, "Message text"),
    "conversation.tags": Fact(FactType.LIST, "Tags"),
    "insight.confidence": Fact(FactType.NUMBER, "Confidence"),
    "customer.vip": Fact(FactType.BOOL, "VIP"),
    "order.delivered_at": Fact(FactType.TIME, "Delivered at"),
}
FAR = timezone(timedelta(hours=-12))  # pushes the last datetime out of range
FACTS: dict[str, Any] = {
    "customer.tier": "Gold",
    "message.text": "My PARCEL never came, I want my money back!",
    "conversation.tags": ["delivery", "Angry"],
    "insight.confidence": 0.91,
    "customer.vip": True,
    "order.delivered_at": datetime(2026, 3, 6, 12, tzinfo=UTC),
    "customer.name": None,
    "customer.note": "",
}


def leaf(fact: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"fact": fact, "op": op} if value is None else {"fact": fact, "op": op, "value": value}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (leaf("customer.tier", "is", "gold"), True),
        (leaf("customer.tier", "is", "silver"), False),
        (leaf("customer.tier", "is_not", "silver"), True),
        (leaf("customer.vip", "is", True), True),
        (leaf("customer.vip", "is", 1), False),
        (leaf("insight.confidence", "is", 0.91), True),
        (leaf("conversation.tags", "is", ["angry", "delivery"]), True),
        (leaf("conversation.tags", "is", ["angry"]), False),
        (leaf("message.text", "contains", "money back"), True),
        (leaf("message.text", "contains", "refund"), False),
        (leaf("message.text", "not_contains", "refund"), True),
        (leaf("conversation.tags", "contains", "ANGRY"), True),
        (leaf("conversation.tags", "contains", "ang"), False),
        (leaf("message.text", "starts_with", "my parcel"), True),
        (leaf("message.text", "starts_with", "parcel"), False),
        (leaf("customer.tier", "in", ["silver", "GOLD"]), True),
        (leaf("customer.tier", "not_in", ["silver"]), True),
        (leaf("conversation.tags", "in", ["vip", "angry"]), True),
        (leaf("insight.confidence", "in", [0.5, 0.91]), True),
        (leaf("insight.confidence", "gt", 0.9), True),
        (leaf("insight.confidence", "gt", 0.91), False),
        (leaf("insight.confidence", "gte", 0.91), True),
        (leaf("insight.confidence", "lt", 1), True),
        (leaf("insight.confidence", "lte", 0.5), False),
        (leaf("order.delivered_at", "gt", "2026-03-06T12:00:00+01:00"), True),
        (leaf("order.delivered_at", "lt", "2026-03-06T12:00:00Z"), False),
        (leaf("order.delivered_at", "is", "2026-03-06T13:00:00+01:00"), True),
        (leaf("customer.tier", "is_set"), True),
        (leaf("customer.name", "is_set"), False),
        (leaf("customer.note", "is_set"), False),
        (leaf("customer.never", "is_not_set"), True),
        (leaf("message.text", "matches_any", ["refund", "parcel"]), True),
        (leaf("message.text", "matches_any", ["money back"]), True),
        (leaf("message.text", "matches_any", ["parc", "never  CAME"]), True),
        (leaf("message.text", "matches_any", ["parc", "mone"]), False),
        (leaf("message.text", "matches_any", ["!", " "]), False),
        ({}, True),
        ({"and": []}, True),
        ({"or": []}, False),
        ({"not": {"or": []}}, True),
        ({"and": [leaf("customer.vip", "is", True), leaf("customer.tier", "is", "silver")]}, False),
        ({"or": [leaf("customer.vip", "is", True), leaf("customer.tier", "is", "silver")]}, True),
    ],
)
def test_a_condition_is_answered(condition: dict[str, Any], expected: bool) -> None:
    verdict = evaluate(condition, FACTS)

    assert verdict.result is expected
    assert verdict.problem == ""


def test_text_is_compared_without_regard_to_case_and_unicode_form() -> None:
    assert evaluate(leaf("city", "is", "STRASSE"), {"city": "Straße"}).result is True
    assert evaluate(leaf("city", "contains", "cafe\u0301"), {"city": "Le CAFÉ"}).result is True


def test_words_of_scripts_without_spaces_are_found_inside_the_text() -> None:
    assert evaluate(leaf("text", "matches_any", ["退款"]), {"text": "我想要退款谢谢"}).result is True
    assert evaluate(leaf("text", "matches_any", ["退货"]), {"text": "我想要退款谢谢"}).result is False


def test_nested_facts_are_found_by_their_dotted_name() -> None:
    assert evaluate(leaf("customer.tier", "is", "gold"), {"customer": {"tier": "gold"}}).result is True


@pytest.mark.parametrize("op", [op for op, how in OPERATORS.items() if how.value != "none"])
def test_a_missing_fact_meets_only_negative_operators(op: str) -> None:
    value = ["x"] if OPERATORS[op].value == "many" else "x"

    verdict = evaluate(leaf("customer.never", op, value), FACTS)

    assert verdict.result is bool(OPERATORS[op].negates)
    assert verdict.trace[0].note == "not set"


@pytest.mark.parametrize(
    "strange",
    [
        float("nan"),
        float("inf"),
        Decimal("sNaN"),
        object(),
        {"a": 1},
        b"x",
        1j,
        datetime.max.replace(tzinfo=FAR),
        lambda: 1,
    ],
)
def test_a_strange_fact_never_stops_the_line(strange: Any) -> None:
    for op, how in OPERATORS.items():
        value = None if how.value == "none" else ["x"] if how.value == "many" else "x"
        verdict = evaluate(leaf("odd", op, value), {"odd": strange})
        assert verdict.problem == ""
        json.dumps(verdict.as_json())


def test_the_trace_tells_what_was_compared_and_found() -> None:
    tree = {"or": [leaf("customer.tier", "is", "silver"), {"not": leaf("insight.confidence", "gt", "high")}]}

    verdict = evaluate(tree, FACTS)

    assert verdict.as_json() == {
        "result": True,
        "problem": "",
        "trace": [
            {
                "path": "or.0",
                "fact": "customer.tier",
                "op": "is",
                "expected": "silver",
                "found": "Gold",
                "result": False,
                "note": "",
            },
            {
                "path": "or.1.not",
                "fact": "insight.confidence",
                "op": "gt",
                "expected": "high",
                "found": 0.91,
                "result": False,
                "note": "a number is never compared with a text",
            },
        ],
    }


def test_the_trace_can_be_stored_by_a_database_that_refuses_nul_and_surrogates() -> None:
    verdict = evaluate(leaf("text", "contains", "a\0b"), {"text": "x\0\ud800" + "y" * 500})

    stored = json.dumps(verdict.as_json(), ensure_ascii=False).encode()
    assert b"\0" not in stored
    assert verdict.trace[0].found == "x\ufffd?" + "y" * 197 + "…"


def deep(levels: int) -> Any:
    tree: Any = leaf("customer.vip", "is", True)
    for _ in range(levels):
        tree = {"not": {"not": tree}}
    return tree


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        [],
        {"and": {}},
        {"and": [], "or": []},
        {"and": [], "why": 1},
        {"not": None},
        {"fact": "customer.vip"},
        {"fact": "customer.vip", "op": "matches", "value": ".*"},
        {"fact": "customer.vip", "op": ["is"], "value": True},
        {"fact": 3, "op": "is", "value": True},
        {"fact": "customer.vip", "op": "is"},
        {"fact": "customer.vip", "op": "is", "value": {"a": 1}},
        {"fact": "customer.vip", "op": "in", "value": "gold"},
        {"fact": "customer.vip", "op": "in", "value": []},
        {"fact": "customer.vip", "op": "contains", "value": ["a"]},
        {"fact": "customer.vip", "op": "is_set", "value": 1},
        {"fact": "customer.vip", "op": "is", "value": True, "extra": 1},
        {"fact": "customer.vip", "op": "is", "value": "x" * 2001},
        {"fact": "customer.vip", "op": "is", "value": float("nan")},
        deep(MAX_DEPTH),
        deep(50_000),
        {"and": [leaf("customer.vip", "is", True)] * MAX_NODES},
    ],
)
def test_a_broken_rule_never_fires_not_even_when_negated(broken: Any) -> None:
    assert evaluate(broken, FACTS).result is False
    assert evaluate(broken, FACTS).problem != ""
    assert evaluate({"not": broken}, FACTS).result is False
    assert validate(broken, SCHEMA) != []


def test_a_sound_tree_has_no_problems() -> None:
    tree = {
        "and": [
            leaf("customer.tier", "in", ["gold", "Silver"]),
            {"or": [leaf("insight.confidence", "gte", 0.8), leaf("conversation.tags", "contains", "angry")]},
            {"not": leaf("order.delivered_at", "lt", "2026-01-01")},
            leaf("customer.vip", "is", True),
        ]
    }

    assert validate(tree, SCHEMA) == []
    assert facts_used(tree) == {
        "customer.tier",
        "insight.confidence",
        "conversation.tags",
        "order.delivered_at",
        "customer.vip",
    }


@pytest.mark.parametrize(
    ("tree", "path", "sentence"),
    [
        (
            {"and": [{}, leaf("customer.shoe_size", "is", 43)]},
            "and.1",
            "There is no fact called “customer.shoe_size”.",
        ),
        (leaf("customer.vip", "gt", 1), "", "“gt” cannot be asked of “VIP”."),
        (leaf("insight.confidence", "gt", "high"), "", "“high” cannot be compared with “Confidence”."),
        (leaf("order.delivered_at", "gt", "yesterday"), "", "“yesterday” cannot be compared with “Delivered at”."),
        (
            {"not": leaf("customer.tier", "is", "bronze")},
            "not",
            "“Customer tier” is never “bronze”; it can be gold, silver.",
        ),
        ({"or": []}, "", "This group is empty; add a condition or remove it."),
        ({"not": {}}, "not", "There is nothing to negate: this rule would never run."),
        ({"and": 3}, "", "“and” needs a list of conditions."),
        (leaf("customer.tier", "is", "100%s"), "", "“Customer tier” is never “100%s”; it can be gold, silver."),
    ],
)
def test_a_problem_names_its_place_and_says_what_is_wrong(tree: Any, path: str, sentence: str) -> None:
    [problem] = validate(tree, SCHEMA)
    assert (problem.path, problem.sentence, told(problem)) == (path, sentence, sentence)


def test_a_problem_is_told_in_the_readers_language() -> None:
    [problem] = validate(leaf("message.text", "gt", 3), {"message.text": Fact(FactType.TEXT, "Channel")})
    with translation.override("ar"):
        assert told(problem) == "لا يمكن استخدام “gt” مع “القناة”."


def test_every_problem_is_told_at_once() -> None:
    tree = {"and": [leaf("a", "is", 1), {"or": [leaf("b", "is", 1), leaf("customer.vip", "is", "yes")]}]}

    assert [problem.path for problem in validate(tree, SCHEMA)] == ["and.0", "and.1.or.0", "and.1.or.1"]


def test_a_date_is_compared_as_its_midnight_in_utc() -> None:
    assert evaluate(leaf("day", "gte", "2026-03-06"), {"day": date(2026, 3, 6)}).result is True


def test_times_of_one_zone_are_compared_as_instants() -> None:
    # Both read 02:30 in Berlin on the night the clock is set back; the second is an hour later.
    facts = {"at": "2026-10-25T02:30:00+01:00"}

    assert evaluate(leaf("at", "gt", "2026-10-25T02:30:00+02:00"), facts).result is True


names = st.sampled_from([*FACTS, "customer.never", "customer", ""])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = scalars | st.lists(scalars, max_size=4)
leaves = st.fixed_dictionaries({"fact": names, "op": st.sampled_from([*OPERATORS, "regex"]), "value": values})
junk = st.recursive(
    scalars | leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["and", "or", "not", "fact", "op", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)
sound_leaves = st.builds(
    lambda name, op, value: leaf(name, op, {"none": None, "one": value, "many": [value]}[OPERATORS[op].value]),
    st.sampled_from([*FACTS, "customer.never"]),
    st.sampled_from([*OPERATORS]),
    st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["gold", "parcel", "2026-03-06"]),
)
sound_trees = st.recursive(
    sound_leaves,
    lambda inner: st.one_of(
        st.builds(lambda x: {"not": x}, inner),
        st.builds(lambda xs: {"and": xs}, st.lists(inner, max_size=3)),
        st.builds(lambda xs: {"or": xs}, st.lists(inner, max_size=3)),
    ),
    max_leaves=8,
)


@given(tree=junk, facts=st.dictionaries(st.text(max_size=5) | names, values | junk) | st.just(FACTS))
@settings(max_examples=300, deadline=None)
def test_nothing_makes_it_raise_and_every_answer_can_be_stored(tree: Any, facts: Any) -> None:
    verdict = evaluate(tree, facts)

    json.dumps(verdict.as_json(), allow_nan=False)
    assert all(problem.sentence for problem in validate(tree, SCHEMA))
    facts_used(tree)


@given(tree=sound_trees)
@settings(max_examples=200, deadline=None)
def test_a_double_negation_changes_nothing(tree: Any) -> None:
    verdict = evaluate(tree, FACTS)

    if not verdict.problem:
        assert evaluate({"not": {"not": tree}}, FACTS).result is verdict.result
        assert evaluate({"not": tree}, FACTS).result is not verdict.result


@given(trees=st.lists(sound_leaves, max_size=5))
@settings(max_examples=200, deadline=None)
def test_de_morgan(trees: list[Any]) -> None:
    negated = [{"not": tree} for tree in trees]

    assert evaluate({"not": {"and": trees}}, FACTS).result is evaluate({"or": negated}, FACTS).result
    assert evaluate({"not": {"or": trees}}, FACTS).result is evaluate({"and": negated}, FACTS).result
