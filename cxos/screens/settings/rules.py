"""Rules: the lists in their order, one for each event, and one rule as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.conditions import facts_used
from automation.facts_known import BREACH, FACTS, MESSAGE
from automation.models import Rule
from automation.services import rules as verbs
from channels_app.models import Priority
from cxos.screens.settings import actions as acts
from cxos.screens.settings.conditions import Builder, builder_of, read_builder, said_fact
from cxos.screens.settings.pages import saved, show
from cxos.screens.settings.rule_tries import TRIES, event_of, tree_of
from cxos.screens.staff import admins, toast
from routing.models import Queue, Skill

EVENT_WORDS = {MESSAGE: _("When a message comes in"), BREACH: _("When a promise to a conversation is broken")}
RUNS_ON = {MESSAGE: _("Saved. It runs on the next message."), BREACH: _("Saved. It runs on the next broken promise.")}


class RuleForm(forms.Form):
    name = forms.CharField(max_length=120)
    stops = forms.BooleanField(required=False)
    enabled = forms.BooleanField(required=False)


@require_safe
@admins
def rules(request: HttpRequest) -> HttpResponse:
    queues = dict(Queue.objects.values_list("key", "name"))
    rows: dict[str, list[dict[str, Any]]] = {event: [] for event in FACTS}
    for rule in Rule.objects.filter(event__in=FACTS):
        rows[rule.event].append(said_rule(rule, queues))
    lists = [(event, words, rows[event]) for event, words in EVENT_WORDS.items() if rows[event]]
    return show(request, "rules", "rules", lists=lists)


def said_rule(rule: Rule, queues: dict[str, str]) -> dict[str, Any]:
    schema = FACTS[rule.event]
    return {
        "rule": rule,
        "actions": [acts.said(action, queues=queues) for action in rule.actions],
        "facts": [said_fact(name, schema) for name in sorted(facts_used(rule.conditions)) if name in schema],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One rule. A button of the form (`do`) changes the form and saves nothing. What a rule runs on is chosen once."""
    found = loaded(pk) if pk else None
    event = found.event if found else event_of(request)
    if request.method != "POST":
        form = RuleForm(initial=initial(found))
        return page(request, found, form, *parts_of(found, event), event)
    builder, rows = read_builder(request.POST, FACTS[event]), acts.read_actions(request.POST)
    if button := request.POST.get("do", ""):
        return changed_form(request, found, builder, rows, button, event)
    form = RuleForm(request.POST)
    done = saved(form, lambda given: save(request, found, given | {"event": event}, builder, rows))
    if done:
        messages.success(request, str(RUNS_ON[event]))
        return redirect("settings:rule", pk=done.pk)
    return page(request, found, form, builder, rows, event)


def changed_form(
    request: HttpRequest, found: Rule | None, builder: Builder, rows: list[dict[str, str]], button: str, event: str
) -> HttpResponse:
    """After another event only what makes sense for it stays, and what was tried is gone."""
    other = request.POST.get("drawn_for", event) != event
    if other:
        builder.fit()
        rows = acts.fitting(rows, event)
    builder.press(button)
    rows = acts.press(rows, button)
    if request.headers.get("HX-Request"):
        return render(
            request, "settings/rule_parts.html", {**parts(found, builder, rows, event), "redraw_tries": other}
        )
    return page(request, found, RuleForm(initial=request.POST.dict()), builder, rows, event)


def save(
    request: HttpRequest, found: Rule | None, given: dict[str, Any], builder: Builder, rows: list[dict[str, str]]
) -> Rule:
    return verbs.save_rule(
        found, conditions=tree_of(builder), actions=acts.plan_of(rows), actor=request.user,
        now=timezone.now(), **given,
    )  # fmt: skip


def page(
    request: HttpRequest, found: Rule | None, form: RuleForm, builder: Builder, rows: list[dict[str, str]], event: str
) -> HttpResponse:
    return show(
        request, "rules", "rule", form=form, trail=[(found.name if found else _("New"), None)],
        status=422 if form.errors else 200, **parts(found, builder, rows, event),
    )  # fmt: skip


def parts(found: Rule | None, builder: Builder, rows: list[dict[str, str]], event: str) -> dict[str, Any]:
    """What the conditions and the actions are drawn with. 2 queries."""
    return {
        "rule": found,
        "event": event,
        "events": EVENT_WORDS.items(),
        "tries": TRIES[event],
        "builder": builder,
        "actions": rows,
        "kinds": acts.kinds_on(event),
        "priorities": Priority.choices,
        "queues": list(Queue.objects.filter(enabled=True).values_list("key", "name")),
        "skill_keys": ", ".join(Skill.objects.values_list("key", flat=True)[:20]),
    }


def parts_of(found: Rule | None, event: str) -> tuple[Builder, list[dict[str, str]]]:
    if found is None:
        return builder_of({}, FACTS[event]), acts.press([], "action")
    return builder_of(found.conditions, FACTS[event]), acts.rows_of(found.actions)


def initial(found: Rule | None) -> dict[str, Any]:
    if found is None:
        return {"name": "", "stops": False, "enabled": True}
    return {"name": found.name, "stops": found.stops, "enabled": found.enabled}


@require_POST
@admins
def switch_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found, enabled = loaded(pk), request.POST.get("enabled") == "on"
    verbs.switch_rule(found, enabled=enabled, actor=request.user, now=timezone.now())
    words = gettext("“%(name)s” runs") if enabled else gettext("“%(name)s” is switched off")
    return toast(HttpResponse(status=204), words % {"name": found.name})


@require_POST
@admins
def move_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down in its event's list; the lists come back in their new order."""
    event = loaded(pk).event
    ids = list(Rule.objects.filter(event=event).order_by("position", "id").values_list("id", flat=True))
    place = ids.index(pk)
    target = max(0, min(len(ids) - 1, place + (1 if request.POST.get("to") == "down" else -1)))
    ids.insert(target, ids.pop(place))
    verbs.order_rules(event, ids=ids, actor=request.user)
    request.method = "GET"
    return rules(request)


@require_POST
@admins
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    verbs.remove_rule(found, actor=request.user)
    messages.success(request, gettext("Removed “%(name)s”. The audit keeps what it was.") % {"name": found.name})
    return redirect("settings:rules")


def loaded(pk: int) -> Rule:
    found = Rule.objects.filter(pk=pk, event__in=FACTS).first()
    if found is None:
        raise Http404
    return found
