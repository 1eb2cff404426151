"""What a browser is told of its owner, and what the owner is told of it.

What a person has chosen travels with them: it is kept with the person, and given to each browser as cookies, which pages
read without a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cxos.core.models import User
from cxos.core.services.sign_ins import note_sign_in

YEAR = 365 * 24 * 3600
NAMES = {
    "language": settings.LANGUAGE_COOKIE_NAME,
    "time_zone": "cxos_zone",
    "theme": "cxos_theme",
    "density": "cxos_density",
    "contrast": "cxos_contrast",
}


def give(response: HttpResponse, preferences: Mapping[str, Any]) -> HttpResponse:
    for name, cookie in NAMES.items():
        if value := preferences.get(name):
            response.set_cookie(cookie, str(value), max_age=YEAR, samesite="Lax", secure=settings.SECURE)
        elif name in preferences:
            response.delete_cookie(cookie, samesite="Lax")
    return response


def note_this_session(request: HttpRequest, user: User) -> None:
    """So that its owner finds this browser among those they are logged in with."""
    agent, address = request.headers.get("User-Agent", ""), request.META.get("REMOTE_ADDR") or None
    key = request.session.session_key
    if key:
        note_sign_in(user, session_key=key, agent=agent, address=address, now=timezone.now())
