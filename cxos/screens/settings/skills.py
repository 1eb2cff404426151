"""Who can do what how well: the matrix."""

from __future__ import annotations

from collections import defaultdict

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.screens.settings.pages import show
from cxos.screens.staff import admins, toast, trigger
from routing.models import AgentSkill, Skill
from routing.services import configure

LEVELS = [str(level) for level in configure.LEVELS]


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
