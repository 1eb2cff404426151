"""Beside a conversation: what could be done next, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_safe

from automation.models import Macro
from cases.models import Clock
from cases.queries import clocks_of_conversation, explain_clock
from cases.services.habits import habits_for
from channels_app.models import Conversation
from channels_app.permissions import can_reply, get_conversation_for
from cxos.core.models import User
from cxos.screens.staff import staff
from cxos.screens.workspace.knowing import fits_of, link_to
from intelligence.next_best import Promise, Step, next_steps

FITS = 4


@dataclass(frozen=True, slots=True)
class Advice:
    step: Step
    label: str
    reason: str
    link: str = ""  # of the article


@require_safe
@staff
def advice(request: HttpRequest, pk: int) -> HttpResponse:
    """The inside of the card. 6 queries beside the conversation's own; none where it is resolved or not theirs to answer."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    is_mine = found.status != Conversation.Status.RESOLVED and can_reply(request.user, found)
    parts = {"conversation": found, "advice": advice_for(found, request.user) if is_mine else []}
    return render(request, "workspace/next.html", parts)


def advice_for(conversation: Conversation, user: User) -> list[Advice]:
    intent, habits = habits_for(conversation.pk)
    macros = Macro.objects.visible_to(user).filter(pk__in=[one.macro_id for one in habits]).distinct()
    names = dict(macros.values_list("pk", "name"))
    articles = {fit.article.pk: fit for fit in fits_of(conversation, limit=FITS) if fit.article.is_public}
    running = [one for one in clocks_of_conversation(conversation.pk) if one.state == Clock.State.RUNNING]
    now = timezone.now()
    steps = next_steps(
        habits=[one for one in habits if one.macro_id in names],
        articles=[(pk, fit.confidence) for pk, fit in articles.items()],
        promises=[Promise(explain_clock(one, at=now).remaining_seconds, one.budget_seconds) for one in running],
        likes_calls=conversation.customer.preferred_way == "voice" and conversation.channel.kind != "voice",
    )
    found = []
    for step in steps:
        if step.kind == "macro":
            found.append(Advice(step, names[step.pk], _macro_reason(step, intent)))
        elif step.kind == "article":
            article = articles[step.pk].article
            reason = _("Fits what they wrote by %(n)s %%.") % {"n": step.count}
            found.append(Advice(step, article.title, reason, f"{link_to(article)} "))
        elif step.kind == "answer":
            found.append(Advice(step, _("Answer now"), _promise_reason(step.count)))
        else:
            found.append(Advice(step, _("Call back…"), _("They are reached best by phone.")))
    return found


def _macro_reason(step: Step, intent: str) -> str:
    words = ngettext(
        "Run in %(n)s of %(of)s conversation about “%(intent)s” that was solved.",
        "Run in %(n)s of %(of)s conversations about “%(intent)s” that were solved.",
        step.of,
    )
    return words % {"n": step.count, "of": step.of, "intent": intent}


def _promise_reason(minutes: int) -> str:
    if minutes < 0:
        words = ngettext("A promise is late by %(n)s minute.", "A promise is late by %(n)s minutes.", -minutes)
        return words % {"n": -minutes}
    words = ngettext("A promise ends in %(n)s minute.", "A promise ends in %(n)s minutes.", minutes)
    return words % {"n": minutes}
