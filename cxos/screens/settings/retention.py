"""How long it is kept what only explains or records."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from cxos.core.services.retention import LONGEST, keep_days, set_keep_days
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins

# kind → (its name, what is lost with it)
KINDS: dict[str, tuple[Any, Any]] = {
    "decisions": (gettext_lazy("Why work went where it did, and whose it was"), gettext_lazy("“Why was I offered this?” of older work stays empty.")),
    "actions": (gettext_lazy("What rules did"), gettext_lazy("Older messages do not say any more which rule acted on them.")),
    "trials": (gettext_lazy("What the simulator tried"), gettext_lazy("Older results are gone; they can be played again.")),
    "webhook_attempts": (gettext_lazy("Deliveries of webhooks"), gettext_lazy("Older ones cannot be looked at or sent again.")),
    "notifications": (gettext_lazy("Notifications"), gettext_lazy("Older ones leave everybody’s notification centre.")),
}  # fmt: skip


class RetentionForm(forms.Form):
    """One field of days a kind."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind in KINDS:
            self.fields[kind] = forms.IntegerField(min_value=0, max_value=LONGEST)


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def retention(request: HttpRequest) -> HttpResponse:
    kept = keep_days()
    form = RetentionForm(request.POST) if request.method == "POST" else RetentionForm(initial=kept)
    if request.method == "POST":
        changed = saved(form, lambda given: set_keep_days(given, actor=request.user))
        if changed is not None:
            messages.success(request, _("Saved") if changed else _("Nothing was changed"))
            return redirect("settings:retention")
    lines = [(kind, name, lost, form[kind].value(), form[kind].errors) for kind, (name, lost) in KINDS.items()]
    return show(
        request, "retention", "retention", form=form, lines=lines, most=LONGEST, status=422 if form.errors else 200
    )
