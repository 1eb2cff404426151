"""What a channel lets one say: how long, which files, and until when. Pure.

A channel's `config` may tighten what its kind allows: `max_length`, `window_hours`, `file_types`, `max_file_mb`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import ngettext

from channels_app.file_types import TYPES

MEGABYTE = 1_000_000
LONGEST = 100_000
# GSM 03.38: a text of these letters only goes at 160 (153 in a chain) a part, any other at 70 (67).
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
GSM_TWICE = frozenset("^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Rules:
    """`window`: how long after the customer's last message one may still write. `parts`: counted in SMS parts."""

    max_length: int = LONGEST
    window: timedelta | None = None
    file_types: frozenset[str] = frozenset(TYPES)
    max_file_bytes: int = 25 * MEGABYTE
    max_files: int = 15
    parts: bool = False

    @property
    def window_words(self) -> str:
        """ "24 hours", for a sentence."""
        hours = self.window.total_seconds() / 3600 if self.window else 0
        return ngettext("%(n)s hour", "%(n)s hours", math.ceil(hours)) % {"n": f"{hours:g}"}

    @property
    def accept(self) -> str:
        """For a file field."""
        return ",".join(f".{one}" for one in sorted(self.file_types))


_PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp"})
_DAY = timedelta(hours=24)
BY_KIND: dict[str, Rules] = {
    "webchat": Rules(max_length=10_000, max_file_bytes=20 * MEGABYTE),
    "sms": Rules(max_length=1_600, file_types=_PICTURES, max_file_bytes=5 * MEGABYTE, max_files=10, parts=True),
    "whatsapp": Rules(max_length=4_096, window=_DAY, max_file_bytes=16 * MEGABYTE, max_files=1),
    "messenger": Rules(max_length=2_000, window=_DAY, max_files=1),
    "instagram": Rules(max_length=1_000, window=_DAY, file_types=_PICTURES, max_file_bytes=8 * MEGABYTE, max_files=1),
    "telegram": Rules(max_length=4_096, max_files=10),
    "line": Rules(max_length=5_000, max_files=5),
}


def rules_of(kind: str, config: Mapping[str, Any]) -> Rules:
    """The rules of a channel: its kind's, tightened by its settings. A setting that is none is passed over."""
    rules = BY_KIND.get(kind, Rules())
    length, hours = _positive(config.get("max_length")), _positive(config.get("window_hours"))
    megabytes, types = _positive(config.get("max_file_mb")), config.get("file_types")
    if length:
        rules = replace(rules, max_length=min(rules.max_length, int(length)))
    if hours:
        window = timedelta(hours=hours)
        rules = replace(rules, window=min(rules.window, window) if rules.window else window)
    if megabytes:
        rules = replace(rules, max_file_bytes=min(rules.max_file_bytes, int(megabytes * MEGABYTE)))
    if isinstance(types, list):
        rules = replace(rules, file_types=rules.file_types & {str(one).lower() for one in types})
    return rules


def _positive(value: Any) -> float | None:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return number if number and math.isfinite(number) and 0 < number < 1e9 else None


def window_ends(rules: Rules, *, last_heard_at: datetime | None) -> datetime | None:
    """Until when one may write freely; None = there is no such limit. Who never wrote cannot be written to."""
    if rules.window is None:
        return None
    return last_heard_at + rules.window if last_heard_at else NEVER


def sms_parts(text: str) -> int:
    """How many parts a text goes in."""
    if all(letter in GSM or letter in GSM_TWICE for letter in text):
        length, alone, chained = sum(2 if letter in GSM_TWICE else 1 for letter in text), 160, 153
    else:
        length, alone, chained = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else math.ceil(length / chained)
