"""A rule tried before it is saved: what it would have done to what came in, or to promises that were broken."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from automation.condition_words import told
from automation.conditions import validate
from automation.facts_known import BREACH, FACTS, MESSAGE
from automation.models import Rule
from cxos.core.errors import DomainError, Invalid
from cxos.screens.settings import actions as acts
from cxos.screens.settings.conditions import Builder, read_builder, said_fact, said_value
from cxos.screens.staff import admins, refused
from routing.models import Queue
from routing.services.dry_run import Tried, try_rules
from routing.services.dry_run_breaches import try_on_breaches

# How many messages, or the breaches of how many days.
TRIES = {
    MESSAGE: ((50, _("50 messages")), (200, _("200 messages")), (500, _("500 messages"))),
    BREACH: ((7, _("Last 7 days")), (30, _("Last 30 days")), (90, _("Last 90 days"))),
}
SHOWN = 30  # listed; all are counted


def event_of(request: HttpRequest) -> str:
    """What the rule in the form runs on."""
    given = (request.POST if request.method == "POST" else request.GET).get("event", "")
    return given if given in FACTS else MESSAGE


def tree_of(builder: Builder) -> Any:
    """Raises Invalid."""
    try:
        return builder.tree()
    except ValueError as problem:
        raise Invalid("conditions", str(problem)) from None


@require_POST
@admins
def dry_run(request: HttpRequest) -> HttpResponse:
    """The rule as it stands in the form, asked of the newest messages or breaches. Nothing is carried out, nothing is saved."""
    event = event_of(request)
    given, spans = request.POST.get("last", ""), {str(number): number for number, _words in TRIES[event]}
    last = spans.get(given, TRIES[event][0][0])
    try:
        tree = tree_of(read_builder(request.POST, FACTS[event]))
        if problems := validate(tree, FACTS[event]):
            raise Invalid("conditions", told(problems[0]))
    except DomainError as problem:
        return refused(problem)
    plan = acts.plan_of(acts.read_actions(request.POST))
    draft = Rule(pk=0, name=request.POST.get("name", "")[:120], conditions=tree, actions=plan)
    if event == BREACH:
        tried = try_on_breaches([draft], days=last, now=timezone.now())
    else:
        tried = try_rules([draft], last=last)
    matched, queues = [one for one in tried if one.matched], dict(Queue.objects.values_list("key", "name"))
    listed = [*matched, *(one for one in tried if not one.matched)][:SHOWN]
    return render(
        request,
        "settings/dry_run.html",
        {
            "event": event,
            "looked_at": len(tried),
            "matched": len(matched),
            "rows": [said(one, queues, event) for one in listed],
        },
    )


def said(tried: Tried, queues: dict[str, str], event: str) -> dict[str, Any]:
    """One message or breach for the list: what would happen in words, and the comparisons behind it."""
    return {
        "tried": tried,
        "actions": [acts.said(action, queues=queues) for action in tried.actions],
        "trace": [said_leaf(leaf, event) for leaf in tried.trace],
    }


def said_leaf(leaf: dict[str, Any], event: str) -> dict[str, Any]:
    fact, schema = leaf["fact"], FACTS[event]
    words = {name: said_value(fact, leaf[name], schema) for name in ("expected", "found")}
    return leaf | words | {"label": said_fact(fact, schema)}
