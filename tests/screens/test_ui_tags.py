"""The filters and tags of the design system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cxos.screens.templatetags import ui
from cxos.screens.ui.icons import UnknownIcon, _nodes, drawing
from tests.screens.markup import render


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ana María Ruiz", "AR"),
        ("kim", "K"),
        ("", "?"),
        (None, "?"),
        ("  ", "?"),
        ("(Acme) Sons", "S"),
        ("王 小明", "王小"),
    ],
)
def test_initials_are_two_letters_at_most(name: str | None, expected: str) -> None:
    assert ui.initials(name) == expected


def test_a_hue_is_the_same_in_every_process() -> None:
    assert [ui.hue(key) for key in ("Ana", "Sam", 7, "7")] == [ui.hue("Ana"), ui.hue("Sam"), ui.hue("7"), ui.hue(7)]
    assert ui.hue("Ana") == 2
    assert {ui.hue(number) for number in range(200)} == set(range(10))


def test_a_sparkline_spans_its_box_from_oldest_to_newest() -> None:
    assert ui.sparkline_points([0, 5, 10]) == "0.0,21.0 50.0,12.0 100.0,3.0"


def test_a_sparkline_leaves_missing_values_out_and_draws_a_flat_line_in_the_middle() -> None:
    assert ui.sparkline_points([2, None, 2]) == "0.0,12.0 100.0,12.0"
    assert ui.sparkline_points([None]) == ""
    assert ui.sparkline_points([]) == ""


@pytest.mark.parametrize(
    ("value", "of", "expected"),
    [(3, 5, "60.0"), ("3", "5", "60.0"), (9, 5, "100.0"), (-1, 5, "0.0"), (1, 0, "0.0"), ("x", 5, "0.0")],
)
def test_a_share_stays_between_nothing_and_all(value: object, of: object, expected: str) -> None:
    assert ui.share(value, of) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00"), (65, "1:05"), (3700, "1:01:40"), (-190, "−3:10"), ("14", "0:14"), (None, "0:00")],
)
def test_a_clock_reads_like_one(seconds: object, expected: str) -> None:
    assert ui.clock(seconds) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=3599), "59 min"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_a_span_is_one_figure_with_its_unit(span: timedelta, expected: str) -> None:
    assert ui.short_span(span.total_seconds()) == expected


def test_keys_are_written_as_they_stand_on_the_keyboard() -> None:
    assert ui.keys("mod+enter") == '<kbd data-name="mod">Ctrl</kbd><kbd data-name="enter">↵</kbd>'
    assert ui.keys("<g> i") == '<kbd data-name="&lt;g&gt;">&lt;G&gt;</kbd><kbd data-name="i">I</kbd>'


def test_an_icon_speaks_only_when_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in ui.icon("star")
    assert 'role="img" aria-label="VIP &amp; co"' in ui.icon("star", label="VIP & co")


def test_an_icon_of_direction_is_mirrored() -> None:
    assert 'class="icon icon-mirror"' in ui.icon("arrow-right")
    assert 'class="icon"' in ui.icon("star")


def test_a_misspelt_icon_is_refused_by_name() -> None:
    if not _nodes():
        pytest.skip("the icons are fetched at set-up: run bin/test")
    with pytest.raises(UnknownIcon, match="'strar'"):
        drawing("strar")


def test_a_misspelt_icon_breaks_a_page_only_while_it_is_being_built(settings: Any) -> None:
    if not _nodes():
        pytest.skip("the icons are fetched at set-up: run bin/test")
    settings.DEBUG = True
    with pytest.raises(UnknownIcon):
        ui.icon("strar")

    settings.DEBUG = False
    assert ui.icon("strar") == ui.icon("square-dashed")


def test_what_stands_in_a_row_escapes_what_it_is_given() -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    drawn = [
        ui.avatar(
            hostile,
            key=hostile,
            size=hostile,
            state=hostile,
            state_label=hostile,
            image=hostile,
            classes=hostile,
            extra=hostile,
        ),
        ui.pill(hostile, tone=hostile, dot=True),
        ui.countdown(5, 10, state=hostile, warn=hostile, size=hostile, label=hostile, classes=hostile, extra=hostile),
        ui.ago(datetime(2026, 3, 4, tzinfo=UTC), classes=hostile, extra=hostile),
    ]
    for markup in drawn:
        assert "<img src=x" not in markup
        assert 'src="x"' not in markup


def test_a_row_tells_how_long_ago_something_was() -> None:
    assert ui.ago(None) == ""
    assert ui.ago(timezone.now() - timedelta(minutes=5, seconds=20)).endswith(">5 min</time></cx-time>")


def test_choices_of_a_menu_are_drawn_as_its_component_draws_them() -> None:
    component = (
        """<c-menu.item checked="{{ ticked }}" hx-post="/move/" hx-vals='{"to": "{{ value }}"}' hx-swap="none">"""
    )
    choices = [("open", "Open"), ("solved", "<Solved>")]

    drawn = [
        render(component + "{{ words }}</c-menu.item>", ticked=ticked, value=value, words=words).strip()
        for (value, words), ticked in zip(choices, ("false", "true"), strict=True)
    ]

    assert ui.menu_choices(choices, "solved", "/move/", "to") == " ".join(drawn)
