"""Who changed what, when, from what to what."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cxos.core.actor import actor_user_id
from cxos.core.errors import NotFound
from cxos.core.models import ApiKey, AuditEntry, User
from cxos.screens.settings.pages import show
from cxos.screens.settings.undo import restore_of, take_back
from cxos.screens.settings.vocabulary import said_thing, said_verb
from cxos.screens.settings.wording import changes_of, names_of
from cxos.screens.staff import admins, toast, trigger

PAGE = 40
MOST_EXPORTED = 50_000
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that gives back what is written to it, so that a writer can be streamed."""

    def write(self, value: str) -> str:
        return value


@require_safe
@admins
def audit(request: HttpRequest) -> HttpResponse:
    filters = {name: request.GET.get(name, "").strip()[:60] for name in ("who", "what", "thing", "id")}
    before = request.GET.get("before", "")
    rows = narrowed(**filters).order_by("-id")
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    page = list(rows[: PAGE + 1])
    return show(
        request, "audit", "audit",
        entries=told(page[:PAGE]), about=page[0] if filters["id"] and page else None,
        older=page[PAGE - 1].pk if len(page) > PAGE else None,
        filters=filters, filtered=any(filters.values()), things=things(),
        people=[(f"user:{user.pk}", user.name) for user in User.objects.order_by("name")[:500]],
    )  # fmt: skip


@require_safe
@admins
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """The filtered entries as CSV, newest first, safe to open in a spreadsheet."""
    filters = {name: request.GET.get(name, "").strip()[:60] for name in ("who", "what", "thing", "id")}
    rows = narrowed(**filters).order_by("-id")[:MOST_EXPORTED].iterator(chunk_size=1000)
    response = StreamingHttpResponse(exported(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def exported(entries: Iterable[AuditEntry]) -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    yield writer.writerow(["id", "at", "actor", "verb", "thing", "id of it", "name", "before", "after", "reason"])
    for one in entries:
        values = [one.object_type, one.object_id, one.object_label, as_text(one.before), as_text(one.after), one.reason]
        yield writer.writerow([one.pk, one.at.isoformat(), *map(harmless, [one.actor, one.verb, *values])])


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def as_text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


@require_POST
@admins
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a change back; the page then shows itself as it is now."""
    assert isinstance(request.user, User)
    entry = AuditEntry.objects.filter(pk=pk).first()
    if entry is None:
        raise NotFound("no_such_entry", _("There is no entry %(number)s.") % {"number": pk})
    take_back(entry, actor=request.user, now=timezone.now())
    words = _("Taken back: “%(name)s” is as it was before.") % {"name": entry.object_label}
    if request.headers.get("HX-Request"):
        return trigger(toast(HttpResponse(status=204), words), **{"audit:changed": True})
    messages.success(request, words)
    return redirect("settings:audit")


def narrowed(*, who: str, what: str, thing: str, id: str) -> QuerySet[AuditEntry]:
    """By actor ("user:7"), kind of thing ("routing.Queue"), one of them, and words in the thing's name or the verb."""
    rows = AuditEntry.objects.all()
    if who:
        rows = rows.filter(actor=who)
    if thing:
        rows = rows.filter(object_type=thing)
    if id:
        rows = rows.filter(object_id=id)
    if what:
        rows = rows.filter(object_label__icontains=what) | rows.filter(verb__icontains=what)
    return rows


def things() -> list[tuple[str, str]]:
    """The kinds of things there are entries of: (as stored, as said)."""
    found = AuditEntry.objects.order_by("object_type").values_list("object_type", flat=True).distinct()
    return [(name, said_thing(name)) for name in found]


def told(entries: list[AuditEntry]) -> list[tuple[AuditEntry, list[tuple[str, str | None, str | None]]]]:
    """The entries with who, what kind of thing, what changed, and whether it can be or was taken back. Up to 7 queries."""
    names, ids = names_of(entries), [one.pk for one in entries]
    undoing = list(AuditEntry.objects.filter(undoes__in=ids)) if ids else []
    named([*entries, *undoing])
    undone = {one.undoes: one for one in undoing}
    for one in entries:
        vars(one).update(undone_by=undone.get(one.pk), can_undo=one.pk not in undone and restore_of(one) is not None)
    return [(entry, changes_of(entry, names)) for entry in entries]


def named(entries: list[AuditEntry]) -> None:
    """Gives each entry `who`: the actor's name. 2 queries."""
    users = User.objects.in_bulk([pk for one in entries if (pk := actor_user_id(one.actor))])
    ids = {one.actor: int(one.actor[4:]) for one in entries if one.actor.startswith("key:") and one.actor[4:].isdigit()}
    api_keys = ApiKey.objects.in_bulk(ids.values())
    for one in entries:
        user = users.get(actor_user_id(one.actor) or 0)
        key = api_keys.get(ids.get(one.actor, 0))
        said = user.name if user else _("key “%(name)s”") % {"name": key.name} if key else one.actor
        vars(one).update(who=said, user=user, verb_said=said_verb(one.verb), thing=said_thing(one.object_type))
