"""The chat as a channel's form would have it now: a page for the frame beside the form, and what is drawn in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Channel
from channels_app.webchat import colours
from channels_app.webchat.appearance import appearance_of, choose_language, launcher_of
from channels_app.webchat.assets import folder_digest
from cxos.screens.settings.channel_forms import WebchatForm
from cxos.screens.staff import admins


@dataclass(frozen=True, slots=True)
class Note:
    tone: str
    words: str


@require_safe
@admins
@xframe_options_sameorigin
def look_frame(request: HttpRequest) -> HttpResponse:
    """The empty stage; the page around it says what to draw."""
    look = look_of(Channel(kind=Channel.Kind.WEBCHAT, name=_("Our team")), language=get_language() or "")
    response = render(
        request, "settings/channel_stage.html", {"look": look, "digest": folder_digest(), "sample": sample()}
    )
    response._csp_replace = {"frame-ancestors": ["'self'"]}  # type: ignore[attr-defined]
    return response


@require_POST
@admins
def look(request: HttpRequest) -> HttpResponse:
    """What the form would make of the chat; what is wrong in it is left out."""
    form = WebchatForm(request.POST)
    channel = drafted(form)
    parts = {"look": look_of(channel, language=request.POST.get("shown_language", "")), "notes": notes_on(channel)}
    return render(request, "settings/channel_look.html", parts)


def drafted(form: WebchatForm) -> Channel:
    """The channel of a form that may be wrong in places; it is not stored."""
    form.full_clean()
    form.cleaned_data = {name: field.initial for name, field in form.fields.items()} | form.cleaned_data
    form.cleaned_data |= {name: form.cleaned_data[name] or [] for name in ("questions", "words")}
    config = {name: value for name, value in form.config().items() if value is not None}
    name = form.cleaned_data.get("name") or _("Our team")
    return Channel(kind=Channel.Kind.WEBCHAT, name=name, config=config)


def look_of(channel: Channel, *, language: str) -> dict[str, Any]:
    """What the stage draws: the frame's settings, without anything by which it could reach a real chat; the launcher's."""
    launcher = launcher_of(channel)
    shown = appearance_of(channel, language=choose_language(language, ""), origins=[])
    return {
        "appearance": shown | {"channel": "", "socket": "", "api": ""},
        "launcher": launcher | {"ink": colours.ink_on(launcher["color"], colours.BLACK)},
    }


def notes_on(channel: Channel) -> list[Note]:
    """What is to know about the colour that was chosen, reckoned."""
    chosen = colours.known((channel.config.get("theme") or {}).get("color"))
    page, fill = colours.contrast(chosen, colours.WHITE), colours.fill_of(chosen)
    notes = []
    if page < colours.SHAPE:
        words = _(
            "On a white page the button hardly stands out: %(ratio)s to 1, where 3 to 1 is wanted. Choose a darker colour."
        )
        notes.append(Note("warning", words % {"ratio": f"{page:.1f}"}))
    if fill != chosen:
        words = _(
            "Text on %(chosen)s could not be read well (%(ratio)s to 1). Bubbles and the head take %(fill)s instead."
        )
        ratio = colours.contrast(chosen, colours.ink_on(chosen))
        notes.append(Note("warning", words % {"chosen": chosen, "ratio": f"{ratio:.1f}", "fill": fill}))
    if not notes:
        words = _("Text on this colour reads well: %(ratio)s to 1.")
        notes.append(Note("success", words % {"ratio": f"{colours.contrast(chosen, colours.ink_on(chosen)):.1f}"}))
    return notes


def sample() -> dict[str, str]:
    """What is said in the picture, in the admin's language."""
    return {
        "agent": _("Mia Berg"),
        "asked": _("Hello! Where is my parcel? It should have come on Tuesday."),
        "answered": _("Hello, I am looking it up. One moment."),
        "found": _("It is with the driver and comes today before six."),
    }
