"""The questions a channel asks before the first message, and the answers to them."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from channels_app.models import Channel
from channels_app.options.fields import MAX_FIELDS, NAME, TYPES
from crm.normalise import normalise
from cxos.core.errors import Invalid

MAX_ANSWER = 500
AWAY: dict[str, Any] = {"name": "email", "type": "email", "label": "E-mail"}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def fields_of(channel: Channel) -> list[dict[str, Any]]:
    """The channel's fields: name, label, type, required, choices, hint; malformed ones are left out."""
    given = [one for one in channel.config.get("form") or [] if isinstance(one, dict)]
    known = [one for one in given if NAME.fullmatch(str(one.get("name", ""))) and one.get("type") in TYPES]
    return [
        {
            "name": one["name"],
            "type": one["type"],
            "label": str(one.get("label") or one["name"].capitalize())[:80],
            "hint": str(one.get("hint") or "")[:160],
            "required": bool(one.get("required")),
            "choices": [str(choice)[:80] for choice in one.get("choices") or []][:50],
        }
        for one in known[:MAX_FIELDS]
    ]


def read_form(channel: Channel, answers: Any) -> dict[str, str]:
    """The answers that were given, cleaned, by field name; raises Invalid naming the field.

    Required fields are enforced by the page, which alone knows whether this visitor was ever asked. It asks for an
    e-mail address also without such a field, when nobody is there to answer.
    """
    given = answers if isinstance(answers, dict) else {}
    cleaned = {}
    for field in [*fields_of(channel), AWAY]:
        if field["name"] in cleaned:
            continue
        answer = given.get(field["name"])
        if isinstance(answer, bool):
            answer = "yes" if answer else ""
        if not isinstance(answer, str) or not answer.strip():
            continue
        cleaned[field["name"]] = _checked(field, answer.replace("\0", "").strip()[:MAX_ANSWER])
    return cleaned


def _checked(field: dict[str, Any], answer: str) -> str:
    good = {
        "email": lambda: bool(normalise("email", answer)),
        "phone": lambda: len(re.sub(r"\D", "", answer)) >= 5,
        "number": lambda: bool(re.fullmatch(r"-?\d+([.,]\d+)?", answer)),
        "date": lambda: bool(DATE.fullmatch(answer)),
        "choice": lambda: answer in field["choices"],
        "consent": lambda: answer == "yes",
    }.get(field["type"], lambda: True)
    if not good():
        raise Invalid(
            "form",
            _("%(label)s: this is no valid %(kind)s.") % {"label": field["label"], "kind": field["type"]},
            field=field["name"],
        )
    return answer
