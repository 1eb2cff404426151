"""Knowledge beside a conversation: what fits the customer's words, in a card and in the composer."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from automation.models import Article
from automation.queries import Fit, find_articles, fitting_articles
from channels_app.models import Conversation, Message
from channels_app.permissions import get_conversation_for
from cxos.core.models import User
from cxos.screens.staff import staff

READ_MESSAGES = 3
IN_CARD = 4


@require_safe
@staff
def knowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """The inside of the card. 3 queries beside the conversation's own."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    return render(request, "workspace/knowledge.html", {"conversation": found, "fits": fits_of(found, limit=IN_CARD)})


def fits_of(conversation: Conversation, *, limit: int) -> list[Fit]:
    """Articles about what the customer wrote last, those in their language first. 3 queries."""
    said = Message.objects.filter(conversation=conversation, author_kind=Message.Author.CUSTOMER)
    texts = said.order_by("-id").values_list("text", flat=True)[:READ_MESSAGES]
    fits = fitting_articles(" ".join(reversed(texts)), limit=limit)
    language = conversation.customer.language
    return sorted(fits, key=lambda fit: bool(language) and fit.article.language != language)


def known(words: str, conversation: Conversation, *, limit: int) -> list[Article]:
    """What holds the words; without words what fits the conversation, or else what helped most."""
    fits = [] if words else [fit.article for fit in fits_of(conversation, limit=limit)]
    return fits or find_articles(words, among=Article.objects.published(), limit=limit)


def link_to(article: Article) -> str:
    """Where a customer reads it; for what is internal, where a colleague does."""
    name = "help:article" if article.is_public else "knowledge:article"
    return f"{settings.PUBLIC_URL}{reverse(name, args=[article.pk])}"
