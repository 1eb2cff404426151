"""The consent ledger: what customers allowed or forbade, for which purpose and way. Entries are added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Consent, Customer, Purpose, Way
from crm.services.customers import lock_customer, tell
from cxos.core.actor import actor_name
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.services.audit import record

State = Consent.State
MAX_WORDING = 300


def record_consent(
    customer_id: int, *, purpose: str, way: str, state: str, wording: str = "", actor: Any, now: datetime
) -> Consent:
    """One entry more; a withdrawal holds from this moment for all that is sent. Raises Invalid; Conflict where it is so
    already, or for a customer who was merged."""
    _check(purpose, way, state, wording)
    with transaction.atomic():
        customer = lock_customer(customer_id)
        held = standing(customer_id).get((purpose, way))
        before = held.state if held else State.VOID
        if before == state:
            raise Conflict("consent_stands", _("That stands in the record already."))
        made = Consent.objects.create(
            customer=customer, purpose=purpose, way=way, state=state, wording=wording.strip(), by=actor_name(actor)[:60],
            at=now,
        )  # fmt: skip
        note_refused(customer)
        tell(customer, ["consent"], actor=actor)
        what = f"{purpose}:{way}"
        record(actor, "consent", customer, before={what: before}, after={what: state}, reason=wording.strip())
    return made


def undo_consent(customer_id: int, consent_id: int, *, actor: Any, now: datetime) -> Consent:
    """What stood before the newest entry of its kind stands again, by an entry of its own. Raises NotFound; Conflict when
    another has come since."""
    with transaction.atomic():
        lock_customer(customer_id)
        mistaken = Consent.objects.filter(pk=consent_id, customer=customer_id).first()
        if mistaken is None:
            raise NotFound("no_such_consent", _("There is no such entry about this customer."))
        entries = Consent.objects.filter(customer=customer_id, purpose=mistaken.purpose, way=mistaken.way)
        if entries.filter(pk__gt=mistaken.pk).exists():
            raise Conflict("changed_since", _("Another entry has come since. It is not taken back."))
        earlier = entries.filter(pk__lt=mistaken.pk).order_by("-pk").first()
        return record_consent(
            customer_id, purpose=mistaken.purpose, way=mistaken.way, state=earlier.state if earlier else State.VOID,
            wording=earlier.wording if earlier else "", actor=actor, now=now,
        )  # fmt: skip


def take_over_consents(survivor: Customer, merged_id: int) -> list[int]:
    """Whoever was merged into the survivor brings the entries along; returns their ids. Newest entries hold."""
    ids = list(Consent.objects.filter(customer=merged_id).values_list("pk", flat=True))
    Consent.objects.filter(pk__in=ids).update(customer=survivor)
    note_refused(survivor)
    return ids


def give_back_consents(merged: Customer, survivor: Customer, ids: list[int]) -> None:
    Consent.objects.filter(pk__in=ids, customer=survivor).update(customer=merged)
    for customer in (merged, survivor):
        note_refused(customer)


def standing(customer_id: int) -> dict[tuple[str, str], Consent]:
    """(purpose, way) → the entry that holds. One query."""
    return {(one.purpose, one.way): one for one in Consent.objects.filter(customer=customer_id).order_by("at", "pk")}


def note_refused(customer: Customer) -> None:
    """What is forbidden now, on the customer's row, so that sending asks one row."""
    held = standing(customer.pk)
    customer.refused = sorted(f"{one.purpose}:{one.way}" for one in held.values() if one.state == State.WITHDRAWN)
    customer.save(update_fields=["refused"])


def _check(purpose: str, way: str, state: str, wording: str) -> None:
    for field, value, choices in (("purpose", purpose, Purpose), ("way", way, Way), ("state", state, State)):
        if value not in choices.values:
            raise Invalid(field, _("Choose one of %(choices)s.") % {"choices": ", ".join(choices.values)}, field=field)
    if len(wording) > MAX_WORDING or "\0" in wording:
        raise Invalid("wording", _("%(most)s characters at most.") % {"most": MAX_WORDING}, field="wording")
