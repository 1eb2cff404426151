"""Reads of the customer record."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Reverse

from crm.models import Customer, Identity, MergeSuggestion
from crm.normalise import normalise
from cxos.core.search.dictionary import understand
from cxos.core.search.vectors import TextIndex, Wanted, newest

CUSTOMER_WORDS = TextIndex("crm_customer", "name")
IDENTITY_WORDS = TextIndex("crm_identity", "value", answer="customer_id")
MOST_FOUND = 200
SHORTEST_NUMBER = 4
# How a text may be meant: each kind an identity can be typed as.
TYPED_KINDS = (Identity.Kind.EMAIL, Identity.Kind.PHONE, Identity.Kind.EXTERNAL_ID, Identity.Kind.HANDLE)


def find_customers(user: Any, words: str) -> QuerySet[Customer]:
    """Who has this very e-mail address, phone number, external id or handle, else whose name or address holds the words
    (the last one as a beginning), or whose phone number ends like that; the newest of them.

    Merged customers are found as their survivor. At most 6 queries by index, at any number of customers.
    """
    customers = Customer.objects.visible_to(user).current()
    words = words.strip()
    if not words:
        return customers
    forms = [Q(kind=kind, value=value) for kind in TYPED_KINDS if (value := normalise(kind, words))]
    owners = Identity.objects.filter(_any(forms)) if forms else Identity.objects.none()
    if exact := list(owners.values_list("customer_id", flat=True)[:MOST_FOUND]):
        return customers.filter(pk__in=exact)
    indexes = (CUSTOMER_WORDS, IDENTITY_WORDS)
    found = newest(understand(words), [Wanted(index, MOST_FOUND) for index in indexes])
    return customers.filter(pk__in={*chain.from_iterable(found), *whose_number_ends_in(words)})


def whose_number_ends_in(typed: str) -> list[int]:
    """Customers by the last digits of a phone number, at least four of them, as it is dialled at home. At most 1 query."""
    digits = "".join(letter for letter in typed if letter.isdigit()).lstrip("0")
    if len(digits) < SHORTEST_NUMBER or any(letter.isalpha() for letter in typed):
        return []
    numbers = Identity.objects.filter(kind=Identity.Kind.PHONE).annotate(backwards=Reverse("value"))
    return list(numbers.filter(backwards__startswith=digits[::-1]).values_list("customer_id", flat=True)[:MOST_FOUND])


def family_of(customer_id: int) -> list[int]:
    """The customer and everybody merged into them, also by way of others. A query for each generation."""
    family, newest = [customer_id], [customer_id]
    while newest:
        newest = list(Customer.objects.filter(merged_into__in=newest).values_list("pk", flat=True))
        family += newest
    return family


def open_suggestions() -> QuerySet[MergeSuggestion]:
    """Pairs that wait for a decision; one whose half has been merged meanwhile is none any more."""
    rows = MergeSuggestion.objects.filter(
        state=MergeSuggestion.State.OPEN, first__merged_into=None, second__merged_into=None
    )
    return rows.select_related("first", "second").order_by("-id")


def suggestions_about(customer_id: int) -> QuerySet[MergeSuggestion]:
    return open_suggestions().filter(Q(first=customer_id) | Q(second=customer_id))


def _any(conditions: list[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found
