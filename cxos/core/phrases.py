"""Sentences that are stored once and read in any language: a text of the source, and what stands in its gaps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Phrase:
    """`text`: marked by `gettext_noop` where it is written, with gaps like %(name)s; `values`: what fills them."""

    text: str
    values: Mapping[str, str | int | Phrase] = field(default_factory=dict)

    def __str__(self) -> str:
        """In the language that is active."""
        return gettext(self.text) % self.values

    @property
    def kept(self) -> dict[str, Any]:
        """What JSON holds of it; `told` makes the sentence of that again."""
        values = {name: value.kept if isinstance(value, Phrase) else value for name, value in self.values.items()}
        return {"text": self.text, "values": values}


def told(row: Mapping[str, Any] | str) -> str:
    """A kept phrase in the language of whoever reads; a string is a sentence of older days, told as it is."""
    return row if isinstance(row, str) else str(_phrase(row))


def reworded(text: str) -> str:
    """What was stored in words of the source (`gettext_noop`), in the reader's language; anybody's own words stay."""
    return gettext(text) if text else ""


def _phrase(row: Mapping[str, Any]) -> Phrase:
    values = {name: _phrase(value) if isinstance(value, dict) else value for name, value in row["values"].items()}
    return Phrase(row["text"], values)


def in_source_language() -> AbstractContextManager[None]:
    """While sentences are stored: for logs, for search, and for whoever reads the database."""
    return translation.override(SOURCE_LANGUAGE)
