"""What one can do with customers over the API: each command is one input shape and one service call."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.urls import path
from django.utils import timezone
from rest_framework import serializers

from crm.models import Consent, Customer, MergeSuggestion, Purpose, Way
from crm.permissions import get_customer_for, get_merge_suggestion_for
from crm.serializers import ConsentOutput, CustomerOutput, MergeSuggestionOutput
from crm.services import merging
from crm.services.consents import MAX_WORDING, record_consent
from crm.services.customers import change_customer
from cxos.core.api.fields import Choice, Id, Input, Text
from cxos.core.api.permissions import SUPERVISORS
from cxos.core.api.views import Command


class MergeInput(Input):
    keep = Id(help_text="Which of the two customers stays; the other one's identities and history come over to it.")


class SuggestionCommand(Command):
    """About one pair of customers; supervisors decide."""

    output = MergeSuggestionOutput
    roles = SUPERVISORS  # as can_merge says

    @abstractmethod
    def do(self, id: int, given: dict[str, Any]) -> None:
        """The one service call."""

    def run(self, *, given: dict[str, Any], **path: Any) -> MergeSuggestion:
        self.do(path["id"], given)
        return get_merge_suggestion_for(self.request.user, path["id"])

    def who_and_when(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": timezone.now()}


class Merge(SuggestionCommand):
    """Make the two customers one. 409 when they are, or one of them was merged elsewhere."""

    input = MergeInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        merging.merge(id, keep=given["keep"], **self.who_and_when())


class Dismiss(SuggestionCommand):
    """They are two people: not suggested again. 409 when they have been merged."""

    def do(self, id: int, given: dict[str, Any]) -> None:
        merging.dismiss(id, **self.who_and_when())


class UndoMerge(SuggestionCommand):
    """Take a merge back: two records again. 409 when there is none to take back."""

    def do(self, id: int, given: dict[str, Any]) -> None:
        merging.undo_merge(id, **self.who_and_when())


class PreferencesInput(Input):
    language = Text(max_length=12, required=False, allow_blank=True)
    time_zone = Text(max_length=60, required=False, allow_blank=True)
    preferred_way = Choice(choices=[("", "not known"), *Way.choices], required=False)
    contact_times = serializers.DictField(
        required=False, help_text='{"days": [0, 1], "from": "09:00", "until": "18:00"}, 0 = Monday; {}: at any time.'
    )


class ConsentInput(Input):
    purpose = Choice(choices=Purpose.choices)
    way = Choice(choices=Way.choices)
    state = Choice(choices=Consent.State.choices)
    wording = Text(max_length=MAX_WORDING, required=False, allow_blank=True)


class Preferences(Command):
    """Set how and when the customer likes to be reached. What is left out stays."""

    input, output = PreferencesInput, CustomerOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Customer:
        get_customer_for(self.request.user, path["id"])
        change_customer(path["id"], changes=given, actor=self.request.user)
        return get_customer_for(self.request.user, path["id"])


class RecordConsent(Command):
    """Add an entry to the consent ledger. A withdrawal for service holds at once for all that is sent. 409 when it is so
    already."""

    input, output, success_status = ConsentInput, ConsentOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Consent:
        get_customer_for(self.request.user, path["id"])
        return record_consent(path["id"], **given, actor=self.request.user, now=timezone.now())


urlpatterns = [
    path("customers/<int:id>/preferences", Preferences.as_view(), name="customer-preferences"),
    path("customers/<int:id>/consents", RecordConsent.as_view(), name="customer-consents"),
    path("merge-suggestions/<int:id>/merge", Merge.as_view(), name="merge-suggestion-merge"),
    path("merge-suggestions/<int:id>/dismiss", Dismiss.as_view(), name="merge-suggestion-dismiss"),
    path("merge-suggestions/<int:id>/undo", UndoMerge.as_view(), name="merge-suggestion-undo"),
]
