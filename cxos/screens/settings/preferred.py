"""Skills a queue likes its work to be done with, as they are typed: "french, billing 2" = the second weighs twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from cxos.core.errors import Invalid

ONE = re.compile(r"([-\w]{1,40})(?:\s+(\d{1,3}(?:[.,]\d{1,3})?))?", re.ASCII)


def read(text: str) -> list[dict[str, Any]]:
    """As Queue.preferred keeps them. Raises Invalid (field `preferred`) for what cannot be read."""
    found: list[dict[str, Any]] = []
    for part in (one.strip() for one in re.split(r"[,;](?!\d)", text[:2_000])):
        if not part:
            continue
        match = ONE.fullmatch(part)
        if match is None:
            raise Invalid(
                "preferred",
                _("“%(given)s” is no skill with a weight. Write: french, billing 2") % {"given": part[:40]},
                field="preferred",
            )
        key, weight = match.groups()
        found.append({"skill": key, "weight": float(weight.replace(",", "."))} if weight else {"skill": key})
    return found


def said(preferred: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['skill']} {one['weight']:g}" if "weight" in one else str(one["skill"]) for one in preferred)
