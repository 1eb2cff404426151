"""Who is this? Exact, normalised identities find the customer; conflicting ones ask a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from crm.models import Customer, Identity, MergeSuggestion
from crm.normalise import normalise
from cxos.core.events.crm import CustomerCreated, MergeSuggested
from cxos.core.outbox import emit
from cxos.core.phrases import Phrase
from cxos.core.rows import insert

# When two identities in one message belong to different customers, the stronger one says whose message it is.
STRENGTH = ("external_id", "email", "phone", "handle", "device")
TRIES = 3
BOTH = gettext_noop("One message carried identities of both.")
BELONGS = gettext_noop("%(kind)s %(given)s belongs to #%(customer)s")
PROVED = gettext_noop("Recognised by the %(kind)s %(given)s, which is verified.")
CLAIMED = gettext_noop("Recognised by the %(kind)s %(given)s, as the sender claims.")
MERGED = gettext_noop("It was that of #%(customer)s, who has been merged into this customer.")
WEAKER = gettext_noop("The %(kind)s %(given)s is that of #%(customer)s, but counts for less.")
NEW = gettext_noop("Nobody had the %(kind)s %(given)s, so this is a new customer.")
NAMELESS = gettext_noop("It came without anything to recognise somebody by, so this is a new customer.")
KINDS = {
    "external_id": gettext_noop("external id"),
    "email": gettext_noop("e-mail address"),
    "phone": gettext_noop("phone number"),
    "handle": gettext_noop("handle"),
    "device": gettext_noop("device"),
}
SHOWN = 80  # characters of an identity in the evidence
MOST_OTHERS = 2
Given = tuple[str, str, str]  # kind, normalised value, as given
FILLABLE = {"name": 160, "language": 12, "time_zone": 60}  # attribute → most characters


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose message it is. `evidence`: why, in sentences; `by`: the kind of the identity that decided, "" without any;
    `verified`: it was proved, not only claimed; `suggestion` set when identities disagreed."""

    customer: Customer
    created: bool
    evidence: tuple[Phrase, ...]
    by: str = ""
    verified: bool = False
    suggestion: MergeSuggestion | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """What an interaction keeps of it (`Interaction.evidence`)."""
        return {
            "customer": self.customer.pk,
            "created": self.created,
            "by": self.by,
            "verified": self.verified,
            "said": [one.kept for one in self.evidence],
        }


def resolve(
    identities: Iterable[tuple[str, str]],
    *,
    attributes: Mapping[str, Any] | None = None,
    verified: bool = False,
    now: datetime,
) -> Resolution:
    """The customer these (kind, value) identities name, made if nobody has them yet. Safe to repeat and to race."""
    wanted = unique(identities)
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _resolve(wanted, attributes or {}, verified, now)
        except IntegrityError:  # somebody created one of these identities in between: look again
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def unique(identities: Iterable[tuple[str, str]]) -> list[Given]:
    """(kind, normalised, as given), valid ones only, strongest first, each once."""
    found: dict[tuple[str, str], str] = {}
    for kind, given in identities:
        value = normalise(kind, given)
        if kind in STRENGTH and value:
            found.setdefault((kind, value), given)
    return sorted(
        ((kind, value, given) for (kind, value), given in found.items()), key=lambda one: STRENGTH.index(one[0])
    )


def _resolve(wanted: list[Given], attributes: Mapping[str, Any], verified: bool, now: datetime) -> Resolution:
    known = _known(wanted)
    owners = list(dict.fromkeys(known[kind, value].customer for kind, value, _ in wanted if (kind, value) in known))
    created = not owners
    customer = _survivor(owners[0]) if owners else Customer(created_at=now)
    _fill(customer, attributes, now=now)
    missing = [one for one in wanted if (one[0], one[1]) not in known]
    for kind, value, given in missing:
        insert(
            Identity(customer=customer, kind=kind, value=value, shown=given[:254], verified=verified, created_at=now)
        )
    if created:
        emit(CustomerCreated(customer_id=customer.id), key=f"customer:{customer.id}")
    suggestion = _suggest(customer, owners[1:], wanted, known) if len(owners) > 1 else None
    matched = [(one, known[one[0], one[1]].customer) for one in wanted if (one[0], one[1]) in known]
    by = matched[0][0][0] if matched else wanted[0][0] if wanted else ""
    evidence = _recognised(matched, customer, verified) if matched else (_unknown(wanted),)
    return Resolution(customer, created, evidence, by, verified and bool(by), suggestion)


