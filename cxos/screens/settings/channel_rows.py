"""What of a channel is a list of rows: the questions before the chat, and texts of its own. Rows are drawn by the server."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from channels_app.options.fields import MAX_FIELDS
from channels_app.options.wording import languages, texts

MOST_WORDS = 200
Row = dict[str, Any]
# Texts with a field of their own; here only as said in one language.
OWN_FIELDS = ("greeting", "intro")


class RowsWidget(forms.Widget):
    """Columns of one name each, `<prefix>_<name>`; what is ticked comes as the numbers of its rows."""

    def __init__(self, prefix: str, names: Sequence[str], ticked: Sequence[str] = ()) -> None:
        super().__init__()
        self.columns, self.names, self.ticked = prefix, names, ticked

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        listed = data.getlist if hasattr(data, "getlist") else lambda key: data.get(key, [])
        columns = [listed(f"{self.columns}_{one}")[:MOST_WORDS] for one in self.names]
        rows: list[Row] = [dict(zip(self.names, row, strict=True)) for row in zip(*columns, strict=False)]
        for one in self.ticked:
            places = set(listed(f"{self.columns}_{one}"))
            for place, row in enumerate(rows):
                row[one] = str(place) in places
        return rows


class RowsField(forms.Field):
    def __init__(self, prefix: str, names: Sequence[str], ticked: Sequence[str] = ()) -> None:
        super().__init__(required=False, widget=RowsWidget(prefix, names, ticked))


def press(rows: list[Row], button: str, *, empty: Row, most: int) -> list[Row]:
    """What the buttons of a list do: add, drop:<row>, up:<row>."""
    word, _colon, number = button.partition(":")
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
    if word == "add" and len(rows) < most:
        return [*rows, dict(empty)]
    if word == "drop" and 0 <= place < len(rows):
        return rows[:place] + rows[place + 1 :]
    if word == "up" and 0 < place < len(rows):
        return [*rows[: place - 1], rows[place], rows[place - 1], *rows[place + 1 :]]
    return rows


# --- Questions -----------------------------------------------------------------------------------------------------------

QUESTION: Row = {"label": "", "type": "text", "hint": "", "choices": "", "key": "", "required": False}
FIELD_TYPES = [
    ("text", gettext_lazy("Text")), ("email", gettext_lazy("E-mail")), ("phone", gettext_lazy("Phone")),
    ("number", gettext_lazy("Number")), ("date", gettext_lazy("Date")), ("choice", gettext_lazy("Choice")),
    ("consent", gettext_lazy("Consent")),
]  # fmt: skip
COMMON = ("name", "email", "phone")  # keys by which an answer is known to be what it is


def press_questions(rows: list[Row], button: str) -> list[Row]:
    return press(rows, button, empty=QUESTION, most=MAX_FIELDS)


def question_rows(stored: Any) -> list[Row]:
    return [
        {
            "label": str(one.get("label") or ""), "type": str(one.get("type") or "text"), "hint": str(one.get("hint") or ""),
            "choices": ", ".join(map(str, one.get("choices") or [])), "key": str(one.get("name") or ""),
            "required": one.get("required") is True,
        }
        for one in stored or [] if isinstance(one, dict)
    ]  # fmt: skip


def questions_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as data; rows in which nothing was written are left out, and a key nobody gave is made of the label."""
    made: list[dict[str, Any]] = []
    for row in rows:
        if not any(str(row[name]).strip() for name in ("label", "hint", "choices", "key")):
            continue
        key = row["key"].strip() or key_for(row, [one["name"] for one in made])
        choices = [text.strip() for text in row["choices"].split(",") if text.strip()]
        made.append({**row, "name": key, "choices": choices})
    return made


def key_for(row: Row, taken: Sequence[str]) -> str:
    plain = unicodedata.normalize("NFKD", row["label"]).encode("ascii", "ignore").decode().lower()
    key = row["type"] if row["type"] in COMMON else re.sub(r"[^a-z0-9]+", "_", plain).strip("_0123456789")[:30]
    key = key or "question"
    return next(one for one in (key, *(f"{key}_{n}" for n in range(2, 100))) if one not in taken)


# --- Wording -------------------------------------------------------------------------------------------------------------

WORD: Row = {"name": "start", "language": "", "text": ""}


def press_words(rows: list[Row], button: str) -> list[Row]:
    return press(rows, button, empty=WORD, most=MOST_WORDS)


def word_rows(stored: Any) -> list[Row]:
    """The texts that have no field of their own: for all languages (""), and for one."""
    given: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
    everywhere = [
        {"name": name, "language": "", "text": text}
        for name, text in given.items() if isinstance(text, str) and name not in OWN_FIELDS
    ]  # fmt: skip
    spoken = [
        {"name": name, "language": language, "text": str(text)}
        for language in languages() if isinstance(given.get(language), dict)
        for name, text in given[language].items()
    ]  # fmt: skip
    return [*everywhere, *spoken]


def texts_of(rows: Sequence[Row], own: Mapping[str, str]) -> dict[str, Any]:
    """The rows as data, with the texts of `own` fields; of two rows for the same text the last counts."""
    made: dict[str, Any] = {name: text for name, text in own.items() if text}
    for row in rows:
        if not row["text"].strip():
            continue
        place = made.setdefault(row["language"], {}) if row["language"] in languages() else made
        place[row["name"]] = row["text"]
    return made


def text_choices() -> list[tuple[str, str]]:
    """Every text of the chat, by what it says in English."""
    return [(name, words if len(words) <= 60 else f"{words[:58]}…") for name, words in texts("en").items()]
