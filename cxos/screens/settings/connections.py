"""What connects this house with others: API keys, webhooks, and deliveries that were given up."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app.models import WebhookAttempt, WebhookSubscription
from channels_app.services import subscriptions, webhooks as deliveries
from cxos.core.catalogue import EVENTS
from cxos.core.models import ApiKey, Delivery, Event, Scope, User
from cxos.core.services import api_keys as keys, parked as parking
from cxos.screens.settings.forms import ApiKeyForm, WebhookForm
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins, toast

PAGE = 30
MOST_PARKED = 100


# --- API keys --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def api_keys(request: HttpRequest) -> HttpResponse:
    """The keys, and the form for a new one; its secret is in the answer, and nowhere else."""
    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    made = saved(form, lambda given: make_key(request, given)) if request.method == "POST" else None
    now = timezone.now()
    rows = [(key, key.usable(now)) for key in ApiKey.objects.select_related("user").order_by("-id")]
    return show(
        request, "api_keys", "api_keys", rows=rows, form=ApiKeyForm() if made else form, made=made,
        scopes=Scope.choices, people=[(user.pk, user.name) for user in User.objects.filter(is_active=True)],
        chosen_scopes=[] if made else form["scopes"].value() or [],
        status=201 if made else 422 if form.errors else 200,
    )  # fmt: skip


def make_key(request: HttpRequest, given: dict[str, Any]) -> tuple[ApiKey, str]:
    expires = timezone.now() + timedelta(days=int(given["expires"])) if given["expires"] else None
    return keys.make_key(
        name=given["name"], user=given["user"], scopes=given["scopes"], expires_at=expires, actor=request.user
    )


@require_POST
@admins
def rotate_key(request: HttpRequest, pk: int) -> HttpResponse:
    """The new key's secret in a dialog; the old one works for a day more."""
    key = ApiKey.objects.select_related("user").filter(pk=pk).first()
    if key is None:
        raise Http404
    _made, secret = keys.rotate_key(key, actor=request.user, now=timezone.now())
    return render(request, "settings/key_rotated.html", {"secret": secret, "name": key.name})


@require_POST
@admins
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = ApiKey.objects.filter(pk=pk).first()
    if key is None:
        raise Http404
    keys.revoke_key(key, actor=request.user, now=timezone.now())
    messages.success(request, _("“%(name)s” is refused from now on.") % {"name": key.name})
    return redirect("settings:api_keys")


# --- Webhooks --------------------------------------------------------------------------------------------------------


@require_safe
@admins
def webhooks(request: HttpRequest) -> HttpResponse:
    return show(request, "webhooks", "webhooks", rows=WebhookSubscription.objects.defer("secrets").order_by("name"))


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def webhook(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One subscription with what became of the events it was owed; a new one ends with its secret, shown this once."""
    found = subscription(pk) if pk else None
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm(initial=initial(found))
    secret = ""
    if request.method == "POST":
        made = saved(form, lambda given: save_webhook(request, found, given))
        if made and found:
            messages.success(request, _("Saved"))
            return redirect("settings:webhook", pk=found.pk)
        if made:
            found, secret = made
    return show(
        request, "webhooks", "webhook", form=form, webhook=found, secret=secret, events=sorted(EVENTS),
        chosen=form["events"].value() or [], trail=[(found.name if found else _("New"), None)],
        status=201 if secret else 422 if form.errors else 200, **attempts(request, found),
    )  # fmt: skip


def save_webhook(
    request: HttpRequest, found: WebhookSubscription | None, given: dict[str, Any]
) -> tuple[WebhookSubscription, str]:
    if found is None:
        given.pop("enabled")
        return subscriptions.subscribe(actor=request.user, **given)
    return subscriptions.change_subscription(found.pk, changes=given, actor=request.user), ""


def initial(found: WebhookSubscription | None) -> dict[str, Any]:
    if found is None:
        return {"enabled": True}
    return {"name": found.name, "url": found.url, "events": found.events, "enabled": found.enabled}


def attempts(request: HttpRequest, found: WebhookSubscription | None) -> dict[str, Any]:
    """The log, newest first: one page, narrowed to a state, from `before` an id on. 1 query."""
    if found is None:
        return {}
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    rows = found.attempts.order_by("-id")
    if state in WebhookAttempt.State.values:
        rows = rows.filter(state=state)
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    page = list(rows[: PAGE + 1])
    return {
        "attempts": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "state": state,
        "states": WebhookAttempt.State.choices,
    }


@require_POST
@admins
def rotate_webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    found, secret = subscriptions.rotate_secret(pk, actor=request.user)
    return render(request, "settings/secret.html", {"secret": secret, "name": found.name})


@require_POST
@admins
def try_webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a signed trial to the saved address, and say what came of it."""
    outcome, status = subscriptions.try_subscription(pk, now=timezone.now())
    return render(request, "settings/channel_tried.html", {"outcome": outcome, "status": status})


@require_safe
@admins
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """What was sent, and what was answered."""
    found = WebhookAttempt.objects.select_related("subscription").filter(pk=pk).first()
    if found is None:
        raise Http404
    body = json.dumps(found.body, indent=2, ensure_ascii=False)
    return render(request, "settings/attempt.html", {"attempt": found, "body": body})


@require_POST
@admins
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    deliveries.replay(pk, actor=request.user, now=timezone.now())
    return toast(HttpResponse(status=204), _("It is sent once more in a moment."))


@require_POST
@admins
def replay_dead(request: HttpRequest, pk: int) -> HttpResponse:
    count = deliveries.replay_dead(subscription(pk).pk, actor=request.user, now=timezone.now())
    messages.success(request, _("%(n)s are sent once more.") % {"n": count})
    return redirect("settings:webhook", pk=pk)


def subscription(pk: int) -> WebhookSubscription:
    found = WebhookSubscription.objects.defer("secrets").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


# --- Parked deliveries -----------------------------------------------------------------------------------------------


@require_safe
@admins
def parked(request: HttpRequest) -> HttpResponse:
    rows = Delivery.objects.filter(state=Delivery.State.PARKED).order_by("-id")[:MOST_PARKED]
    events = Event.objects.in_bulk([row.event_id for row in rows])
    return show(request, "parked", "parked", rows=[(row, events.get(row.event_id)) for row in rows])


@require_POST
@admins
def retry_parked(request: HttpRequest, pk: int) -> HttpResponse:
    found = Delivery.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    parking.retry(found, actor=request.user)
    messages.success(request, _("It is tried again now."))
    return redirect("settings:parked")
