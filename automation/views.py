"""Help inside the chat: what a site's visitors find, read and say of it, where the channel shows it.

Nothing here needs a visitor's token: public articles are for everybody. Each address is counted.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from automation.markup import blocks_for_chat
from automation.models import Article
from automation.queries import find_articles
from automation.services.articles import rate_article
from channels_app.models import Channel
from channels_app.webchat.limits import check_limits
from channels_app.webchat.views import address_of, api, body_of
from cxos.core.errors import Invalid, NotFound

SHOWN = 5
CANDIDATES = 20


@require_GET
@api
def search(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """?q=words&language=de → {articles: [{id, title, about}]}, those in the language first; without words what helped
    most. At most 6 queries."""
    check_limits("help", address=address_of(request))
    refuse_unless_shown(channel)
    words, language = request.GET.get("q", "")[:200], request.GET.get("language", "")
    found = find_articles(words, among=Article.objects.public(), limit=CANDIDATES, public=True)
    found.sort(key=lambda one: one.language != language)
    return {"articles": [{"id": one.pk, "title": one.title, "about": one.collection} for one in found[:SHOWN]]}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def article(request: HttpRequest, channel_key: str, pk: int) -> HttpResponse:
    return (rate if request.method == "POST" else read)(request, channel_key, pk)


@api
def read(request: HttpRequest, channel: Channel, pk: int) -> dict[str, Any]:
    """→ {id, title, language, blocks: [{kind, lines}]}, as automation.markup reads them."""
    check_limits("help", address=address_of(request))
    found = loaded(channel, pk)
    return {"id": found.pk, "title": found.title, "language": found.language, "blocks": blocks_for_chat(found.body)}


@api
def rate(request: HttpRequest, channel: Channel, pk: int) -> dict[str, Any]:
    """{helped: true|false} → {}"""
    check_limits("rating", address=address_of(request))
    found, helped = loaded(channel, pk), body_of(request).get("helped")
    if not isinstance(helped, bool):
        raise Invalid("helped", _("Say whether it helped: true or false."), field="helped")
    rate_article(found, helped=helped, channel_id=channel.pk)
    return {}


def loaded(channel: Channel, pk: int) -> Article:
    refuse_unless_shown(channel)
    found = Article.objects.public().filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_article", _("There is no such article any more."))
    return found


def refuse_unless_shown(channel: Channel) -> None:
    if channel.config.get("help") is not True:
        raise NotFound("no_help", _("This chat shows no help."))
