"""Files in the workspace: uploaded into a draft, taken out again, looked at; pictures of others fetched when asked for."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.channel_rules import rules_of
from channels_app.file_types import INLINE, TYPES, Unacceptable, recognise
from channels_app.models import Attachment, Message
from channels_app.permissions import can_reply, get_conversation_for
from channels_app.services.attachments import remove_unsent, store_attachment
from channels_app.services.drafts import check_mode
from channels_app.serving import SANDBOX, file_response
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import User
from cxos.core.outbound import AddressRefused, Unreachable, send
from cxos.screens.staff import staff


@require_safe
@staff
def file(request: HttpRequest, key: UUID) -> FileResponse | HttpResponse:
    """A file of a conversation this user may see, or one they have uploaded. `?save` downloads also a picture."""
    found = Attachment.objects.visible_to(request.user).filter(key=key).first()
    if found is None:
        raise NotFound("no_such_file", _("This file does not exist, or not for you."))
    return file_response(found, save="save" in request.GET)


@require_POST
@staff
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """One `file` for the user's draft of `mode` in this conversation → {id, name, mime, size}. A refusal is {message}."""
    assert isinstance(request.user, User)
    found, given = get_conversation_for(request.user, pk), request.FILES.get("file")
    mode = request.POST.get("mode", "")
    if not can_reply(request.user, found):
        raise Forbidden("not_allowed", _("You may read this conversation, but not change it."))
    if given is None:
        raise Invalid("file", _("Choose a file first."), field="file")
    check_mode(mode)
    rules = rules_of(found.channel.kind, found.channel.config)
    try:
        stored = store_attachment(
            given, name=given.name or "file", rules=rules, uploader=request.user, conversation=found,
            mode=mode, now=timezone.now(),
        )  # fmt: skip
    except Invalid as refusal:
        return JsonResponse({"message": refusal.message}, status=refusal.status)
    return JsonResponse(stored.descriptor)


@require_POST
@staff
def remove_file(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """Take a file out of one's draft."""
    assert isinstance(request.user, User)
    remove_unsent(str(key), uploader=request.user)
    return HttpResponse(status=204)


PICTURE_BYTES = 5_000_000
PICTURE_SECONDS = 5.0
PICTURES = frozenset(extension for extension, kind in TYPES.items() if kind.inline)


@require_safe
@staff
def picture(request: HttpRequest, pk: int, message: int, place: int) -> HttpResponse:
    """A picture that lies on somebody else's server: fetched by ours, so that they learn nothing of who looks, and shown
    only if it is a picture. 404 for whatever it is instead."""
    get_conversation_for(request.user, pk)
    line = Message.objects.filter(pk=message, conversation_id=pk).only("attachments").first()
    kept = line.attachments[place] if line is not None and place < len(line.attachments) else {}
    url = kept.get("url") if isinstance(kept, dict) and not kept.get("id") else None
    if not url or kept.get("mime") not in INLINE:
        raise NotFound("no_such_picture", _("There is no such picture."))
    try:
        answer = send("GET", url, headers={"Accept": "image/*"}, seconds=PICTURE_SECONDS, most_bytes=PICTURE_BYTES)
        extension = kept["mime"].partition("/")[2]
        found = recognise(f"picture.{extension}", answer.body if answer.status == 200 else b"", allowed=PICTURES)
    except (AddressRefused, Unreachable, Unacceptable):
        raise NotFound("no_such_picture", _("The picture cannot be shown.")) from None
    response = HttpResponse(answer.body, content_type=found.mime)
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=3600"
    return response
