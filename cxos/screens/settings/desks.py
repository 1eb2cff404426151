"""Agents' desks: reasons to be away, how contacts end, how much one takes at a time, and a person's own work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_app.models import Channel
from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.screens.settings.pages import saved, show
from cxos.screens.staff import admins
from routing.models import AgentSkill, AgentState, CapacityProfile, Disposition, PresenceReason, Queue, QueueMember
from routing.services import configure, desks as verbs, endings
from routing.services.members import set_members

LEVELS = [str(level) for level in configure.LEVELS]
MEDIA = [(medium.value, medium.label) for medium in Channel.Medium]
PRESENCES = [(one.value, one.label) for one in PresenceReason.PRESENCES]


class ReasonForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    presence = forms.ChoiceField(choices=PRESENCES, initial="break")
    position = forms.IntegerField(min_value=0, max_value=1000, initial=0)
    productive = forms.BooleanField(required=False)
    paid = forms.BooleanField(required=False, initial=True)
    enabled = forms.BooleanField(required=False, initial=True)


class DispositionForm(forms.Form):
    name = forms.CharField(max_length=80)
    parent = forms.ModelChoiceField(Disposition.objects.all(), required=False)
    position = forms.IntegerField(min_value=0, max_value=1000, initial=0)
    enabled = forms.BooleanField(required=False, initial=True)
    queues = forms.ModelMultipleChoiceField(Queue.objects.all(), required=False)


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=80)
    budget = forms.IntegerField(min_value=1, max_value=1000, initial=100)
    auto_accept = forms.MultipleChoiceField(choices=MEDIA, required=False)


# --- Reasons to be away ------------------------------------------------------------------------------------------------


@require_safe
@admins
def reasons(request: HttpRequest) -> HttpResponse:
    return show(
        request, "reasons", "reasons", rows=PresenceReason.objects.all(), new_url=reverse("settings:new_reason")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def reason(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = loaded(PresenceReason, pk)
    return edited(
        request, "reasons", "reason", thing=found, form=form_of(request, ReasonForm, found),
        save=lambda given: verbs.save_reason(found, changes=given, actor=request.user),
        parts=lambda form: {"reason": found, "presences": PRESENCES},
    )  # fmt: skip


@require_POST
@admins
def remove_reason(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.remove_reason(loaded(PresenceReason, pk), actor=request.user)
    return removed(request, "settings:reasons")


# --- How contacts end --------------------------------------------------------------------------------------------------


@require_safe
@admins
def dispositions(request: HttpRequest) -> HttpResponse:
    needed = Queue.objects.filter(disposition_required=True, enabled=True).values_list("pk", "name")
    return show(request, "dispositions", "dispositions", rows=endings.endings(off_too=True), needed=needed)


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def disposition(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = loaded(Disposition, pk)
    below = {"parent": found.parent_id, "queues": found.queue_ids} if found else {"parent": request.GET.get("below")}
    return edited(
        request, "dispositions", "disposition", thing=found, form=form_of(request, DispositionForm, found, **below),
        save=lambda given: save_disposition(request, found, given), parts=lambda form: disposition_parts(form, found),
    )  # fmt: skip


def disposition_parts(form: forms.Form, found: Disposition | None) -> dict[str, Any]:
    chosen = {str(value) for value in form["queues"].value() or []}
    return {
        "disposition": found,
        "parents": [
            (one.disposition.pk, one.said) for one in endings.endings(off_too=True) if one.disposition != found
        ],
        "queues": [(queue.pk, queue.name, str(queue.pk) in chosen) for queue in Queue.objects.filter(enabled=True)],
    }


def save_disposition(request: HttpRequest, found: Disposition | None, given: dict[str, Any]) -> Disposition:
    queues, parent = given.pop("queues"), given.pop("parent")
    return endings.save_disposition(
        found, changes=given | {"parent_id": parent.pk if parent else None},
        queue_ids=[queue.pk for queue in queues], actor=request.user,
    )  # fmt: skip


@require_POST
@admins
def remove_disposition(request: HttpRequest, pk: int) -> HttpResponse:
    endings.remove_disposition(loaded(Disposition, pk), actor=request.user)
    return removed(request, "settings:dispositions")


# --- How much one takes ------------------------------------------------------------------------------------------------


@require_safe
@admins
def profiles(request: HttpRequest) -> HttpResponse:
    held = dict(AgentState.objects.exclude(profile=None).values_list("profile").annotate(Count("user")).order_by())
    rows = [(row, held.get(row.pk, 0), caps_said(row)) for row in CapacityProfile.objects.all()]
    return show(request, "profiles", "profiles", rows=rows, new_url=reverse("settings:new_profile"))


def caps_said(profile: CapacityProfile) -> list[str]:
    names = dict(MEDIA)
    return [f"{names.get(medium, medium)} {most}" for medium, most in profile.caps.items()]


@require_http_methods(["GET", "HEAD", "POST"])
@admins
def profile(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    found = loaded(CapacityProfile, pk)
    return edited(
        request, "profiles", "profile", thing=found, form=form_of(request, ProfileForm, found),
        save=lambda given: verbs.save_profile(
            found, changes=given | {"caps": caps_given(request)}, actor=request.user
        ),
        parts=lambda form: profile_parts(request, form, found),
        words=_("Saved. Whoever has it takes so much from now on."),
    )  # fmt: skip


def profile_parts(request: HttpRequest, form: forms.Form, found: CapacityProfile | None) -> dict[str, Any]:
    held = found.caps if found else {}
    typed = request.POST if form.is_bound else {f"cap_{medium}": most for medium, most in held.items()}
    return {
        "profile": found,
        "media": MEDIA,
        "caps": [(medium, label, typed.get(f"cap_{medium}", "")) for medium, label in MEDIA],
        "chosen": form["auto_accept"].value() or [],
    }


def caps_given(request: HttpRequest) -> dict[str, int]:
    """From fields cap_<medium>; an empty one is no limit."""
    texts = {medium: request.POST.get(f"cap_{medium}", "").strip()[:6] for medium, _label in MEDIA}
    if wrong := next((text for text in texts.values() if text and not (text.isascii() and text.isdigit())), None):
        raise Invalid("caps", _("“%(text)s” is no whole number.") % {"text": wrong})
    return {medium: int(text) for medium, text in texts.items() if text}


@require_POST
@admins
def remove_profile(request: HttpRequest, pk: int) -> HttpResponse:
    verbs.remove_profile(loaded(CapacityProfile, pk), actor=request.user)
    return removed(request, "settings:profiles")


# --- A person's own work -----------------------------------------------------------------------------------------------


@require_POST
@admins
def save_work(request: HttpRequest, pk: int) -> HttpResponse:
    """The queues a person serves, at which level, and how much they take: fields queue_<id> and profile."""
    user, now, given = loaded(User, pk), timezone.now(), request.POST.get("profile", "")
    profile = CapacityProfile.objects.filter(pk=int(given)).first() if given.isascii() and given.isdigit() else None
    with transaction.atomic():
        for queue in Queue.objects.order_by("pk"):
            level = request.POST.get(f"queue_{queue.pk}")
            if level is None or level not in {"", *LEVELS}:
                continue
            members = dict(QueueMember.objects.filter(queue=queue).values_list("user_id", "level"))
            after = {**members, user.pk: int(level)} if level else {k: v for k, v in members.items() if k != user.pk}
            if after != members:
                set_members(queue, levels=after, actor=request.user, now=now)
        verbs.give_profile(user, profile=profile, actor=request.user)
    messages.success(request, _("Saved"))
    return redirect("settings:person", pk=pk)


def work_of(user: User) -> dict[str, Any]:
    """For the page of a person. 4 queries."""
    held = dict(QueueMember.objects.filter(user=user).values_list("queue_id", "level"))
    skills = AgentSkill.objects.filter(user=user).select_related("skill").order_by("skill__name")
    return {
        "work_queues": [(queue, str(held.get(queue.pk, ""))) for queue in Queue.objects.filter(enabled=True)],
        "work_levels": LEVELS,
        "work_skills": [(row.skill.name, row.level) for row in skills],
        "work_profiles": [(row.pk, row.name) for row in CapacityProfile.objects.all()],
        "work_profile": AgentState.objects.filter(user=user).values_list("profile_id", flat=True).first(),
    }


# --- One form for a thing that is there or new ---------------------------------------------------------------------------


def form_of(request: HttpRequest, form: type[forms.Form], thing: models.Model | None, **more: Any) -> forms.Form:
    """As it was posted, else filled with what the thing has; `more` = values that are no columns of it."""
    return form(request.POST) if request.method == "POST" else form(initial=values(form, thing) | more)


def edited(
    request: HttpRequest,
    section: str,
    template: str,
    *,
    thing: Any,
    form: forms.Form,
    save: Callable[[dict[str, Any]], Any],
    parts: Callable[[forms.Form], dict[str, Any]],
    words: str = "",
) -> HttpResponse:
    """Saves what was posted and goes back to the section's list; else the form, with what was wrong. `parts` is asked
    only when the form is shown."""
    if form.is_bound and saved(form, save):
        messages.success(request, words or _("Saved"))
        return redirect(f"settings:{section}")
    return show(
        request, section, template, form=form, trail=[(thing.name if thing else _("New"), None)],
        status=422 if form.errors else 200, **parts(form),
    )  # fmt: skip


def values(form: type[forms.Form], thing: models.Model | None) -> dict[str, Any]:
    if thing is None:
        return {name: field.initial for name, field in form.base_fields.items()}
    return {name: getattr(thing, name, None) for name in form.base_fields}


def loaded(model: type[models.Model], pk: int | None) -> Any:
    """None for no id: something new."""
    if pk is None:
        return None
    found = model._default_manager.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def removed(request: HttpRequest, back: str) -> HttpResponse:
    messages.success(request, _("Removed. The audit can bring it back."))
    return redirect(back)
