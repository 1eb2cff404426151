"""Watch a live conversation without touching it, whisper to who holds it, or take it over."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.permissions import get_conversation_for
from channels_app.queries import thread_of
from channels_app.services.whispers import note_seen, unseen_whispers, whisper, whispers_between
from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.core.services.audit import record
from cxos.screens.staff import staff, supervisors
from routing.services.hand_over import give
from routing.services.queue import live_item

LINES = 100


@require_safe
@supervisors
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation, read-only and live. 7 queries."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    parts = {
        "conversation": found,
        "item": live_item(pk),
        "lines": thread_of(pk, limit=LINES),
        "whispers": whispers_between(request.user, pk),
    }
    return render(request, "supervisor/watch.html", parts)


@require_safe
@supervisors
def head_region(request: HttpRequest, pk: int) -> HttpResponse:
    """With whom it is and what can be done about that: both change while somebody watches. 4 queries."""
    parts = {"conversation": get_conversation_for(request.user, pk), "item": live_item(pk)}
    return render(request, "supervisor/watch_head.html", parts)


@require_safe
@supervisors
def thread_region(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    return render(request, "supervisor/watch_thread.html", {"conversation": found, "lines": thread_of(pk, limit=LINES)})


@require_safe
@supervisors
def whispers_region(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervisor's side: what they whispered here, and whether it was read."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    parts = {"conversation": found, "whispers": whispers_between(request.user, pk)}
    return render(request, "supervisor/watch_whispers.html", parts)


@require_POST
@supervisors
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """Whisper to who holds the conversation now."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    if found.assignee is None:
        raise Invalid("to", _("Nobody holds this conversation now, so there is nobody to whisper to."))
    whisper(found, to=found.assignee, text=request.POST.get("text", ""), author=request.user, now=timezone.now())
    request.method = "GET"
    return whispers_region(request, pk=pk)


@require_POST
@supervisors
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation is the supervisor's from now on; who had it is told by the inbox, and the audit says so."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    before = found.assignee_id
    with transaction.atomic():
        give(found, to=request.user, actor=request.user, now=timezone.now())
        if before != request.user.pk:
            record(
                request.user, "took over", found,
                before={"assignee_id": before}, after={"assignee_id": request.user.pk},
            )  # fmt: skip
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("workspace:conversation", args=[pk])})


# --- The agent's side ----------------------------------------------------------------------------------------------------


@require_safe
@staff
def ear(request: HttpRequest, pk: int) -> HttpResponse:
    """What was whispered to me in this conversation, until I have read it. 2 queries."""
    assert isinstance(request.user, User)
    return render(request, "supervisor/ear.html", {"pk": pk, "whispers": unseen_whispers(request.user, pk)})


@require_POST
@staff
def heard(request: HttpRequest, pk: int, whisper: int) -> HttpResponse:
    assert isinstance(request.user, User)
    note_seen(whisper, user=request.user, now=timezone.now())
    request.method = "GET"
    return ear(request, pk=pk)
