from routing.models.agent import AgentState, Presence
from routing.models.queue import AgentSkill, Disposition, Queue, QueueMember, Skill
from routing.models.work import ActionRun, Decision, Offer, Segment, WorkItem

__all__ = [
    "ActionRun", "AgentSkill", "AgentState", "Decision", "Disposition", "Offer", "Presence", "Queue", "QueueMember",
    "Segment", "Skill", "WorkItem",
]  # fmt: skip
