"""Where what somebody wrote ends and what they quote begins. Pure."""

from __future__ import annotations

import re

QUOTED = re.compile(r"\s*>")
# "On Mon, 2 Mar 2026, Ana wrote:" and its like end with a colon; the dashes are those of forwarding programs.
INTRODUCTION = re.compile(r"(?:.{0,200}:|[-_]{4,}.{0,80}[-_]{4,})\s*$")
FEWEST = 2  # a single quoted line is an answer in the text, and folding it hides more than it saves


def split_quote(text: str) -> tuple[str, str]:
    """(what they wrote, what they quote below it). The second is "" when nothing is quoted at the end, or all of it is."""
    lines = text.splitlines()
    start = len(lines)
    while start and (QUOTED.match(lines[start - 1]) or not lines[start - 1].strip()):
        start -= 1
    if sum(1 for line in lines[start:] if QUOTED.match(line)) < FEWEST:
        return text, ""
    before = start
    while before and not lines[before - 1].strip():
        before -= 1
    if before > 1 and INTRODUCTION.fullmatch(lines[before - 1]):
        start = before - 1
    said = "\n".join(lines[:start]).rstrip()
    return (said, "\n".join(lines[start:]).strip()) if said else (text, "")
