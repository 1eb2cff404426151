"""The widget's texts: ours in each language it speaks, and a channel's own in their place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cxos.core.errors import Invalid

TEXTS = Path(__file__).parent.parent / "webchat" / "texts"
MAX_TEXT = 240


@cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in TEXTS.glob("*.json")))


@cache
def texts(language: str) -> dict[str, str]:
    """Every text of the widget in a language; what is not translated stays English."""
    english = json.loads((TEXTS / "en.json").read_text(encoding="utf-8"))
    own = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return {**english, **own}


def known_texts(given: Any) -> dict[str, str]:
    """Those of a channel's texts that are some."""
    known = texts("en")
    return {name: text for name, text in (given or {}).items() if name in known and isinstance(text, str)}


def checked_texts(value: Any) -> dict[str, Any]:
    """{name of a text: words, language: {name: words}}; what is empty is left out. Raises Invalid."""
    if not isinstance(value, dict):
        raise _refusal(_("The wording has no shape."))
    own: dict[str, Any] = {name: _checked(name, words) for name, words in value.items() if name not in languages()}
    for language in languages():
        spoken = value.get(language) or {}
        if not isinstance(spoken, dict):
            raise _refusal(_("The wording has no shape."))
        own[language] = {name: text for name, words in spoken.items() if (text := _checked(name, words))}
    return {name: given for name, given in own.items() if given}


def _checked(name: str, words: Any) -> str:
    if name not in texts("en"):
        raise _refusal(_("The chat has no text “%(name)s”.") % {"name": str(name)[:40]})
    if not isinstance(words, str) or len(words) > MAX_TEXT or "\0" in words:
        raise _refusal(
            _("“%(text)s”: give up to %(most)s characters.") % {"text": texts("en")[name][:60], "most": MAX_TEXT}
        )
    return words.strip()


def _refusal(words: str) -> Invalid:
    return Invalid("texts", words, field="texts")
