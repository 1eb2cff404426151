"""Who serves a queue: at which level, from which wait on, and how well they are expected to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Invalid, NotFound
from cxos.core.models import User
from cxos.core.services.audit import record
from routing.models import Queue, QueueMember
from routing.services.configure import LEVELS, tell_queue

LONGEST_DELAY = 86_400
SCORES = (-1_000, 1_000)


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody serves a queue. `score`: for the strategy that asks for it; None = 0."""

    level: int
    delay_seconds: int = 0
    score: float | None = None

    @classmethod
    def of(cls, member: QueueMember) -> Terms:
        return cls(member.level, member.delay_seconds, member.score)

    @classmethod
    def told(cls, kept: Any) -> Terms:
        """As the audit keeps it: the level alone, or what differs from nothing as well."""
        return cls(**kept) if isinstance(kept, dict) else cls(int(kept))

    @property
    def to_keep(self) -> int | dict[str, float]:
        more = {"delay_seconds": self.delay_seconds or None, "score": self.score}
        given = {name: value for name, value in more.items() if value is not None}
        return {"level": self.level, **given} if given else self.level


def terms_in(queue: Queue) -> dict[int, Terms]:
    """User id → how they serve it. 1 query."""
    return {row.user_id: Terms.of(row) for row in QueueMember.objects.filter(queue=queue)}


def kept_terms(queue: Queue) -> dict[str, Any]:
    """E-mail → how they serve it, as the audit keeps it. 1 query."""
    rows = QueueMember.objects.filter(queue=queue).select_related("user").order_by("user__email")
    return {row.user.email: Terms.of(row).to_keep for row in rows}


def set_members(queue: Queue, *, levels: Mapping[int, int | Terms], actor: Any, now: datetime) -> None:
    """Exactly these people serve the queue: user id → level 0–5, the larger one first, or all of their terms.

    A level alone leaves the delay and the score of who serves it already. One audit entry for all.
    """
    with transaction.atomic():
        Queue.objects.select_for_update(no_key=True, of=("self",)).get(pk=queue.pk)
        before, held = kept_terms(queue), terms_in(queue)
        wanted = {user_id: _terms(given, held.get(user_id)) for user_id, given in levels.items()}
        for terms in wanted.values():
            _check(terms)
        if missing := set(wanted) - set(User.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
            raise NotFound("no_such_person", _("There is no person %(number)s.") % {"number": min(missing)})
        QueueMember.objects.filter(queue=queue).exclude(user__in=wanted).delete()
        for user_id, terms in wanted.items():
            if held.get(user_id) != terms:
                given = {"level": terms.level, "delay_seconds": terms.delay_seconds, "score": terms.score}
                QueueMember.objects.update_or_create(queue=queue, user_id=user_id, defaults=given)
        after = kept_terms(queue)
        if before != after:
            tell_queue(queue, "members", actor=actor)
            record(actor, "changed the members of", queue, before=before, after=after)


def _terms(given: int | Terms, held: Terms | None) -> Terms:
    if isinstance(given, Terms):
        return given
    return Terms(given, held.delay_seconds, held.score) if held else Terms(given)


def _check(terms: Terms) -> None:
    if terms.level not in LEVELS:
        raise Invalid("level", _("A level is 0 to 5."), field="members")
    if not 0 <= terms.delay_seconds <= LONGEST_DELAY:
        raise Invalid(
            "delay_seconds", _("Choose %(least)s to %(most)s seconds.") % {"least": 0, "most": LONGEST_DELAY},
            field="members",
        )  # fmt: skip
    if terms.score is not None and not SCORES[0] <= terms.score <= SCORES[1]:
        raise Invalid(
            "score", _("Choose %(least)s to %(most)s.") % {"least": SCORES[0], "most": SCORES[1]}, field="members"
        )
