"""Who may see and change the customer record."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.models import Customer, MergeSuggestion
from cxos.core.errors import NotFound
from cxos.core.models import User


def can_merge(user: User) -> bool:
    """Deciding that two customers are one person, or are not."""
    return user.supervises


def get_customer_for(user: User, customer_id: int) -> Customer:
    """With account and identities. A merged customer is still found: `merged_into` names the survivor. 2 queries."""
    customers = Customer.objects.visible_to(user).select_related("account").prefetch_related("identities")
    customer = customers.filter(id=customer_id).first()
    if customer is None:
        raise NotFound(
            "no_such_customer", _("There is no customer %(number)s, or you may not see it.") % {"number": customer_id}
        )
    return customer


def get_merge_suggestion_for(user: User, suggestion_id: int) -> MergeSuggestion:
    suggestion = MergeSuggestion.objects.select_related("first", "second").filter(id=suggestion_id).first()
    if suggestion is None or not user.is_active:
        raise NotFound("no_such_suggestion", _("There is no merge suggestion %(number)s.") % {"number": suggestion_id})
    return suggestion
