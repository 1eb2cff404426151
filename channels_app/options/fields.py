"""The questions of a channel's form: what one may be, and the refusal of what it may not."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from cxos.core.errors import Invalid

TYPES = ("text", "email", "phone", "number", "date", "choice", "consent")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_FIELDS = 12
MAX_LABEL, MAX_HINT, MAX_CHOICES = 80, 160, 50


def checked_fields(value: Any) -> list[dict[str, Any]]:
    """The questions as they are kept: name, type, label, and hint, required, choices where there are any. Raises Invalid
    naming the question by its place."""
    if not isinstance(value, list) or len(value) > MAX_FIELDS:
        raise _refusal(_("Ask up to %(most)s questions.") % {"most": MAX_FIELDS})
    kept: list[dict[str, Any]] = []
    for place, one in enumerate(value, 1):
        problem = _problem(one) or ("" if one["name"] not in {before["name"] for before in kept} else _twice(one))
        if problem:
            raise _refusal(_("Question %(place)s: %(problem)s") % {"place": place, "problem": problem})
        kept.append(_tidied(one))
    return kept


def _refusal(words: str) -> Invalid:
    return Invalid("form", words, field="form")


def _twice(one: dict[str, Any]) -> str:
    return _("the key “%(name)s” is another question’s already.") % {"name": one["name"]}


def _problem(one: Any) -> str:
    """What is wrong with one question; "" for nothing."""
    if not isinstance(one, dict):
        return _("it has no shape.")
    texts = [str(one.get(part) or "") for part in ("label", "hint")]
    choices = one.get("choices") or []
    if not texts[0].strip() or len(texts[0]) > MAX_LABEL or len(texts[1]) > MAX_HINT or "\0" in "".join(texts):
        return _("give it a label of up to %(label)s characters, and a hint of up to %(hint)s or none.") % {
            "label": MAX_LABEL, "hint": MAX_HINT,
        }  # fmt: skip
    if not NAME.fullmatch(str(one.get("name", ""))):
        return _("its key is up to 40 small Latin letters, digits and _, and starts with a letter.")
    if one.get("type") not in TYPES:
        return _("choose its kind.")
    if not isinstance(choices, list) or len(choices) > MAX_CHOICES or any(_bad_choice(text) for text in choices):
        return _("give up to %(most)s choices of up to 80 characters.") % {"most": MAX_CHOICES}
    if one["type"] == "choice" and len(choices) < 2:
        return _("give at least two choices, with commas between.")
    return ""


def _bad_choice(text: Any) -> bool:
    return not isinstance(text, str) or not 0 < len(text.strip()) <= MAX_LABEL or "\0" in text


def _tidied(one: dict[str, Any]) -> dict[str, Any]:
    field = {"name": one["name"], "type": one["type"], "label": one["label"].strip()}
    hint = str(one.get("hint") or "").strip()
    choices = list(dict.fromkeys(text.strip() for text in one.get("choices") or [])) if one["type"] == "choice" else []
    return field | {
        name: given for name, given in (("hint", hint), ("required", one.get("required") is True), ("choices", choices)) if given
    }  # fmt: skip
