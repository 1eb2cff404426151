"""The frame of every settings page: the list at its side, and a form that is shown again when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cxos.core.errors import DomainError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the side list; `key` is also the name of its address. `for_staff`: not for admins alone."""

    key: str
    label: str | Promise
    icon: str
    for_staff: bool = False

    @property
    def url(self) -> str:
        return reverse(f"settings:{self.key}")


GROUPS: tuple[tuple[str | Promise, tuple[Section, ...]], ...] = (
    ("", (Section("index", _("Overview"), "layout-dashboard"),)),
    (
        _("Work"),
        (
            Section("channels", _("Channels"), "radio-tower"),
            Section("queues", _("Queues"), "rows-3"),
            Section("skills", _("Skills"), "graduation-cap"),
            Section("rules", _("Rules"), "zap"),
            Section("macros", _("Macros"), "list-checks", for_staff=True),
            Section("snippets", _("Snippets"), "text-quote", for_staff=True),
            Section("tester", _("Try a message"), "flask-conical"),
        ),
    ),
    (_("Promises"), (Section("policies", _("SLA"), "shield-check"), Section("hours", _("Hours"), "calendar-clock"))),
    (
        _("People"),
        (
            Section("people", _("People"), "users"),
            Section("profiles", _("Capacity"), "gauge"),
            Section("reasons", _("Presence"), "coffee"),
            Section("dispositions", _("Dispositions"), "flag"),
        ),
    ),
    (
        _("Connections"),
        (
            Section("api_keys", _("API keys"), "key-round"),
            Section("webhooks", _("Webhooks"), "webhook"),
            Section("parked", _("Parked deliveries"), "package-x"),
        ),
    ),
    (
        _("Records"),
        (Section("audit", _("Audit"), "scroll-text"), Section("retention", _("Retention"), "archive")),
    ),
)
SECTIONS = {section.key: section for _label, sections in GROUPS for section in sections}


def show(request: HttpRequest, section: str, template: str, *, status: int = 200, **values: Any) -> HttpResponse:
    """A page of this section; `trail` = crumbs after the section's own."""
    place = SECTIONS[section]
    trail = values.pop("trail", [])
    crumbs: list[tuple[Any, str | None]] = [
        (_("Settings"), reverse("settings:index") if request.user.administers else None)
    ]
    if section != "index":
        crumbs.append((place.label, place.url))
    crumbs += trail
    crumbs[-1] = (crumbs[-1][0], None)
    frame = {"groups": groups_for(request.user), "section": place, "crumbs": crumbs}
    return render(request, f"settings/{template}.html", frame | values, status=status)


def groups_for(user: Any) -> list[tuple[str | Promise, list[Section]]]:
    """The sections this user may open, in their groups."""
    allowed = [(label, [one for one in sections if one.for_staff or user.administers]) for label, sections in GROUPS]
    return [(label, sections) for label, sections in allowed if sections]


def saved(form: forms.Form, save: Callable[[dict[str, Any]], T]) -> T | None:
    """What `save` made of a valid form. A refusal becomes the form's own error, at its field if it has it; then None."""
    if not form.is_valid():
        return None
    try:
        return save(form.cleaned_data)
    except DomainError as refusal:
        knows = getattr(form, "knows", form.fields.__contains__)  # a form may have other names for what is refused
        form.add_error(refusal.field if refusal.field and knows(refusal.field) else None, refusal.message)
        return None
