"""What every staff page asks first: who is it, may they, and how a refusal looks in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from cxos.core.errors import DomainError, NotFound
from cxos.core.models import User

View = Callable[..., HttpResponse]


def staff(view: View) -> View:
    """Any signed-in member of staff."""
    return _guarded(view, lambda user: True)


def supervisors(view: View) -> View:
    return _guarded(view, lambda user: user.supervises)


def admins(view: View) -> View:
    return _guarded(view, lambda user: user.administers)


def _guarded(view: View, allowed: Callable[[User], bool]) -> View:
    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User) or not allowed(request.user):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except NotFound as missing:
            raise Http404(missing.message) from None
        except DomainError as refusal:
            return refused(refusal)

    return guarded


def refused(refusal: DomainError) -> HttpResponse:
    """A refusal of a command: nothing is swapped, the sentence is shown."""
    response = HttpResponse(status=refusal.status, content=refusal.message, content_type="text/plain; charset=utf-8")
    response["HX-Reswap"] = "none"  # a 422 would otherwise be swapped in, as a form with its errors is
    return toast(response, refusal.message, tone="error")


def toast(response: HttpResponse, message: str, *, tone: str = "success", **more: Any) -> HttpResponse:
    """Say something at the corner of the page; `undo` = an address that takes it back."""
    events = json.loads(response.get("HX-Trigger", "{}"))
    events["toast"] = {"message": message, "tone": tone, **more}
    response["HX-Trigger"] = json.dumps(events)
    return response


def trigger(response: HttpResponse, **events: Any) -> HttpResponse:
    """Events for the page's own scripts and for elements that wait for them."""
    response["HX-Trigger"] = json.dumps({**json.loads(response.get("HX-Trigger", "{}")), **events})
    return response
