"""What staff write into the record: one view a verb, each one service call. They answer with the parts that changed."""

from __future__ import annotations

import json

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.permissions import can_merge, get_customer_for
from crm.services import customers as verbs, merging
from cxos.core.errors import Forbidden, Invalid
from cxos.core.services.audit import record
from cxos.screens.customers.export import record_of
from cxos.screens.customers.views import person, record_parts
from cxos.screens.staff import staff, toast, trigger


@require_POST
@staff
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    names = ("name", "language", "time_zone")
    changes = {name: request.POST.get(name, "") for name in names} | {"vip": request.POST.get("vip") == "on"}
    get_customer_for(person(request), pk)
    verbs.change_customer(pk, changes=changes, actor=request.user)
    return trigger(toast(changed(request, pk), _("Saved")), **{"dialog:close": True})


@require_POST
@staff
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole record as a JSON file; the audit says who took it."""
    found = get_customer_for(person(request), pk)
    body = json.dumps(record_of(found, person(request)), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    with transaction.atomic():
        record(request.user, "exported", found)
    headers = {"Content-Disposition": f'attachment; filename="customer-{found.pk}.json"'}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


@require_POST
@staff
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    verbs.change_customer(pk, changes={"notes": request.POST.get("notes", "")}, actor=request.user)
    return toast(changed(request, pk), _("Saved"))


@require_POST
@staff
def tag(request: HttpRequest, pk: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    add, remove = request.POST.get("tag", "").strip(), request.POST.get("remove", "")
    if not add and not remove:
        raise Invalid("tag", _("Write the tag."))
    verbs.tag_customer(pk, add=add, remove=remove, actor=request.user)
    return changed(request, pk)


@require_POST
@staff
def attribute(request: HttpRequest, pk: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    value = None if request.POST.get("remove") else request.POST.get("value", "")
    verbs.set_attribute(pk, name=request.POST.get("name", ""), value=value, actor=request.user)
    return changed(request, pk)


@require_POST
@staff
def add_identity(request: HttpRequest, pk: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    kind, value = request.POST.get("kind", ""), request.POST.get("value", "")[:254]
    verbs.add_identity(pk, kind=kind, value=value, actor=request.user, now=timezone.now())
    return changed(request, pk)


@require_POST
@staff
def remove_identity(request: HttpRequest, pk: int, identity: int) -> HttpResponse:
    get_customer_for(person(request), pk)
    verbs.remove_identity(pk, identity_id=identity, actor=request.user)
    return toast(changed(request, pk), _("Removed"))


def changed(request: HttpRequest, pk: int) -> HttpResponse:
    """The column with the record, and the head beside it."""
    parts = record_parts(request, get_customer_for(person(request), pk))
    return render(request, "customers/record.html", parts | {"with_head": True})


@require_POST
@staff
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """`keep` = the id of the one that stays."""
    allowed(request)
    keep = request.POST.get("keep", "")
    if not (keep.isascii() and keep.isdigit()):
        raise Invalid("keep", _("Choose which of the two stays."))
    survivor = merging.merge(pk, keep=int(keep[:18]), actor=request.user, now=timezone.now())
    messages.success(request, _("Merged. Conversations and cases follow in a moment."))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("customers:customer", args=[survivor.pk])})


@require_POST
@staff
def undo_merge(request: HttpRequest, pk: int) -> HttpResponse:
    allowed(request)
    merging.undo_merge(pk, actor=request.user, now=timezone.now())
    messages.success(request, _("Two records again."))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("customers:suggestion", args=[pk])})


@require_POST
@staff
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    allowed(request)
    merging.dismiss(pk, actor=request.user, now=timezone.now())
    messages.success(request, _("They stay two."))
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("customers:suggestions")})


@require_POST
@staff
def suggest_again(request: HttpRequest, pk: int) -> HttpResponse:
    allowed(request)
    merging.suggest_again(pk, actor=request.user, now=timezone.now())
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("customers:suggestion", args=[pk])})


def allowed(request: HttpRequest) -> None:
    if not can_merge(person(request)):
        raise Forbidden("not_allowed", _("A supervisor decides whether two customers are one person."))
