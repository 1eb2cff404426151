"""What an agent does: one view a verb, each one service call. They answer with the part of the page that changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from channels_app.models import Conversation
from channels_app.permissions import can_reply, get_conversation_for
from channels_app.services import conversations as verbs
from channels_app.services.replies import add_note, retry_message
from channels_app.services.snoozes import morning
from cxos.core.errors import Conflict, Forbidden, Invalid
from cxos.core.models import User
from cxos.core.services import notifications
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.views import head_region, thread_region
from cxos.screens.workspace.wrapping import FOLLOW_UPS
from routing.models import Queue
from routing.services import bulk
from routing.services.endings import choices_in
from routing.services.hand_over import give, give_to_queue
from routing.services.queue import live_item
from routing.services.work import finish


def loaded(request: HttpRequest, pk: int) -> tuple[User, Conversation, datetime]:
    """Raises Conflict when the page shows a `holder` who has it no more: a command meant for what is past."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    if not can_reply(request.user, found):
        raise Forbidden("not_allowed", _("You may read this conversation, but not change it."))
    shown = request.POST.get("holder")
    if shown is not None and shown != str(found.assignee_id or ""):
        raise Conflict("moved_on", _("This conversation has changed hands since you saw it. Look again."))
    return request.user, found, timezone.now()


def reread(request: HttpRequest, pk: int) -> HttpResponse:
    """The head of the conversation as it is now; the inbox when it is not theirs to see any more."""
    request.method = "GET"
    try:
        return head_region(request, pk=pk)
    except Http404:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("workspace:index")})


def answered(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest part of the thread, from the line on that the page has it from."""
    start = request.POST.get("from", "")
    request.GET = QueryDict(f"from={start}" if start.isascii() and start.isdigit() else "")
    request.method = "GET"
    return trigger(thread_region(request, pk=pk), **{"composer:sent": {"conversation": pk}})


@require_POST
@staff
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    last = request.POST.get("last", "")
    if last.isdigit():
        verbs.mark_read(pk, user_id=user.pk, message_id=int(last[:18]), actor=user, now=now)
    notifications.mark_read(user, about=f"conversation:{pk}", now=now)
    return HttpResponse(status=204)


@require_POST
@staff
def retry(request: HttpRequest, pk: int, message: int) -> HttpResponse:
    user, found, now = loaded(request, pk)
    if not found.messages.filter(pk=message).exists():
        raise Invalid("no_such_message", _("This message is not part of the conversation."))
    retry_message(message, actor=user, now=now)
    return answered(request, pk)


@require_POST
@staff
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    verbs.resolve(pk, actor=user, now=now)
    return toast(reread(request, pk), _("Resolved"))


@require_POST
@staff
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    verbs.reopen(pk, actor=user, now=now)
    return reread(request, pk)


@require_POST
@staff
def status(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    verbs.set_status(pk, status=request.POST.get("status", ""), actor=user, now=now)
    return reread(request, pk)


@require_POST
@staff
def spam(request: HttpRequest, pk: int) -> HttpResponse:
    """As the bulk bar marks many: tagged and resolved, with the way back."""
    user, _found, now = loaded(request, pk)
    change = bulk.ask_for_all([pk], action="spam", arguments={}, actor=user, now=now)
    if not change.changed:
        raise Conflict("is_spam", next(iter(change.problems), "") or _("It is marked as spam already."))
    return toast(reread(request, pk), _("Marked as spam"), undo=reverse("workspace:bulk_undo", args=[change.pk]))


@require_POST
@staff
def priority(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    given = request.POST.get("priority", "")
    if not given.isdigit():
        raise Invalid("priority", _("Choose a priority."))
    verbs.set_priority(pk, priority=int(given[:3]), actor=user, now=now)
    return reread(request, pk)


@require_POST
@staff
def tag(request: HttpRequest, pk: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    if request.POST.get("remove"):
        verbs.remove_tags(pk, tags=[request.POST["remove"]], actor=user, now=now)
    elif request.POST.get("tag", "").strip():
        verbs.add_tags(pk, tags=[request.POST["tag"]], actor=user, now=now)
    return reread(request, pk)


@require_POST
@staff
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """To a colleague (`to` = id or "me") or into a queue (`queue` = id)."""
    user, found, now = loaded(request, pk)
    if request.POST.get("queue", "").isdigit():
        queue = Queue.objects.filter(pk=int(request.POST["queue"][:18])).first()
        if queue is None:
            raise Invalid("no_such_queue", _("This queue does not exist any more."))
        give_to_queue(found, queue=queue, actor=user, now=now)
        return toast(reread(request, pk), _("Sent to %(queue)s") % {"queue": queue.name})
    wanted = request.POST.get("to", "")
    colleague = (
        user
        if wanted == "me"
        else User.objects.filter(pk=int(wanted[:18]), is_active=True).first()
        if wanted.isdigit()
        else None
    )
    if colleague is None:
        raise Invalid("no_such_colleague", _("Choose who should have this conversation."))
    give(found, to=colleague, actor=user, seen=found.assignee_id, now=now)
    return toast(reread(request, pk), _("Assigned to %(name)s") % {"name": colleague.name})


@require_POST
@staff
def wrap_up(request: HttpRequest, pk: int) -> HttpResponse:
    """The contact's disposition, a summary as a note, and when to come back; the capacity comes back at once."""
    user, found, now = loaded(request, pk)
    item = live_item(pk)
    if item is None or item.agent_id != user.pk:
        raise Invalid("no_wrap_up", _("There is no wrap-up of yours here any more."))
    chosen = request.POST.get("disposition", "")
    disposition = next((one.disposition for one in choices_in(item.queue_id) if one.disposition.key == chosen), None)
    if disposition is None:
        raise Invalid("disposition", _("Choose how the contact ended."))
    with transaction.atomic():
        finish(item.pk, disposition=disposition, actor=user, version=item.version, now=now)
        if summary := request.POST.get("summary", "").strip():
            add_note(pk, text=summary[:2_000], author=user, client_id=f"wrap-up:{item.pk}", actor=user, now=now)
        if (follow_up := request.POST.get("follow_up", "")) in FOLLOW_UPS:
            if found.status == Conversation.Status.RESOLVED:
                verbs.reopen(pk, actor=user, now=now)
            until = morning(timezone.localtime(now), days=FOLLOW_UPS[follow_up][1])
            verbs.snooze(pk, until=until, actor=user, now=now)
    return toast(reread(request, pk), _("Wrapped up"))
