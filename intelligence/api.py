"""The schedule over the API: who is planned for what, what excuses them, and how well plan and presence agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cxos.core.api import query
from cxos.core.api.fields import Flag, Id, Input, Text, Time
from cxos.core.api.output import KeyedOutput, NameOutput, Output
from cxos.core.api.permissions import SUPERVISORS
from cxos.core.api.query import Parameter
from cxos.core.api.views import Command, Endpoint, ReadViewSet, reads
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import User
from intelligence.models import Activity, ScheduleException, Shift
from intelligence.permissions import (
    can_see_adherence,
    exceptions_visible_to,
    get_exception_for,
    get_shift_for,
    shifts_visible_to,
)
from intelligence.queries.schedules import AgentDay, agent_days
from intelligence.services import schedule_file, schedules

LONGEST_ASKED = timedelta(days=31)
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class ActivityOutput(KeyedOutput):
    kind = serializers.ChoiceField(
        choices=Activity.Kind.choices, help_text="Its class, by which plan and presence agree."
    )
    grace_seconds = serializers.IntegerField(help_text="Something else for up to so long is no exception.")
    strict = serializers.BooleanField(help_text="Kept only by this very activity, not by any of its class.")


class ShiftOutput(Output):
    id = serializers.IntegerField()
    agent = NameOutput()
    activity = KeyedOutput()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class ExceptionOutput(Output):
    id = serializers.IntegerField()
    agent = NameOutput()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    cause = serializers.CharField()
    approved = serializers.BooleanField(help_text="Its time is taken out of the schedule.")


class AdherenceOutput(Output):
    """Seconds, and ratios of them; null where nothing was scheduled."""

    scheduled_seconds = serializers.FloatField()
    exception_seconds = serializers.FloatField(help_text="Other than planned, for longer than the grace.")
    scheduled_on_queue_seconds = serializers.FloatField()
    on_queue_seconds = serializers.FloatField()
    adherence = serializers.FloatField(allow_null=True, help_text="1 − exceptions / scheduled, at least 0.")
    conformance = serializers.FloatField(allow_null=True, help_text="On the queue / scheduled for it; may exceed 1.")


class ImportOutput(Output):
    shifts = serializers.IntegerField()
    people = serializers.IntegerField()


class ShiftInput(Input):
    agent = Id()
    activity = Text(max_length=40, help_text="Its key.")
    starts_at = Time()
    ends_at = Time(help_text="Within 24 hours.")


class ImportInput(Input):
    csv = Text(max_length=2_000_000, help_text="agent (e-mail), activity, starts, ends. Times without a zone are UTC.")


class ExceptionInput(Input):
    agent = Id()
    starts_at = Time()
    ends_at = Time(help_text="Within 24 hours.")
    cause = Text(max_length=120)
    approved = Flag(required=False)


class ApproveInput(Input):
    approved = Flag()


class Activities(ReadViewSet):
    """What people can be planned for."""

    summaries = {"list": "List activities.", "retrieve": "One activity."}
    output = ActivityOutput
    orderings = {"id": "pk", "-id": "-pk"}

    def get_queryset(self) -> QuerySet[Activity]:
        return Activity.objects.all()

    def load(self, id: int) -> Activity:
        found = Activity.objects.filter(pk=id).first()
        if found is None:
            raise NotFound("no_such_activity", _("There is no activity %(number)s.") % {"number": id})
        return found


OF_AGENT_AND_TIME = {
    "agent": query.reference("agent_id", "Of this agent.", me=True),
    "since": query.since("starts_at", "Beginning at or after."),
    "before": query.before("starts_at", "Beginning before."),
}


class Shifts(ReadViewSet):
    """Who is planned for what: one's own; supervisors see all."""

    summaries = {"list": "List shifts, newest first.", "retrieve": "One shift."}
    output = ShiftOutput
    filters = OF_AGENT_AND_TIME
    orderings = {"-id": "-pk", "id": "pk", "starts_at": "starts_at"}

    def get_queryset(self) -> QuerySet[Shift]:
        return shifts_visible_to(self.request.user).select_related("agent", "activity")

    def load(self, id: int) -> Shift:
        return get_shift_for(self.request.user, id)


class ScheduleExceptions(ReadViewSet):
    """Reasons why a plan did not hold: one's own; supervisors see all."""

    summaries = {"list": "List exceptions, newest first.", "retrieve": "One exception."}
    output = ExceptionOutput
    filters = OF_AGENT_AND_TIME

    def get_queryset(self) -> QuerySet[ScheduleException]:
        return exceptions_visible_to(self.request.user).select_related("agent")

    def load(self, id: int) -> ScheduleException:
        return get_exception_for(self.request.user, id)


class PlanShift(Command):
    """Plan an agent. 409 when they are planned at that time already."""

    roles = SUPERVISORS
    input, output, success_status = ShiftInput, ShiftOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> Shift:
        return schedules.save_shift(None, **_planned(given), actor=self.actor)


class ChangeShift(Command):
    """Replace what a shift says. Figures of its day follow at once."""

    roles = SUPERVISORS
    input, output = ShiftInput, ShiftOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Shift:
        found = get_shift_for(self.request.user, path["id"])
        values = _planned(given)
        if values["agent"].pk != found.agent_id:
            raise Invalid("agent", _("A shift stays with its agent. Remove it, and plan the other one."), field="agent")
        return schedules.save_shift(found, **values, actor=self.actor)


