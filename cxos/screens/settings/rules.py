"""Rules: the list in its order, one rule as a form, and what it would have done to what came in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.conditions import facts_used, validate
from automation.facts_known import FACTS
from automation.models import Rule
from automation.services import rules as verbs
from channels_app.models import Priority
from cxos.core.errors import DomainError, Invalid
from cxos.screens.settings import actions as acts
from cxos.screens.settings.conditions import Builder, builder_of, read_builder, said_fact
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins, refused, toast
from routing.models import Queue, Skill
from routing.services.dry_run import Tried, try_rules

EVENT = "MessageReceived"
SCHEMA = FACTS[EVENT]
TRIES = ((50, "50"), (200, "200"), (500, "500"))
SHOWN = 30  # messages listed; all are counted


class RuleForm(forms.Form):
    name = forms.CharField(max_length=120)
    stops = forms.BooleanField(required=False)
    enabled = forms.BooleanField(required=False)


@require_safe
@admins
def rules(request: HttpRequest) -> HttpResponse:
    queues = dict(Queue.objects.values_list("key", "name"))
    rows = [
        {
            "rule": rule,
            "actions": [acts.said(action, queues=queues) for action in rule.actions],
            "facts": [said_fact(name, SCHEMA) for name in sorted(facts_used(rule.conditions)) if name in SCHEMA],
        }
        for rule in Rule.objects.filter(event=EVENT)
    ]
    return show(request, "rules", "rules", rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One rule. A button of the form (`do`) changes the form and saves nothing."""
    found = loaded(pk) if pk else None
    if request.method != "POST":
        form = RuleForm(initial=initial(found))
        return page(request, found, form, *parts_of(found))
    builder, rows = read_builder(request.POST, SCHEMA), acts.read_actions(request.POST)
    if button := request.POST.get("do", ""):
        return changed_form(request, found, builder, rows, button)
    form = RuleForm(request.POST)
    done = saved(form, lambda given: save(request, found, given, builder, rows))
    if done:
        messages.success(request, _("Saved. It runs on the next message."))
        return redirect("settings:rule", pk=done.pk)
    return page(request, found, form, builder, rows)


def changed_form(
    request: HttpRequest, found: Rule | None, builder: Builder, rows: list[dict[str, str]], button: str
) -> HttpResponse:
    builder.press(button)
    rows = acts.press(rows, button)
    if request.headers.get("HX-Request"):
        return render(request, "settings/rule_parts.html", parts(builder, rows))
    return page(request, found, RuleForm(initial=request.POST.dict()), builder, rows)


def save(
    request: HttpRequest, found: Rule | None, given: dict[str, Any], builder: Builder, rows: list[dict[str, str]]
) -> Rule:
    return verbs.save_rule(
        found, event=EVENT, conditions=tree_of(builder), actions=acts.plan_of(rows), actor=request.user,
        now=timezone.now(), **given,
    )  # fmt: skip


def tree_of(builder: Builder) -> Any:
    try:
        return builder.tree()
    except ValueError as problem:
        raise Invalid("conditions", str(problem)) from None


def page(
    request: HttpRequest, found: Rule | None, form: RuleForm, builder: Builder, rows: list[dict[str, str]]
) -> HttpResponse:
    return show(
        request, "rules", "rule", form=form, rule=found, tries=TRIES, trail=[(found.name if found else _("New"), None)],
        status=422 if form.errors else 200, **parts(builder, rows),
    )  # fmt: skip


def parts(builder: Builder, rows: list[dict[str, str]]) -> dict[str, Any]:
    """What the conditions and the actions are drawn with. 2 queries."""
    return {
        "builder": builder,
        "actions": rows,
        "kinds": acts.KINDS,
        "priorities": Priority.choices,
        "queues": list(Queue.objects.filter(enabled=True).values_list("key", "name")),
        "skill_keys": ", ".join(Skill.objects.values_list("key", flat=True)[:20]),
    }


def parts_of(found: Rule | None) -> tuple[Builder, list[dict[str, str]]]:
    if found is None:
        return builder_of({}, SCHEMA), acts.press([], "action")
    return builder_of(found.conditions, SCHEMA), acts.rows_of(found.actions)


def initial(found: Rule | None) -> dict[str, Any]:
    if found is None:
        return {"name": "", "stops": False, "enabled": True}
    return {"name": found.name, "stops": found.stops, "enabled": found.enabled}


@require_POST
@admins
def dry_run(request: HttpRequest) -> HttpResponse:
    """The rule as it stands in the form, asked of the newest messages. Nothing is carried out, nothing is saved."""
    given = request.POST.get("last", "")
    last = int(given) if given in {words for _n, words in TRIES} else TRIES[0][0]
    try:
        tree = tree_of(read_builder(request.POST, SCHEMA))
        if problems := validate(tree, SCHEMA):
            raise Invalid("conditions", problems[0].sentence)
    except DomainError as problem:
        return refused(problem)
    plan = acts.plan_of(acts.read_actions(request.POST))
    draft = Rule(pk=0, name=request.POST.get("name", "")[:120], conditions=tree, actions=plan)
    tried = try_rules([draft], last=last)
    matched, queues = [one for one in tried if one.matched], dict(Queue.objects.values_list("key", "name"))
    return render(
        request,
        "settings/dry_run.html",
        {
            "looked_at": len(tried),
            "matched": len(matched),
            "rows": [said(one, queues) for one in [*matched, *(one for one in tried if not one.matched)][:SHOWN]],
            "shown": SHOWN,
        },
    )


def said(tried: Tried, queues: dict[str, str]) -> dict[str, Any]:
    """One message for the list: what would happen in words, and the comparisons behind it."""
    return {
        "message": tried.message,
        "matched": tried.matched,
        "actions": [acts.said(action, queues=queues) for action in tried.actions],
        "trace": [leaf | {"label": said_fact(leaf["fact"], SCHEMA)} for leaf in tried.trace],
    }


@require_POST
@admins
def switch_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found, enabled = loaded(pk), request.POST.get("enabled") == "on"
    verbs.switch_rule(found, enabled=enabled, actor=request.user, now=timezone.now())
    words = _("“%(name)s” runs") if enabled else _("“%(name)s” is switched off")
    return toast(HttpResponse(status=204), words % {"name": found.name})


@require_POST
@admins
def move_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down; the list comes back in its new order."""
    ids = list(Rule.objects.filter(event=EVENT).order_by("position", "id").values_list("id", flat=True))
    if pk not in ids:
        raise Http404
    place = ids.index(pk)
    target = max(0, min(len(ids) - 1, place + (1 if request.POST.get("to") == "down" else -1)))
    ids.insert(target, ids.pop(place))
    verbs.order_rules(EVENT, ids=ids, actor=request.user)
    request.method = "GET"
    return rules(request)


@require_POST
@admins
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    verbs.remove_rule(found, actor=request.user)
    messages.success(request, _("Removed “%(name)s”. The audit keeps what it was.") % {"name": found.name})
    return redirect("settings:rules")


def loaded(pk: int) -> Rule:
    found = Rule.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
