"""Texts that are written often: made, changed, removed, found and filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext as _

from automation.fill import NAME, fill
from automation.models import Snippet
from channels_app.models import Conversation
from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import Team, User
from cxos.core.services.audit import record

# What stands for what in a snippet; the values are an example for whoever writes one.
VARIABLES = {
    "customer.name": "Kim Berg",
    "customer.first_name": "Kim",
    "agent.name": "Ana Ruiz",
    "agent.first_name": "Ana",
    "conversation.id": "1024",
    "conversation.subject": "My parcel",
    "channel.name": "Web chat",
}
SHORTCUT = re.compile(r"[^\W_][\w-]{0,39}")
MAX_TEXT = 10_000
SCOPES = ("own", "team", "everybody")


def save_snippet(
    snippet_id: int | None,
    *,
    shortcut: str,
    text: str,
    scope: str,
    team_id: int | None = None,
    actor: User,
    now: datetime,
) -> Snippet:
    """Make one, or change one. Raises Invalid, NotFound, Forbidden (only supervisors write for others), Conflict when
    the shortcut is taken."""
    shortcut, text = shortcut.strip().lstrip("/").lower(), text.replace("\0", "").strip()
    _check(shortcut, text)
    owner, team = whose(scope, team_id, actor)
    with transaction.atomic():
        found = get_for_change(snippet_id, actor=actor) if snippet_id else Snippet()
        before = _shown(found) if found.pk else None
        found.shortcut, found.text, found.owner, found.team, found.changed_at = shortcut, text, owner, team, now
        try:
            with transaction.atomic():
                found.save()
        except IntegrityError:
            raise Conflict(
                "shortcut_taken",
                _("There is a snippet /%(shortcut)s already.") % {"shortcut": shortcut},
                field="shortcut",
            ) from None
        if found.owner is None:
            record(actor, "changed" if before else "made", found, before=before, after=_shown(found))
    return found


def remove_snippet(snippet_id: int, *, actor: User) -> Snippet:
    """Raises NotFound, Forbidden."""
    with transaction.atomic():
        found = get_for_change(snippet_id, actor=actor)
        if found.owner is None:
            record(actor, "removed", found, before=_shown(found))
        Snippet.objects.filter(pk=found.pk).delete()
    return found


def get_for_change(snippet_id: int, *, actor: User) -> Snippet:
    """The snippet if this user may change it: its owner, or for shared ones who supervises."""
    found = Snippet.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=snippet_id).first()
    if found is None and actor.supervises:
        found = Snippet.objects.filter(pk=snippet_id, owner=None).first()
    if found is None:
        raise NotFound("no_such_snippet", _("There is no such snippet, or it is not yours."))
    if found.owner_id != actor.pk and not actor.supervises:
        raise Forbidden("not_yours", _("Only a supervisor changes what others use too."))
    return found


def find_snippets(words: str, *, user: User, limit: int = 8) -> list[Snippet]:
    """Those whose shortcut begins with the words first, then those that have them anywhere; one's own before others'.
    One query."""
    rows = Snippet.objects.visible_to(user).select_related("team")
    if words:
        rows = rows.filter(Q(shortcut__icontains=words) | Q(text__icontains=words))
    rank = Case(When(shortcut__istartswith=words, then=Value(0)), default=Value(1), output_field=IntegerField())
    own = Case(When(owner=user, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(rows.order_by(rank, own, "shortcut", "id")[:limit])


def filled(snippet: Snippet, facts: Mapping[str, Any]) -> str:
    """The text with its variables replaced, once: what a customer's name says is never a variable."""
    return fill(snippet.text, facts)


def facts_for(conversation: Conversation, user: User) -> dict[str, Any]:
    """What the variables stand for in this conversation, for this user."""
    return {
        "customer.name": conversation.customer.name,
        "customer.first_name": conversation.customer.name.partition(" ")[0],
        "agent.name": user.name,
        "agent.first_name": user.name.partition(" ")[0],
        "conversation.id": conversation.pk,
        "conversation.subject": conversation.subject,
        "channel.name": conversation.channel.name,
    }


def example(snippet: Snippet) -> str:
    return fill(snippet.text, VARIABLES)


def _check(shortcut: str, text: str) -> None:
    if not SHORTCUT.fullmatch(shortcut):
        raise Invalid("shortcut", _("A shortcut has 1 to 40 letters, digits, - or _."), field="shortcut")
    if not 0 < len(text) <= MAX_TEXT:
        raise Invalid("text", _("Write a text of up to %(most)s characters.") % {"most": f"{MAX_TEXT:,}"}, field="text")
    check_variables(text)


def check_variables(text: str) -> None:
    """Raises Invalid for a {{name}} that nothing stands for."""
    unknown = sorted({found[1] for found in NAME.finditer(text)} - set(VARIABLES))
    if unknown:
        known = ", ".join(VARIABLES)
        raise Invalid(
            "variable",
            _("There is no {{%(name)s}}. There are: %(known)s.") % {"name": unknown[0], "known": known},
            field="text",
        )


def whose(scope: str, team_id: int | None, actor: User) -> tuple[User | None, Team | None]:
    """The owner or the team of what is written for this scope. Raises Invalid, Forbidden."""
    if scope not in SCOPES:
        raise Invalid("scope", _("Choose for whom it is."), field="scope")
    if scope == "own":
        return actor, None
    if not actor.supervises:
        raise Forbidden("not_yours", _("Only a supervisor writes what others use too."))
    if scope == "everybody":
        return None, None
    team = Team.objects.filter(pk=team_id or 0).first()
    if team is None:
        raise Invalid("team", _("Choose a team."), field="team")
    return None, team


def _shown(snippet: Snippet) -> dict[str, Any]:
    return {"shortcut": snippet.shortcut, "text": snippet.text, "team": snippet.team.name if snippet.team else None}