class RemoveShift(Command):
    """Take a shift out of the plan."""

    roles = SUPERVISORS
    output = ShiftOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Shift:
        found = get_shift_for(self.request.user, path["id"])
        schedules.remove_shift(found, actor=self.actor)
        return found


class ImportShifts(Command):
    """Replace the days a file names, for the people it names. A bad line, and nothing is taken: 422 names the lines."""

    roles = SUPERVISORS
    input, output = ImportInput, ImportOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> Any:
        read = schedule_file.import_schedule(given["csv"], zone=UTC, actor=self.actor)
        if read.problems:
            lines = [f"Line {number}: {words}" if number else words for number, words in read.problems]
            raise Invalid("csv", " ".join(lines)[:2_000], field="csv")
        return {"shifts": len(read.shifts), "people": read.people}


class NewException(Command):
    """Say why a plan did not hold. Approved, its time is taken out of the schedule."""

    roles = SUPERVISORS
    input, output, success_status = ExceptionInput, ExceptionOutput, 201

    def run(self, *, given: dict[str, Any], **path: Any) -> ScheduleException:
        return schedules.excuse(
            agent=_agent(given["agent"]), starts_at=given["starts_at"], ends_at=given["ends_at"], cause=given["cause"],
            approved=given.get("approved", False), actor=self.actor,
        )  # fmt: skip


class ApproveException(Command):
    """Approve an exception, or take the approval back."""

    roles = SUPERVISORS
    input, output = ApproveInput, ExceptionOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> ScheduleException:
        found = get_exception_for(self.request.user, path["id"])
        schedules.approve(found, approved=given["approved"], actor=self.actor)
        return get_exception_for(self.request.user, found.pk)


class RemoveException(Command):
    """As if it had never been said."""

    roles = SUPERVISORS
    output = ExceptionOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> ScheduleException:
        found = get_exception_for(self.request.user, path["id"])
        schedules.remove_exception(found, actor=self.actor)
        return found


TIME_SCHEMA = {"type": "string", "format": "date-time"}


class Adherence(Endpoint):
    """How well an agent's presence and plan agreed, from `since` until `before`: one's own; supervisors see all."""

    output = AdherenceOutput

    def parameters(self) -> Mapping[str, Parameter]:
        return {
            "since": Parameter("The begin; 24 hours before `before` where it is not given.", TIME_SCHEMA, query.moment),
            "before": Parameter("The end; now where it is not given.", TIME_SCHEMA, query.moment),
        }

    def get(self, request: Request, id: int) -> Response:
        agent, now = User.objects.filter(pk=id, is_active=True).first(), timezone.now()
        if agent is None:
            raise NotFound(
                "no_such_agent", _("There is no agent %(number)s, or they no longer work here.") % {"number": id}
            )
        if not can_see_adherence(request.user, agent):
            raise Forbidden("not_yours", _("One sees one's own adherence; supervisors see everybody's."))
        before = self.given.get("before", now)
        since = self.given.get("since") or before - min(timedelta(days=1), before - EARLIEST)
        if not since < before <= since + LONGEST_ASKED:
            raise Invalid("since", _("Ask for a span that ends after it begins, of at most 31 days."), field="since")
        day = agent_days([agent.pk], since, before, now=now)[agent.pk]
        return Response(AdherenceOutput(_told(day)).data)


def _told(day: AgentDay) -> dict[str, float | None]:
    kept = day.kept
    return {
        "scheduled_seconds": kept.scheduled_ms / 1000,
        "exception_seconds": kept.exception_ms / 1000,
        "scheduled_on_queue_seconds": kept.scheduled_on_queue_ms / 1000,
        "on_queue_seconds": kept.on_queue_ms / 1000,
        "adherence": day.adherence,
        "conformance": day.conformance,
    }


def _planned(given: Mapping[str, Any]) -> dict[str, Any]:
    activity = Activity.objects.filter(key=given["activity"]).first()
    if activity is None:
        raise Invalid("activity", _("There is no such activity. GET /activities names them."), field="activity")
    return {
        "agent": _agent(given["agent"]), "activity": activity, "starts_at": given["starts_at"],
        "ends_at": given["ends_at"],
    }  # fmt: skip


def _agent(number: int) -> User:
    found = User.objects.filter(pk=number, is_active=True).first()
    if found is None:
        raise Invalid(
            "agent", _("There is no agent %(number)s, or they no longer work here.") % {"number": number}, field="agent"
        )
    return found


urlpatterns = [
    path("shifts/import", ImportShifts.as_view(), name="import-shifts"),
    *reads("activities", Activities),
    *reads("shifts", Shifts, create=PlanShift),
    *reads("schedule-exceptions", ScheduleExceptions, create=NewException),
    path("agents/<int:id>/adherence", Adherence.as_view(), name="agent-adherence"),
    path("shifts/<int:id>/change", ChangeShift.as_view(), name="change-shift"),
    path("shifts/<int:id>/remove", RemoveShift.as_view(), name="remove-shift"),
    path("schedule-exceptions/<int:id>/approve", ApproveException.as_view(), name="approve-schedule-exception"),
    path("schedule-exceptions/<int:id>/remove", RemoveException.as_view(), name="remove-schedule-exception"),
]
