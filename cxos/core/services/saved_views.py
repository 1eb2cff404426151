"""Views of a list that people keep: their own, or shared with everybody. The screen checks what the conditions mean."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Forbidden, Invalid, NotFound
from cxos.core.models import SavedView, User

MOST_VIEWS = 50


def save_view(
    view: SavedView | None,
    *,
    name: str,
    shared: bool,
    conditions: dict[str, Any],
    order: str = "",
    actor: User,
    now: datetime,
) -> SavedView:
    """A new view of the actor's, or a change of one. Raises Invalid, Forbidden, and Conflict for a name they use already."""
    name = " ".join(name.replace("\0", "").split())
    if not 0 < len(name) <= 60:
        raise Invalid("name", _("A view needs a name of up to 60 characters."), field="name")
    if view is None:
        if SavedView.objects.filter(owner=actor).count() >= MOST_VIEWS:
            raise Invalid(
                "too_many_views",
                _("You keep %(most)s views already. Delete one you no longer need.") % {"most": MOST_VIEWS},
            )
        view = SavedView(owner=actor)
    elif not can_change_view(actor, view):
        raise Forbidden(
            "not_yours",
            _("Only %(name)s or a supervisor can change this view. Save one of your own.") % {"name": view.owner.name},
        )
    view.name, view.shared, view.conditions, view.order, view.changed_at = name, shared, conditions, order[:20], now
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Conflict(
            "name_taken",
            _("%(name)s keeps a view called “%(view)s” already.") % {"name": view.owner.name, "view": name},
            field="name",
        ) from None
    return view


def delete_view(view: SavedView, *, actor: User) -> None:
    if not can_change_view(actor, view):
        raise Forbidden(
            "not_yours", _("Only %(name)s or a supervisor can delete this view.") % {"name": view.owner.name}
        )
    view.delete()


def can_change_view(user: User, view: SavedView) -> bool:
    """Its owner; supervisors what is shared."""
    return view.owner_id == user.pk or (view.shared and user.supervises)


def get_view_for(user: User, view_id: int) -> SavedView:
    found = SavedView.objects.visible_to(user).select_related("owner").filter(pk=view_id).first()
    if found is None:
        raise NotFound(
            "no_such_view", _("There is no view %(number)s, or it is not shared with you.") % {"number": view_id}
        )
    return found
