"""Sessions as their owner sees them: noted when somebody logs in, ended by them one by one or all at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cxos.core.errors import NotFound
from cxos.core.models import SignIn, User
from cxos.core.services.audit import record

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "Mac"), ("Windows", "Windows"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """ "Firefox, Windows" from a User-Agent header: enough to tell one's own browsers apart; "" when unknown."""
    found = [next((name for sign, name in table if sign in agent), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))


def note_sign_in(user: User, *, session_key: str, agent: str, address: str | None, now: datetime) -> None:
    """Remember where somebody has logged in, and forget those of their sessions that are over. 3 queries."""
    with transaction.atomic():
        SignIn.objects.filter(user=user).exclude(session_key__in=living(now)).exclude(session_key=session_key).delete()
        known = {"user": user, "browser": browser_name(agent), "address": address, "at": now}
        SignIn.objects.update_or_create(session_key=session_key, defaults=known)


def sign_ins_of(user: User, *, now: datetime) -> list[SignIn]:
    """The user's living sessions, the newest first. One query."""
    return list(SignIn.objects.filter(user=user, session_key__in=living(now)).order_by("-at", "-id"))


def end_session(user: User, *, sign_in_id: int) -> None:
    """Log one of one's own sessions out. Raises NotFound."""
    with transaction.atomic():
        found = SignIn.objects.filter(user=user, pk=sign_in_id).first()
        if found is None:
            raise NotFound("no_such_session", _("This session has ended already."))
        Session.objects.filter(session_key=found.session_key).delete()
        found.delete()
        record(user, "ended a session of", user)


def end_all_sessions(user: User) -> None:
    """Every session of the user is over, also those nobody noted: what they are signed with has changed."""
    with transaction.atomic():
        keys = list(SignIn.objects.filter(user=user).values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        SignIn.objects.filter(user=user).delete()
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        record(user, "ended all sessions of", user)
    user.refresh_from_db(fields=["session_epoch"])


def living(now: datetime) -> Any:
    return Session.objects.filter(expire_date__gt=now).values("session_key")
