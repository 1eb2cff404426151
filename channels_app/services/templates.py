"""Approved texts for after the window: made, changed, removed, and filled in for a conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels_app.models import Channel, Conversation, MessageTemplate
from channels_app.placeholders import filled, problem_of
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.services.audit import record

State = MessageTemplate.State
FIELDS = ("name", "language", "body", "state")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
MAX_BODY = 1_024
MAX_VALUE = 400


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its values, as it is kept with the message: `text` is what the customer reads, the rest what an
    adapter hands to its provider."""

    id: int
    name: str
    language: str
    values: tuple[str, ...]
    text: str

    @property
    def kept(self) -> dict[str, Any]:
        return {**asdict(self), "values": list(self.values)}


def save_template(
    template: MessageTemplate | None,
    *,
    channel: Channel,
    name: str,
    language: str,
    body: str,
    state: str = State.DRAFT,
    actor: Any,
    now: datetime,
) -> MessageTemplate:
    """A new one, or a changed one. Other words than were approved are a draft again. Raises Invalid, Conflict."""
    values = checked(name=name, language=language, body=body, state=state)
    with transaction.atomic():
        kept = lock_template(template.pk) if template else MessageTemplate(channel=channel)
        before = shown(kept) if template else None
        same_words = before and all(before[field] == values[field] for field in ("name", "language", "body"))
        if before and before["state"] == State.APPROVED and not same_words:
            values["state"] = State.DRAFT
        if before == values:
            return kept
        for field, value in values.items():
            setattr(kept, field, value)
        kept.changed_at = now
        try:
            with transaction.atomic():
                kept.save()
        except IntegrityError:
            told = {"channel": channel.name, "name": values["name"]}
            raise Conflict(
                "name_taken", _("%(channel)s has a template %(name)s in this language already.") % told, field="name"
            ) from None
        record(actor, "changed" if before else "made", kept, before=before, after=with_channel(kept))
    return kept


def remove_template(template: MessageTemplate, *, actor: Any) -> None:
    """What was sent with it stays as it was."""
    with transaction.atomic():
        kept = lock_template(template.pk)
        record(actor, "removed", kept, before=with_channel(kept))
        kept.delete()


def fill_template(conversation: Conversation, template_id: int, values: Sequence[str]) -> Filled:
    """The text as it goes out. Raises NotFound for what the conversation's channel does not have, Conflict while it is
    not approved, Invalid for a place without its value."""
    template = MessageTemplate.objects.filter(pk=template_id, channel=conversation.channel_id).first()
    if template is None:
        raise NotFound("no_such_template", _("%(name)s has no such template.") % {"name": conversation.channel.name})
    if template.state != State.APPROVED:
        raise Conflict(
            "not_approved",
            _("The template %(name)s is not approved (%(state)s).")
            % {"name": template.name, "state": template.get_state_display()},
        )
    given = [" ".join(value.replace("\0", "").split()) for value in values][: len(template.places)]
    for place in template.places:
        if len(given) < place or not given[place - 1]:
            raise Invalid("value_missing", _("Fill in {{%(place)s}}.") % {"place": place}, field="value")
        if len(given[place - 1]) > MAX_VALUE:
            raise Invalid(
                "value_too_long",
                _("{{%(place)s}} takes %(most)s characters.") % {"place": place, "most": MAX_VALUE},
                field="value",
            )
    return Filled(template.pk, template.name, template.language, tuple(given), filled(template.body, given))


def lock_template(template_id: int) -> MessageTemplate:
    found = MessageTemplate.objects.select_for_update().filter(pk=template_id).first()
    if found is None:
        raise NotFound("no_such_template", _("There is no template %(number)s.") % {"number": template_id})
    return found


def checked(*, name: str, language: str, body: str, state: str) -> dict[str, str]:
    name, language, body = name.strip().lower(), language.strip(), body.replace("\0", "").strip()
    if not NAME.fullmatch(name):
        raise Invalid(
            "name", _("A name has up to 60 Latin letters, digits, - or _, as the provider knows it."), field="name"
        )
    if not LANGUAGE.fullmatch(language):
        raise Invalid("language", _("Write the language as the provider does, such as en or pt_BR."), field="language")
    if not 0 < len(body) <= MAX_BODY:
        raise Invalid("body", _("Write a text of up to %(most)s characters.") % {"most": f"{MAX_BODY:,}"}, field="body")
    if problem := problem_of(body):
        raise Invalid("body", problem, field="body")
    if state not in State.values:
        raise Invalid("state", _("Choose a state."), field="state")
    return {"name": name, "language": language, "body": body, "state": state}


def shown(template: MessageTemplate) -> dict[str, str]:
    return {field: getattr(template, field) for field in FIELDS}


def with_channel(template: MessageTemplate) -> dict[str, Any]:
    return {**shown(template), "channel": template.channel.key}
