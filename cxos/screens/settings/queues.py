"""Queues, their members, and who can do what how well."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Calendar
from cxos.core.errors import Invalid
from cxos.core.models import Team, User
from cxos.screens.settings.forms import QueueForm
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins, toast, trigger
from routing.models import AgentSkill, Queue, QueueMember, Skill, WorkItem
from routing.services import configure

LEVELS = [str(level) for level in configure.LEVELS]


@require_safe
@admins
def queues(request: HttpRequest) -> HttpResponse:
    rows = Queue.objects.select_related("team", "calendar").annotate(members=Count("memberships")).order_by("name")
    live = (
        WorkItem.objects.filter(state__in=[WorkItem.State.WAITING, WorkItem.State.OFFERED])
        .values_list("queue_id")
        .annotate(Count("id"))
        .order_by()
    )
    return show(request, "queues", "queues", rows=rows, waiting=dict(live))


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def queue(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A queue with its members: one form, one save."""
    found = loaded(pk) if pk else None
    form = QueueForm(request.POST) if request.method == "POST" else QueueForm(initial=values(found))
    if request.method == "POST":
        made = saved(form, lambda given: save(request, found, form))
        if made:
            messages.success(request, _("Saved"))
            return redirect("settings:queue", pk=made.pk)
    return show(
        request, "queues", "queue", form=form, queue=found, people=people_with_levels(request, found),
        teams=options(Team.objects.order_by("name")), calendars=options(Calendar.objects.all()),
        levels=LEVELS, trail=[(found.name if found else _("New"), None)], status=422 if form.errors else 200,
    )  # fmt: skip


def save(request: HttpRequest, found: Queue | None, form: QueueForm) -> Queue:
    now = timezone.now()
    with transaction.atomic():
        made = configure.save_queue(found, changes=form.changes, actor=request.user, now=now)
        configure.set_members(made, levels=levels_given(request), actor=request.user, now=now)
    return made


def values(queue: Queue | None) -> dict[str, Any]:
    if queue is None:
        return {name: field.initial for name, field in QueueForm.base_fields.items()}
    return QueueForm.values_of(queue)


def levels_given(request: HttpRequest) -> dict[int, int]:
    """From fields `member_<id>` = "" or 0–5."""
    found = {}
    for name, value in request.POST.items():
        number = name.removeprefix("member_")
        if name.startswith("member_") and number.isascii() and number.isdigit() and value != "":
            if value not in LEVELS:
                raise Invalid("level", _("A level is 0 to 5."))
            found[int(number[:18])] = int(value)
    return found


def people_with_levels(request: HttpRequest, queue: Queue | None) -> list[tuple[User, str]]:
    """Everybody active with the level they have here, or were just given in a form that was refused. 2 queries."""
    people = User.objects.filter(is_active=True).order_by("name")
    if request.method == "POST":
        return [(user, request.POST.get(f"member_{user.pk}", "")) for user in people]
    held = dict(QueueMember.objects.filter(queue=queue).values_list("user_id", "level")) if queue else {}
    return [(user, str(held.get(user.pk, ""))) for user in people]


@require_safe
@admins
def skills(request: HttpRequest) -> HttpResponse:
    """Agents × skills, levels in cells. 3 queries."""
    columns = list(Skill.objects.all())
    words = request.GET.get("words", "").strip()[:80]
    people = User.objects.filter(is_active=True).filter(Q(name__icontains=words) | Q(email__icontains=words))
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    for user_id, skill_id, level in AgentSkill.objects.values_list("user_id", "skill_id", "level"):
        levels[user_id][skill_id] = level
    rows = [(user, [(skill, levels[user.pk].get(skill.pk)) for skill in columns]) for user in people.order_by("name")]
    return show(request, "skills", "skills", columns=columns, rows=rows, words=words)


@require_POST
@admins
def skill_level(request: HttpRequest, user: int, skill: int) -> HttpResponse:
    """One cell of the matrix: `level` = 0–5, or nothing. The answer tells the page, and how to take it back."""
    person, ability = User.objects.filter(pk=user).first(), Skill.objects.filter(pk=skill).first()
    if person is None or ability is None:
        raise Http404
    given = request.POST.get("level", request.GET.get("level", ""))
    if given not in {"", *LEVELS}:
        raise Invalid("level", _("A level is 0 to 5."))
    level = int(given) if given else None
    before = configure.set_skill_level(person, skill=ability, level=level, actor=request.user, now=timezone.now())
    words = _("%(name)s: %(skill)s %(level)s") % {
        "name": person.name, "skill": ability.name, "level": "–" if level is None else level,
    }  # fmt: skip
    undo = f"{reverse('settings:skill_level', args=[user, skill])}?level={'' if before is None else before}"
    response = toast(HttpResponse(status=204), words, **({"undo": undo} if before != level else {}))
    return trigger(response, **{"skill:level": {"user": user, "skill": skill, "level": given}})


@require_POST
@admins
def save_skill(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = Skill.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Http404
    skill = configure.save_skill(found, name=request.POST.get("name", ""), actor=request.user)
    messages.success(request, _("Saved “%(name)s”") % {"name": skill.name})
    return reload()


@require_POST
@admins
def remove_skill(request: HttpRequest, pk: int) -> HttpResponse:
    found = Skill.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    configure.remove_skill(found, actor=request.user)
    messages.success(request, _("Removed “%(name)s”") % {"name": found.name})
    return reload()


def reload() -> HttpResponse:
    """The page asks for itself again."""
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def loaded(pk: int) -> Queue:
    found = Queue.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def options(rows: Any) -> list[tuple[int, str]]:
    return [(row.pk, row.name) for row in rows]
