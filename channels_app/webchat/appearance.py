"""How a channel's widget looks and speaks: what the frame is told. Nothing of it is secret."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation.trans_real import parse_accept_lang_header

from channels_app.channel_rules import rules_of
from channels_app.models import Channel
from channels_app.webchat.forms import fields_of

TEXTS = Path(__file__).parent / "texts"
RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT_COLOUR = "#3b5bdb"


@cache
def languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in TEXTS.glob("*.json")))


@cache
def texts(language: str) -> dict[str, str]:
    """Every text of the widget in a language; what is not translated stays English."""
    english = json.loads((TEXTS / "en.json").read_text(encoding="utf-8"))
    own = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return {**english, **own}


def choose_language(wanted: str, accept_language: str) -> str:
    """The site's choice, else the browser's, else English: the first of them that we speak."""
    asked = [wanted.lower(), *(code for code, _ in parse_accept_lang_header(accept_language[:500].lower()))]
    spoken = (code.partition("-")[0] for code in asked)
    return next((code for code in spoken if code in languages()), "en")


def appearance_of(channel: Channel, *, language: str, origins: list[str]) -> dict[str, Any]:
    """What the frame starts from: key, name, socket address, colours, language, texts, form, what is switched on."""
    config = channel.config
    theme = config.get("theme") or {}
    colour = str(theme.get("color") or "")
    own_texts = config.get("texts") or {}
    spoken = {**texts(language), **_known_texts(own_texts), **_known_texts(own_texts.get(language))}
    return {
        "channel": channel.key,
        "name": str(config.get("title") or channel.name),
        "socket": f"{settings.SOCKET_URL}/ws/chat/{channel.key}/",
        "api": f"/chat/{channel.key}/",
        "origins": origins,
        "color": colour if COLOUR.fullmatch(colour) else DEFAULT_COLOUR,
        "scheme": theme.get("scheme") if theme.get("scheme") in {"light", "dark"} else "auto",
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "texts": spoken,
        "form": fields_of(channel),
        "files": files_of(channel),
        "survey": config.get("survey") is not False,
        "ending": config.get("ending") is not False,
        "help": config.get("help") is True,
        "sound": config.get("sound") is not False,
    }


def files_of(channel: Channel) -> dict[str, Any] | None:
    """What may be uploaded: `accept` for a file field, `bytes` of the largest; None when the channel takes no files."""
    if channel.config.get("files") is False:
        return None
    rules = rules_of(channel.kind, channel.config)
    return {"accept": rules.accept, "bytes": rules.max_file_bytes}


def _known_texts(given: Any) -> dict[str, str]:
    known = texts("en")
    return {name: text for name, text in (given or {}).items() if name in known and isinstance(text, str)}
