"""The system lines of a thread in the reader's language: `{% load thread_events %}`.

They are kept with a sentence in English, for programs and for what is older than this page. What they tell stands in
their metadata as data, and is said anew for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _, gettext_lazy

from channels_app.models import Message, Priority

register = template.Library()

PLAIN = {
    "resolved": gettext_lazy("Resolved."), "reopened": gettext_lazy("Reopened."), "open": gettext_lazy("Open again."),
    "pending": gettext_lazy("Waiting for the customer."), "woken": gettext_lazy("The snooze is over."),
}  # fmt: skip


@register.filter
def said(line: Message) -> str:
    """The line as its reader says it; as it was kept where nothing else is known of it."""
    told = line.metadata
    what = str(told.get("what", ""))
    if what in PLAIN:
        return str(PLAIN[what])
    try:
        return WORDED[what](told) if what in WORDED else line.text
    except (KeyError, TypeError, ValueError):
        return line.text  # an older shape


def _assigned(told: Mapping[str, Any]) -> str:
    changes, parts = told["changes"], []
    if "holder" in changes:
        name = changes["holder"]
        parts.append(_("Assigned to %(name)s.") % {"name": name} if name else _("Nobody holds it now."))
    if "team" in changes:
        name = changes["team"]
        parts.append(_("Given to team %(name)s.") % {"name": name} if name else _("Belongs to no team now."))
    return " ".join(parts)


def _transferred_out(told: Mapping[str, Any]) -> str:
    return _("Transferred to %(address)s.") % {"address": told["address"]}


def _priority(told: Mapping[str, Any]) -> str:
    return _("Priority: %(level)s.") % {"level": Priority(told["priority"]).label}


def _tags(told: Mapping[str, Any]) -> str:
    if "added" in told:
        return _("Tagged %(tags)s.") % {"tags": ", ".join(told["added"])}
    return _("Removed the tag %(tags)s.") % {"tags": ", ".join(told["removed"])}


def _snoozed(told: Mapping[str, Any]) -> str:
    until = localtime(datetime.fromisoformat(told["until"]))
    return _("Snoozed until %(at)s.") % {"at": date_format(until, "SHORT_DATETIME_FORMAT")}


def _macro(told: Mapping[str, Any]) -> str:
    return _("Macro “%(name)s” was run.") % {"name": told["name"]}


def _merged(told: Mapping[str, Any]) -> str:
    return _("#%(number)s was merged into this conversation.") % {"number": told["other"]}


def _merged_into(told: Mapping[str, Any]) -> str:
    return _("Merged into #%(number)s.") % {"number": told["other"]}


def _parted(told: Mapping[str, Any]) -> str:
    return _("The merge of #%(number)s was taken back.") % {"number": told["other"]}


def _parted_from(told: Mapping[str, Any]) -> str:
    return _("A conversation of its own again, out of #%(number)s.") % {"number": told["other"]}


WORDED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "assigned": _assigned, "transferred_out": _transferred_out, "priority": _priority, "tags": _tags, "snoozed": _snoozed,
    "macro": _macro, "merged": _merged, "merged_into": _merged_into, "parted": _parted, "parted_from": _parted_from,
}  # fmt: skip
