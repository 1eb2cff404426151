"""The customer record over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm.models import Consent, Customer, Identity, MergeSuggestion, Purpose, Way
from crm.normalise import normalise
from crm.permissions import get_customer_for, get_merge_suggestion_for
from crm.serializers import ConsentOutput, CustomerOutput, IdentityOutput, MergeSuggestionOutput
from cxos.core.api import query
from cxos.core.api.query import Filter, Refused
from cxos.core.api.views import ReadViewSet, reads
from cxos.core.errors import NotFound


def identified_by(kind: str, what: str) -> Filter:
    """Customers by one of their identities, compared in its normalised form."""

    def read(text: str) -> str:
        value = normalise(kind, text)
        if not value:
            raise Refused(f"This is no {what}.")
        return value

    schema = {"type": "string", "minLength": 1, "maxLength": 254}
    return Filter(
        f"Whose {what} this is.",
        schema,
        read,
        lambda value, user: Q(identities__kind=kind, identities__value=value),
    )


class Customers(ReadViewSet):
    """People we serve, with the identities we recognise them by."""

    summaries = {"list": "List customers, newest first.", "retrieve": "One customer."}
    output = CustomerOutput
    filters = {
        "email": identified_by("email", "e-mail address"),
        "phone": identified_by("phone", "phone number with its country code"),
        "external_id": identified_by("external_id", "external id"),
        "handle": identified_by("handle", "handle"),
        "account": query.reference("account_id", "Of this account.", nobody=True),
        "tag": query.holding("tags", "With this tag."),
        "vip": query.flag(Q(vip=True), "VIPs only, or all others."),
        "created_since": query.since("created_at", "Created at or after."),
        "created_before": query.before("created_at", "Created before."),
    }
    orderings = {"-id": "-pk", "id": "pk", "-last_seen_at": "-last_seen_at"}

    def get_queryset(self) -> QuerySet[Customer]:
        rows = Customer.objects.visible_to(self.request.user).current()
        return rows.select_related("account").prefetch_related("identities")

    def load(self, id: int) -> Customer:
        return get_customer_for(self.request.user, id)


class Identities(ReadViewSet):
    """Ways to recognise customers."""

    summaries = {"list": "List identities, newest first.", "retrieve": "One identity."}
    output = IdentityOutput
    filters = {
        "customer": query.reference("customer_id", "Of this customer."),
        "kind": query.choice("kind", Identity.Kind, "Of these kinds."),
        "value": query.exactly("value", "Exactly this value, in its normalised form.", max_length=254),
    }

    def get_queryset(self) -> QuerySet[Identity]:
        return Identity.objects.filter(customer__in=Customer.objects.visible_to(self.request.user))

    def load(self, id: int) -> Any:
        identity = self.get_queryset().filter(id=id).first()
        if identity is None:
            raise NotFound(
                "no_such_identity", _("There is no identity %(number)s, or you may not see it.") % {"number": id}
            )
        return identity


class Consents(ReadViewSet):
    """The consent ledger: of each purpose and way the newest entry holds."""

    summaries = {"list": "List consent entries, newest first.", "retrieve": "One consent entry."}
    output = ConsentOutput
    filters = {
        "customer": query.reference("customer_id", "Of this customer."),
        "purpose": query.choice("purpose", Purpose, "For these purposes."),
        "way": query.choice("way", Way, "By these ways."),
    }

    def get_queryset(self) -> QuerySet[Consent]:
        return Consent.objects.filter(customer__in=Customer.objects.visible_to(self.request.user))

    def load(self, id: int) -> Any:
        found = self.get_queryset().filter(id=id).first()
        if found is None:
            raise NotFound("no_such_consent", _("There is no consent entry %(number)s.") % {"number": id})
        return found


class MergeSuggestions(ReadViewSet):
    """Pairs of customers that may be one person, with the evidence."""

    summaries = {"list": "List merge suggestions, newest first.", "retrieve": "One merge suggestion."}
    output = MergeSuggestionOutput
    filters = {
        "state": query.choice("state", MergeSuggestion.State, "In these states."),
        "customer": Filter(
            "About this customer.",
            {"type": "integer", "minimum": 1, "maximum": query.MAX_ID},
            query.whole,
            lambda value, user: Q(first_id=value) | Q(second_id=value),
        ),
    }

    def get_queryset(self) -> QuerySet[MergeSuggestion]:
        return MergeSuggestion.objects.select_related("first", "second")

    def load(self, id: int) -> MergeSuggestion:
        return get_merge_suggestion_for(self.request.user, id)


urlpatterns = [
    *reads("customers", Customers),
    *reads("identities", Identities),
    *reads("consents", Consents),
    *reads("merge-suggestions", MergeSuggestions),
]
