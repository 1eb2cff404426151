"""What staff do with a case: one view a verb, each one service call. They answer with the case as it is now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.models import Case
from cases.permissions import can_solve, get_case_for
from cases.services import cases as verbs, handling
from channels_app.permissions import get_conversation_for
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import User
from cxos.screens.cases.views import asked_parts, body, person
from cxos.screens.staff import staff, toast, trigger

Status = Case.Status


def loaded(request: HttpRequest, pk: int) -> Case:
    found = get_case_for(person(request), pk)
    if not can_solve(person(request), found):
        holder = found.assignee.name if found.assignee else _("Somebody")
        raise Forbidden("not_yours", _("%(name)s looks after this case. Ask them, or a supervisor.") % {"name": holder})
    return found


def changed(request: HttpRequest, pk: int, words: str = "") -> HttpResponse:
    """The case again, and a word to the lists that may show it."""
    request.method = "GET"
    response = trigger(body(request, pk=pk), **{"cases:changed": True, "dialog:close": True})
    return toast(response, words) if words else response


@require_POST
@staff
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """To another status: `status`. To solve, and to open again what was solved, asks for words first."""
    found, status = loaded(request, pk), request.POST.get("status", "")
    is_solved = found.status in (Status.SOLVED, Status.CLOSED)
    if status not in (Status.OPEN, Status.PENDING, Status.SOLVED):
        raise Invalid("status", _("Choose a status."))
    if is_solved != (status == Status.SOLVED):
        response = render(request, "cases/ask.html", asked_parts(found))
        response["HX-Retarget"], response["HX-Reswap"] = "#dialogs", "innerHTML"
        return response
    if not is_solved:
        verb = verbs.wait_for_customer if status == Status.PENDING else verbs.go_on
        verb(pk, actor=request.user, now=timezone.now())
    return changed(request, pk)


@require_POST
@staff
def solve(request: HttpRequest, pk: int) -> HttpResponse:
    loaded(request, pk)
    verbs.solve_case(pk, resolution=request.POST.get("words", "").strip(), actor=request.user, now=timezone.now())
    return changed(request, pk, _("Solved"))


@require_POST
@staff
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    loaded(request, pk)
    reason = request.POST.get("words", "").strip()
    if not reason:
        raise Invalid("reason", _("Say why it is opened again."))
    verbs.reopen_case(pk, reason=reason, actor=request.user, now=timezone.now())
    return changed(request, pk, _("Open again"))


@require_POST
@staff
def priority(request: HttpRequest, pk: int) -> HttpResponse:
    loaded(request, pk)
    given = request.POST.get("priority", "")
    if not (given.isascii() and given.isdigit()):
        raise Invalid("priority", _("Choose a priority."))
    verbs.set_case_priority(pk, priority=int(given[:3]), actor=request.user, now=timezone.now())
    return changed(request, pk)


@require_POST
@staff
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """`to`: an id, "me" or "none"."""
    loaded(request, pk)
    wanted = request.POST.get("to", "")
    to: User | None = person(request) if wanted == "me" else None
    if wanted.isascii() and wanted.isdigit():
        to = User.objects.filter(pk=int(wanted[:18]), is_active=True).first()
    if to is None and wanted != "none":
        raise Invalid("assignee", _("Choose who looks after this case."))
    handling.assign_case(pk, to=to, actor=request.user)
    words = _("Looked after by %(name)s") % {"name": to.name} if to else _("Nobody looks after it now")
    return changed(request, pk, words)


@require_POST
@staff
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """`conversation`: its number, with or without #."""
    loaded(request, pk)
    given = request.POST.get("conversation", "").strip().removeprefix("#")
    if not (given.isascii() and given.isdigit()):
        raise Invalid("conversation", _("Give the number of a conversation."))
    try:
        conversation = get_conversation_for(person(request), int(given[:18]))
    except NotFound as missing:
        raise Invalid(missing.code, missing.message) from None
    handling.link_conversation(pk, conversation=conversation, actor=request.user)
    return changed(request, pk, _("Linked"))


@require_POST
@staff
def unlink(request: HttpRequest, pk: int, conversation: int) -> HttpResponse:
    loaded(request, pk)
    handling.unlink_conversation(pk, conversation_id=conversation, actor=request.user)
    return changed(request, pk, _("Unlinked"))
