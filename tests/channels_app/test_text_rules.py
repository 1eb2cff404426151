"""Pure rules about texts: who is called, what is quoted, what a channel lets one say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels_app.channel_rules import rules_of, sms_parts, window_ends
from channels_app.mentioning import find_calls, who_is_called
from channels_app.quoting import split_quote

NAMES = {"Ana": [1], "Ana Ruiz": [2], "ana@example.com": [1], "Care": [2, 3], "Zoë": [4], "a.b*": [5]}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@Ana look", [1]), ("@ana, @CARE: look", [1, 2, 3]), ("(@Ana Ruiz)", [2]), ("@Anabel", []), ("kim@Ana.com", []),
        ("@zoë!", [4]), ("@a.b* yes", [5]), ("@axbbb", []), ("@ana@example.com", [1]), ("nobody", []), ("@Ana @Ana", [1]),
    ],
)  # fmt: skip
def test_who_is_called(text: str, called: list[int]) -> None:
    assert who_is_called(text, NAMES) == called


def test_a_call_is_where_its_name_stands() -> None:
    [call] = find_calls("hey @Care team", NAMES)

    assert "hey @Care team"[call.start : call.end] == "@Care"


@pytest.mark.parametrize(
    ("text", "said", "quoted"),
    [
        ("Yes\n\nOn Monday Ana wrote:\n> Is it?\n> Really?", "Yes", "On Monday Ana wrote:\n> Is it?\n> Really?"),
        ("Yes\n> a\n> b\n\n", "Yes", "> a\n> b"),
        ("> one line\nand an answer", "> one line\nand an answer", ""),
        ("> only\n> quoted", "> only\n> quoted", ""),
        ("a\n> single", "a\n> single", ""),
        ("no quote", "no quote", ""),
        ("", "", ""),
    ],
)
def test_the_quote_at_the_end_is_told_apart(text: str, said: str, quoted: str) -> None:
    assert split_quote(text) == (said, quoted)


def test_a_channel_tightens_what_its_kind_allows_and_never_loosens_it() -> None:
    rules = rules_of(
        "webchat", {"max_length": 50_000, "window_hours": 48, "file_types": ["PNG", "exe"], "max_file_mb": 1}
    )

    assert (rules.max_length, rules.window) == (10_000, timedelta(hours=48))
    assert (rules.file_types, rules.max_file_bytes) == (frozenset({"png"}), 1_000_000)


@pytest.mark.parametrize("odd", [None, "9", -1, 0, True, float("nan"), 1e300])
def test_a_setting_that_is_none_is_passed_over(odd: object) -> None:
    assert rules_of("api", {"max_length": odd, "window_hours": odd, "max_file_mb": odd}) == rules_of("api", {})


def test_the_window_runs_from_the_customers_last_message() -> None:
    heard = datetime(2026, 3, 4, 10, tzinfo=UTC)

    assert window_ends(rules_of("whatsapp", {}), last_heard_at=heard) == heard + timedelta(hours=24)
    assert window_ends(rules_of("webchat", {}), last_heard_at=heard) is None


@pytest.mark.parametrize(
    ("text", "parts"), [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ж" * 70, 1), ("ж" * 71, 2)]
)
def test_sms_parts_follow_gsm_03_38(text: str, parts: int) -> None:
    assert sms_parts(text) == parts
