"""Words, folding, distance, highlighting."""

from __future__ import annotations

import pytest

from cxos.core.search.words import distance, excerpt, fold, is_learned, marked, near_keys, words_of


def test_words_are_what_stands_between_signs() -> None:
    assert words_of("Kim@Example.com, e-mail: AB-12345 don’t") == [
        "kim", "example", "com", "e", "mail", "ab", "12345", "don", "t",
    ]  # fmt: skip


@pytest.mark.parametrize(("word", "folded"), [("Müller", "muller"), ("STRASSE", "strasse"), ("Straße", "strasse")])
def test_folding_forgets_case_and_accents(word: str, folded: str) -> None:
    assert fold(word) == folded


@pytest.mark.parametrize(("word", "learned"), [("parcel", True), ("ab", False), ("a1b2", False), ("x" * 33, False)])
def test_numbers_and_endless_words_are_not_learned(word: str, learned: bool) -> None:
    assert is_learned(word) is learned


@pytest.mark.parametrize(
    ("one", "other", "most", "far"),
    [
        ("parcel", "parcel", 1, 0), ("pracel", "parcel", 1, 1), ("parcl", "parcel", 1, 1), ("barcel", "parcel", 1, 1),
        ("parxcel", "parcel", 1, 1), ("prcl", "parcel", 2, 2), ("refund", "parcel", 2, 3), ("a", "abcd", 1, 2),
    ],
)  # fmt: skip
def test_distance_counts_letters_and_swaps(one: str, other: str, most: int, far: int) -> None:
    assert distance(one, other, most=most) == far


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pracel", "parcel"),
        ("parcl", "parcel"),
        ("barcel", "parcel"),
        ("delievry", "delivery"),
        ("custmoer", "customer"),
    ],
)
def test_words_of_a_mistake_share_a_key_with_the_right_one(typed: str, meant: str) -> None:
    assert set(near_keys(typed)) & set(near_keys(meant))


def test_what_was_looked_for_is_told_apart() -> None:
    pieces = marked("My Parcel, my parcels!", {"parcel"}, beginnings=["parc"])

    assert pieces == [("My ", False), ("Parcel", True), (", my ", False), ("parcels", True), ("!", False)]
    assert "".join(piece for piece, _ in pieces) == "My Parcel, my parcels!"


def test_an_excerpt_begins_near_the_first_hit() -> None:
    pieces = excerpt("word " * 100 + "parcel " + "word " * 100, {"parcel"}, length=60)

    text = "".join(piece for piece, _ in pieces)
    assert ("parcel", True) in pieces
    assert text.startswith("… ") and text.endswith(" …")
    assert len(text) < 80
