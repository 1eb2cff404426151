"""Files in the workspace: uploaded into a draft, taken out again, looked at."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.channel_rules import rules_of
from channels_app.models import Attachment
from channels_app.permissions import can_reply, get_conversation_for
from channels_app.services.attachments import remove_unsent, store_attachment
from channels_app.serving import file_response
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import User
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
    """One `file` for the user's draft in this conversation → {id, name, mime, size}. A refusal is {message}."""
    assert isinstance(request.user, User)
    found, given = get_conversation_for(request.user, pk), request.FILES.get("file")
    if not can_reply(request.user, found):
        raise Forbidden("not_allowed", _("You may read this conversation, but not change it."))
    if given is None:
        raise Invalid("file", _("Choose a file first."), field="file")
    rules = rules_of(found.channel.kind, found.channel.config)
    try:
        stored = store_attachment(
            given, name=given.name or "file", rules=rules, uploader=request.user, conversation=found, now=timezone.now()
        )
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
