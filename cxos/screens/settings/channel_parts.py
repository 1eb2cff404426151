"""What a channel's page is drawn with: its form in sections, and how its site or system uses it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext as _, gettext_lazy, pgettext_lazy

from channels_app.models import Channel
from channels_app.options.fields import MAX_FIELDS
from channels_app.options.wording import languages
from cxos.screens.settings.channel_forms import ChannelForm
from cxos.screens.settings.channel_rows import FIELD_TYPES, press_questions, press_words, text_choices
from routing.models import Queue

NAMES = {"en": "English", "ar": "العربية", "de": "Deutsch"}
SCREENS = [
    ("home", pgettext_lazy("the chat", "Start")), ("form", gettext_lazy("Form")), ("thread", gettext_lazy("Chat")),
    ("survey", gettext_lazy("Survey")), ("away", gettext_lazy("Away")),
]  # fmt: skip
# Which fields stand in which fold of the form, so that a fold with an error is open.
FOLDS = {
    "words": ("greeting", "intro", "words"),
    "questions": ("questions", "identity_required", "away_form"),
    "talking": ("files", "max_file_mb", "file_types", "sound", "ending", "survey", "wait", "help"),
    "limits": ("max_length", "bot_answers_count", "max_file_mb", "file_types", "window_hours"),
}


def parts(request: HttpRequest, form: ChannelForm, found: Channel | None) -> dict[str, Any]:
    """1 query."""
    lists = (
        {"questions": form["questions"].value() or [], "words": form["words"].value() or []}
        if "words" in form.fields
        else {}
    )
    return {
        "form": form, "kind": str(form.kind), "channel": found, **lists, **choices(),
        "queues": list(Queue.objects.filter(enabled=True).values_list("key", "name")),
        "open": {fold: True for fold, names in FOLDS.items() if any(name in form.errors for name in names)},
        "has_templates": found is not None and found.kind != Channel.Kind.WEBCHAT,
        "screens": SCREENS, "shown_language": (get_language() or "en")[:2],
    }  # fmt: skip


def choices() -> dict[str, Any]:
    spoken = [(one, NAMES.get(one, one)) for one in languages()]
    return {
        "field_types": FIELD_TYPES, "texts": text_choices(), "languages": spoken,
        "word_languages": [("", _("Every language")), *spoken], "most_questions": MAX_FIELDS,
    }  # fmt: skip


LISTS = {"questions": press_questions, "words": press_words}


def pressed(request: HttpRequest, form: ChannelForm) -> ChannelForm:
    """The form after a button of one of its lists: "questions add", "words drop:2". Nothing is wrong with it yet."""
    which, _space, button = request.POST["do"].partition(" ")
    given = {name: form[name].value() for name in form.fields}
    if which in LISTS and which in form.fields:
        given[which] = LISTS[which](given[which], button)
    return type(form)(initial=given)


def redrawn(request: HttpRequest, form: ChannelForm) -> HttpResponse | None:
    """Only the list, where a script asked for it; else None."""
    which = request.POST["do"].partition(" ")[0]
    if which not in LISTS or which not in form.fields or not request.headers.get("HX-Request"):
        return None
    return render(request, f"settings/channel_{which}.html", {"form": form, which: form[which].value(), **choices()})


def around(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """What to put where, so that the channel is used."""
    if channel.kind == Channel.Kind.WEBCHAT:
        address = request.build_absolute_uri(reverse("webchat:channel_sdk", args=[channel.key]))
        signs = SIGNS % {"key": channel.key}
        return {"snippet": f'<script async src="{address}"></script>', "signs": signs, "identifies": IDENTIFIES}
    address = request.build_absolute_uri("/api/v1/interactions")
    return {
        "snippet": f"curl -X POST {address} \\\n"
        '  -H "Authorization: Bearer cx_…" -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"channel": "{channel.key}", "external_id": "order-mail-4711",\n'
        '       "identities": [{"kind": "email", "value": "kim@example.com"}], "text": "Where is my order?"}\''
    }


SIGNS = """import jwt, time  # PyJWT; every language has such a library

token = jwt.encode(
    {"sub": str(user.id), "name": user.name, "email": user.email,
     "aud": "%(key)s", "exp": int(time.time()) + 600},
    SECRET, algorithm="HS256")"""
IDENTIFIES = """window.cxos ??= (...said) => (window.cxos.q ??= []).push(said);
cxos("identify", token);  // when somebody has signed in
cxos("reset");            // when they have signed out"""
