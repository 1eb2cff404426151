"""What people are told of: the kinds of notifications, their sentences, and who wants which how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from cxos.core.models import Notification, User
from cxos.core.phrases import told

WAYS = ("app", "push", "sound")
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """`sentence` is filled from a notification's details. `ways`: what somebody gets who has chosen nothing."""

    key: str
    label: Words
    icon: str
    sentence: Words
    ways: frozenset[str]
    supervisors: bool = False
    tone: str = ""


KINDS = {
    kind.key: kind
    for kind in (
        Kind("offered", _("A conversation is offered to me"), "phone-incoming", _("%(customer)s is waiting for you to accept"), frozenset({"app", "push"}), tone="waiting"),
        Kind("assigned", _("A conversation is assigned to me"), "user-plus", _("%(customer)s was assigned to you"), frozenset({"app", "push", "sound"})),
        Kind("mentioned", _("Somebody mentions me"), "at-sign", _("%(by)s mentioned you at %(customer)s"), frozenset({"app", "push", "sound"})),
        Kind("replied", _("A customer of mine writes while I am away"), "message-square", _("%(customer)s wrote while you were away"), frozenset({"app", "push"})),
        Kind("nearing", _("A deadline of mine comes close"), "timer", _("%(metric)s for %(customer)s is due soon"), frozenset({"app", "sound"}), tone="waiting"),
        Kind("breached", _("A deadline of mine or of my teams has passed"), "alarm-clock-off", _("%(metric)s for %(customer)s is late"), frozenset({"app", "push"}), tone="late"),
        Kind("same", _("Two customers may be one person"), "users-round", _("%(first)s and %(second)s may be the same person"), frozenset({"app"}), supervisors=True),
        Kind("finished", _("Long work of mine has ended"), "circle-check", _("%(what)s has ended"), frozenset({"app", "push"})),
    )
}  # fmt: skip


def kinds_for(user: User) -> list[Kind]:
    return [kind for kind in KINDS.values() if user.supervises or not kind.supervisors]


def wants(preferences: Mapping[str, Any], kind: str, way: str) -> bool:
    """Whether the owner of these preferences is told of this kind in this way."""
    chosen = preferences.get("notifications", {}).get(kind)
    ways = KINDS[kind].ways if chosen is None else chosen
    return way in ways and (way != "sound" or "app" in ways)


def sentence(notification: Notification) -> str:
    """In the language that is active. Details that are missing are named by an ellipsis."""
    filled = {
        name: gettext(value) if name in {"metric", "what"} else _told(value)
        for name, value in notification.details.items()
    }
    return str(KINDS[notification.kind].sentence) % _Filled(filled)


def _told(value: Any) -> Any:
    return told(value) if isinstance(value, dict) else value


class _Filled(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
