"""One page, and one command for each part of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from cxos.core.errors import DomainError, Invalid
from cxos.core.models import PushSubscription, User
from cxos.core.notices import WAYS, kinds_for, wants
from cxos.core.services import people, sign_ins
from cxos.core.services.notifications import choose
from cxos.core.services.profile import AWAY_AFTER_MINUTES, away_after_minutes, choose_display
from cxos.core.zones import time_zones
from cxos.screens.account.cookies import give, note_this_session
from cxos.screens.staff import staff


@require_safe
@staff
def index(request: HttpRequest) -> HttpResponse:
    return page(request)


def page(request: HttpRequest, *, refusal: DomainError | None = None) -> HttpResponse:
    """The whole page; with a refusal, its sentence at the field it is about. About 6 queries."""
    user = person(request)
    key = request.session.session_key
    parts = {
        "errors": {refusal.field or refusal.code: [refusal.message]} if refusal else {},
        "given_name": request.POST.get("name", user.name),
        "zones": [(zone, zone.replace("_", " ")) for zone in sorted(time_zones())],
        "zone": user.preferences.get("time_zone", ""),
        "languages": settings.LANGUAGES,
        "language": translation.get_language(),
        "away_after": away_after_minutes(user),
        "away_choices": [(minutes, away_words(minutes)) for minutes in AWAY_AFTER_MINUTES],
        "kinds": [(kind, [(way, wants(user.preferences, kind.key, way)) for way in WAYS]) for kind in kinds_for(user)],
        "sessions": [(one, one.session_key == key) for one in sign_ins.sign_ins_of(user, now=timezone.now())],
        "browsers": PushSubscription.objects.filter(user=user).defer("keys").order_by("-created_at"),
        "crumbs": [(_("Profile"), None)],
    }
    return render(request, "profile/index.html", parts, status=refusal.status if refusal else 200)


def away_words(minutes: int) -> str:
    return _("After %(n)s minutes") % {"n": minutes} if minutes else _("Never")


@require_POST
@staff
def rename(request: HttpRequest) -> HttpResponse:
    user = person(request)
    try:
        people.change_person(user, changes={"name": request.POST.get("name", "")}, actor=user)
    except DomainError as refusal:
        return page(request, refusal=refusal)
    return done(request, _("Saved"))


@sensitive_post_parameters("password", "new_password")
@require_POST
@staff
def change_password(request: HttpRequest) -> HttpResponse:
    """Everywhere else one is logged out by it: sessions are signed with the password."""
    user = person(request)
    try:
        if not user.check_password(request.POST.get("password", "")):
            raise Invalid("password", _("This is not your present password."), field="password")
        people.choose_password(user, password=request.POST.get("new_password", ""))
    except DomainError as refusal:
        at_field = refusal.field if refusal.message == _("This is not your present password.") else "new_password"
        return page(request, refusal=Invalid(refusal.code, refusal.message, field=at_field))
    keep_this_session(request, user)
    return done(request, _("Your password is changed. You are logged out everywhere else."))


@require_POST
@staff
def choose_looks(request: HttpRequest) -> HttpResponse:
    user = person(request)
    names = ("language", "time_zone", "theme", "density", "contrast", "away_after")
    try:
        preferences = choose_display(user, chosen={name: request.POST[name] for name in names if name in request.POST})
    except DomainError as refusal:
        return page(request, refusal=refusal)
    return give(done(request, _("Saved")), preferences)


@require_POST
@staff
def choose_notifications(request: HttpRequest) -> HttpResponse:
    """A box for each kind and way; a kind without a box ticked is told in no way."""
    user = person(request)
    chosen = {kind.key: [way for way in WAYS if f"{kind.key}.{way}" in request.POST] for kind in kinds_for(user)}
    choose(user, chosen=chosen)
    return done(request, _("Saved"), part="notifications-chosen")


@require_POST
@staff
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    sign_ins.end_session(person(request), sign_in_id=pk)
    return done(request, _("Logged out there"), part="sessions")


@require_POST
@staff
def end_others(request: HttpRequest) -> HttpResponse:
    user = person(request)
    sign_ins.end_all_sessions(user)
    keep_this_session(request, user)
    return done(request, _("You are logged out everywhere else."), part="sessions")


def keep_this_session(request: HttpRequest, user: User) -> None:
    """The others are over; this one goes on under a new key."""
    update_session_auth_hash(request, user)
    request.session.save()
    note_this_session(request, user)


def done(request: HttpRequest, words: str, *, part: str = "") -> HttpResponse:
    messages.success(request, words)
    response = redirect("profile:index")
    if part:
        response["Location"] += f"#{part}"
    return response


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
