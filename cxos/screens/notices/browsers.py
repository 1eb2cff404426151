"""Browsers that are told by push: the service worker, and signing one on or off."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.models import User
from cxos.core.services import push
from cxos.core.services.sign_ins import browser_name
from cxos.screens.staff import staff, toast

WORKER = Path(settings.BASE_DIR) / "cxos/static/js/push-worker.js"


@require_safe
@staff
def worker(request: HttpRequest) -> HttpResponse:
    """Under an address that never changes, because browsers know a worker by it."""
    response = HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@staff
def key(request: HttpRequest) -> HttpResponse:
    """The installation's public key, which a browser subscribes with; made when first asked for."""
    return HttpResponse(push.identity().public, content_type="text/plain")


@require_POST
@staff
def add(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    given = {name: request.POST.get(name, "")[:2000] for name in ("endpoint", "p256dh", "auth")}
    browser = browser_name(request.headers.get("User-Agent", "")) or _("Unknown browser")
    push.subscribe(request.user, **given, browser=browser, now=timezone.now())
    return toast(HttpResponse(status=204), _("This browser tells you from now on, also while no page is open."))


@require_POST
@staff
def remove(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    number = request.POST.get("browser", "")
    known = int(number[:18]) if number.isascii() and number.isdigit() else None
    push.unsubscribe(request.user, endpoint=request.POST.get("endpoint", "")[:2000], subscription_id=known)
    return toast(HttpResponse(status=204), _("This browser does not tell you any more."))
