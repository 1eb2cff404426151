"""Calling colleagues and teams in a note: who is meant, and that they were called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels_app.mentioning import find_calls, who_is_called
from channels_app.models import Mention, Message
from cxos.core.models import Team, User


@dataclass(frozen=True, slots=True)
class Called:
    """`team_id` None: by name."""

    user_id: int
    team_id: int | None = None


def find_called(text: str, *, ids: Sequence[int] = (), author: User | None) -> tuple[list[Called], list[str]]:
    """Active people whom a note calls by name, e-mail address or team, and those of `ids`; the author calls himself
    in vain. Who is called by name and by team counts as called by name. Second: the calls as they are written.
    2 queries when there is an @, or `ids`."""
    if not ids and "@" not in text:
        return [], []
    people = list(User.objects.filter(is_active=True).values_list("id", "name", "email"))
    known = {pk for pk, _name, _email in people}
    names: dict[str, list[Called]] = {}
    for pk, name, email in people:
        names.setdefault(name, []).append(Called(pk))
        names.setdefault(email, []).append(Called(pk))
    for team_id, name, member_id in Team.objects.values_list("id", "name", "members"):
        if member_id in known:
            names.setdefault(name, []).append(Called(member_id, team_id))
    called = [*(Called(pk) for pk in ids if pk in known), *who_is_called(text, names)]
    found: dict[int, Called] = {}
    for one in sorted(called, key=lambda one: one.team_id is not None):
        if author is None or one.user_id != author.pk:
            found.setdefault(one.user_id, one)
    written = dict.fromkeys(text[one.start : one.end] for one in find_calls(text, names))
    return sorted(found.values(), key=lambda one: one.user_id), list(written)


def store_mentions(message: Message, called: Sequence[Called], *, now: datetime) -> None:
    Mention.objects.bulk_create(
        Mention(
            user_id=one.user_id, team_id=one.team_id, message=message,
            conversation_id=message.conversation_id, created_at=now,
        )
        for one in called
    )  # fmt: skip
