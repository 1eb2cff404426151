"""Decisions in words: a sentence for the agent or supervisor who asks why, in their language, from the stored facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _, gettext_lazy

from cxos.core.phrases import told
from routing.matching import Reason

LIMIT = 300  # of a stored sentence
WHY: Mapping[str, Any] = {
    Reason.DIRECT: gettext_lazy("asked for by name"),
    Reason.STICKY: gettext_lazy("served this customer before"),
    Reason.RANKED: gettext_lazy("first in rank"),
    Reason.BATCH: gettext_lazy("part of the best assignment of all waiting work"),
}
WAITS: Mapping[str, Any] = {  # stored facts name reasons by their values, which a later version may not know
    Reason.CLOSED: gettext_lazy("The queue is closed; the work waits for its opening."),
    Reason.MAX_WAIT: gettext_lazy("The work has waited as long as the queue allows."),
    Reason.PULL_ONLY: gettext_lazy("Agents pick the work of this queue themselves."),
    Reason.NOT_YET: gettext_lazy("The work is not due yet."),
    Reason.WAITS_FOR_DIRECT: gettext_lazy("The work waits for the agent it was sent to."),
    Reason.WAITS_FOR_STICKY: gettext_lazy("The work waits a little for the agent who served this customer before."),
    Reason.NOBODY_ELIGIBLE: gettext_lazy("Nobody available has the skills this work needs."),
    Reason.NOBODY_FREE: gettext_lazy("Everybody who could take this work is busy."),
}
FILTERED: Mapping[str, Any] = {
    Reason.NOT_ROUTABLE: gettext_lazy("%(n)s not available"),
    Reason.MEDIUM_OFF: gettext_lazy("%(n)s not taking this medium"),
    Reason.NOT_IN_QUEUE: gettext_lazy("%(n)s not in the queue"),
    Reason.LACKS_SKILL: gettext_lazy("%(n)s without the skill"),
    Reason.NO_CAPACITY: gettext_lazy("%(n)s without free capacity"),
    Reason.EXCLUDED: gettext_lazy("%(n)s passed or missed it just now"),
    Reason.QUEUE_DELAY: gettext_lazy("%(n)s only after a longer wait"),
    Reason.RESERVED: gettext_lazy("%(n)s kept free for another queue"),
}
WHY_NOT: Mapping[str, Any] = {  # of one agent
    "offered": gettext_lazy("It was offered to them."),
    Reason.OUTRANKED: gettext_lazy("Could have taken it; others came first."),
    Reason.NO_CAPACITY: gettext_lazy("Had no free capacity."),
    Reason.EXCLUDED: gettext_lazy("Had passed or missed it just before."),
    Reason.QUEUE_DELAY: gettext_lazy("Takes the work of this queue only after a longer wait."),
    Reason.RESERVED: gettext_lazy("Was kept free for another queue."),
    Reason.AT_LIMIT: gettext_lazy("Had been busy or offered as much as the queue allows."),
    Reason.LACKS_SKILL: gettext_lazy("Lacks a skill it needs."),
    Reason.MEDIUM_OFF: gettext_lazy("Was taking nothing of this medium."),
    Reason.NOT_ROUTABLE: gettext_lazy("Was signed in, but not available."),
    Reason.NOT_IN_QUEUE: gettext_lazy("Did not serve the queue at that moment."),
}


def sentence_of(facts: Mapping[str, Any], *, stored: str) -> str:
    """Why a decision was made, in the language of whoever reads. `stored`: for facts that do not say it all."""
    if "said" in facts:
        return " ".join(map(told, facts["said"]))
    if "names" in facts:
        return match_sentence(facts)
    if "reason" in facts and "filtered" in facts and "chosen" not in facts:
        return waiting_sentence(facts)
    return stored


def match_sentence(facts: Mapping[str, Any]) -> str:
    """`facts`: of `matching.explain`, with the names of those it is offered to."""
    names, others = facts["names"], sum(facts["filtered"].values())
    more = facts["offered"] - len(names)
    who = ", ".join(names)
    words = {
        "who": _("%(names)s and %(n)s more") % {"names": who, "n": more} if more > 0 else who,
        "why": WHY[facts["reason"]],
        "eligible": max(facts["considered"] - others, facts["offered"]),
    }
    sentence = _("Offered to %(who)s: %(why)s of %(eligible)s who could take it.") % words
    if others:
        rest = {"n": others, "reasons": filtered_words(facts["filtered"])}
        sentence += " " + _("%(n)s others could not: %(reasons)s.") % rest
    return sentence


def waiting_sentence(facts: Mapping[str, Any]) -> str:
    """`facts`: reason and filtered{}, of a decision that found nobody."""
    why = str(WAITS.get(facts["reason"], facts["reason"]))
    who = filtered_words(facts["filtered"])
    return f"{why} {_('Of those asked: %(reasons)s.') % {'reasons': who}}" if who else why


def filtered_words(filtered: Mapping[str, int]) -> str:
    return _(", ").join(str(FILTERED.get(reason, f"%(n)s {reason}")) % {"n": n} for reason, n in filtered.items())
