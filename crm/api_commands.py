"""What one can do with customers over the API: each command is one input shape and one service call."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.urls import path
from django.utils import timezone

from crm.models import MergeSuggestion
from crm.permissions import get_merge_suggestion_for
from crm.serializers import MergeSuggestionOutput
from crm.services import merging
from cxos.core.api.fields import Id, Input
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


urlpatterns = [
    path("merge-suggestions/<int:id>/merge", Merge.as_view(), name="merge-suggestion-merge"),
    path("merge-suggestions/<int:id>/dismiss", Dismiss.as_view(), name="merge-suggestion-dismiss"),
    path("merge-suggestions/<int:id>/undo", UndoMerge.as_view(), name="merge-suggestion-undo"),
]
