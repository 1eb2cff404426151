"""One conversation into another of the same customer: the dialog that asks which, doing it, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from channels_app.models import Conversation
from channels_app.permissions import get_conversation_for, get_merge_for
from channels_app.services.joining import why_not
from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.screens.staff import staff
from cxos.screens.workspace.commands import loaded
from routing.services.joined import merge_conversations, unmerge_conversation

MOST = 20


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog with the customer's other open conversations; sent, the page of the chosen one (`into` = its id)."""
    user, found, now = loaded(request, pk)
    if request.method != "POST":
        return render(request, "workspace/merge.html", {"conversation": found, "others": others(found, user)})
    given = request.POST.get("into", "")
    if not (given.isascii() and given.isdigit()):
        raise Invalid("into", _("Choose the conversation it becomes part of."))
    into = get_conversation_for(user, int(given[:18]))
    merge_conversations(found, into=into, actor=user, now=now)
    messages.success(request, _("#%(number)s is part of this conversation now.") % {"number": pk})
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("workspace:conversation", args=[into.pk])})


@require_POST
@staff
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    """`pk` = the one that was merged into another; its page shows it again."""
    assert isinstance(request.user, User)
    unmerge_conversation(get_merge_for(request.user, pk), actor=request.user, now=timezone.now())
    messages.success(request, _("Two conversations again."))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("workspace:conversation", args=[pk])})


def others(conversation: Conversation, user: User) -> list[tuple[Conversation, str]]:
    """What it could become part of, the newest first, each with the reason why it cannot, "" if it can. 1 query."""
    rows = Conversation.objects.visible_to(user).open().filter(customer=conversation.customer_id)
    rows = rows.exclude(pk=conversation.pk).select_related("channel", "assignee").order_by("-last_message_at", "-id")
    return [(one, why_not(conversation, one)) for one in rows[:MOST]]
