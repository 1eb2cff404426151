"""What one can do with cases over the API: each command is one input shape and one service call."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from cases.models import Case
from cases.permissions import can_solve, get_case_for
from cases.serializers import CaseOutput
from cases.services import cases
from channels_app.models import Conversation, Priority
from channels_app.permissions import get_conversation_for
from crm.permissions import get_customer_for
from cxos.core.api.fields import Choice, Id, Input, Tag, Text
from cxos.core.api.views import Command
from cxos.core.errors import Forbidden, Invalid, NotFound


class CaseInput(Input):
    customer = Id(required=False, help_text="Needed where no conversation is named.")
    conversation = Id(required=False, help_text="The first conversation it is about.")
    subject = Text(max_length=200)
    description = Text(max_length=20_000, required=False, allow_blank=True)
    priority = Choice(choices=Priority.choices, required=False)
    tags = serializers.ListField(child=Tag(), required=False, max_length=50)


class SolveInput(Input):
    resolution = Text(max_length=200, required=False, allow_blank=True)


class CasePriorityInput(Input):
    priority = Choice(choices=Priority.choices)


class CaseStatusInput(Input):
    status = Choice(choices=[(one.value, one.label) for one in (Case.Status.OPEN, Case.Status.PENDING)])


class OpenCase(Command):
    """Open a case. Its resolution clock starts; team and holder are those of the conversation."""

    input, output, success_status = CaseInput, CaseOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Case:
        user = self.request.user
        conversation = self._conversation(given.get("conversation"))
        if conversation is None and "customer" not in given:
            raise Invalid("customer_missing", _("Name the customer, or a conversation."), field="customer")
        try:
            customer = get_customer_for(user, given["customer"]) if "customer" in given else None
        except NotFound as missing:
            raise Invalid(missing.code, missing.message, field="customer") from None
        return cases.open_case(
            customer=customer or conversation.customer,  # type: ignore[union-attr]
            conversation=conversation,
            subject=given["subject"],
            description=given.get("description", ""),
            priority=given.get("priority", Priority.NORMAL),
            tags=given.get("tags", ()),
            actor=user,
            now=timezone.now(),
        )

    def _conversation(self, id: int | None) -> Conversation | None:
        try:
            return get_conversation_for(self.request.user, id) if id is not None else None
        except NotFound as missing:
            raise Invalid(missing.code, missing.message, field="conversation") from None


class CaseCommand(Command):
    """About one case that the user may see, and may decide about."""

    output = CaseOutput

    @abstractmethod
    def do(self, id: int, given: dict[str, Any]) -> Any:
        """The one service call."""

    def run(self, *, given: dict[str, Any], **path: Any) -> Case:
        case = get_case_for(self.request.user, path["id"])
        if not can_solve(self.request.user, case):
            raise Forbidden(
                "not_yours", _("%(name)s holds this case. Ask them, or a supervisor.") % {"name": case.assignee}
            )
        self.do(case.pk, given)
        return get_case_for(self.request.user, path["id"])

    def who_and_when(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": timezone.now()}


class SolveCase(CaseCommand):
    """Solve a case: its clocks stop. 409 when it is solved already."""

    input = SolveInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        cases.solve_case(id, resolution=given.get("resolution", ""), **self.who_and_when())


class ReopenCase(CaseCommand):
    """Reopen a solved case: its clocks run on. 409 when it is not solved, or was too long ago."""

    def do(self, id: int, given: dict[str, Any]) -> None:
        cases.reopen_case(id, **self.who_and_when())


class SetCasePriority(CaseCommand):
    """Set a case's priority. Its clocks follow the policy for it."""

    input = CasePriorityInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        cases.set_case_priority(id, priority=given["priority"], **self.who_and_when())


class SetCaseStatus(CaseCommand):
    """Set an unsolved case to pending (waiting for the customer: its clock rests) or open."""

    input = CaseStatusInput

    def do(self, id: int, given: dict[str, Any]) -> None:
        move = cases.wait_for_customer if given["status"] == Case.Status.PENDING else cases.go_on
        move(id, **self.who_and_when())


urlpatterns = [
    path("cases/<int:id>/status", SetCaseStatus.as_view(), name="case-status"),
    path("cases/<int:id>/solve", SolveCase.as_view(), name="case-solve"),
    path("cases/<int:id>/reopen", ReopenCase.as_view(), name="case-reopen"),
    path("cases/<int:id>/priority", SetCasePriority.as_view(), name="case-priority"),
]
