"""What a visitor says: checked, and handed to the one line that every interaction walks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from channels_app.envelope import Envelope
from channels_app.models import Channel, Interaction
from channels_app.services.attachments import unsent_of_visitor
from channels_app.services.ingest import Accepted, accept
from channels_app.webchat.forms import read_form
from channels_app.webchat.visitors import Visitor
from cxos.core.errors import Invalid

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
MAX_TEXT = 10_000
MAX_FILES = 15
# What the page tells about itself; shown to the agent as text, never believed.
CONTEXT = {"url": 500, "title": 200, "referrer": 500, "language": 20, "time_zone": 60, "agent": 300}


def say(
    visitor: Visitor,
    channel: Channel,
    *,
    client_id: Any,
    text: Any,
    files: Any = None,
    form: Any = None,
    context: Any = None,
    now: datetime,
) -> Accepted:
    """Take a message of text, of files the visitor has uploaded, or both. The same `client_id` again is the same
    message. Raises Invalid."""
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise Invalid("client_id", _("client_id must be 8 to 64 letters, digits, - or _."), field="client_id")
    text, keys = "" if text is None else text, read_keys(files)
    if not isinstance(text, str) or not (text.strip() or keys):
        raise Invalid("empty", _("Write something first; an empty message is not sent."), field="text")
    if len(text) > MAX_TEXT:
        raise Invalid(
            "too_long",
            _("A message may have %(most)s characters; this has %(count)s.") % {"most": MAX_TEXT, "count": len(text)},
            field="text",
        )
    attached = [] if keys and said_before(visitor, client_id) else unsent_of_visitor(visitor.owner, keys=keys)
    answers = read_form(channel, form)
    seen = read_context(context)
    return accept(
        Envelope(
            channel_id=channel.pk,
            external_id=f"{visitor.id}:{client_id}",
            thread_key=visitor.thread_key,
            identities=visitor.identities,
            customer=customer_of(visitor, answers, seen),
            text=text.replace("\0", "").strip(),
            attachments=tuple(one.descriptor for one in attached),
            occurred_at=now,
            metadata={"verified": bool(visitor.subject), "page": seen, "form": answers},
        ),
        now=now,
    )


def read_keys(files: Any) -> list[str]:
    """The keys of files as the page gave them. Raises Invalid."""
    if files in (None, []):
        return []
    if not isinstance(files, list) or len(files) > MAX_FILES or not all(isinstance(one, str) and one for one in files):
        raise Invalid(
            "files",
            _("files must be a list of at most %(most)s ids of uploaded files.") % {"most": MAX_FILES},
            field="files",
        )
    return files


def said_before(visitor: Visitor, client_id: str) -> bool:
    """A message that is sent again names files that the first one has taken."""
    sent = Interaction.objects.filter(channel_id=visitor.channel_id, external_id=f"{visitor.id}:{client_id}")
    return sent.exists()


def read_context(context: Any) -> dict[str, str]:
    given = context if isinstance(context, dict) else {}
    return {
        name: given[name].replace("\0", "")[:length]
        for name, length in CONTEXT.items()
        if isinstance(given.get(name), str) and given[name]
    }


def customer_of(visitor: Visitor, answers: dict[str, str], seen: dict[str, str]) -> dict[str, str]:
    """Attributes for the record. What an anonymous visitor types about himself identifies nobody: an e-mail address
    from a form is kept as said, so that it can neither find nor change another customer's record."""
    facts = {
        "name": visitor.name or ("" if visitor.subject else answers.get("name", "")),
        "language": seen.get("language", "")[:2],
        "time_zone": seen.get("time_zone", ""),
        "email_given": "" if visitor.email else answers.get("email", ""),
        "phone_given": answers.get("phone", ""),
    }
    return {name: value for name, value in facts.items() if value}
