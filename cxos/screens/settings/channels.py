"""Channels: the ways in and out."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app.models import Channel, Interaction
from channels_app.services import channels as verbs
from cxos.screens.settings.channel_forms import CHANNEL_FORMS, ChannelForm
from cxos.screens.settings.channel_parts import around, parts, pressed, redrawn
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins, toast
from routing.models import Queue

MOST_ASKED = 300  # ten minutes


@require_safe
@admins
def channels(request: HttpRequest) -> HttpResponse:
    rows = list(Channel.objects.defer("secrets"))
    queues = dict(Queue.objects.values_list("key", "name"))
    return show(request, "channels", "channels", rows=[(row, queues.get(row.config.get("queue", ""))) for row in rows])


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def new_channel(request: HttpRequest) -> HttpResponse:
    """First which kind, then its form; at the end the secret, shown this once."""
    kind = request.GET.get("kind", "")
    if kind not in CHANNEL_FORMS:
        return show(request, "channels", "channel_kinds", trail=[(_("New"), None)])
    form = CHANNEL_FORMS[kind](request.POST or None)
    if request.POST.get("do"):
        form = pressed(request, form)
        return redrawn(request, form) or page(request, form, None)
    if request.method == "POST" and (made := saved(form, lambda given: make(request, form))):
        channel, secret = made
        return show(
            request, "channels", "channel_made", channel=channel, secret=secret, trail=[(channel.name, None)], status=201,
            **around(request, channel),
        )  # fmt: skip
    return page(request, form, None)


def make(request: HttpRequest, form: ChannelForm) -> tuple[Channel, str]:
    return verbs.create_channel(
        kind=form.kind, name=form.cleaned_data["name"], config=form.config(), actor=request.user, now=timezone.now()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def channel(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    kind_form = CHANNEL_FORMS[found.kind]
    form = kind_form(request.POST) if request.method == "POST" else kind_form(initial=kind_form.values_of(found))
    if request.POST.get("do"):
        form = pressed(request, form)
        return redrawn(request, form) or page(request, form, found)
    if request.method == "POST" and saved(form, lambda given: change(request, found, form)):
        messages.success(request, _("Saved"))
        return redirect("settings:channel", pk=pk)
    return page(request, form, found)


def change(request: HttpRequest, found: Channel, form: ChannelForm) -> Channel:
    name, config = form.cleaned_data["name"], form.config()
    return verbs.change_channel(found, name=name, config=config, actor=request.user)


def page(request: HttpRequest, form: ChannelForm, found: Channel | None) -> HttpResponse:
    trail = [(found.name if found else _("New"), None)]
    given = parts(request, form, found) | (around(request, found) if found else {})
    return show(request, "channels", "channel", trail=trail, status=422 if form.errors else 200, **given)


@require_POST
@admins
def switch_channel(request: HttpRequest, pk: int) -> HttpResponse:
    enabled = request.POST.get("enabled") == "on"
    found = verbs.change_channel(loaded(pk), enabled=enabled, actor=request.user)
    words = _("%(name)s takes messages") if enabled else _("%(name)s takes nothing more")
    return toast(HttpResponse(status=204), words % {"name": found.name})


@require_POST
@admins
def rotate_channel_secret(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    secret = verbs.rotate_secret(found, actor=request.user)
    return render(request, "settings/secret.html", {"secret": secret, "name": found.name})


@require_POST
@admins
def try_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a signed trial to the reply address, and say what came of it."""
    outcome, status = verbs.try_reply_url(loaded(pk), now=timezone.now())
    return render(request, "settings/channel_tried.html", {"outcome": outcome, "status": status})


def loaded(pk: int) -> Channel:
    found = Channel.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_safe
@admins
def heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether something came in since the page was opened (`since` = an interaction's id). Asked again and again, until
    the journey has given what came a conversation to open."""
    found, since = loaded(pk), request.GET.get("since", "")
    last = int(since) if since.isascii() and since.isdigit() and len(since) < 18 else newest_id()
    asked = request.GET.get("asked", "")
    times = int(asked) + 1 if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    came = Interaction.objects.filter(pk__gt=last, channel=found).order_by("pk").first()
    gave_up = times > MOST_ASKED
    listens = not gave_up and (came is None or came.conversation_id is None)
    shown = {"channel": found, "since": last, "came": came, "asked": times, "gave_up": gave_up, "listens": listens}
    return render(request, "settings/channel_heard.html", shown)


def newest_id() -> int:
    return Interaction.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
