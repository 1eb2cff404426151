"""What the composer offers while one types: snippets, colleagues and teams, emoji. Each option's value is the text that goes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from automation.services.snippets import filled, find_snippets
from channels_app.models import Conversation
from channels_app.permissions import get_conversation_for
from cxos.core.models import Team, User
from cxos.screens.staff import staff
from cxos.screens.ui.emoji import find_emoji

MOST = 8
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Option:
    """`value` replaces what was typed; `hint` is what it stands for."""

    value: str
    label: str
    hint: str = ""


Find = Callable[[str, Conversation, User], list[Option]]


@require_safe
@staff
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """`kind` = person, emoji …; `q` = what was typed behind its sign."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    find = FINDS.get(request.GET.get("kind", ""))
    options = find(request.GET.get("q", "")[:60], found, request.user) if find else []
    return render(request, "workspace/suggest.html", {"options": options})


def people(words: str, conversation: Conversation, user: User) -> list[Option]:
    """Colleagues and teams whose name begins with the words, or has a word that does. Two of one name are told apart,
    and called, by their address. 2 queries."""
    named = Q(name__istartswith=words) | Q(name__icontains=f" {words}") if words else Q()
    rows = User.objects.filter(named, is_active=True).exclude(pk=user.pk).only("id", "name", "email")
    found = list(rows.order_by("name", "id")[:MOST])
    names = Counter(one.name for one in found)
    teams = Team.objects.filter(named).order_by("name")[:MOST] if words else []
    return [
        *(Option(f"@{one.name if names[one.name] == 1 else one.email} ", one.name, one.email) for one in found),
        *(Option(f"@{team.name} ", team.name, _("Team")) for team in teams),
    ][:MOST]


def emoji(words: str, conversation: Conversation, user: User) -> list[Option]:
    return [Option(f"{character} ", f"{character}  {name}") for character, name in find_emoji(words, limit=MOST)]


def snippets(words: str, conversation: Conversation, user: User) -> list[Option]:
    """Each as it would be sent in this conversation. 1 query."""
    facts = {
        "customer.name": conversation.customer.name,
        "customer.first_name": conversation.customer.name.partition(" ")[0],
        "agent.name": user.name,
        "agent.first_name": user.name.partition(" ")[0],
        "conversation.id": conversation.pk,
        "conversation.subject": conversation.subject,
        "channel.name": conversation.channel.name,
    }
    found = [(one, filled(one, facts)) for one in find_snippets(words, user=user, limit=MOST)]
    return [Option(text, f"/{one.shortcut}", " ".join(text.split())[:SHOWN]) for one, text in found]


FINDS: dict[str, Find] = {"snippet": snippets, "person": people, "emoji": emoji}