def _recognised(matched: list[tuple[Given, Customer]], customer: Customer, verified: bool) -> tuple[Phrase, ...]:
    """Why it is theirs. `matched`: the known identities, strongest first, each with the customer who has it."""
    (decisive, owner), *rest = matched
    said = [_about(PROVED if verified else CLAIMED, decisive)]
    if owner != customer:
        said.append(Phrase(MERGED, {"customer": owner.pk}))
    others: dict[int, Given] = {}
    for one, holder in rest:
        others.setdefault(_survivor(holder).pk, one)
    others.pop(customer.pk, None)
    weaker = [_about(WEAKER, one, customer=other) for other, one in others.items()]
    return (*said, *weaker[:MOST_OTHERS])


def _unknown(wanted: list[Given]) -> Phrase:
    """Why a new customer was made."""
    return _about(NEW, wanted[0]) if wanted else Phrase(NAMELESS)


def _about(text: str, one: Given, **more: int) -> Phrase:
    kind, _value, given = one
    return Phrase(text, {"kind": Phrase(KINDS[kind]), "given": given.strip()[:SHOWN], **more})


def _known(wanted: list[Given]) -> dict[tuple[str, str], Identity]:
    if not wanted:
        return {}
    rows = Identity.objects.select_related("customer").filter(
        kind__in={kind for kind, _, _ in wanted}, value__in={value for _, value, _ in wanted}
    )
    return {(row.kind, row.value): row for row in rows}


def _survivor(customer: Customer) -> Customer:
    while customer.merged_into_id:
        customer = customer.merged_into  # type: ignore[assignment]
    return customer


def _fill(customer: Customer, attributes: Mapping[str, Any], *, now: datetime) -> None:
    """Take what we did not know yet, and save; what a person or an earlier contact told us is not overwritten."""
    changed = ["last_seen_at"]
    customer.last_seen_at = now
    for name, most in FILLABLE.items():
        given = str(attributes.get(name) or "").strip()
        if given and not getattr(customer, name):
            setattr(customer, name, given[:most])
            changed.append(name)
    extra = {k: v for k, v in attributes.items() if k not in FILLABLE and customer.attributes.get(k) != v}
    if extra:
        customer.attributes = {**customer.attributes, **extra}
        changed.append("attributes")
    if customer._state.adding:
        insert(customer)
    else:
        customer.save(update_fields=changed)


def _suggest(
    customer: Customer,
    others: list[Customer],
    wanted: list[Given],
    known: Mapping[tuple[str, str], Identity],
) -> MergeSuggestion | None:
    """Two customers' identities came in one message: suggest a merge, once per pair; never merge silently."""
    first_made = None
    evidence = [Phrase(BOTH).kept] + [
        Phrase(BELONGS, {"kind": kind, "given": given, "customer": known[kind, value].customer_id}).kept
        for kind, value, given in wanted
        if (kind, value) in known
    ]
    for other in (_survivor(other) for other in others):
        if other.id == customer.id:
            continue
        low, high = sorted((customer.id, other.id))
        suggestion, made = MergeSuggestion.objects.get_or_create(
            first_id=low, second_id=high, defaults={"evidence": evidence}
        )
        if made:
            emit(
                MergeSuggested(suggestion_id=suggestion.id, first_id=low, second_id=high),
                key=f"customer:{customer.id}",
            )
            first_made = first_made or suggestion
    return first_made
