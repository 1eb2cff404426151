"""How contacts end: a tree of dispositions of two levels or more, some of them only in some queues."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid
from cxos.core.keys import free_key
from cxos.core.services.audit import record
from routing.models import Disposition, Queue, WorkItem

FIELDS = ("name", "parent_id", "enabled", "position")
MOST_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Ending:
    """A disposition in its tree. `path` = the names above it and its own; one with `children` is a heading."""

    disposition: Disposition
    path: tuple[str, ...]
    children: bool

    @property
    def level(self) -> int:
        return len(self.path) - 1

    @property
    def said(self) -> str:
        return " › ".join(self.path)


def endings(*, queue_id: int | None = None, off_too: bool = False) -> list[Ending]:
    """The tree from the top down, in its order; of one queue, only what is meant for it. 2 queries."""
    below: dict[int | None, list[Disposition]] = defaultdict(list)
    rows = Disposition.objects.prefetch_related("queues")
    for one in rows if off_too else rows.filter(enabled=True):
        below[one.parent_id].append(one)

    def walk(parent: int | None, path: tuple[str, ...]) -> Iterable[Ending]:
        for one in below[parent]:
            meant = one.queue_ids
            if parent is None and queue_id is not None and meant and queue_id not in meant:
                continue
            yield Ending(one, (*path, one.name), bool(below[one.pk]))
            yield from walk(one.pk, (*path, one.name))

    return list(walk(None, ()))


def choices_in(queue_id: int) -> list[Ending]:
    """What an agent may choose at the end of a contact of this queue: everything but headings. 2 queries."""
    return [one for one in endings(queue_id=queue_id) if not one.children]


def save_disposition(
    disposition: Disposition | None,
    *,
    changes: Mapping[str, Any],
    queue_ids: Iterable[int] | None = None,
    actor: Any,
) -> Disposition:
    """A new one, or other values of FIELDS for one; `queue_ids` = where it is offered, none = everywhere."""
    check(disposition, changes)
    queues = list(Queue.objects.filter(pk__in=queue_ids)) if queue_ids is not None else None
    with transaction.atomic():
        if disposition is None:
            kept = Disposition(key=free_key(Disposition, changes["name"]))
        else:
            kept = Disposition.objects.select_for_update(no_key=True).get(pk=disposition.pk)
        before = shown(kept) if disposition else {}
        for name, value in changes.items():
            setattr(kept, name, value)
        kept.save()
        if queues is not None:
            kept.queues.set(queues)
        after = shown(kept)
        changed = [name for name in after if after[name] != before.get(name)]
        if disposition is None:
            record(actor, "made", kept, after=after)
        elif changed:
            record(actor, "changed", kept, before={n: before[n] for n in changed}, after={n: after[n] for n in changed})
    return kept


def remove_disposition(disposition: Disposition, *, actor: Any) -> None:
    """Raises Conflict once a contact ended with it, or while others stand below it."""
    if WorkItem.objects.filter(disposition=disposition).exists():
        raise Conflict(
            "disposition_used", _("Contacts ended with %(name)s. Switch it off instead.") % {"name": disposition.name}
        )
    if Disposition.objects.filter(parent=disposition).exists():
        raise Conflict(
            "disposition_heads",
            _("Others stand below %(name)s. Move or remove those first.") % {"name": disposition.name},
        )
    with transaction.atomic():
        record(actor, "removed", disposition, before=shown(disposition))
        disposition.delete()


def check(disposition: Disposition | None, changes: Mapping[str, Any]) -> None:
    if unknown := set(changes) - set(FIELDS):
        raise Invalid("unknown_field", _("A disposition has no %(name)s.") % {"name": min(unknown)})
    if (disposition is None or "name" in changes) and not 0 < len(str(changes.get("name", "")).strip()) <= 80:
        raise Invalid("name", _("A disposition needs a name of up to 80 characters."), field="name")
    parents = dict(Disposition.objects.values_list("pk", "parent_id"))
    above, levels = changes.get("parent_id"), 1
    if above is not None and above not in parents:
        raise Invalid("parent", _("What it should stand below is not there any more."), field="parent_id")
    while above is not None:
        if (disposition is not None and above == disposition.pk) or levels >= MOST_LEVELS:
            raise Invalid(
                "parent",
                _("It cannot stand below itself, nor deeper than %(most)s levels.") % {"most": MOST_LEVELS},
                field="parent_id",
            )
        above, levels = parents[above], levels + 1


def shown(disposition: Disposition) -> dict[str, Any]:
    parent = disposition.parent.key if disposition.parent_id and disposition.parent else None
    return {
        "name": disposition.name,
        "below": parent,
        "enabled": disposition.enabled,
        "position": disposition.position,
        "queues": sorted(disposition.queues.values_list("key", flat=True)),
    }
