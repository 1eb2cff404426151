"""Two records that are one person: joined by somebody who may decide it, and taken apart again if that was wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Customer, Identity, MergeSuggestion
from crm.services.consents import give_back_consents, take_over_consents
from cxos.core.actor import actor_name
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.crm import CustomersMerged, CustomersUnmerged
from cxos.core.outbox import emit
from cxos.core.services.audit import record

State = MergeSuggestion.State
FILLED = (
    "name", "language", "time_zone", "preferred_way", "contact_times", "account_id", "vip", "tags", "attributes", "notes",
)  # fmt: skip


def merge(suggestion_id: int, *, keep: int, actor: Any, now: datetime) -> Customer:
    """The one of the pair with id `keep` stays; identities, tags and what it lacked come over from the other.

    Conversations and cases follow by themselves. What changed is kept for `undo_merge`.
    """
    with transaction.atomic():
        suggestion = lock_suggestion(suggestion_id)
        if suggestion.state == State.MERGED:
            raise Conflict("merged_already", _("These two have been merged already."))
        if keep not in {suggestion.first_id, suggestion.second_id}:
            raise Invalid("keep", _("Choose which of the two stays."), field="keep")
        survivor, merged = lock_pair(suggestion, keep)
        before = {field: getattr(survivor, field) for field in FILLED}
        fill(survivor, merged)
        after = {field: getattr(survivor, field) for field in FILLED}
        moved = list(Identity.objects.filter(customer=merged).order_by("id").values_list("id", flat=True))
        Identity.objects.filter(pk__in=moved).update(customer=survivor)
        survivor.save(update_fields=list(FILLED))
        merged.merged_into = survivor
        merged.save(update_fields=["merged_into"])
        consents = take_over_consents(survivor, merged.pk)
        changed = {field: [before[field], after[field]] for field in FILLED if before[field] != after[field]}
        undo = {
            "survivor": survivor.pk,
            "merged": merged.pk,
            "identities": moved,
            "changed": changed,
            "consents": consents,
        }
        decide(suggestion, State.MERGED, undo=undo, actor=actor, now=now)
        event = CustomersMerged(survivor_id=survivor.pk, merged_id=merged.pk)
        emit(event, key=f"customer:{survivor.pk}", actor=actor)
        record(actor, "merged into", survivor, before={"other": merged.label}, after={"identities": len(moved)})
    return survivor


def undo_merge(suggestion_id: int, *, actor: Any, now: datetime) -> Customer:
    """Two records again. What somebody changed after the merge stays with the survivor. Returns the one set free."""
    with transaction.atomic():
        suggestion = lock_suggestion(suggestion_id)
        undo: Any = suggestion.undo
        if suggestion.state != State.MERGED or not undo:
            raise Conflict("not_merged", _("There is no merge to take back here."))
        survivor, merged = two(undo["survivor"], undo["merged"])
        if merged.merged_into_id != survivor.pk:
            raise Conflict("merged_further", _("These records have been merged further. Take that back first."))
        merged.merged_into = None
        merged.save(update_fields=["merged_into"])
        Identity.objects.filter(pk__in=undo["identities"], customer=survivor).update(customer=merged)
        restored = [field for field, (_was, became) in undo["changed"].items() if getattr(survivor, field) == became]
        for field in restored:
            setattr(survivor, field, undo["changed"][field][0])
        if restored:
            survivor.save(update_fields=restored)
        give_back_consents(merged, survivor, undo.get("consents", []))
        decide(suggestion, State.OPEN, undo=None, actor=actor, now=now)
        event = CustomersUnmerged(survivor_id=survivor.pk, merged_id=merged.pk)
        emit(event, key=f"customer:{survivor.pk}", actor=actor)
        record(actor, "took the merge back of", survivor, after={"set free": merged.label})
    return merged


def dismiss(suggestion_id: int, *, actor: Any, now: datetime) -> MergeSuggestion:
    """They are two people; the pair is not suggested again."""
    with transaction.atomic():
        suggestion = lock_suggestion(suggestion_id)
        if suggestion.state == State.MERGED:
            raise Conflict("merged_already", _("These two have been merged. Take that back first."))
        decide(suggestion, State.DISMISSED, undo=None, actor=actor, now=now)
        record(actor, "dismissed", suggestion)
    return suggestion


def suggest_again(suggestion_id: int, *, actor: Any, now: datetime) -> MergeSuggestion:
    """A dismissed pair waits for a decision once more."""
    with transaction.atomic():
        suggestion = lock_suggestion(suggestion_id)
        if suggestion.state != State.DISMISSED:
            raise Conflict("not_dismissed", _("This suggestion was not dismissed."))
        decide(suggestion, State.OPEN, undo=None, actor=actor, now=now)
        record(actor, "suggested again", suggestion)
    return suggestion


def fill(survivor: Customer, merged: Customer) -> None:
    """What the survivor lacks; nothing that it has is overwritten."""
    for field in ("name", "language", "time_zone", "preferred_way", "contact_times", "account_id"):
        if not getattr(survivor, field):
            setattr(survivor, field, getattr(merged, field))
    survivor.vip = survivor.vip or merged.vip
    survivor.tags = list(dict.fromkeys([*survivor.tags, *merged.tags]))
    survivor.attributes = {**merged.attributes, **survivor.attributes}
    survivor.notes = "\n\n".join(part for part in (survivor.notes, merged.notes) if part)


def decide(suggestion: MergeSuggestion, state: str, *, undo: Any, actor: Any, now: datetime) -> None:
    suggestion.state, suggestion.undo = state, undo
    suggestion.decided_by, suggestion.decided_at = actor_name(actor)[:60], now
    suggestion.save(update_fields=["state", "undo", "decided_by", "decided_at"])


def lock_suggestion(suggestion_id: int) -> MergeSuggestion:
    found = MergeSuggestion.objects.select_for_update(no_key=True, of=("self",)).filter(pk=suggestion_id).first()
    if found is None:
        raise NotFound("no_such_suggestion", _("There is no merge suggestion %(number)s.") % {"number": suggestion_id})
    return found


def lock_pair(suggestion: MergeSuggestion, keep: int) -> tuple[Customer, Customer]:
    """(survivor, merged), locked in id order; raises Conflict when one has been merged elsewhere meanwhile."""
    other = suggestion.second_id if keep == suggestion.first_id else suggestion.first_id
    survivor, merged = two(keep, other)
    if survivor.merged_into_id or merged.merged_into_id:
        raise Conflict("merged_elsewhere", _("One of the two has been merged with somebody else meanwhile."))
    return survivor, merged


def two(first: int, second: int) -> tuple[Customer, Customer]:
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[first, second]).order_by("pk")
    found = {row.pk: row for row in rows}
    return found[first], found[second]
