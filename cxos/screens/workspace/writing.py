"""What an agent writes: drafts, replies that can be taken back or wait for their time, and notes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.channel_rules import rules_of, sms_parts
from channels_app.models import Attachment, Conversation, Draft, HeldReply, MessageTemplate
from channels_app.permissions import get_conversation_for
from channels_app.placeholders import MOST_PLACES, filled
from channels_app.services import held as held_replies
from channels_app.services.attachments import unsent_of
from channels_app.services.drafts import beside_draft, end_draft, save_draft
from channels_app.services.replies import add_note
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import User
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.commands import answered, loaded
from cxos.screens.workspace.composer import read_desk, read_held
from routing.services.hand_over import give


@require_safe
@staff
def read_drafts(request: HttpRequest, pk: int) -> HttpResponse:
    """What this user is writing here, for a page that was away or hears of another page's writing."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    return JsonResponse(read_desk(found, request.user, now=timezone.now()).starts_from)


@require_POST
@staff
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is being written. Answers with what the counter needs to know."""
    user, found, now = loaded(request, pk)
    given, text = request.POST, request.POST.get("text", "")
    if found.merged_into_id:  # the page has not heard of it yet: what is typed there is lost neither here nor there
        pk, text = found.merged_into_id, beside_draft(found.merged_into_id, text, user=user, mode=given.get("mode", ""))
    save_draft(
        pk, user=user, mode=given.get("mode", ""), text=text, seen_id=number(given.get("seen", "")),
        page=given.get("page", ""), now=now,
    )  # fmt: skip
    rules = rules_of(found.channel.kind, found.channel.config)
    return JsonResponse({"parts": sms_parts(text)} if rules.parts else {})


@require_POST
@staff
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a reply until it cannot be taken back, or until `send_at`; take the conversation when nobody has it.
    `then` = resolve does both. When somebody has answered since `seen`, it asks first, unless told `anyway`."""
    user, found, now = loaded(request, pk)
    given = request.POST
    send_at = moment(given.get("send_at", ""))
    try:
        with transaction.atomic():
            if found.assignee_id is None and send_at is None:  # who has no room for it is told so, and sends nothing
                give(found, to=user, actor=user, seen=None, now=now)
            held = held_replies.hold_reply(
                pk,
                text=given.get("text", ""),
                attachments=[] if given.get("template") else files_of(request, found, user, mode=Draft.Mode.REPLY),
                template_id=number(given.get("template", "")) or None,
                values=values_of(given),
                author=user,
                send_at=send_at,
                then_resolve=given.get("then") == "resolve",
                client_id=given.get("client_id", "")[:60],
                seen_id=None if given.get("anyway") else number(given.get("seen", "")) or None,
                now=now,
            )
    except held_replies.AnsweredMeanwhile as collision:
        return ask_first(request, found, collision)
    if held.send_at <= now:
        held_replies.release(held.pk, now=now)
        return answered(request, pk)
    response = trigger(held_region(_as_get(request), pk=pk), **{"composer:sent": {"conversation": pk}})
    response["HX-Retarget"], response["HX-Reswap"] = "#held", "morph"
    return response


def ask_first(request: HttpRequest, found: Conversation, collision: held_replies.AnsweredMeanwhile) -> HttpResponse:
    """The answer of the other, above what was written; nothing is sent and nothing is lost."""
    parts = {"conversation": found, "answer": collision.answer, "by": collision.by}
    response = render(request, "workspace/collision.html", parts)
    response["HX-Retarget"], response["HX-Reswap"] = "#composer-notice", "innerHTML"
    return response


@require_POST
@staff
def note(request: HttpRequest, pk: int) -> HttpResponse:
    user, found, now = loaded(request, pk)
    files = [one.descriptor for one in files_of(request, found, user, mode=Draft.Mode.NOTE)]
    client_id = request.POST.get("client_id", "")[:60]
    text = request.POST.get("text", "")
    add_note(pk, text=text, attachments=files, author=user, client_id=client_id, actor=user, now=now)
    end_draft(pk, user=user, mode=Draft.Mode.NOTE)
    return answered(request, pk)


@require_safe
@staff
def held_region(request: HttpRequest, pk: int) -> HttpResponse:
    """What waits to be sent in this conversation."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    held = read_held(found, request.user, now=timezone.now())
    return render(request, "workspace/held.html", {"conversation": found, "held": held})


@require_POST
@staff
def take_back(request: HttpRequest, pk: int, held: int) -> HttpResponse:
    """It is not sent; its words are in the composer again."""
    user, _found, now = loaded(request, pk)
    own_or_supervised(pk, held, user)
    held_replies.take_back(held, user=user, now=now)
    return trigger(held_region(_as_get(request), pk=pk), **{"composer:restore": {"conversation": pk}})


@require_POST
@staff
def send_now(request: HttpRequest, pk: int, held: int) -> HttpResponse:
    user, _found, now = loaded(request, pk)
    own_or_supervised(pk, held, user)
    sent = held_replies.send_now(held, now=now)
    response = held_region(_as_get(request), pk=pk)
    return toast(response, sent.problem, tone="error") if sent.problem else response


@require_POST
@staff
def discard(request: HttpRequest, pk: int, held: int) -> HttpResponse:
    user, _found, _now = loaded(request, pk)
    own_or_supervised(pk, held, user)
    held_replies.discard(held)
    return toast(held_region(_as_get(request), pk=pk), _("It will not be sent."))


@require_safe
@staff
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """The chosen template's fields, with what will be sent; asked by one of the fields, only that."""
    assert isinstance(request.user, User)
    found = get_conversation_for(request.user, pk)
    rows = MessageTemplate.objects.filter(channel=found.channel_id, state=MessageTemplate.State.APPROVED)
    chosen = rows.filter(pk=number(request.GET.get("template", ""))).first()
    values = values_of(request.GET)
    fields = [(place, values[place - 1], f"{{{{{place}}}}}") for place in chosen.places] if chosen else []
    parts = {
        "conversation": found, "template": chosen, "fields": fields,
        "text": filled(chosen.body, values) if chosen else "",
    }  # fmt: skip
    is_part = request.headers.get("HX-Target") == "template-text"
    return render(request, "workspace/template_text.html" if is_part else "workspace/template.html", parts)


def values_of(given: QueryDict) -> list[str]:
    """What was filled in for {{1}}, {{2}} …"""
    return [given.get(f"value_{place}", "") for place in range(1, MOST_PLACES + 1)]


def own_or_supervised(pk: int, held: int, user: User) -> None:
    """Raises NotFound for what is not in this conversation, Forbidden for a colleague's."""
    found = HeldReply.objects.filter(pk=held, conversation_id=pk).only("author_id").first()
    if found is None:
        raise NotFound("no_such_reply", _("This reply is not waiting any more."))
    if found.author_id != user.pk and not user.supervises:
        raise Forbidden("not_yours", _("Only its author or a supervisor can change this reply."))


def files_of(request: HttpRequest, found: Conversation, user: User, *, mode: str) -> list[Attachment]:
    return unsent_of(found.pk, uploader=user, mode=mode, keys=request.POST.getlist("file")[:50])


def moment(given: str) -> datetime | None:
    """The time as the page's script gives it, with its zone; None for none. Raises Invalid."""
    if not given:
        return None
    try:
        at = parse_datetime(given[:40])
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise Invalid("send_at", _("Choose a day and a time."), field="send_at")
    return at


def number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0


def _as_get(request: HttpRequest) -> HttpRequest:
    request.method = "GET"
    return request
