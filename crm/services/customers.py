"""What people write into the customer record by hand. Each change is told and kept in the audit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _, gettext_noop

from crm.models import Customer, Identity, MergeSuggestion, Way
from crm.normalise import normalise
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.crm import CustomerChanged, MergeSuggested
from cxos.core.outbox import emit
from cxos.core.phrases import Phrase
from cxos.core.services.audit import record

MAX_TAGS, MAX_TAG = 30, 40
MAX_ATTRIBUTES, MAX_NAME, MAX_VALUE = 50, 60, 500
MAX_NOTES = 20_000
TYPED = gettext_noop("%(kind)s %(value)s was typed in for the other one.")
FIELDS = ("name", "language", "time_zone", "preferred_way", "contact_times", "vip", "tags", "attributes", "notes")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def change_customer(customer_id: int, *, changes: Mapping[str, Any], actor: Any) -> Customer:
    """Set any of FIELDS. Raises Invalid naming the field, Conflict for a customer who was merged."""
    wanted = {field: CHECKS[field](value) for field, value in changes.items() if field in CHECKS}
    with transaction.atomic():
        customer = lock_customer(customer_id)
        before = {field: getattr(customer, field) for field in wanted}
        changed = [field for field in wanted if before[field] != wanted[field]]
        if changed:
            for field in changed:
                setattr(customer, field, wanted[field])
            customer.save(update_fields=changed)
            tell(customer, changed, actor=actor)
            record(
                actor, "changed", customer,
                before={field: before[field] for field in changed}, after={field: wanted[field] for field in changed},
            )  # fmt: skip
    return customer


def tag_customer(customer_id: int, *, add: str = "", remove: str = "", actor: Any) -> Customer:
    """One tag more, or one less."""
    with transaction.atomic():
        customer = lock_customer(customer_id)
        kept = [tag for tag in customer.tags if tag != remove]
        return change_customer(customer_id, changes={"tags": [*kept, *([add] if add else [])]}, actor=actor)


def set_attribute(customer_id: int, *, name: str, value: str | None, actor: Any) -> Customer:
    """One attribute; None removes it."""
    with transaction.atomic():
        customer = lock_customer(customer_id)
        attributes = {key: held for key, held in customer.attributes.items() if key != name.strip()}
        if value is not None:
            attributes[name.strip()] = value.strip()
        return change_customer(customer_id, changes={"attributes": attributes}, actor=actor)


def add_identity(customer_id: int, *, kind: str, value: str, actor: Any, now: datetime) -> Identity:
    """One more way to recognise them. One that somebody else has suggests a merge instead, and raises Conflict."""
    normal = normalise(kind, value) if kind in Identity.Kind.values else ""
    if not normal:
        what = Identity.Kind(kind).label.lower() if kind in Identity.Kind.values else "identity"
        raise Invalid("identity", _("This is no %(what)s.") % {"what": what}, field="value")
    try:
        with transaction.atomic():
            customer = lock_customer(customer_id)
            identity = Identity.objects.create(
                customer=customer, kind=kind, value=normal, shown=value.strip()[:254], evidence="added by hand",
                created_at=now,
            )  # fmt: skip
            tell(customer, ["identities"], actor=actor)
            record(actor, "added to", customer, after={kind: identity.shown})
    except IntegrityError:
        raise _taken(customer_id, kind, normal) from None
    return identity


def remove_identity(customer_id: int, *, identity_id: int, actor: Any) -> None:
    with transaction.atomic():
        customer = lock_customer(customer_id)
        identity = Identity.objects.filter(pk=identity_id, customer=customer).first()
        if identity is None:
            raise NotFound("no_such_identity", _("This identity is not theirs any more."))
        record(actor, "removed from", customer, before={identity.kind: identity.shown or identity.value})
        identity.delete()
        tell(customer, ["identities"], actor=actor)


def _taken(customer_id: int, kind: str, value: str) -> Conflict:
    """Somebody has it: put the two before a person who may decide."""
    held = Identity.objects.select_related("customer").filter(kind=kind, value=value).first()
    if held is None or held.customer_id == customer_id:
        return Conflict("identity_theirs", _("They have this identity already."), field="value")
    low, high = sorted((customer_id, held.customer_id))
    with transaction.atomic():
        suggestion, made = MergeSuggestion.objects.get_or_create(
            first_id=low, second_id=high, defaults={"evidence": [Phrase(TYPED, {"kind": kind, "value": value}).kept]}
        )
        if made:
            event = MergeSuggested(suggestion_id=suggestion.pk, first_id=low, second_id=high)
            emit(event, key=f"customer:{customer_id}")
    return Conflict(
        "identity_taken",
        _("%(name)s has it. A merge of the two is suggested.") % {"name": held.customer.label},
        field="value",
    )


def lock_customer(customer_id: int) -> Customer:
    customer = Customer.objects.select_for_update(no_key=True, of=("self",)).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("no_such_customer", _("There is no customer %(number)s.") % {"number": customer_id})
    if customer.merged_into_id:
        raise Conflict(
            "merged",
            _("This record was merged into customer %(number)s. Change that one.")
            % {"number": customer.merged_into_id},
        )
    return customer


def tell(customer: Customer, changed: list[str], *, actor: Any) -> None:
    event = CustomerChanged(customer_id=customer.pk, changed=tuple(changed))
    emit(event, key=f"customer:{customer.pk}", actor=actor)


def clean_tags(tags: Any) -> list[str]:
    """Lower case, no blanks or commas, each once."""
    cleaned = ["-".join(str(tag).lower().split()) for tag in tags]
    if any(not 0 < len(tag) <= MAX_TAG or "," in tag for tag in cleaned):
        raise Invalid("tag", _("A tag has 1 to %(most)s characters, without commas.") % {"most": MAX_TAG}, field="tags")
    if len(cleaned) > MAX_TAGS:
        raise Invalid("too_many_tags", _("A customer takes %(most)s tags at most.") % {"most": MAX_TAGS}, field="tags")
    return list(dict.fromkeys(cleaned))


def clean_attributes(attributes: Any) -> dict[str, Any]:
    if len(attributes) > MAX_ATTRIBUTES:
        raise Invalid(
            "attributes",
            _("A customer takes %(most)s attributes at most.") % {"most": MAX_ATTRIBUTES},
            field="attributes",
        )
    for name, value in attributes.items():
        if not 0 < len(name) <= MAX_NAME or "\0" in name:
            raise Invalid(
                "attribute_name",
                _("An attribute's name has 1 to %(most)s characters.") % {"most": MAX_NAME},
                field="name",
            )
        if isinstance(value, str) and (len(value) > MAX_VALUE or "\0" in value):
            raise Invalid(
                "attribute_value",
                _("An attribute holds %(most)s characters at most.") % {"most": MAX_VALUE},
                field="value",
            )
    return dict(attributes)


def clean_zone(zone: Any) -> str:
    if zone and zone not in available_timezones():
        raise Invalid("time_zone", _("There is no time zone “%(name)s”.") % {"name": str(zone)[:60]}, field="time_zone")
    return str(zone or "")


def clean_way(way: Any) -> str:
    if way and way not in Way.values:
        raise Invalid(
            "preferred_way", _("Choose one of %(choices)s.") % {"choices": ", ".join(Way.values)}, field="preferred_way"
        )
    return str(way or "")


def clean_times(times: Any) -> dict[str, Any]:
    """{} = at any time; else {"days": [0 = Monday …], "from": "09:00", "until": "18:00"}, within one day."""
    if not times:
        return {}
    try:
        days, begins, ends = sorted({int(day) for day in times["days"]}), str(times["from"]), str(times["until"])
    except (KeyError, TypeError, ValueError):
        days, begins, ends = [], "", ""
    known = bool(days) and days[0] >= 0 and days[-1] <= 6 and all(CLOCK.fullmatch(at) for at in (begins, ends))
    if not known or begins >= ends:
        raise Invalid(
            "contact_times", _("Contact times need days, and an end after their beginning."), field="contact_times"
        )
    return {"days": days, "from": begins, "until": ends}


def text(field: str, length: int) -> Any:
    def clean(value: Any) -> str:
        cleaned = str(value or "").strip()
        if len(cleaned) > length or "\0" in cleaned:
            raise Invalid(field, _("%(most)s characters at most.") % {"most": length}, field=field)
        return cleaned

    return clean


CHECKS: dict[str, Any] = {
    "name": text("name", 160),
    "language": text("language", 12),
    "notes": text("notes", MAX_NOTES),
    "time_zone": clean_zone,
    "preferred_way": clean_way,
    "contact_times": clean_times,
    "vip": bool,
    "tags": clean_tags,
    "attributes": clean_attributes,
}
