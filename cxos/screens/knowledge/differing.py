"""What a version says otherwise than the one before it: fields, and lines of the text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from automation.models import ArticleVersion

MOST_LINES = 1_500  # beyond, comparing takes longer than a page may
AROUND = 2


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: added, removed, same, or gap (lines left out)."""

    kind: str
    text: str = ""


def fields_changed(before: ArticleVersion, after: ArticleVersion) -> list[tuple[Any, str, str]]:
    """(label, before, after) of what differs besides the text."""

    def shown(one: ArticleVersion) -> dict[Any, str]:
        return {
            _("Title"): one.title,
            _("Language"): one.language_name,
            _("Collection"): one.collection,
            _("Keywords"): one.keywords,
            _("For"): one.get_audience_display(),
        }

    old, new = shown(before), shown(after)
    return [(label, old[label], new[label]) for label in new if old[label] != new[label]]


def lines_changed(before: str, after: str) -> list[Line]:
    """The lines that differ, with two around each; [] when none does."""
    old, new = before.splitlines()[:MOST_LINES], after.splitlines()[:MOST_LINES]
    if old == new:
        return []
    lines: list[Line] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        if lines or group[0][1] > 0:
            lines.append(Line("gap"))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line("same", text) for text in old[i1:i2]]
                continue
            lines += [Line("removed", text) for text in old[i1:i2]]
            lines += [Line("added", text) for text in new[j1:j2]]
    return lines
