from __future__ import annotations

from rest_framework import serializers

from cases.serializers import ClockOutput
from channels_app.models import Channel, Priority
from cxos.core.api.output import KeyedOutput, NameOutput, Output
from cxos.core.models import Role
from routing.models import Decision, Offer, Presence, Queue, WorkItem


class QueueOutput(Output):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    team = NameOutput(allow_null=True)
    calendar = NameOutput(allow_null=True)
    strategy = serializers.ChoiceField(choices=Queue.Strategy.choices)
    skill_mode = serializers.ChoiceField(choices=Queue.SkillMode.choices)
    offer_seconds = serializers.IntegerField()
    wrap_up_seconds = serializers.IntegerField()
    service_level_seconds = serializers.IntegerField()
    enabled = serializers.BooleanField()
    waiting = serializers.IntegerField(help_text="Work items that wait now, or are being offered.")
    oldest_queued_at = serializers.DateTimeField(allow_null=True, help_text="Since when the oldest of them waits.")


class SkillLevel(Output):
    id = serializers.IntegerField(source="skill.id")
    key = serializers.CharField(source="skill.key")
    name = serializers.CharField(source="skill.name")
    level = serializers.IntegerField(help_text="1 a little … 5 expert.")


class AgentOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    teams = NameOutput(many=True)
    presence = serializers.ChoiceField(choices=Presence.choices, source="state.presence")
    presence_since = serializers.DateTimeField(source="state.presence_since")
    pending_presence = serializers.CharField(
        source="state.pending_presence", help_text="Taken when the work in hand is done."
    )
    reason = serializers.CharField(source="state.reason")
    budget = serializers.IntegerField(source="state.budget", help_text="Capacity in points.")
    load = serializers.IntegerField(help_text="Points held now, pending offers included.")
    skills = SkillLevel(many=True)
    queues = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the queues they serve.")


class WorkItemOutput(Output):
    id = serializers.IntegerField()
    queue = KeyedOutput()
    conversation = serializers.IntegerField(source="conversation_id", allow_null=True)
    medium = serializers.ChoiceField(choices=Channel.Medium.choices)
    state = serializers.ChoiceField(choices=WorkItem.State.choices)
    priority = serializers.ChoiceField(choices=Priority.choices, help_text="0 low, 1 normal, 2 high, 3 urgent.")
    required = serializers.JSONField(help_text="Skills asked for, with levels.")
    agent = NameOutput(allow_null=True)
    queued_at = serializers.DateTimeField(help_text="First entry into a queue; kept on every way back.")
    accepted_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    wrap_up_until = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    disposition = KeyedOutput(allow_null=True)
    offers_made = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Send it with a command to be refused if the work has moved on since.")


class OfferOutput(Output):
    id = serializers.IntegerField()
    item = serializers.IntegerField(source="item_id")
    conversation = serializers.IntegerField(source="item.conversation_id", allow_null=True)
    queue = KeyedOutput(source="item.queue")
    agent = NameOutput()
    state = serializers.ChoiceField(choices=Offer.State.choices)
    attempt = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class DispositionOutput(KeyedOutput):
    enabled = serializers.BooleanField()
    parent = serializers.IntegerField(source="parent_id", allow_null=True, help_text="The heading it stands below.")
    queues = serializers.ListField(
        source="queue_ids", child=serializers.IntegerField(), help_text="Where it is offered; none = everywhere."
    )


class PresenceReasonOutput(KeyedOutput):
    presence = serializers.ChoiceField(choices=Presence.choices, help_text="The state it belongs to.")
    routable = serializers.BooleanField(help_text="Whether work is offered in it.")
    productive = serializers.BooleanField(help_text="Whether it counts as work.")
    paid = serializers.BooleanField()
    enabled = serializers.BooleanField()


class CapacityProfileOutput(KeyedOutput):
    budget = serializers.IntegerField(help_text="Points of work at a time; a call takes 100.")
    caps = serializers.JSONField(help_text="Medium → most at a time.")
    auto_accept = serializers.JSONField(help_text="Media taken without being asked.")


class ReasonOutput(Output):
    sentence = serializers.CharField(help_text="The reason, in words.")
    facts = serializers.JSONField(help_text="What it was decided on.")
    at = serializers.DateTimeField()


class DecisionOutput(Output):
    kind = serializers.ChoiceField(choices=Decision.Kind.choices)
    sentence = serializers.CharField()
    at = serializers.DateTimeField()


class DeadlineOutput(Output):
    clock = ClockOutput()
    promise = serializers.CharField(help_text="Who promised what: target, calendar, policy and its version.")
    sentence = serializers.CharField(help_text="How the deadline follows from them, and from pauses.")
    consumed_seconds = serializers.FloatField(help_text="In seconds of the calendar.")
    remaining_seconds = serializers.FloatField(help_text="In seconds of the calendar; negative when overdue.")


class ActionOutput(Output):
    rule = serializers.IntegerField(source="rule_id")
    rule_name = serializers.CharField()
    event = serializers.CharField(
        help_text="What made the rule decide: MessageReceived, or ClockBreached for a broken promise."
    )
    action = serializers.JSONField()
    outcome = serializers.CharField()
    at = serializers.DateTimeField()


class WhyOutput(Output):
    conversation = serializers.IntegerField()
    customer = ReasonOutput(
        allow_null=True, help_text="Why this customer: what the newest message was recognised by, verified or claimed."
    )
    queue = ReasonOutput(allow_null=True, help_text="Why this queue.")
    agent = ReasonOutput(allow_null=True, help_text="Why this agent.")
    waiting = ReasonOutput(allow_null=True, help_text="Why nobody has it yet, while it waits.")
    deadline = DeadlineOutput(allow_null=True, help_text="Why this deadline: the nearest one that runs.")
    deadlines = DeadlineOutput(many=True, help_text="All clocks of the conversation, oldest first.")
    actions = ActionOutput(many=True, help_text="What rules did, oldest first.")
    history = DecisionOutput(many=True, help_text="The latest decisions, oldest first.")
