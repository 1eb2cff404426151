"""Decisions in words: one sentence for the agent or supervisor who asks why. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from routing.matching import Match, Reason, Unmatched

MOST_NAMES = 3
WHY = {
    Reason.DIRECT: "asked for by name",
    Reason.STICKY: "served this customer before",
    Reason.RANKED: "first in rank",
    Reason.BATCH: "part of the best assignment of all waiting work",
}
WAITS = {
    Reason.CLOSED: "The queue is closed; the work waits for its opening.",
    Reason.MAX_WAIT: "The work has waited as long as the queue allows.",
    Reason.PULL_ONLY: "Agents pick the work of this queue themselves.",
    Reason.NOT_YET: "The work is not due yet.",
    Reason.WAITS_FOR_DIRECT: "The work waits for the agent it was sent to.",
    Reason.WAITS_FOR_STICKY: "The work waits a little for the agent who served this customer before.",
    Reason.NOBODY_ELIGIBLE: "Nobody available has the skills this work needs.",
    Reason.NOBODY_FREE: "Everybody who could take this work is busy.",
}
FILTERED = {
    Reason.NOT_ROUTABLE: "not available",
    Reason.MEDIUM_OFF: "not taking this medium",
    Reason.NOT_IN_QUEUE: "not in the queue",
    Reason.LACKS_SKILL: "without the skill",
    Reason.NO_CAPACITY: "without free capacity",
    Reason.EXCLUDED: "passed or missed it just now",
    Reason.QUEUE_DELAY: "only after a longer wait",
    Reason.RESERVED: "kept free for another queue",
}


def match_sentence(match: Match, names: Mapping[int, str]) -> str:
    """`names` of the agents it is offered to, by id."""
    who = ", ".join(names.get(agent, f"agent {agent}") for agent in match.agents[:MOST_NAMES])
    more = len(match.agents) - MOST_NAMES
    who += f" and {more} more" if more > 0 else ""
    others = sum(match.filtered.values())
    rest = f" {others} others could not: {filtered_words(match)}." if others else ""
    eligible = max(match.considered - others, len(match.agents))
    return f"Offered to {who}: {WHY[match.reason]} of {eligible} who could take it.{rest}"[:300]


def filtered_words(decision: Match | Unmatched) -> str:
    return ", ".join(f"{count} {FILTERED.get(reason, reason.value)}" for reason, count in decision.filtered.items())


def waiting_sentence(unmatched: Unmatched) -> str:
    who = filtered_words(unmatched)
    return (WAITS.get(unmatched.reason, unmatched.reason.value) + (f" Of those asked: {who}." if who else ""))[:300]
