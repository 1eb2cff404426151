"""Who changed what, when, from what to what."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cxos.core.actor import actor_user_id
from cxos.core.models import ApiKey, AuditEntry, User
from cxos.screens.settings.pages import show
from cxos.screens.staff import admins

PAGE = 40
MOST_EXPORTED = 50_000
SHOWN_VALUE = 400
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that gives back what is written to it, so that a writer can be streamed."""

    def write(self, value: str) -> str:
        return value


@require_safe
@admins
def audit(request: HttpRequest) -> HttpResponse:
    filters = {name: request.GET.get(name, "").strip()[:60] for name in ("who", "what", "thing")}
    before = request.GET.get("before", "")
    rows = narrowed(**filters).order_by("-id")
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    page = list(rows[: PAGE + 1])
    return show(
        request, "audit", "audit",
        entries=[(entry, changes_of(entry)) for entry in named(page[:PAGE])],
        older=page[PAGE - 1].pk if len(page) > PAGE else None,
        filters=filters, filtered=any(filters.values()), things=things(),
        people=[(f"user:{user.pk}", user.name) for user in User.objects.order_by("name")[:500]],
    )  # fmt: skip


@require_safe
@admins
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """The filtered entries as CSV, newest first, safe to open in a spreadsheet."""
    filters = {name: request.GET.get(name, "").strip()[:60] for name in ("who", "what", "thing")}
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


def narrowed(*, who: str, what: str, thing: str) -> QuerySet[AuditEntry]:
    """By actor ("user:7"), kind of thing ("routing.Queue") and words in the thing's name or the verb."""
    rows = AuditEntry.objects.all()
    if who:
        rows = rows.filter(actor=who)
    if thing:
        rows = rows.filter(object_type=thing)
    if what:
        rows = rows.filter(object_label__icontains=what) | rows.filter(verb__icontains=what)
    return rows


def things() -> list[tuple[str, str]]:
    """The kinds of things there are entries of: (as stored, as said)."""
    found = AuditEntry.objects.order_by("object_type").values_list("object_type", flat=True).distinct()
    return [(name, said_thing(name)) for name in found]


def said_thing(object_type: str) -> str:
    """ "routing.QueueMember" → "Queue member"."""
    name = object_type.rpartition(".")[2]
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()


def named(entries: list[AuditEntry]) -> list[AuditEntry]:
    """The entries with `who`: the actor's name. 2 queries."""
    users = User.objects.in_bulk([pk for one in entries if (pk := actor_user_id(one.actor))])
    ids = {one.actor: int(one.actor[4:]) for one in entries if one.actor.startswith("key:") and one.actor[4:].isdigit()}
    api_keys = ApiKey.objects.in_bulk(ids.values())
    for one in entries:
        user = users.get(actor_user_id(one.actor) or 0)
        key = api_keys.get(ids.get(one.actor, 0))
        said = user.name if user else _("key “%(name)s”") % {"name": key.name} if key else one.actor
        vars(one).update(who=said, user=user, thing=said_thing(one.object_type))
    return entries


def changes_of(entry: AuditEntry) -> list[tuple[str, str | None, str | None]]:
    """(field, before, after) of what differs, as short texts."""
    before = entry.before if isinstance(entry.before, dict) else {"": entry.before} if entry.before else {}
    after = entry.after if isinstance(entry.after, dict) else {"": entry.after} if entry.after else {}
    names = list(dict.fromkeys([*before, *after]))
    return [
        (said_field(name), shown(before.get(name)), shown(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def said_field(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize() or _("Value")


def shown(value: Any) -> str | None:
    """A stored value in words: short lists with commas, anything deeper as JSON."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(one, (str, int, float)) for one in value):
        return ", ".join(map(str, value))[:SHOWN_VALUE]
    if isinstance(value, dict) and all(isinstance(one, (str, int, float, type(None))) for one in value.values()):
        return ", ".join(f"{name} {'–' if one is None else one}" for name, one in value.items())[:SHOWN_VALUE]
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:SHOWN_VALUE]
