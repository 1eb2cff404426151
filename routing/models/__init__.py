from routing.models.agent import AgentState, Presence
from routing.models.alert import Alert, Threshold
from routing.models.bulk import BulkChange, BulkStep
from routing.models.callback import Callback
from routing.models.desk import CapacityProfile, PresenceReason
from routing.models.floor import FloorVersion
from routing.models.queue import AgentSkill, Disposition, Queue, QueueMember, Skill
from routing.models.relief import Relief
from routing.models.trial import Trial
from routing.models.work import ActionRun, Decision, Offer, Segment, WorkItem

__all__ = [
    "ActionRun", "AgentSkill", "AgentState", "Alert", "BulkChange", "BulkStep", "Callback", "CapacityProfile",
    "Decision", "Disposition", "FloorVersion", "Offer", "Presence", "PresenceReason", "Queue", "QueueMember", "Relief",
    "Segment", "Skill", "Threshold", "Trial", "WorkItem",
]  # fmt: skip
