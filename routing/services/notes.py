"""The one way a decision is written down that is not written by the matcher: a phrase, and the facts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cxos.core.phrases import Phrase, in_source_language
from cxos.core.rows import insert
from routing.models import Decision, WorkItem
from routing.sentences import LIMIT


def note(item: WorkItem, kind: str, *why: Phrase, facts: Mapping[str, Any], now: datetime) -> None:
    """`facts` with `said` among them: the phrases, from which the sentence is made in the reader's language."""
    with in_source_language():
        sentence = " ".join(map(str, why))
    insert(
        Decision(
            item=item,
            conversation_id=item.conversation_id,
            kind=kind,
            sentence=sentence[:LIMIT],
            facts={**facts, "said": [one.kept for one in why]},
            at=now,
        )
    )
