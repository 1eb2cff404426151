"""A callback in hand: call, and say whether they were reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST

from cxos.core.errors import DomainError, NotFound
from cxos.screens.staff import staff, toast
from cxos.screens.workspace.commands import loaded, reread
from cxos.screens.workspace.parts import callback_in_hand
from routing.models import Callback
from routing.services.callbacks import cancel_callback, claim_callback, note_no_answer, note_reached
from routing.services.queue import live_item

Step = tuple[Callable[..., Callback], str, str | Promise]  # service, what it calls its user, what is said of it
STEPS: dict[str, Step] = {
    "call": (claim_callback, "user", gettext_lazy("You call %(address)s now")),
    "reached": (note_reached, "user", gettext_lazy("Reached")),
    "no-answer": (note_no_answer, "user", gettext_lazy("No answer: noted")),
    "cancel": (cancel_callback, "actor", gettext_lazy("The callback is canceled")),
}


@require_POST
@staff
def step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One of STEPS. What a refusal changed (it comes back later, or not at all) is shown along with why."""
    user, _found, _now = loaded(request, pk)
    callback = callback_in_hand(live_item(pk, "callback"), user)
    if callback is None or name not in STEPS:
        raise NotFound("no_such_callback", _("There is nothing to call back here any more."))
    service, role, said = STEPS[name]
    told: dict[str, Any] = {"address": callback.address}
    try:
        service(callback.pk, **{role: user}, now=timezone.now())
    except DomainError as refused:
        return toast(reread(request, pk), str(refused.message), tone="warning")
    return toast(reread(request, pk), str(said) % told)
