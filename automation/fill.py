"""Texts with {{names}}: replaced by facts as plain text. No logic, no attributes, no calls. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAME = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*(?:\|\s*([^{}|]{0,80}?)\s*)?\}\}")


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """`{{customer.name | there}}` → the fact, else the words after the bar, else nothing. Anything else stays as it is."""

    def value(found: re.Match[str]) -> str:
        given = facts.get(found[1])
        return str(given) if isinstance(given, str | int | float) and given != "" else (found[2] or "")

    return NAME.sub(value, text)
