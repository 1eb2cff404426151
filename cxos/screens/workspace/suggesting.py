"""What the composer offers while one types: snippets, colleagues and teams, emoji, articles. Each option's value is the text that
goes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from automation.models import Article
from automation.services.snippets import facts_for, filled, find_snippets
from channels_app.models import Conversation
from channels_app.permissions import get_conversation_for
from cxos.core.models import Team, User
from cxos.screens.staff import staff
from cxos.screens.ui.emoji import find_emoji
from cxos.screens.workspace.knowing import known, link_to

MOST = 8
MOST_ARTICLES = 6
SHOWN = 80
PREVIEWED = 600


@dataclass(frozen=True, slots=True)
class Option:
    """`value` replaces what was typed, with Ctrl `link`; `hint` is what it stands for. `preview` is shown while it is marked,
    with what can be pressed (`keys`). `href` leads there instead; `disabled` is only to be read."""

    value: str
    label: str
    hint: str = ""
    link: str = ""
    preview: str = ""
    keys: str = ""
    href: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is offered, and to whom. `mode`: reply or note."""

    conversation: Conversation
    user: User
    mode: str = ""


Find = Callable[[str, Place], list[Option]]


@require_safe
@staff
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """`kind` = person, emoji …; `q` = what was typed behind its sign; `mode` of the composer."""
    assert isinstance(request.user, User)
    place = Place(get_conversation_for(request.user, pk), request.user, request.GET.get("mode", ""))
    find = FINDS.get(request.GET.get("kind", ""))
    options = find(request.GET.get("q", "").strip()[:60], place) if find else []
    return render(request, "workspace/suggest.html", {"options": options})


def people(words: str, place: Place) -> list[Option]:
    """Colleagues and teams whose name begins with the words, or has a word that does. Two of one name are told apart,
    and called, by their address. 2 queries."""
    named = Q(name__istartswith=words) | Q(name__icontains=f" {words}") if words else Q()
    rows = User.objects.filter(named, is_active=True).exclude(pk=place.user.pk).only("id", "name", "email")
    found = list(rows.order_by("name", "id")[:MOST])
    names = Counter(one.name for one in found)
    teams = Team.objects.filter(named).order_by("name")[:MOST] if words else []
    return [
        *(Option(f"@{one.name if names[one.name] == 1 else one.email} ", one.name, one.email) for one in found),
        *(Option(f"@{team.name} ", team.name, _("Team")) for team in teams),
    ][:MOST]


def emoji(words: str, place: Place) -> list[Option]:
    return [Option(f"{character} ", f"{character}  {name}") for character, name in find_emoji(words, limit=MOST)]


def snippets(words: str, place: Place) -> list[Option]:
    """Each as it would be sent in this conversation, and at the end where they are kept. 1 query."""
    facts = facts_for(place.conversation, place.user)
    found = [(one, filled(one, facts)) for one in find_snippets(words, user=place.user, limit=MOST)]
    options = [Option(text, f"/{one.shortcut}", " ".join(text.split())[:SHOWN]) for one, text in found]
    if options or not words:
        options.append(Option("", _("Your snippets…"), _("opens a tab"), href=reverse("settings:snippets")))
    return options


def articles(words: str, place: Place) -> list[Option]:
    """What is for colleagues alone can be read here, and goes into a note, never into a reply. At most 7 queries."""
    found = known(words, place.conversation, limit=MOST_ARTICLES)
    return [_article_option(one, is_note=place.mode == "note") for one in found]


def _article_option(article: Article, *, is_note: bool) -> Option:
    text, is_open = article.text, article.is_public or is_note
    keys = (
        _("Enter inserts the text, Ctrl+Enter the link")
        if is_open
        else _("For colleagues only: read it, or take it into a note")
    )
    hint = article.collection if article.is_public else _("Colleagues")
    preview = text if len(text) <= PREVIEWED else f"{text[:PREVIEWED]}…"
    if not is_open:
        return Option("", article.title, hint, preview=preview, keys=keys, disabled=True)
    return Option(f"{text} ", article.title, hint, link=f"{link_to(article)} ", preview=preview, keys=keys)


FINDS: dict[str, Find] = {"snippet": snippets, "person": people, "emoji": emoji, "article": articles}
