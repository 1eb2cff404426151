"""The pages and parts of the workspace. Each part has an address of its own, so that a hint can fetch it again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from channels_app.models import Conversation, Priority
from channels_app.permissions import can_reply, get_conversation_for
from cxos.core.models import User
from cxos.screens.staff import staff
from cxos.screens.workspace.composer import read_desk
from cxos.screens.workspace.context import read_context
from cxos.screens.workspace.filters import Asking
from cxos.screens.workspace.lists import Asked, further_tabs, page, read_asked, tabs_for
from cxos.screens.workspace.parts import callback_in_hand, read_together
from cxos.screens.workspace.thread import read_after, read_before, read_thread
from cxos.screens.workspace.wrapping import read_wrap_up, wraps_up
from routing.models import Queue
from routing.services.queue import live_item


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "workspace/index.html", list_parts(request))


@require_safe
@staff
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page with this conversation open, at the line `message` if it says one; asked by the list, only the open
    conversation."""
    found = get_conversation_for(request.user, pk)
    if found.merged_into_id:
        return gone_on(found)
    parts = open_parts(request, found)
    if request.headers.get("HX-Target") == "open":
        return render(request, "workspace/opened.html", parts)
    return render(request, "workspace/index.html", list_parts(request, open_id=pk) | parts)


def gone_on(found: Conversation) -> HttpResponse:
    """Where a conversation that was merged goes on: also for pages that still show it."""
    return redirect("workspace:conversation", pk=found.merged_into_id)


@require_safe
@staff
def list_region(request: HttpRequest) -> HttpResponse:
    """The list, or with a cursor its next rows. What a person asked for becomes the page's address; a refetch does not."""
    if request.GET.get("cursor"):
        return render(request, "workspace/rows.html", list_parts(request))
    return show_list(request, read_asked(request.GET, asking_of(request)))


def show_list(request: HttpRequest, asked: Asked) -> HttpResponse:
    open_id = request.GET.get("open", "")
    parts = parts_of(asked, open_id=int(open_id[:18]) if open_id.isdigit() and open_id.isascii() else None)
    response = render(request, "workspace/list.html", parts)
    if request.headers.get("HX-Request") and request.headers.get("HX-Trigger") != "list":
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path
        path = here if here.startswith(reverse("workspace:index")) else reverse("workspace:index")
        typed = request.headers.get("HX-Trigger") == "ws-find"
        response["HX-Replace-Url" if typed else "HX-Push-Url"] = f"{path}?{asked.query}"
    return response


@require_safe
@staff
def further(request: HttpRequest) -> HttpResponse:
    """The rest of the lists: asked for when their menu opens."""
    return render(request, "workspace/further.html", further_tabs(read_asked(request.GET, asking_of(request))))


@require_safe
@staff
def thread_region(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    if found.merged_into_id:
        there = reverse("workspace:conversation", args=[found.merged_into_id])
        return HttpResponse(status=204, headers={"HX-Redirect": there})
    before, after, until, start = (id_of(request, name) for name in ("before", "after", "until", "from"))
    if before is not None:
        lines = read_before(pk, before, since=start)
        return render(request, "workspace/older.html", {"conversation": found, "lines": lines, "since": start})
    if after is not None and until is not None:
        lines = read_after(pk, after, until=until)
        return render(request, "workspace/newer.html", {"conversation": found, "lines": lines, "until": until})
    thread = read_thread(pk, start=start)
    return render(request, "workspace/thread_part.html", {"conversation": found, "thread": thread})


def id_of(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


@require_safe
@staff
def head_region(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "workspace/head.html", head_parts(request, get_conversation_for(request.user, pk)))


@require_safe
@staff
def assign_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """Who else could have this conversation: asked for when the menu opens."""
    parts = {
        "conversation": get_conversation_for(request.user, pk),
        "queues": Queue.objects.filter(enabled=True).only("id", "name"),
        "colleagues": User.objects.filter(is_active=True).exclude(pk=request.user.pk).only("id", "name")[:200],
    }
    return render(request, "workspace/assign.html", parts)


@require_safe
@staff
def wrap_up_form(request: HttpRequest, pk: int) -> HttpResponse:
    """How it ended: asked for by the head of a conversation that this user wraps up. Empty when it is done already."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    wrap_up = read_wrap_up(found, live_item(pk), request.user, now=timezone.now())
    return render(request, "workspace/wrap_up.html", {"wrap_up": wrap_up, "conversation": found})


@require_safe
@staff
def context_region(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    assert isinstance(request.user, User)
    return render(
        request,
        "workspace/context.html",
        {
            "context": read_context(found, request.user, now=timezone.now()),
            "conversation": found,
            "can_reply": can_reply(request.user, found),
        },
    )


def asking_of(request: HttpRequest) -> Asking:
    assert isinstance(request.user, User)
    return Asking(request.user, timezone.now())


def list_parts(request: HttpRequest, *, open_id: int | None = None) -> dict[str, Any]:
    asked = read_asked(request.GET, asking_of(request))
    return parts_of(asked, open_id=open_id, cursor=request.GET.get("cursor", ""))


def parts_of(asked: Asked, *, open_id: int | None = None, cursor: str = "") -> dict[str, Any]:
    """What the templates of the list show; behind a cursor only rows."""
    found = page(asked, cursor=cursor)
    return {
        "asked": asked,
        "tabs": [] if cursor else tabs_for(asked),
        "page": found,
        "open_id": open_id,
        "list_url": reverse("workspace:list"),
        "priorities": Priority.choices,
    }


def open_parts(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    assert isinstance(request.user, User)
    now = timezone.now()
    desk = read_desk(found, request.user, now=now)
    aimed = id_of(request, "message")
    thread = read_thread(found.pk, read_to=desk.read_to, aimed=aimed)
    return head_parts(request, found) | {"thread": thread, "aimed": aimed, "desk": desk, "held": desk.held}


def head_parts(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """Who could take it is asked for when that menu opens."""
    assert isinstance(request.user, User)
    item = live_item(found.pk, "callback")
    return {
        "conversation": found,
        "item": item,
        "wrapping": wraps_up(item, request.user),
        "callback": callback_in_hand(item, request.user),
        "together": read_together(item, request.user),
        "can_reply": can_reply(request.user, found),
        "priorities": Conversation._meta.get_field("priority").choices,
    }
