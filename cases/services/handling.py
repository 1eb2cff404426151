"""Who looks after a case, and which conversations are about it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import Case
from cases.services.cases import lock_case, tell_change
from channels_app.models import Conversation
from cxos.core.errors import Conflict, Invalid
from cxos.core.models import User

MOST_LINKED = 50


def assign_case(case_id: int, *, to: User | None, actor: Any) -> Case:
    """`to` looks after it from now on; None: nobody. The same again changes nothing and tells nobody."""
    if to is not None and not to.is_active:
        raise Invalid("assignee", _("%(name)s does not work here any more.") % {"name": to.name}, field="assignee")
    with transaction.atomic():
        case = lock_case(case_id)
        if case.assignee_id != (to.pk if to else None):
            case.assignee = to
            case.save(update_fields=["assignee"])
            tell_change(case, "assigned", to.name if to else "", actor=actor)
    return case


def link_conversation(case_id: int, *, conversation: Conversation, actor: Any) -> Case:
    """The conversation is about this case as well. Raises Conflict for another customer's, Invalid for too many."""
    with transaction.atomic():
        case = lock_case(case_id)
        if conversation.customer_id != case.customer_id:
            raise Conflict(
                "conversation_of_another",
                _("Conversation %(number)s is another customer's. Merge the customers first if they are one person.")
                % {"number": conversation},
            )
        if case.conversations.filter(pk=conversation.pk).exists():
            return case
        if case.conversations.count() >= MOST_LINKED:
            raise Invalid(
                "too_many",
                _("A case takes %(most)s conversations at most.") % {"most": MOST_LINKED},
                field="conversation",
            )
        case.conversations.add(conversation)
        tell_change(case, "linked", str(conversation), actor=actor)
    return case


def unlink_conversation(case_id: int, *, conversation_id: int, actor: Any) -> Case:
    """It is not about this case after all."""
    with transaction.atomic():
        case = lock_case(case_id)
        gone, _by_model = case.conversations.through.objects.filter(case=case, conversation=conversation_id).delete()
        if gone:
            tell_change(case, "unlinked", f"#{conversation_id}", actor=actor)
    return case
