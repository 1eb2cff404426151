"""What would happen to this message, and why? The whole way from the text to the agent, and nothing of it stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from automation.facts_known import FACTS
from channels_app.models import Channel
from crm.models import Identity
from crm.normalise import normalise
from cxos.screens.settings.actions import said_skill
from cxos.screens.settings.conditions import OPERATOR_WORDS, said_fact
from cxos.screens.settings.pages import show
from cxos.screens.settings.trial import Trial, try_message
from cxos.screens.settings.wording import shown
from cxos.screens.staff import admins

SCHEMA = FACTS["MessageReceived"]
STRANGER = "somebody.new@example.com"
# Facts shown beside the answer, in this order; the rest is said elsewhere on the page.
SHOWN_FACTS = (
    "customer.known",
    "customer.vip",
    "customer.tags",
    "conversation.priority",
    "hours.open",
    "message.first",
)


class TryForm(forms.Form):
    channel = forms.ModelChoiceField(Channel.objects.filter(enabled=True).defer("secrets"))
    text = forms.CharField(max_length=5000)
    customer = forms.CharField(max_length=254, required=False)

    def clean_customer(self) -> tuple[str, str]:
        """(kind, value): an e-mail address or a telephone number; nothing = somebody new."""
        given = self.cleaned_data["customer"].strip() or STRANGER
        kind = Identity.Kind.EMAIL if "@" in given else Identity.Kind.PHONE
        if not normalise(kind, given):
            raise forms.ValidationError(_("Write an e-mail address, or a number such as +49 30 123456."))
        return kind.value, given


@require_safe
@admins
def tester(request: HttpRequest) -> HttpResponse:
    channels = [(row.pk, row.name) for row in Channel.objects.filter(enabled=True).defer("secrets")]
    return show(request, "tester", "tester", channels=channels, form=TryForm(initial=request.GET.dict()))


@require_POST
@admins
def try_it(request: HttpRequest) -> HttpResponse:
    form = TryForm(request.POST)
    if not form.is_valid():
        problems = [problem for field in form.errors.values() for problem in field]
        return render(request, "settings/tried.html", {"problems": problems})
    given = form.cleaned_data
    trial = try_message(
        channel=given["channel"], text=given["text"], identity=given["customer"], name="", now=timezone.now()
    )
    return render(request, "settings/tried.html", said(trial))


def said(trial: Trial) -> dict[str, Any]:
    """For the template: everything in words."""
    item = trial.item
    return {
        "trial": trial,
        "facts": [(said_fact(name, SCHEMA), shown(name, trial.facts.get(name)) or "–") for name in SHOWN_FACTS],
        "rules": [(rule, [leaf_said(leaf) for leaf in rule.trace]) for rule in trial.rules],
        "skills": [said_skill(one) for one in item.required] if item else [],
        "queue_why": trial.why["queue"],
        "deadlines": trial.why["deadlines"],
    }


def leaf_said(leaf: dict[str, Any]) -> dict[str, Any]:
    """One comparison: "Language is de", and what was found instead."""
    fact = leaf["fact"]
    return {
        "result": leaf["result"],
        "label": said_fact(fact, SCHEMA),
        "op": OPERATOR_WORDS.get(leaf["op"], leaf["op"]),
        "expected": shown("", leaf.get("expected")) or "",
        "found": shown("", leaf.get("found")),
    }
