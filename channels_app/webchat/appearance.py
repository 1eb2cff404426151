"""How a channel's widget looks and speaks: what the frame is told. Nothing of it is secret."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.translation.trans_real import parse_accept_lang_header

from channels_app.channel_rules import rules_of
from channels_app.models import Channel
from channels_app.options import CORNERS, SCHEMES, SIDES
from channels_app.options.wording import known_texts, languages, texts
from channels_app.webchat import colours
from channels_app.webchat.forms import fields_of

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def choose_language(wanted: str, accept_language: str) -> str:
    """The site's choice, else the browser's, else English: the first of them that we speak."""
    asked = [wanted.lower(), *(code for code, _ in parse_accept_lang_header(accept_language[:500].lower()))]
    spoken = (code.partition("-")[0] for code in asked)
    return next((code for code in spoken if code in languages()), "en")


def appearance_of(channel: Channel, *, language: str, origins: list[str]) -> dict[str, Any]:
    """What the frame starts from: key, name, socket address, colours, language, texts, form, what is switched on."""
    config = channel.config
    theme = config.get("theme") or {}
    own_texts = config.get("texts") or {}
    spoken = {**texts(language), **known_texts(own_texts), **known_texts(own_texts.get(language))}
    return {
        "channel": channel.key,
        "name": str(config.get("title") or channel.name),
        "socket": f"{settings.SOCKET_URL}/ws/chat/{channel.key}/",
        "api": f"/chat/{channel.key}/",
        "origins": origins,
        "palette": colours.palette(colours.known(theme.get("color"))),
        "scheme": one_of(SCHEMES, theme.get("scheme")),
        "corners": one_of(CORNERS, theme.get("corners")),
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "texts": spoken,
        "form": fields_of(channel),
        "files": files_of(channel),
        "survey": config.get("survey") is not False,
        "ending": config.get("ending") is not False,
        "help": config.get("help") is True,
        "sound": config.get("sound") is not False,
        "wait": config.get("wait") is not False,
        "away_form": config.get("away_form") is not False,
    }


def launcher_of(channel: Channel) -> dict[str, str]:
    """What the script on a site's pages is told: enough to draw the button. A page may say otherwise by data-attributes."""
    config = channel.config
    theme = config.get("theme") or {}
    colour = colours.known(theme.get("color"))
    return {
        "channel": channel.key,
        "label": str(config.get("title") or channel.name),
        "color": colour,
        "position": one_of(SIDES, theme.get("position")),
        "corners": one_of(CORNERS, theme.get("corners")),
        "text": str(theme.get("launcher") or ""),
    }


def launcher_script(sdk: bytes, channel: Channel) -> bytes:
    """The script for a site's pages with this channel's settings in the place of its empty ones."""
    settings_of_it = json.dumps(launcher_of(channel), ensure_ascii=True).replace("<", "\\u003c").encode()
    head, empty, tail = sdk.rpartition(b"})({});")
    assert empty, "The script has no place for settings."
    return head + b"})(" + settings_of_it + b");" + tail


def one_of(known: tuple[str, ...], given: Any) -> str:
    """The given choice, or the first, which is the default."""
    return given if given in known else known[0]


def files_of(channel: Channel) -> dict[str, Any] | None:
    """What may be uploaded: `accept` for a file field, `bytes` of the largest; None when the channel takes no files."""
    if channel.config.get("files") is False:
        return None
    rules = rules_of(channel.kind, channel.config)
    return {"accept": rules.accept, "bytes": rules.max_file_bytes}
