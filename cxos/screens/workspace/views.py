"""The pages and parts of the workspace. Each part has an address of its own, so that a hint can fetch it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from channels_app.models import Channel, Conversation
from channels_app.permissions import can_reply, get_conversation_for
from cxos.core.models import User
from cxos.screens.staff import staff
from cxos.screens.workspace import lists
from cxos.screens.workspace.context import read_context
from cxos.screens.workspace.thread import read_thread
from routing.models import Disposition, Queue, WorkItem
from routing.services.queue import live_item


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "workspace/index.html", list_parts(request))


@require_safe
@staff
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page with this conversation open; asked by the list, only the open conversation."""
    found = get_conversation_for(request.user, pk)
    parts = open_parts(request, found)
    if request.headers.get("HX-Target") == "open":
        return render(request, "workspace/open.html", parts)
    return render(request, "workspace/index.html", list_parts(request, open_id=pk) | parts)


@require_safe
@staff
def list_region(request: HttpRequest) -> HttpResponse:
    """The list, or with a cursor its next rows."""
    open_id = request.GET.get("open", "")
    parts = list_parts(request, open_id=int(open_id) if open_id.isdigit() else None)
    return render(request, "workspace/rows.html" if request.GET.get("cursor") else "workspace/list.html", parts)


@require_safe
@staff
def thread_region(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    before = request.GET.get("before", "")
    thread = read_thread(pk, before=int(before) if before.isdigit() else None)
    template = "workspace/lines.html" if before else "workspace/thread.html"
    return render(request, template, {"conversation": found, "thread": thread})


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
def context_region(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_conversation_for(request.user, pk)
    assert isinstance(request.user, User)
    return render(
        request,
        "workspace/context.html",
        {"context": read_context(found, request.user, now=timezone.now()), "conversation": found},
    )


def list_parts(request: HttpRequest, *, open_id: int | None = None) -> dict[str, Any]:
    assert isinstance(request.user, User)
    tab = request.GET.get("tab", "")
    tab = tab if tab in lists.TABS else "mine"
    filters = {name: request.GET.get(name, "")[:80] for name in ("words", "channel", "tag", "priority")}
    rows = lists.narrowed(lists.rows_of(request.user, tab), **filters)
    page = lists.page(rows, request.user, now=timezone.now(), cursor=request.GET.get("cursor", ""))
    kept = {"tab": tab, **{name: value for name, value in filters.items() if value}}
    return {
        "tabs": [] if request.GET.get("cursor") else lists.tabs_for(request.user, tab),
        "tab": tab,
        "filters": filters,
        "filtered": any(filters.values()),
        "page": page,
        "open_id": open_id,
        "kept": kept,
        "channels": [] if request.GET.get("cursor") else Channel.objects.only("key", "name").order_by("name"),
        "list_url": reverse("workspace:list"),
    }


def open_parts(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    return head_parts(request, found) | {"thread": read_thread(found.pk)}


def head_parts(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """The dispositions only when this user wraps it up; who could take it is asked for when that menu opens."""
    assert isinstance(request.user, User)
    item = live_item(found.pk)
    wrapping = item is not None and item.state == WorkItem.State.WRAPPING and item.agent_id == request.user.pk
    return {
        "conversation": found,
        "wrapping": wrapping,
        "item": item,
        "can_reply": can_reply(request.user, found),
        "dispositions": Disposition.objects.filter(enabled=True) if wrapping else [],
        "priorities": Conversation._meta.get_field("priority").choices,
    }
