"""The button that takes the demo out, a batch at a time, so that the page can say how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cxos.core.models import User
from cxos.demo.history import forget_history
from cxos.demo.removal import demo_left, remove_customers, remove_people
from cxos.screens.staff import admins


@require_POST
@admins
def remove_demo(request: HttpRequest) -> HttpResponse:
    """The demo's people first, then its customers; the answer asks for the next batch until nothing is left."""
    assert isinstance(request.user, User)
    if not remove_people(actor=request.user, now=timezone.now()):
        remove_customers(actor=request.user)
    left = demo_left(keeping=request.user)
    if left.any:
        total = request.POST.get("total", "")
        whole = int(total) if total.isascii() and total.isdigit() and len(total) < 10 else left.customers
        shown = {"left": left, "total": max(whole, left.customers), "done": max(0, whole - left.customers)}
        return render(request, "settings/demo_progress.html", shown)
    forget_history()
    messages.success(request, _("The demo is gone. What it was set up with is yours to change."))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
