"""Who may do what with work."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cxos.core.errors import NotFound
from cxos.core.models import User
from routing.models import Callback, Offer, Queue, WorkItem


def can_move(user: User, item: WorkItem) -> bool:
    """Transfer, requeue or complete: the holder, or a supervisor."""
    return user.supervises or item.agent_id == user.pk


def can_assign(user: User, item: WorkItem, *, to: User) -> bool:
    """Agents take waiting work themselves or hand on what they hold; supervisors give anything to anybody."""
    return user.supervises or to.pk == user.pk or item.agent_id == user.pk


def can_change_presence(user: User, *, of: User) -> bool:
    return user.supervises or user.pk == of.pk


def get_work_for(user: User, item_id: int) -> WorkItem:
    item = WorkItem.objects.visible_to(user).select_related("queue", "conversation").filter(id=item_id).first()
    if item is None:
        raise NotFound("no_such_work", _("There is no such work item, or you may not see it."))
    return item


def offers_visible_to(user: User) -> QuerySet[Offer]:
    """An agent's own offers; supervisors see all."""
    if not user.is_active:
        return Offer.objects.none()
    return Offer.objects.all() if user.supervises else Offer.objects.filter(agent=user)


def get_offer_for(user: User, offer_id: int) -> Offer:
    offer = offers_visible_to(user).select_related("item__queue", "agent").filter(id=offer_id).first()
    if offer is None:
        raise NotFound("no_such_offer", _("There is no offer %(number)s for you.") % {"number": offer_id})
    return offer


def get_agent_for(user: User, agent_id: int) -> User:
    """Everybody here may see who works here; NotFound for who does not any more."""
    agent = (
        User.objects.filter(id=agent_id, is_active=True).prefetch_related("teams").first() if user.is_active else None
    )
    if agent is None:
        raise NotFound(
            "no_such_agent", _("There is no agent %(number)s, or they no longer work here.") % {"number": agent_id}
        )
    return agent


def get_queue_for(user: User, queue_id: int) -> Queue:
    """Everybody here may see the queues: work can be transferred to each of them."""
    queue = Queue.objects.select_related("team", "calendar").filter(id=queue_id).first() if user.is_active else None
    if queue is None:
        raise NotFound("no_such_queue", _("There is no queue %(number)s.") % {"number": queue_id})
    return queue


def callbacks_visible_to(user: User) -> QuerySet[Callback]:
    """Of the queues one serves, and those one holds; supervisors see all."""
    if not user.is_active:
        return Callback.objects.none()
    return Callback.objects.filter(item__in=WorkItem.objects.visible_to(user))


def get_callback_for(user: User, callback_id: int) -> Callback:
    found = callbacks_visible_to(user).select_related("queue", "item", "claimed_by").filter(id=callback_id).first()
    if found is None:
        raise NotFound("no_such_callback", _("There is no callback %(number)s for you.") % {"number": callback_id})
    return found
