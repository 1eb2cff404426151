"""Recorded service dialogues, read from files: who said what, when. Formats: STAR (one JSON dialogue a line, .gz or not)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CUSTOMER, AGENT = "customer", "agent"
SAYING = {"utter", "pick_suggestion"}


@dataclass(frozen=True, slots=True)
class Turn:
    """`at` in epoch seconds of the recording."""

    speaker: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Dialogue:
    id: str
    turns: tuple[Turn, ...]


def read_dialogues(path: Path, *, limit: int | None = None) -> Iterator[Dialogue]:
    """Dialogues that a customer begins and an agent takes part in; an agent's words before the first are left out."""
    opener = gzip.open if path.suffix == ".gz" else open
    found = 0
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            dialogue = star_dialogue(json.loads(line))
            if dialogue is None:
                continue
            yield dialogue
            found += 1
            if limit is not None and found >= limit:
                return


def star_dialogue(record: dict[str, Any]) -> Dialogue | None:
    turns: list[Turn] = []
    for event in record.get("Events", ()):
        speaker = {"User": CUSTOMER, "Wizard": AGENT}.get(event.get("Agent"))
        text = str(event.get("Text") or "").strip()
        if speaker is None or event.get("Action") not in SAYING or not text or (speaker == AGENT and not turns):
            continue
        turns.append(Turn(speaker, text, float(event.get("UnixTime") or 0)))
    if not any(turn.speaker == AGENT for turn in turns):
        return None
    return Dialogue(str(record["DialogueID"]), tuple(turns))
