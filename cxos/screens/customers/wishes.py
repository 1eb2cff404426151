"""How and when a customer likes to be reached, and what they allow: set on their page, with the way back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.permissions import get_customer_for
from crm.services import consents, customers as verbs
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry
from cxos.core.services.audit import taking_back
from cxos.screens.customers.commands import changed
from cxos.screens.customers.views import person
from cxos.screens.staff import staff, toast

PREFERENCES = ("language", "time_zone", "preferred_way")


@require_POST
@staff
def preferences(request: HttpRequest, pk: int) -> HttpResponse:
    """`language`, `time_zone`, `preferred_way`; `day` (0 = Monday, several), `from`, `until`: none = at any time."""
    get_customer_for(person(request), pk)
    given = request.POST
    days, begins, ends = given.getlist("day")[:7], given.get("from", ""), given.get("until", "")
    times = {"days": days, "from": begins, "until": ends} if days or begins or ends else {}
    changes = {name: given.get(name, "") for name in PREFERENCES} | {"contact_times": times}
    last = newest_entry(pk)
    verbs.change_customer(pk, changes=changes, actor=request.user)
    made = newest_entry(pk)
    if made is None or (last is not None and made.pk == last.pk):
        return toast(changed(request, pk), _("Nothing was changed"))
    return toast(changed(request, pk), _("Saved"), undo=reverse("customers:undo_preferences", args=[pk, made.pk]))


@require_POST
@staff
def undo_preferences(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """As it was before this entry of the audit, if nobody has changed it since."""
    found = get_customer_for(person(request), pk)
    made = get_object_or_404(
        AuditEntry, pk=entry, object_type="crm.Customer", object_id=str(pk), verb="changed", actor=f"user:{person(request).pk}"
    )  # fmt: skip
    before, after = dict(made.before or {}), dict(made.after or {})
    names = {*PREFERENCES, "contact_times"} & set(before)
    if any(getattr(found, name) != after[name] for name in names):
        raise Conflict("changed_since", _("Somebody has changed it since. It is not taken back."))
    with taking_back(made):
        verbs.change_customer(pk, changes={name: before[name] for name in names}, actor=request.user)
    return redrawn(request, pk, _("Taken back"))


@require_POST
@staff
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """`purpose`, `way`, `state` and the `wording`: one entry more in the ledger."""
    get_customer_for(person(request), pk)
    given = {name: request.POST.get(name, "") for name in ("purpose", "way", "state", "wording")}
    made = consents.record_consent(pk, **given, actor=request.user, now=timezone.now())
    undo = reverse("customers:undo_consent", args=[pk, made.pk])
    return toast(changed(request, pk), _("Entered"), undo=undo)


@require_POST
@staff
def undo_consent(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    consents.undo_consent(pk, entry, actor=request.user, now=timezone.now())
    return redrawn(request, pk, _("Taken back"))


def redrawn(request: HttpRequest, pk: int, words: str) -> HttpResponse:
    """The toast's button stands outside of the record: it says itself where the answer goes."""
    response = toast(changed(request, pk), words)
    response["HX-Retarget"], response["HX-Reswap"] = "#cu-record", "outerHTML"
    return response


def newest_entry(pk: int) -> AuditEntry | None:
    return (
        AuditEntry.objects.filter(object_type="crm.Customer", object_id=str(pk), verb="changed").order_by("-pk").first()
    )
