from __future__ import annotations

from cxos.core.catalogue import event


@event
class RuleApplied:
    """Key `conversation:<id>`. One action of a rule was carried out."""

    rule_id: int
    conversation_id: int
    action: str
