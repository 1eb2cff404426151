"""Who works here: invite, role, teams, a link to choose a password, let go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cxos.core.models import Role, Team, User
from cxos.core.services import people as verbs
from cxos.screens.settings.desks import work_of
from cxos.screens.settings.forms import InviteForm, PasswordForm, PersonForm
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins
from routing.services.leaving import release_agent

MOST_ROWS = 200


@require_safe
@admins
def people(request: HttpRequest) -> HttpResponse:
    words, left = request.GET.get("words", "").strip()[:80], request.GET.get("show") == "left"
    rows = User.objects.filter(is_active=not left).prefetch_related("teams").order_by("name", "id")
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(email__icontains=words))
    return show(
        request, "people", "people", rows=list(rows[:MOST_ROWS]), words=words, left=left,
        gone=User.objects.filter(is_active=False).count(), teams=Team.objects.order_by("name"),
    )  # fmt: skip


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@admins
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody new; without a password the next page shows the link to send them."""
    form = InviteForm(request.POST) if request.method == "POST" else InviteForm(initial={"role": Role.AGENT})
    if request.method == "POST":
        made = saved(form, lambda given: add(request, given))
        if made and form.cleaned_data["password"]:
            messages.success(request, _("%(name)s can sign in now.") % {"name": made.name})
            return redirect("settings:people")
        if made:
            return show_link(request, made, status=201)
    return person_page(request, None, form)


def add(request: HttpRequest, given: dict[str, Any]) -> User:
    teams = [team.pk for team in given.pop("teams")]
    return verbs.invite(team_ids=teams, actor=request.user, **given)


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    if request.method == "POST":
        form = PersonForm(request.POST)
        if saved(form, lambda given: change(request, found, given)):
            messages.success(request, _("Saved"))
            return redirect("settings:people")
    else:
        teams = list(found.teams.values_list("pk", flat=True))
        form = PersonForm(initial={"name": found.name, "role": found.role, "teams": teams})
    return person_page(request, found, form)


def change(request: HttpRequest, found: User, given: dict[str, Any]) -> User:
    changes = {"name": given["name"], "role": given["role"], "team_ids": [team.pk for team in given["teams"]]}
    return verbs.change_person(found, changes=changes, actor=request.user)


def person_page(request: HttpRequest, found: User | None, form: PersonForm) -> HttpResponse:
    chosen = {str(value) for value in (form["teams"].value() or [])}
    teams = [(team, str(team.pk) in chosen) for team in Team.objects.order_by("name")]
    return show(
        request, "people", "person", form=form, person=found, teams=teams, roles=Role.choices,
        trail=[(found.name if found else _("Invite"), None)], status=422 if form.errors else 200,
        **(work_of(found) if found else {}),
    )  # fmt: skip


@require_POST
@admins
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    return show_link(request, loaded(pk))


def show_link(request: HttpRequest, user: User, *, status: int = 200) -> HttpResponse:
    uid, token = verbs.password_link(user, actor=request.user)
    link = request.build_absolute_uri(reverse("settings:welcome", args=[uid, token]))
    return show(request, "people", "person_link", person=user, link=link, trail=[(user.name, None)], status=status)


@require_POST
@admins
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """They are let go, and what they held waits again."""
    found = loaded(pk)
    with transaction.atomic():
        verbs.deactivate(found, actor=request.user)
        returned = release_agent(found, actor=request.user, now=timezone.now())
    words = _("%(name)s can sign in no longer. %(n)s conversations wait again.")
    messages.success(request, words % {"name": found.name, "n": returned})
    return redirect("settings:people")


@require_POST
@admins
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    found = loaded(pk)
    verbs.reactivate(found, actor=request.user)
    messages.success(request, _("%(name)s can sign in again.") % {"name": found.name})
    return redirect("settings:person", pk=pk)


@require_POST
@admins
def save_team(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = Team.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Http404
    team = verbs.save_team(found, name=request.POST.get("name", ""), actor=request.user)
    messages.success(request, _("Saved the team “%(name)s”") % {"name": team.name})
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Where the link leads: the person chooses a password. No account is needed to come here, the link is the right."""
    user = verbs.person_of_link(uid, token)
    if user is None:
        return render(request, "settings/welcome.html", {"over": True}, status=410)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and saved(form, lambda given: chosen(user, given["password"])):
        messages.success(request, _("Your password is set. Log in with it."))
        return redirect("login")
    return render(request, "settings/welcome.html", {"person": user, "form": form}, status=422 if form.errors else 200)


def chosen(user: User, password: str) -> bool:
    verbs.choose_password(user, password=password)
    return True


def loaded(pk: int) -> User:
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
