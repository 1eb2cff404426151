"""Work given to somebody who is not of this installation: a number for a call, an address for a mail."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from channels_app.models import Channel
from crm.normalise import normalise
from cxos.core.errors import Conflict
from cxos.screens.staff import staff, toast, trigger
from cxos.screens.workspace.commands import reread
from cxos.screens.workspace.together import in_hand
from routing.services.work import transfer_out


@dataclass(frozen=True, slots=True)
class Address:
    """How an address outside is asked for. `kind`: of the identity it is compared as; `type`: of the control."""

    kind: str
    type: str
    label: str | Promise
    hint: str | Promise
    problem: str | Promise


ADDRESSES = {
    Channel.Medium.VOICE: Address(
        "phone",
        "tel",
        gettext_lazy("Telephone number"),
        gettext_lazy("With its country code, as in +49 30 1234567."),
        gettext_lazy("This is no telephone number with its country code, as in +49 30 1234567."),
    ),
    Channel.Medium.EMAIL: Address(
        "email",
        "email",
        gettext_lazy("E-mail address"),
        gettext_lazy("Of whoever answers the customer from now on."),
        gettext_lazy("This is no e-mail address, as in name@example.com."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def outside(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog; sent, our part is over. Raises Conflict where nobody outside can be reached on the conversation's channel."""
    user, item, now = in_hand(request, pk)
    address = ADDRESSES.get(Channel.Medium(item.medium))
    if address is None:
        raise Conflict("nobody_outside", _("Only calls and e-mails can be transferred to somebody outside."))
    given = request.POST.get("address", "").strip()[:120]
    found = normalise(address.kind, given)
    if request.method == "POST" and found:
        reason = request.POST.get("reason", "").strip()[:80]
        transfer_out(item.pk, address=found, reason=reason, actor=user, now=now)
        response = trigger(reread(request, pk), **{"dialog:close": True})
        response["HX-Retarget"], response["HX-Reswap"] = "#head", "morph"
        return toast(response, _("Transferred to %(address)s") % {"address": found})
    parts = {"pk": pk, "address": address, "given": given, "reason": request.POST.get("reason", "")}
    if request.method == "POST":
        return render(request, "workspace/outside_form.html", parts | {"problem": address.problem}, status=422)
    return render(request, "workspace/outside.html", parts)
