"""A channel's templates: what may be sent after its window has closed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels_app.channel_rules import rules_of
from channels_app.models import MessageTemplate
from channels_app.services import templates as verbs
from cxos.core.errors import NotFound
from cxos.screens.settings.channels import loaded
from cxos.screens.settings.pages import show
from cxos.screens.staff import admins

MOST = 500


@require_safe
@admins
def templates(request: HttpRequest, pk: int) -> HttpResponse:
    """2 queries."""
    channel = loaded(pk)
    rows = MessageTemplate.objects.filter(channel=channel)[:MOST]
    trail = [(channel.name, reverse("settings:channel", args=[pk])), (_("Templates"), None)]
    rules = rules_of(channel.kind, channel.config)
    return show(
        request, "channels", "templates", channel=channel, rules=rules, trail=trail, states=MessageTemplate.State.choices,
        rows=[{"template": one, "dialog": f"template-{one.pk}"} for one in rows],
    )  # fmt: skip


@require_POST
@admins
def save_template(request: HttpRequest, pk: int, template: int | None = None) -> HttpResponse:
    given, channel = request.POST, loaded(pk)
    saved = verbs.save_template(
        found(pk, template) if template else None,
        channel=channel, name=given.get("name", ""), language=given.get("language", ""), body=given.get("body", ""),
        state=given.get("state", ""), actor=request.user, now=timezone.now(),
    )  # fmt: skip
    if given.get("state") == verbs.State.APPROVED != saved.state:
        messages.info(request, _("Saved %(name)s as a draft: other words have to be approved again.") % {"name": saved})
    else:
        messages.success(request, _("Saved %(name)s") % {"name": saved})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@require_POST
@admins
def remove_template(request: HttpRequest, pk: int, template: int) -> HttpResponse:
    gone = found(pk, template)
    verbs.remove_template(gone, actor=request.user)
    messages.success(request, _("Removed %(name)s") % {"name": gone})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def found(channel_id: int, template_id: int) -> MessageTemplate:
    row = MessageTemplate.objects.filter(pk=template_id, channel=channel_id).first()
    if row is None:
        raise NotFound("no_such_template", _("There is no template %(number)s.") % {"number": template_id})
    return row
