"""What an agent changes in the context column: the record of the customer, a case, and the order of the cards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.services.cases import open_case
from crm.services import customers
from cxos.core.errors import Invalid
from cxos.core.models import User
from cxos.core.services.preferences import keep_preference
from cxos.screens.staff import staff, toast
from cxos.screens.workspace.commands import loaded
from cxos.screens.workspace.context import PREFERENCE, clean_cards
from cxos.screens.workspace.views import context_region


@require_POST
@staff
def keep_cards(request: HttpRequest) -> HttpResponse:
    """`order` and `folded`: keys of cards with commas."""
    assert isinstance(request.user, User)
    value = {name: clean_cards(request.POST.get(name, "")[:500].split(",")) for name in ("order", "folded")}
    keep_preference(request.user, name=PREFERENCE, value=value)
    return HttpResponse(status=204)


@require_POST
@staff
def change_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """`what` = attribute (name, value; an empty value removes it), notes, tag (add or remove)."""
    user, found, _now = loaded(request, pk)
    what, of = request.POST.get("what", ""), found.customer_id
    if what == "attribute":
        name, value = request.POST.get("name", ""), request.POST.get("value", "").strip()
        customers.set_attribute(of, name=name, value=value or None, actor=user)
    elif what == "notes":
        customers.change_customer(of, changes={"notes": request.POST.get("notes", "")}, actor=user)
    elif what == "tag":
        add, remove = request.POST.get("tag", "").strip(), request.POST.get("remove", "")
        if not add and not remove:
            raise Invalid("tag", _("Write the tag."))
        customers.tag_customer(of, add=add, remove=remove, actor=user)
    else:
        raise Invalid("what", _("Choose what to change."))
    return again(request, pk)


@require_POST
@staff
def open_case_here(request: HttpRequest, pk: int) -> HttpResponse:
    user, found, now = loaded(request, pk)
    subject = request.POST.get("subject", "")
    made = open_case(
        customer=found.customer, subject=subject, conversation=found, priority=found.priority, actor=user, now=now
    )
    return toast(again(request, pk), _("Opened case %(reference)s") % {"reference": made.reference})


def again(request: HttpRequest, pk: int) -> HttpResponse:
    """The column as it is now."""
    request.method = "GET"
    return context_region(request, pk=pk)
